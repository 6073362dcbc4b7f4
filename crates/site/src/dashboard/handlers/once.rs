//! A secret that is shown once, on the page that the form which made it leads to. It is carried there sealed,
//! in a cookie that the page takes away again: so a reload and the way back make nothing anew, as they would
//! if the page were the answer to the form, and show it no second time.

use axum::http::{HeaderMap, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tradepost_app::App;
use tradepost_app::secrets::NONCE;
use uuid::Uuid;

use crate::web::{Cookie, cookie};

const PURPOSE: &str = "once";
/// A secret that was not shown within this time is forgotten.
const SECONDS: i64 = 60;

/// Gives a secret to the page about `thing`.
pub(super) fn carry(app: &App, thing: Uuid, secret: &str, mut response: Response) -> Response {
    let text = format!("{}.{secret}", app.now().as_second());
    let nonce = app.ids.bytes::<NONCE>();
    let sealed = app
        .secrets
        .seal(PURPOSE, thing.as_bytes(), nonce, text.as_bytes());
    let cookie = Cookie::new(name(thing), URL_SAFE_NO_PAD.encode(sealed), 1)
        .secure(app.settings.public_url.starts_with("https://"));
    response
        .headers_mut()
        .append(header::SET_COOKIE, cookie.header());
    response
}

/// The secret that a request for the page about `thing` carries.
pub(super) fn carried(app: &App, headers: &HeaderMap, thing: Uuid) -> Option<String> {
    let sealed = URL_SAFE_NO_PAD
        .decode(cookie(headers, &name(thing))?)
        .ok()?;
    let opened = app.secrets.open(PURPOSE, thing.as_bytes(), &sealed)?;
    let text = String::from_utf8(opened).ok()?;
    let (second, secret) = text.split_once('.')?;
    let age = app.now().as_second().checked_sub(second.parse().ok()?)?;
    (0..=SECONDS).contains(&age).then(|| secret.to_owned())
}

/// Forgets the secret once the page about `thing` has shown it.
pub(super) fn shown(headers: &HeaderMap, thing: Uuid, mut response: Response) -> Response {
    if cookie(headers, &name(thing)).is_some() {
        response
            .headers_mut()
            .append(header::SET_COOKIE, Cookie::forget(name(thing)).header());
    }
    response
}

/// One for each thing, so that two pages at once do not take each other's.
fn name(thing: Uuid) -> String {
    format!("tp_once_{}", thing.simple())
}
