//! What all handlers share: cookies, forms with their anti-forgery check, answers and errors.

mod answer;
mod cookies;
mod form;
mod host;
mod visitor;

pub(crate) use answer::{Outcome, WebError, page, page_with_status, see_other};
pub(crate) use cookies::{Cookie, cookie};
pub(crate) use form::CheckedForm;
pub use host::rewrite_store_host;
pub(crate) use host::{OwnHost, shop_base};
pub(crate) use visitor::{Visitor, remember_visitor};
