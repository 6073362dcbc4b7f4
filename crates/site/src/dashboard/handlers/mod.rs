//! Handlers: unpack a request, call an operation, map its result to a page.

mod calendar;
mod commands;
mod days;
mod editor;
mod flash;
mod gift_card;
mod gift_card_form;
mod gift_cards;
mod global_commands;
mod home;
mod key;
mod keys;
mod login;
mod member;
mod money;
mod numbers;
mod once;
mod order;
mod order_money;
mod orders;
mod package_extras;
mod package_form;
mod package_page;
mod package_sample;
mod packages;
mod permissions;
mod queue;
mod redeliveries;
mod redelivery;
mod refund;
mod report;
mod server;
mod servers;
mod staff_command;
mod trail;
mod trouble;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use tradepost_app::App;

use crate::web::Outcome;
use member::Member;

pub(crate) fn routes() -> Router<App> {
    let store = Router::new()
        .route("/", get(home::show))
        .route("/packages", get(packages::list))
        .route(
            "/packages/new",
            get(editor::blank).post(editor::create).layer(uploads()),
        )
        .route(
            "/packages/{id}",
            get(editor::edit).post(editor::change).layer(uploads()),
        )
        .route("/orders", get(orders::list))
        .route("/orders/{id}", get(order::show))
        .route("/orders/{id}/live", get(order::live))
        .route("/orders/{id}/refund", get(refund::ask).post(refund::refund))
        .route(
            "/orders/{id}/commands/new",
            get(staff_command::blank).post(staff_command::add),
        )
        .route(
            "/orders/{id}/commands/{command}",
            get(staff_command::show).post(staff_command::edit),
        )
        .route(
            "/orders/{id}/commands/{command}/resend",
            post(staff_command::resend),
        )
        .route(
            "/orders/{id}/commands/{command}/cancel",
            post(staff_command::cancel),
        )
        .route("/queue", get(queue::list))
        .route(
            "/redeliveries/new",
            get(redeliveries::ask).post(redeliveries::answer),
        )
        .route("/redeliveries/{id}", get(redelivery::show))
        .route("/redeliveries/{id}/live", get(redelivery::live))
        .route("/redeliveries/{id}/pause", post(redelivery::pause))
        .route("/redeliveries/{id}/resume", post(redelivery::resume))
        .route("/redeliveries/{id}/cancel", post(redelivery::cancel))
        .route("/calendar", get(calendar::show))
        .route("/calendar/keep/{id}", post(calendar::keep))
        .route("/calendar/cancel/{id}", post(calendar::cancel))
        .route(
            "/global-commands",
            get(global_commands::show).post(global_commands::save),
        )
        .route("/gift-cards", get(gift_cards::list))
        .route(
            "/gift-cards/new",
            get(gift_card_form::blank).post(gift_card_form::create),
        )
        .route("/gift-cards/{id}", get(gift_card::show))
        .route(
            "/gift-cards/{id}/edit",
            get(gift_card_form::edit).post(gift_card_form::change),
        )
        .route(
            "/gift-cards/{id}/code",
            get(gift_card::elsewhere).post(gift_card::reveal),
        )
        .route(
            "/gift-cards/{id}/void",
            get(gift_card::elsewhere).post(gift_card::void),
        )
        .route("/keys", get(keys::list))
        .route("/keys/new", get(key::blank).post(key::create))
        .route("/keys/origins", get(keys::elsewhere).post(keys::add_origin))
        .route(
            "/keys/origins/remove",
            get(keys::elsewhere).post(keys::remove_origin),
        )
        .route("/keys/{id}", get(key::show))
        .route(
            "/keys/{id}/regenerate",
            get(key::elsewhere).post(key::regenerate),
        )
        .route("/keys/{id}/revoke", get(key::elsewhere).post(key::revoke))
        .route("/servers", get(servers::list))
        .route("/servers/live", get(servers::live))
        .route("/servers/new", get(servers::blank).post(servers::create))
        .route("/servers/{id}", get(server::show))
        .route("/servers/{id}/live", get(server::live))
        .route(
            "/servers/{id}/wipe",
            get(redeliveries::ask_wipe).post(redeliveries::answer_wipe),
        )
        .route(
            "/servers/{id}/token",
            get(server::back).post(server::regenerate),
        );
    Router::new()
        .route("/dashboard", get(home::first_store))
        .route("/dashboard/login", get(login::show).post(login::log_in))
        .route("/dashboard/logout", post(login::log_out))
        .nest("/dashboard/{subdomain}", store)
        .layer(from_fn(trouble::explain))
}

/// More than a picture may have, so that whoever sends a photo as it came from the camera is told so
/// beside the field, with all that was typed.
fn uploads() -> DefaultBodyLimit {
    DefaultBodyLimit::max(16 * tradepost_model::images::MAX_BYTES)
}
