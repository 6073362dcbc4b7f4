//! How the model's types are stored: ids, words of enums, money, players.

use tradepost_model::checkout::Entered;
use tradepost_model::ids::{
    ApiKeyId, BanId, CategoryId, CommandId, ConnectionId, CouponId, CustomerId, EventId,
    GiftCardId, ImageId, JobId, LedgerEntryId, OrderId, OrderItemId, PackageCommandId, PackageId,
    PaymentId, RedeliveryId, SaleId, ServerId, SessionId, StoreId, SubscriptionId, UserId,
};
use tradepost_model::money::{Currency, Money};
use tradepost_model::names::Slug;
use tradepost_model::players::{Player, Username};
use uuid::Uuid;

use crate::{Cell, Error, FromValue, Result, Row, Value};

macro_rules! ids {
    ($($id:ident),* $(,)?) => {$(
        impl From<$id> for Value {
            fn from(id: $id) -> Self {
                Self::Uuid(id.0)
            }
        }
        impl FromValue for $id {
            fn from_cell(cell: Cell<'_>) -> Option<Self> {
                Uuid::from_cell(cell).map($id)
            }
        }
    )*};
}

ids!(
    ApiKeyId,
    BanId,
    CategoryId,
    CommandId,
    ConnectionId,
    CouponId,
    CustomerId,
    EventId,
    GiftCardId,
    ImageId,
    JobId,
    LedgerEntryId,
    OrderId,
    OrderItemId,
    PackageCommandId,
    PackageId,
    PaymentId,
    RedeliveryId,
    SaleId,
    ServerId,
    StoreId,
    SubscriptionId,
    UserId,
);

impl From<&SessionId> for Value {
    fn from(id: &SessionId) -> Self {
        Self::Text(id.as_str().to_owned())
    }
}

impl From<&Slug> for Value {
    fn from(slug: &Slug) -> Self {
        Self::Text(slug.as_str().to_owned())
    }
}

impl FromValue for SessionId {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        let Cell::Text(text) = cell else { return None };
        Self::parse(text)
    }
}

impl FromValue for Slug {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        let Cell::Text(text) = cell else { return None };
        Self::parse(text).ok()
    }
}

impl FromValue for Currency {
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        let Cell::Text(text) = cell else { return None };
        Self::parse(text)
    }
}

/// Reads a column that holds an enum's word.
pub(crate) fn word<T>(row: &Row, column: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
    parse(row.text(column)?).ok_or_else(|| Error::Decode {
        column: column.to_owned(),
    })
}

/// Reads minor units in a column, in the currency of the column `currency`.
pub(crate) fn money(row: &Row, column: &str) -> Result<Money> {
    Ok(Money::new(row.get(column)?, row.get("currency")?))
}

/// Reads a player from the columns `username` and `uuid`.
pub(crate) fn player(row: &Row) -> Result<Player> {
    Ok(Player {
        username: Username::from_stored(row.get("username")?),
        uuid: row.get("uuid")?,
    })
}

/// What a buyer entered, as it is stored; nothing where nothing was.
pub(crate) fn entered_json(entered: &Entered) -> Option<serde_json::Value> {
    let members = entered
        .iter()
        .map(|(name, value)| (name.clone(), value.clone().into()));
    (!entered.is_empty()).then(|| serde_json::Value::Object(members.collect()))
}

/// What a buyer entered.
pub(crate) fn entered(stored: Option<&serde_json::Value>) -> Entered {
    let members = stored.and_then(serde_json::Value::as_object);
    let texts = members
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    texts.collect()
}
