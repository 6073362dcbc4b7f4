//! `/checkout/sessions` (source 003).

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tradepost_app::checkout::{self, NewSession};
use tradepost_app::{App, Error, stores};
use tradepost_model::checkout::{DEFAULT_SECONDS, Origin, SECONDS, Session, SessionItem};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::SessionId;
use tradepost_model::money::Money;
use tradepost_model::names::{line, mask_email};
use tradepost_model::permissions::{Access, Area};

use super::{Caller, orders};
use crate::body::{Body, Fields};
use crate::envelope::{Failure, Success, amount};

const KEY_LENGTH: usize = 255;
const METADATA_BYTES: usize = 4096;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionView {
    id: String,
    url: String,
    status: &'static str,
    order_id: Option<String>,
    items: Vec<ItemView>,
    amounts: AmountsView,
    customer: CustomerView,
    coupon_code: Option<()>,
    client_reference_id: Option<String>,
    metadata: Option<Value>,
    success_url: Option<String>,
    cancel_url: Option<String>,
    expires_at: String,
    created_at: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemView {
    package_id: String,
    package_name: String,
    quantity: u32,
    server_id: Option<String>,
    unit_price: Box<RawValue>,
    total: Box<RawValue>,
    explanation: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AmountsView {
    subtotal: Box<RawValue>,
    discount: Box<RawValue>,
    tax: Box<RawValue>,
    gift_card: Box<RawValue>,
    total: Box<RawValue>,
    currency: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CustomerView {
    player_username: String,
    player_uuid: Option<String>,
    email: Option<String>,
}

pub(super) async fn find(
    State(app): State<App>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<Success<SessionView>, Failure> {
    actor.require(Area::Orders, Access::View)?;
    const NONE: Error = Error::NotFound("checkout session");
    let session = checkout::find(&app, &SessionId::parse(&id).ok_or(NONE)?).await?;
    if session.store != actor.store {
        return Err(NONE.into());
    }
    Ok(Success(view(&app, session)))
}

pub(super) async fn create(
    State(app): State<App>,
    Caller(actor): Caller,
    headers: HeaderMap,
    Body(mut body): Body,
) -> Result<Success<SessionView>, Failure> {
    actor.require(Area::Orders, Access::Edit)?;
    let store = stores::find(&app, actor.store).await?;
    let idempotency_key = idempotency_key(&headers)?;
    if let Some(key) = &idempotency_key
        && let Some(session) = checkout::reuse(&app, &store, key).await?
    {
        return Ok(Success(view(&app, session)));
    }
    let origins = checkout::return_origins(&app, store.id).await?;
    let mut errors = FieldErrors::default();
    let lines = orders::lines(&mut body, &mut errors);
    let customer = body.object(&mut errors, "customer");
    if customer.is_none() && errors.of("customer").is_none() {
        errors.add("customer", "is required");
    }
    let (player, email) = customer.map_or((None, None), |mut customer| {
        let player = orders::player(&mut customer, &mut errors, store.game);
        let email = orders::checked_email(&mut customer, &mut errors);
        customer.finish(&mut errors);
        (player, email)
    });
    let mut address = |body: &mut Fields, field: &str| {
        let url = body.required::<String>(&mut errors, field, "a URL")?;
        errors
            .check(field, checkout::check_return_url(&app, &origins, &url))
            .map(|()| url)
    };
    let urls = (
        address(&mut body, "successUrl"),
        address(&mut body, "cancelUrl"),
    );
    for code in ["couponCode", "giftCardCode"] {
        if body.text(&mut errors, code).is_some() {
            errors.add(code, "not found");
        }
    }
    let client_reference = body
        .text(&mut errors, "clientReferenceId")
        .and_then(|text| errors.check("clientReferenceId", line(&text, 1, 255)));
    let metadata = metadata(&mut body, &mut errors);
    let expires_in = expires_in(&mut body, &mut errors);
    body.finish(&mut errors);
    let (Some(player), (Some(success_url), Some(cancel_url)), true) =
        (player, urls, errors.is_empty())
    else {
        return Err(Error::Invalid(errors).into());
    };
    let origin = Origin::Api {
        success_url,
        cancel_url,
    };
    let new = NewSession {
        player,
        email,
        lines,
        origin,
        client_reference,
        metadata,
        expires_in,
        idempotency_key,
    };
    Ok(Success(view(
        &app,
        checkout::create(&app, &store, new).await?,
    )))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=KEY_LENGTH).contains(&key.len()));
    key.map(|key| Some(key.to_owned())).ok_or_else(|| {
        Error::invalid(
            "Idempotency-Key",
            format!("must have 1 to {KEY_LENGTH} ASCII characters"),
        )
    })
}

fn metadata(body: &mut Fields, errors: &mut FieldErrors) -> Option<Value> {
    let metadata: Value = body.optional(errors, "metadata", "an object")?;
    if !metadata.is_object() {
        errors.add("metadata", "must be an object");
    } else if metadata.to_string().len() > METADATA_BYTES {
        errors.add(
            "metadata",
            format!("must be at most {METADATA_BYTES} bytes of JSON"),
        );
    }
    Some(metadata)
}

fn expires_in(body: &mut Fields, errors: &mut FieldErrors) -> i64 {
    let what = format!(
        "a whole number from {} to {}",
        SECONDS.start(),
        SECONDS.end()
    );
    let seconds = body
        .optional::<i64>(errors, "expiresInSeconds", &what)
        .unwrap_or(DEFAULT_SECONDS);
    if !SECONDS.contains(&seconds) {
        errors.add("expiresInSeconds", format!("must be {what}"));
    }
    seconds
}

fn view(app: &App, session: Session) -> SessionView {
    let now = app.now();
    let zero = Money::zero(session.total.currency());
    let status = session.status_at(now).word();
    let (success_url, cancel_url) = match session.origin {
        Origin::Storefront => (None, None),
        Origin::Api {
            success_url,
            cancel_url,
        } => (Some(success_url), Some(cancel_url)),
    };
    SessionView {
        url: checkout::page_url(app, &session.id),
        id: session.id.to_string(),
        status,
        order_id: session.order.map(|order| order.to_string()),
        items: session.items.into_iter().map(item_view).collect(),
        amounts: AmountsView {
            subtotal: amount(session.total),
            discount: amount(zero),
            tax: amount(zero),
            gift_card: amount(zero),
            total: amount(session.total),
            currency: session.total.currency().code(),
        },
        customer: CustomerView {
            player_uuid: session.player.uuid.map(|uuid| uuid.to_string()),
            player_username: session.player.username.to_string(),
            email: session.email.as_deref().map(mask_email),
        },
        coupon_code: None,
        client_reference_id: session.client_reference,
        metadata: session.metadata,
        success_url,
        cancel_url,
        expires_at: session.expires_at.to_string(),
        created_at: session.created_at.to_string(),
    }
}

fn item_view(item: SessionItem) -> ItemView {
    let SessionItem {
        package,
        name,
        quantity,
        server,
        unit_price,
        total,
        rules,
    } = item;
    ItemView {
        package_id: package.to_string(),
        package_name: name,
        quantity,
        server_id: server.map(|server| server.to_string()),
        unit_price: amount(unit_price),
        total: amount(total),
        explanation: rules
            .iter()
            .map(tradepost_model::pricing::Rule::explain)
            .collect(),
    }
}
