//! `/orders`

use axum::extract::{Path, State};
use serde::Serialize;
use serde_json::value::RawValue;
use tradepost_app::checkout::Line;
use tradepost_app::orders::{CommandView, Details, ManualOrder, create_manual};
use tradepost_app::{App, Error, orders, stores};
use tradepost_model::checkout::{MAX_LINES, MAX_QUANTITY};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::OrderId;
use tradepost_model::money::Money;
use tradepost_model::names::{email, mask_email};
use tradepost_model::permissions::{Access, Area};
use tradepost_model::players::{Game, Player, Username};
use uuid::Uuid;

use super::Caller;
use crate::body::{Body, Fields};
use crate::envelope::{Failure, Success, amount};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderView {
    id: String,
    number: i64,
    player_username: String,
    player_uuid: Option<String>,
    email: Option<String>,
    status: &'static str,
    total_amount: Box<RawValue>,
    tax_amount: Box<RawValue>,
    payment_provider: String,
    payment_currency: &'static str,
    coupon_id: Option<()>,
    coupon_discount_amount: Option<()>,
    gift_card_id: Option<()>,
    gift_card_amount: Option<()>,
    checkout_session_id: Option<String>,
    items: Vec<ItemView>,
    commands: Vec<OrderCommandView>,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemView {
    id: String,
    package_id: String,
    package_name: String,
    quantity: u32,
    price_at_purchase: Box<RawValue>,
    server_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderCommandView {
    id: String,
    server_id: String,
    server_name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    command: String,
    status: &'static str,
    attempts: u32,
    last_error: Option<String>,
    output: Option<String>,
    due_at: String,
    sent_at: Option<String>,
    acknowledged_at: Option<String>,
    finished_at: Option<String>,
    created_at: String,
}

pub(super) async fn find(
    State(app): State<App>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<Success<OrderView>, Failure> {
    let id = id.parse().map_err(|_| Error::NotFound("order"))?;
    Ok(Success(view(orders::find(&app, &actor, id).await?)))
}

pub(super) async fn create(
    State(app): State<App>,
    Caller(actor): Caller,
    Body(mut body): Body,
) -> Result<Success<OrderView>, Failure> {
    actor.require(Area::Orders, Access::Edit)?;
    let store = stores::find(&app, actor.store).await?;
    let mut errors = FieldErrors::default();
    let player = player(&mut body, &mut errors, store.game);
    let address = checked_email(&mut body, &mut errors);
    let items = lines(&mut body, &mut errors);
    body.finish(&mut errors);
    let (Some(player), true) = (player, errors.is_empty()) else {
        return Err(Error::Invalid(errors).into());
    };
    let id: OrderId = create_manual(
        &app,
        &actor,
        ManualOrder {
            player,
            email: address,
            items,
        },
    )
    .await?;
    let details = orders::find_made(&app, &actor, id).await?;
    Ok(Success(view(details)))
}

/// `playerUsername` and `playerUuid`, by the store's game.
pub(super) fn player(body: &mut Fields, errors: &mut FieldErrors, game: Game) -> Option<Player> {
    let field = body.name("playerUsername");
    let username = body.required::<String>(errors, "playerUsername", "a text");
    let username = username.and_then(|name| errors.check(&field, Username::parse(&name, game)));
    let uuid = body.optional::<Uuid>(errors, "playerUuid", "a UUID");
    Some(Player {
        username: username?,
        uuid,
    })
}

/// `email`.
pub(super) fn checked_email(body: &mut Fields, errors: &mut FieldErrors) -> Option<String> {
    let field = body.name("email");
    body.text(errors, "email")
        .and_then(|text| errors.check(&field, email(&text)))
}

/// `items[1..50] {packageId, quantity, serverId}`.
pub(super) fn lines(body: &mut Fields, errors: &mut FieldErrors) -> Vec<Line> {
    let before = errors.0.len();
    let items = body.objects(errors, "items");
    if items.is_empty() && errors.0.len() == before {
        errors.add("items", "must have at least one item");
    }
    if items.len() > MAX_LINES {
        errors.add(
            "items",
            format!(
                "must have at most {MAX_LINES} items, this has {}",
                items.len()
            ),
        );
    }
    items
        .into_iter()
        .filter_map(|item| line(item, errors))
        .collect()
}

fn line(mut item: Fields, errors: &mut FieldErrors) -> Option<Line> {
    let package = item.required::<Uuid>(errors, "packageId", "the id of a package");
    let field = item.name("quantity");
    let quantity = item.optional::<u32>(
        errors,
        "quantity",
        &format!("a whole number from 1 to {MAX_QUANTITY}"),
    );
    let quantity = quantity.unwrap_or(1);
    if !(1..=MAX_QUANTITY).contains(&quantity) {
        errors.add(
            field,
            format!("must be a whole number from 1 to {MAX_QUANTITY}"),
        );
    }
    let server = item.optional::<Uuid>(errors, "serverId", "the id of a server");
    item.finish(errors);
    Some(Line {
        package: package?.into(),
        quantity,
        server: server.map(Into::into),
    })
}

pub(crate) fn view(details: Details) -> OrderView {
    let Details {
        order,
        items,
        payments: _,
        commands,
    } = details;
    OrderView {
        id: order.id.to_string(),
        number: order.number,
        player_uuid: order.player.uuid.map(|uuid| uuid.to_string()),
        player_username: order.player.username.to_string(),
        email: order.email.as_deref().map(mask_email),
        status: order.status.word(),
        total_amount: amount(order.total),
        tax_amount: amount(Money::zero(order.total.currency())),
        payment_provider: order.provider,
        payment_currency: order.total.currency().code(),
        coupon_id: None,
        coupon_discount_amount: None,
        gift_card_id: None,
        gift_card_amount: None,
        checkout_session_id: order.session.map(|session| session.to_string()),
        items: items
            .into_iter()
            .map(|item| ItemView {
                id: item.id.to_string(),
                package_id: item.package.to_string(),
                package_name: item.package_name,
                quantity: item.quantity,
                price_at_purchase: amount(item.unit_price),
                server_id: item.server.map(|server| server.to_string()),
            })
            .collect(),
        commands: commands.into_iter().map(command_view).collect(),
        created_at: order.created_at.to_string(),
        updated_at: order.updated_at.to_string(),
    }
}

fn command_view(view: CommandView) -> OrderCommandView {
    let CommandView {
        command,
        server_name,
        server_online: _,
        steps: _,
    } = view;
    let time = |time: Option<tradepost_model::Timestamp>| time.map(|time| time.to_string());
    OrderCommandView {
        id: command.id.to_string(),
        server_id: command.server.to_string(),
        server_name,
        kind: command.kind.word(),
        command: command.text,
        status: command.status.word(),
        attempts: command.attempt,
        last_error: command.last_error,
        output: command.output,
        due_at: command.due_at.to_string(),
        sent_at: time(command.sent_at),
        acknowledged_at: time(command.acked_at),
        finished_at: time(command.finished_at),
        created_at: command.created_at.to_string(),
    }
}
