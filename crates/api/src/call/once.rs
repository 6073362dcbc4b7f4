//! `Idempotency-Key`: requests that may be repeated.

use axum::http::{HeaderMap, Method, Uri};
use tradepost_app::Error;
use tradepost_app::idempotency::{Once, fingerprint};
use tradepost_model::ids::StoreId;

const HEADER: &str = "idempotency-key";
/// The characters of a key at most.
pub(crate) const LONGEST_KEY: usize = 255;

/// The key of a request, where it has one. Errors: it is not 1 to 255 visible ASCII characters, or there are
/// two.
pub(super) fn of(
    store: StoreId,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Option<Once>, Error> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let key = value.to_str().ok().filter(|key| {
        (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
    });
    let (Some(key), None) = (key, values.next()) else {
        let reason = format!("must be one key of 1 to {LONGEST_KEY} visible ASCII characters");
        return Err(Error::invalid("Idempotency-Key", reason));
    };
    let path = uri.path_and_query().map_or("", |it| it.as_str());
    let fingerprint = fingerprint(&[method.as_str().as_bytes(), path.as_bytes(), body]);
    Ok(Some(Once {
        store,
        key: key.to_owned(),
        fingerprint,
    }))
}
