//! HTML over HTTP: the storefront, the checkout with its receipt, and the dashboard.
//!
//! A page is a typed context (plain display data) with an askama template. Nothing here knows
//! what a price is made of or when a command is sent; it only says so well.

#![warn(missing_docs)]

pub mod accent;
pub mod art;
pub mod assets;
pub mod checkout;
mod colour;
pub mod dashboard;
pub mod gallery;
mod routes;
pub mod storefront;
pub mod view;
mod web;

pub use accent::accent_css;
pub use assets::asset_url;
pub(crate) use routes::problem_page;
pub use routes::router;
pub use view::icon;
pub use web::rewrite_store_host;
