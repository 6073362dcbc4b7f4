//! A word that is carried over one redirect: "Saved."

use axum::http::header;
use axum::response::Response;
use tradepost_app::App;

use crate::view::Notice;
use crate::web::{Cookie, cookie};

const COOKIE: &str = "tp_flash";
const PURPOSE: &str = "flash";
/// A word that was not shown within this time is forgotten.
const SECONDS: i64 = 60;

/// What just happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flash {
    Saved,
    LoggedOut,
    Refunded,
    Queued,
    Resent,
    Cancelled,
    Changed,
    Kept,
    KeyRevoked,
    OriginAdded,
    OriginRemoved,
    CardMade,
    CardVoided,
}

impl Flash {
    const ALL: [Self; 13] = [
        Self::Saved,
        Self::LoggedOut,
        Self::Refunded,
        Self::Queued,
        Self::Resent,
        Self::Cancelled,
        Self::Changed,
        Self::Kept,
        Self::KeyRevoked,
        Self::OriginAdded,
        Self::OriginRemoved,
        Self::CardMade,
        Self::CardVoided,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::LoggedOut => "logged-out",
            Self::Refunded => "refunded",
            Self::Queued => "queued",
            Self::Resent => "resent",
            Self::Cancelled => "cancelled",
            Self::Changed => "changed",
            Self::Kept => "kept",
            Self::KeyRevoked => "key-revoked",
            Self::OriginAdded => "origin-added",
            Self::OriginRemoved => "origin-removed",
            Self::CardMade => "card-made",
            Self::CardVoided => "card-voided",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|flash| flash.word() == word)
    }

    pub(super) fn notice(self) -> Notice {
        Notice::good(match self {
            Self::Saved => "Saved.",
            Self::LoggedOut => "You are logged out.",
            Self::Refunded => "The order is refunded.",
            Self::Queued => "The command is queued.",
            Self::Resent => "The command is sent again.",
            Self::Cancelled => "The command is cancelled. It will not run.",
            Self::Changed => "The command is changed.",
            Self::Kept => "It has no end any more.",
            Self::KeyRevoked => "The key is revoked.",
            Self::OriginAdded => "The origin is added.",
            Self::OriginRemoved => "The origin is removed.",
            Self::CardMade => "The gift card is made. Show its code to give it away.",
            Self::CardVoided => "The gift card is void.",
        })
    }

    /// Gives the word to the next page.
    pub(super) fn carry(self, app: &App, mut response: Response) -> Response {
        let text = format!("{}.{}", self.word(), app.now().as_second());
        let signature = app.secrets.sign(PURPOSE, &text);
        let cookie = Cookie::new(COOKIE, format!("{text}.{signature}"), 1)
            .secure(app.settings.public_url.starts_with("https://"));
        response
            .headers_mut()
            .append(header::SET_COOKIE, cookie.header());
        response
    }
}

/// The word a request carries.
pub(super) fn carried(app: &App, headers: &axum::http::HeaderMap) -> Option<Flash> {
    let (text, signature) = cookie(headers, COOKIE)?.rsplit_once('.')?;
    let (word, second) = text.split_once('.')?;
    let age = app.now().as_second().checked_sub(second.parse().ok()?)?;
    let fresh = (0..=SECONDS).contains(&age) && app.secrets.verify(PURPOSE, text, signature);
    fresh.then(|| Flash::parse(word)).flatten()
}

/// Forgets the word once it was shown.
pub(super) fn shown(mut response: Response) -> Response {
    response
        .headers_mut()
        .append(header::SET_COOKIE, Cookie::forget(COOKIE).header());
    response
}
