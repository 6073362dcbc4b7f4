//! The description of the Management API, made of the code that answers: [`Routes`] holds each handler with
//! what describes it, `members!` and `query!` describe what they read, and views derive their schema.

mod components;
mod document;
mod operation;
mod page;
mod routes;
mod webhooks;

pub(crate) use document::document;
pub(crate) use operation::{Operation, operation};
pub(crate) use page::{page, style};
pub(crate) use routes::{Catalogue, Routes};

#[cfg(test)]
mod events_tests;
#[cfg(test)]
mod tests;
