//! `/checkout/sessions` (source 003).

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use tradepost_app::checkout::{self, Filter, NewSession};
use tradepost_app::{App, Error};
use tradepost_model::checkout::{
    DEFAULT_SECONDS, MAX_LINES, Origin, SECONDS, Session, SessionItem, SessionStatus,
};
use tradepost_model::fields::Given;
use tradepost_model::ids::SessionId;
use tradepost_model::names::mask_email;
use tradepost_model::permissions::{Access, Area};
use tradepost_model::players::{Player, Username};
use tradepost_model::pricing::Rule;
use utoipa::ToSchema;
use uuid::Uuid;

use super::orders::{self, LineBody, LineDraft};
use crate::body::{
    Purpose, email, integer, json, members, object, objects, text, uuid, verbatim, words,
};
use crate::call::{Call, LONGEST_KEY, Reply};
use crate::envelope::{Failure, Success};
use crate::openapi::{Routes, operation};
use crate::query::{List, query};
use crate::shape::{Amount, Id, Time, amount};

pub(super) fn routes() -> Routes {
    let (view, edit) = ((Area::Orders, Access::View), (Area::Orders, Access::Edit));
    Routes::of("Checkout", "Pages on which a buyer pays what you put together.")
        .post(
            "/checkout/sessions",
            create,
            operation("createCheckoutSession", "Create a checkout session", edit)
                .about(
                    "Send the buyer to its `url`. With an `Idempotency-Key` header a repeated request gives \
                     the same session while it is open.",
                )
                .repeats_by_its_own_rule()
                .takes(CheckoutSessionBody, Purpose::Create)
                .gives::<SessionView>(),
        )
        .get(
            "/checkout/sessions",
            list,
            operation("listCheckoutSessions", "List checkout sessions", view)
                .about("Newest first.")
                .lists::<SessionQuery, SessionView>(),
        )
        .get(
            "/checkout/sessions/{id}",
            find,
            operation("getCheckoutSession", "Get a checkout session", view).gives::<SessionView>(),
        )
        .post(
            "/checkout/sessions/{id}/expire",
            expire,
            operation("expireCheckoutSession", "End a checkout session", edit)
                .about("An open one is cancelled; one that has ended stays as it is.")
                .gives::<SessionView>(),
        )
}

query! {
    /// What sessions are filtered by.
    pub(super) struct SessionQuery: PAGED_BY_NAME {
        /// Only those that stand here.
        status: String = words(&["Open", "Completed", "Cancelled", "Expired"]).in_any_case(),
        /// Only those with this name of yours.
        client_reference_id: String = text(1, 255).example("basket-17"),
        /// Gives what follows the one with this id, without counting.
        after: String = verbatim(64),
    }
}

const METADATA_BYTES: usize = 4096;

/// A checkout session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionView {
    #[schema(example = "cs_a1B2c3D4e5F6g7H8i9J0k1L2")]
    id: String,
    /// Where the buyer pays.
    #[schema(example = "https://store.example.com/checkout/cs_a1B2c3D4e5F6g7H8i9J0k1L2")]
    url: String,
    #[schema(example = "Open")]
    status: &'static str,
    /// There once it is completed.
    order_id: Option<Id>,
    items: Vec<SessionItemView>,
    amounts: SessionAmountsView,
    customer: SessionCustomerView,
    /// Who receives, where it is a gift.
    gift: Option<SessionGiftView>,
    #[schema(example = json!(null))]
    coupon_code: Option<String>,
    #[schema(example = "basket-17")]
    client_reference_id: Option<String>,
    #[schema(example = json!({"campaign": "winter"}))]
    metadata: Option<Value>,
    #[schema(example = "https://shop.example.com/thanks?order={ORDER_ID}")]
    success_url: Option<String>,
    #[schema(example = "https://shop.example.com/")]
    cancel_url: Option<String>,
    expires_at: Time,
    created_at: Time,
}

/// A line of a session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SessionItemView {
    package_id: Id,
    #[schema(example = "VIP Rank")]
    package_name: String,
    #[schema(example = 1)]
    quantity: u32,
    server_id: Option<Id>,
    /// Price of one, after sale and tier, before the coupon.
    unit_price: Amount,
    /// Price of the line, with the coupon.
    total: Amount,
    /// What the buyer entered.
    #[schema(example = json!({}))]
    inputs: BTreeMap<String, String>,
    /// How the price comes about, in words.
    #[schema(example = json!(["List price 9.99 EUR"]))]
    explanation: Vec<String>,
}

/// What a session comes to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SessionAmountsView {
    /// The lines at their unit prices.
    subtotal: Amount,
    /// What the coupon takes off.
    discount: Amount,
    tax: Amount,
    /// What of the total a gift card pays.
    gift_card: Amount,
    total: Amount,
    /// What is left to pay.
    due: Amount,
    #[schema(example = "EUR")]
    currency: &'static str,
}

