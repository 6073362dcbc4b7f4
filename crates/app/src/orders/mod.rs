//! Orders: from the start of a payment to the commands that deliver.

mod codes;
mod ending;
pub(crate) mod fulfil;
mod manual;
pub(crate) mod occasion;
pub(crate) mod reservation;
mod settle;
mod start;
mod terms;
mod times;
mod views;

pub(crate) use ending::{DISPUTED, expire, expire_line};
pub use ending::{RefundPreview, preview_refund, refund_order};
pub use manual::{ManualOrder, create_manual, faults_of_items, give};
pub use settle::Settled;
pub(crate) use settle::{refund, settle};
pub(crate) use start::facts;
pub use start::{Paying, Started, start_payment};
pub use tradepost_db::orders::Filter;
pub use views::{
    CommandView, Details, Told, delivery, find, list, of_session, page, tell, tell_made,
};
