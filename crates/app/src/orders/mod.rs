//! Orders: from the start of a payment to the commands that deliver.

mod ending;
mod fulfil;
mod manual;
pub(crate) mod occasion;
pub(crate) mod reservation;
mod settle;
mod start;
mod times;
mod views;

pub(crate) use ending::{DISPUTED, expire};
pub use ending::{RefundPreview, preview_refund, refund_order};
pub use manual::{ManualItem, ManualOrder, create_manual};
pub use settle::Settled;
pub(crate) use settle::{refund, settle};
pub use start::{Started, start_payment};
pub use tradepost_db::orders::Filter;
pub use views::{CommandView, Details, delivery, find, find_made, list, of_session};