/// Who buys.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SessionCustomerView {
    #[schema(example = "Steve")]
    player_username: String,
    player_uuid: Option<Id>,
    /// Masked.
    #[schema(example = "s***@example.com")]
    email: Option<String>,
}

/// Who receives a gift.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SessionGiftView {
    #[schema(example = "Alex")]
    recipient_username: String,
}

#[derive(Clone)]
pub(super) struct SessionDraft {
    items: Given<Vec<LineDraft>>,
    customer: Given<SessionCustomerDraft>,
    gift: Given<SessionGiftDraft>,
    success_url: Given<String>,
    cancel_url: Given<String>,
    coupon_code: Given<String>,
    gift_card_code: Given<String>,
    client_reference_id: Given<String>,
    metadata: Given<Value>,
    expires_in_seconds: Given<i64>,
}

members! {
    /// What is to be paid, by whom, and where the buyer goes then.
    pub(super) struct CheckoutSessionBody -> SessionDraft {
        /// What is bought.
        items = objects(LineBody, 1, MAX_LINES).required(),
        /// Who buys.
        customer = object(SessionCustomerBody).required(),
        /// Who receives, where it is a gift.
        gift = object(SessionGiftBody).nullable().example(Value::Null),
        /// Where the buyer goes when paid, at an origin the store allows. `{CHECKOUT_SESSION_ID}` and
        /// `{ORDER_ID}` are filled in.
        success_url = verbatim(2048).required().example("https://shop.example.com/thanks?order={ORDER_ID}"),
        /// Where the buyer goes who does not pay.
        cancel_url = verbatim(2048).required().example("https://shop.example.com/"),
        /// A coupon.
        coupon_code = text(1, 64).nullable().example(Value::Null),
        /// A gift card.
        gift_card_code = text(1, 64).nullable().example(Value::Null),
        /// Your own name for it.
        client_reference_id = text(1, 255).nullable().example("basket-17"),
        /// Anything you want to have back.
        metadata = json(METADATA_BYTES).nullable().example(serde_json::json!({"campaign": "winter"})),
        /// How long it can be paid.
        expires_in_seconds = integer(*SECONDS.start()..=*SECONDS.end()).default(DEFAULT_SECONDS),
    }
}

#[derive(Clone)]
pub(super) struct SessionCustomerDraft {
    player_username: Given<String>,
    player_uuid: Given<Uuid>,
    email: Given<String>,
}

members! {
    /// Who buys.
    pub(super) struct SessionCustomerBody -> SessionCustomerDraft {
        /// The player's name.
        player_username = verbatim(64).required().example("Steve"),
        /// The player's UUID, where the game has such.
        player_uuid = uuid().nullable(),
        /// Where the receipt goes.
        email = email().nullable().example("steve@example.com"),
    }
}

#[derive(Clone)]
pub(super) struct SessionGiftDraft {
    recipient_username: Given<String>,
}

members! {
    /// Who receives a gift.
    pub(super) struct SessionGiftBody -> SessionGiftDraft {
        /// The player's name.
        recipient_username = verbatim(64).required().example("Alex"),
    }
}

async fn list(call: Call) -> Result<Success<List<SessionView>>, Failure> {
    let (part, query) = call.query::<SessionQuery>()?;
    let after = match query.after {
        Some(text) => {
            let id = SessionId::parse(&text);
            Some(id.ok_or_else(|| Error::invalid("after", "must be the id of a session"))?)
        }
        None => None,
    };
    let part = if after.is_some() { part.behind() } else { part };
    let filter = Filter {
        status: query.status.as_deref().and_then(SessionStatus::parse),
        client_reference: query.client_reference_id,
    };
    let slice = checkout::list(&call.app, &call.actor, filter, after, part.span()).await?;
    let app = &call.app;
    Ok(Success(
        List::of(part, slice).map(|session| view(app, session)),
    ))
}

async fn expire(call: Call) -> Result<Response, Failure> {
    const NONE: Error = Error::NotFound("checkout session");
    let id = call.id_text().and_then(SessionId::parse).ok_or(NONE)?;
    call.remove(async move |app: App, tx, actor, _| {
        let session = checkout::end(&app, tx, &actor, &id).await?;
        Ok(Reply::hashed(&view(&app, session)))
    })
    .await
}

async fn find(call: Call) -> Result<Reply, Failure> {
    call.actor.require(Area::Orders, Access::View)?;
    const NONE: Error = Error::NotFound("checkout session");
    let id = call.id_text().and_then(SessionId::parse).ok_or(NONE)?;
    let session = checkout::find(&call.app, &id).await?;
    if session.store != call.actor.store {
        return Err(NONE.into());
    }
    Ok(Reply::hashed(&view(&call.app, session)))
}

