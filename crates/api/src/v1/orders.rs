//! `/orders`

use std::collections::BTreeMap;

use axum::response::Response;
use serde::Serialize;
use tradepost_app::checkout::Line;
use tradepost_app::lists::Slice;
use tradepost_app::orders::{self, Filter, ManualOrder, Told};
use tradepost_app::{App, stores};
use tradepost_model::checkout::{MAX_LINES, MAX_QUANTITY};
use tradepost_model::commands::Command;
use tradepost_model::fields::{FieldErrors, Given};
use tradepost_model::names::mask_email;
use tradepost_model::orders::{Order, OrderItem, OrderStatus};
use tradepost_model::permissions::{Access, Area};
use tradepost_model::players::{Game, Player, Username};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::body::{
    Purpose, email, entries, integer, members, money, objects, uuid, verbatim, words,
};
use crate::call::{Call, Reply};
use crate::envelope::{Failure, Success};
use crate::openapi::{Routes, operation};
use crate::query::{List, query};
use crate::shape::{Amount, Id, Time, amount};

pub(super) fn routes() -> Routes {
    let (view, edit) = ((Area::Orders, Access::View), (Area::Orders, Access::Edit));
    Routes::of("Orders", "What was bought, and what became of it.")
        .get(
            "/orders",
            list,
            operation("listOrders", "List orders", view)
                .about("Newest first, without their commands.")
                .lists::<OrderQuery, OrderView>(),
        )
        .post(
            "/orders",
            create,
            operation("createOrder", "Create a manual order", edit)
                .about("It is paid at once, and its commands are queued.")
                .takes(OrderBody, Purpose::Create)
                .gives::<OrderView>(),
        )
        .get(
            "/orders/{id}",
            find,
            operation("getOrder", "Get an order", view)
                .about("With its commands.")
                .gives::<OrderView>(),
        )
}

const STATUSES: &[&str] = &["Pending", "Paid", "Cancelled", "Refunded", "Chargeback"];

query! {
    /// What orders are filtered by.
    pub(super) struct OrderQuery: PAGED {
        /// Only those of the player with this name, in any case.
        player_username: String = verbatim(64).example("Steve"),
        /// Only those of the player with this UUID.
        player_uuid: Uuid = uuid(),
        /// Only those that stand here, in any case.
        status: String = words(STATUSES).in_any_case().example("Paid"),
    }
}

/// An order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderView {
    id: Id,
    /// Its number in the store: 1, 2, ...
    #[schema(example = 17)]
    number: i64,
    /// Who receives.
    #[schema(example = "Steve")]
    player_username: String,
    player_uuid: Option<Id>,
    /// Who paid, where it is a gift.
    #[schema(example = json!(null))]
    gifter_username: Option<String>,
    /// Masked.
    #[schema(example = "s***@example.com")]
    email: Option<String>,
    #[schema(example = "Paid")]
    status: &'static str,
    /// After coupon and tax, before the gift card.
    total_amount: Amount,
    tax_amount: Amount,
    #[schema(example = "Manual")]
    payment_provider: String,
    #[schema(example = "EUR")]
    payment_currency: &'static str,
    coupon_id: Option<Id>,
    coupon_discount_amount: Option<Amount>,
    gift_card_id: Option<Id>,
    gift_card_amount: Option<Amount>,
    /// The checkout session it came from.
    #[schema(example = json!(null))]
    checkout_session_id: Option<String>,
    /// The subscription it pays for.
    subscription_id: Option<Id>,
    items: Vec<OrderItemView>,
    /// What is delivered. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    commands: Option<Vec<OrderCommandView>>,
    created_at: Time,
    updated_at: Time,
}

/// A line of an order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OrderItemView {
    id: Id,
    package_id: Id,
    #[schema(example = "VIP Rank")]
    package_name: String,
    #[schema(example = 1)]
    quantity: u32,
    /// Price of one, after sale and tier, before the coupon.
    price_at_purchase: Amount,
    /// The server the buyer chose.
    server_id: Option<Id>,
    /// What the buyer entered.
    #[schema(example = json!({}))]
    inputs: BTreeMap<String, String>,
}

