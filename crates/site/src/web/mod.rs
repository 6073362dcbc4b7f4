//! What all handlers share: cookies, forms with their anti-forgery check, answers and errors.

mod answer;
mod cookies;
mod form;
mod host;
mod live;
mod local;
mod visitor;
pub(crate) mod when;

pub(crate) use answer::{Outcome, Told, WebError, page, page_with_status, see_other};
pub(crate) use cookies::{Cookie, cookie};
pub(crate) use form::CheckedForm;
pub use host::rewrite_store_host;
pub(crate) use host::{OwnHost, shop_base};
pub(crate) use live::live_fragment;
pub(crate) use local::is_local;
pub(crate) use visitor::{SESSION, Visitor, remember_visitor};