async fn create(call: Call) -> Result<Reply, Failure> {
    call.actor.require(Area::Orders, Access::Edit)?;
    let app = &call.app;
    let store = call.store().await?;
    let idempotency_key = idempotency_key(call.headers())?;
    if let Some(key) = &idempotency_key
        && let Some(session) = checkout::reuse(app, &store, key).await?
    {
        return Ok(Reply::hashed(&view(app, session)));
    }
    let origins = checkout::return_origins(app, store.id).await?;
    let (draft, mut errors) = call.draft::<CheckoutSessionBody>(Purpose::Create)?;
    let customer = draft.customer.value();
    let (player, email) = customer.map_or((None, None), |customer| {
        let (name, uuid) = (customer.player_username, customer.player_uuid);
        let player = orders::player(name, uuid, "customer.", &mut errors, store.game);
        (player, customer.email.value())
    });
    let mut address = |field: &str, url: Given<String>| {
        let url = url.value()?;
        errors
            .check(field, checkout::check_return_url(app, &origins, &url))
            .map(|()| url)
    };
    let urls = (
        address("successUrl", draft.success_url),
        address("cancelUrl", draft.cancel_url),
    );
    let gift = draft.gift.value().and_then(|gift| {
        let name = gift.recipient_username.value()?;
        let field = "gift.recipientUsername";
        errors.check(field, Username::parse(&name, store.game))
    });
    let lines = draft.items.value().unwrap_or_default();
    let buyer = player.clone().unwrap_or_else(Player::unknown);
    let (success_url, cancel_url) = urls;
    let new = NewSession {
        buyer,
        gift,
        email,
        ip: None,
        coupon_code: draft.coupon_code.value(),
        gift_card_code: draft.gift_card_code.value(),
        lines: lines
            .into_iter()
            .filter(LineDraft::names_a_package)
            .map(LineDraft::line)
            .collect(),
        origin: Origin::Api {
            success_url: success_url.unwrap_or_default(),
            cancel_url: cancel_url.unwrap_or_default(),
        },
        client_reference: draft.client_reference_id.value(),
        metadata: draft.metadata.value(),
        expires_in: draft.expires_in_seconds.value().unwrap_or(DEFAULT_SECONDS),
        idempotency_key,
    };
    if !errors.is_empty() {
        let receiver = player.map(|_| new.receiver());
        let faults = checkout::faults(app, &store, new, receiver.as_ref(), errors).await?;
        return Err(Error::Invalid(faults).into());
    }
    let session = checkout::create(app, &store, new).await?;
    Ok(Reply::hashed(&view(app, session)))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=LONGEST_KEY).contains(&key.len()));
    key.map(|key| Some(key.to_owned())).ok_or_else(|| {
        Error::invalid(
            "Idempotency-Key",
            format!("must have 1 to {LONGEST_KEY} ASCII characters"),
        )
    })
}

fn view(app: &App, session: Session) -> SessionView {
    let status = session.status_at(app.now()).word();
    let url = checkout::page_url(app, &session.id);
    let Session {
        id,
        store: _,
        status: _,
        origin,
        buyer,
        gift,
        email,
        items,
        amounts,
        coupon,
        gift_card: _,
        client_reference,
        metadata,
        order,
        expires_at,
        created_at,
    } = session;
    let (success_url, cancel_url) = match origin {
        Origin::Storefront => (None, None),
        Origin::Api {
            success_url,
            cancel_url,
        } => (Some(success_url), Some(cancel_url)),
    };
    SessionView {
        id: id.to_string(),
        url,
        status,
        order_id: order.map(|order| Id(order.0)),
        items: items.into_iter().map(item_view).collect(),
        amounts: SessionAmountsView {
            subtotal: amount(amounts.subtotal),
            discount: amount(amounts.discount),
            tax: amount(amounts.tax),
            gift_card: amount(amounts.gift_card),
            total: amount(amounts.total),
            due: amount(amounts.due),
            currency: amounts.total.currency().code(),
        },
        customer: SessionCustomerView {
            player_uuid: buyer.uuid.map(Id),
            player_username: buyer.username.to_string(),
            email: email.as_deref().map(mask_email),
        },
        gift: gift.map(|username| SessionGiftView {
            recipient_username: username.to_string(),
        }),
        coupon_code: coupon.map(|coupon| coupon.code),
        client_reference_id: client_reference,
        metadata,
        success_url,
        cancel_url,
        expires_at: Time(expires_at),
        created_at: Time(created_at),
    }
}

fn item_view(item: SessionItem) -> SessionItemView {
    let SessionItem {
        package,
        name,
        shape: _,
        quantity,
        server,
        inputs,
        line: _,
        priced,
    } = item;
    SessionItemView {
        package_id: Id(package.0),
        package_name: name,
        quantity,
        server_id: server.map(|server| Id(server.0)),
        unit_price: amount(priced.unit_price),
        total: amount(priced.total),
        inputs,
        explanation: priced.rules.iter().map(Rule::explain).collect(),
    }
}
