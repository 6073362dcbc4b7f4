//! Handlers: unpack a request, call an operation, map its result to a page.

mod accent;
mod asked;
mod basket;
mod buying;
mod cards;
mod category;
mod home;
mod kept;
mod package;
mod player;
mod prose;
mod shopping;
mod terms;

use axum::Router;
use axum::routing::get;
use tradepost_app::App;

pub(crate) use kept::forget_bought;
pub(crate) use shopping::LANGUAGE;
pub(crate) use terms::{free, rhythm};

pub(crate) fn routes() -> Router<App> {
    // What is only posted to leads back to its page when somebody reloads it.
    let shop = Router::new()
        .route("/", get(home::show))
        .route("/category/{slug}", get(category::show))
        .route("/package/{slug}", get(package::show))
        .route("/basket", get(basket::show))
        .route("/basket/add", get(basket::go).post(basket::add))
        .route("/basket/update", get(basket::go).post(basket::update))
        .route("/basket/remove", get(basket::go).post(basket::remove))
        .route("/basket/checkout", get(basket::go).post(buying::check_out))
        .route("/buy", get(basket::go))
        .route("/player", get(player::show).post(player::choose))
        .route("/accent.css", get(accent::of_store))
        .route("/{*rest}", get(home::nowhere));
    Router::new()
        .route("/s/{subdomain}/", get(home::show))
        .nest("/s/{subdomain}", shop)
        .route("/accent.css", get(accent::of_nobody))
}
