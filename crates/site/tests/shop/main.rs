//! The storefront, the checkout and the receipt as buyers meet them: through requests.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod banning;
#[expect(dead_code, reason = "the other area's tests use the rest")]
#[path = "../support/browser.rs"]
mod browser;
mod browsing;
mod codes;
#[path = "../support/database.rs"]
mod database;
mod ending;
mod filling;
mod goods;
mod offers;
mod place;
mod receipts;