/// A command of an order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OrderCommandView {
    id: Id,
    server_id: Id,
    #[schema(example = "Survival")]
    server_name: String,
    #[serde(rename = "type")]
    #[schema(example = "initial")]
    kind: &'static str,
    #[schema(example = "lp user Steve parent add vip")]
    command: String,
    #[schema(example = "Completed")]
    status: &'static str,
    #[schema(example = 1)]
    attempts: u32,
    #[schema(example = json!(null))]
    last_error: Option<String>,
    #[schema(example = json!(null))]
    output: Option<String>,
    due_at: Time,
    sent_at: Option<Time>,
    acknowledged_at: Option<Time>,
    finished_at: Option<Time>,
    created_at: Time,
}

#[derive(Clone)]
pub(super) struct OrderDraft {
    player_username: Given<String>,
    player_uuid: Given<Uuid>,
    email: Given<String>,
    items: Given<Vec<LineDraft>>,
}

members! {
    /// An order made by hand: paid, and its commands queued at once.
    pub(super) struct OrderBody -> OrderDraft {
        /// Who receives.
        player_username = verbatim(64).required().example("Steve"),
        /// The player's UUID, where the game has such.
        player_uuid = uuid().nullable(),
        /// Where a receipt would go.
        email = email().nullable().example("steve@example.com"),
        /// What is given.
        items = objects(LineBody, 1, MAX_LINES).required(),
    }
}

/// A line of what is bought.
#[derive(Clone)]
pub(super) struct LineDraft {
    package_id: Given<Uuid>,
    quantity: Given<i64>,
    server_id: Given<Uuid>,
    custom_price: Given<String>,
    inputs: Given<BTreeMap<String, String>>,
}

members! {
    /// A line.
    pub(super) struct LineBody -> LineDraft {
        /// The package.
        package_id = uuid().required(),
        /// How many.
        quantity = integer(1..=i64::from(MAX_QUANTITY)).default(1).example(1),
        /// The server it is for, where the package lets the buyer choose.
        server_id = uuid().nullable().example(serde_json::Value::Null),
        /// What is paid for one, where the buyer chooses the price.
        custom_price = money().nullable().example(serde_json::Value::Null),
        /// What the package asks its buyer, by the names of its inputs.
        inputs = entries(64, 500).nullable().example(serde_json::json!({})),
    }
}

impl LineDraft {
    /// Whether it could be read what it is about.
    pub(super) fn names_a_package(&self) -> bool {
        matches!(self.package_id, Given::Value(_))
    }

    pub(super) fn line(self) -> Line {
        let quantity = self.quantity.value().and_then(|it| it.try_into().ok());
        Line {
            package: self.package_id.value().unwrap_or_default().into(),
            quantity: quantity.unwrap_or(1),
            server: self.server_id.value().map(Into::into),
            custom_price: self.custom_price.value(),
            inputs: self.inputs.value().unwrap_or_default(),
        }
    }
}

async fn list(call: Call) -> Result<Success<List<OrderView>>, Failure> {
    let (part, query) = call.query::<OrderQuery>()?;
    let filter = Filter {
        username: query.player_username,
        uuid: query.player_uuid,
        status: query.status.as_deref().and_then(OrderStatus::parse),
        before: None,
    };
    let slice: Slice<_> = orders::page(&call.app, &call.actor, filter, part.span()).await?;
    let list = List::of(part, slice);
    Ok(Success(list.map(|(order, items)| of_order(order, items))))
}

async fn find(call: Call) -> Result<Reply, Failure> {
    let told = orders::tell(&call.app, &call.actor, call.id("order")?).await?;
    Ok(Reply::hashed(&view(told)))
}

async fn create(call: Call) -> Result<Response, Failure> {
    call.create(OrderBody, async move |app: App, tx, actor, draft| {
        let OrderDraft {
            player_username,
            player_uuid,
            email,
            items,
        } = draft;
        let store = stores::within(tx, actor.store).await?;
        let mut errors = FieldErrors::default();
        let player = player(player_username, player_uuid, "", &mut errors, store.game);
        let items = items.value().unwrap_or_default();
        let items: Vec<_> = items.into_iter().map(LineDraft::line).collect();
        let Some(player) = player else {
            let more = orders::faults_of_items(&app, tx, &store, &items, None).await?;
            errors.0.extend(more.0);
            return Err(errors.into());
        };
        let order = ManualOrder {
            player,
            email: email.value(),
            items,
        };
        let (id, after) = orders::create_manual(&app, tx, &actor, &order).await?;
        let told = orders::tell_made(tx, actor.store, id).await?;
        Ok(Reply::hashed(&view(told)).after(after))
    })
    .await
}

/// A player, by the store's game. `within` is the start of the members' names.
pub(super) fn player(
    username: Given<String>,
    uuid: Given<Uuid>,
    within: &str,
    errors: &mut FieldErrors,
    game: Game,
) -> Option<Player> {
    let field = format!("{within}playerUsername");
    let username = errors.check(&field, Username::parse(&username.value()?, game));
    Some(Player {
        username: username?,
        uuid: uuid.value(),
    })
}

pub(crate) fn view(told: Told) -> OrderView {
    let Told {
        order,
        items,
        commands,
    } = told;
    OrderView {
        commands: Some(commands.into_iter().map(command_view).collect()),
        ..of_order(order, items)
    }
}

fn of_order(order: Order, items: Vec<OrderItem>) -> OrderView {
    let Order {
        id,
        number,
        status,
        player,
        gifter,
        email,
        total,
        tax,
        coupon,
        gift_card,
        subscription,
        provider,
        session,
        reason: _,
        created_at,
        updated_at,
        paid_at: _,
    } = order;
    OrderView {
        id: Id(id.0),
        number,
        player_uuid: player.uuid.map(Id),
        player_username: player.username.to_string(),
        gifter_username: gifter.map(|gifter| gifter.username.to_string()),
        email: email.as_deref().map(mask_email),
        status: status.word(),
        total_amount: amount(total),
        tax_amount: amount(tax),
        payment_provider: provider,
        payment_currency: total.currency().code(),
        coupon_id: coupon.as_ref().map(|coupon| Id(coupon.id.0)),
        coupon_discount_amount: coupon.map(|coupon| amount(coupon.discount)),
        gift_card_id: gift_card.map(|card| Id(card.id.0)),
        gift_card_amount: gift_card.map(|card| amount(card.amount)),
        checkout_session_id: session.map(|session| session.to_string()),
        subscription_id: subscription.map(|it| Id(it.0)),
        items: items.into_iter().map(item_view).collect(),
        commands: None,
        created_at: Time(created_at),
        updated_at: Time(updated_at),
    }
}

fn item_view(item: OrderItem) -> OrderItemView {
    OrderItemView {
        id: Id(item.id.0),
        package_id: Id(item.package.0),
        package_name: item.package_name,
        quantity: item.quantity,
        price_at_purchase: amount(item.unit_price),
        server_id: item.server.map(|server| Id(server.0)),
        inputs: item.inputs,
    }
}

fn command_view((command, server_name): (Command, String)) -> OrderCommandView {
    OrderCommandView {
        id: Id(command.id.0),
        server_id: Id(command.server.0),
        server_name,
        kind: command.kind.word(),
        command: command.text,
        status: command.status.word(),
        attempts: command.attempt,
        last_error: command.last_error,
        output: command.output,
        due_at: Time(command.due_at),
        sent_at: command.sent_at.map(Time),
        acknowledged_at: command.acked_at.map(Time),
        finished_at: command.finished_at.map(Time),
        created_at: Time(command.created_at),
    }
}
