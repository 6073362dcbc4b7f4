//! Negotiation: a client gets an id, and learns which transports there are.

use crate::{Credentials, Hub, Refusal, query::Query, server::Shared, transport::Offer};
use axum::{
    Json,
    http::request::Parts,
    response::{IntoResponse, Response},
};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Negotiation<'n> {
    negotiate_version: u8,
    connection_id: &'n str,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_token: Option<String>,
    available_transports: Vec<Offer>,
}

pub(crate) async fn negotiate<H: Hub>(shared: &Shared<H>, parts: &Parts) -> Response {
    let query = Query::of(&parts.uri);
    let identity = match shared.authenticate(Credentials::of(parts, &query)).await {
        Ok(identity) => identity,
        Err(refusal) => return refusal.to_negotiation(),
    };
    let version = match version(&query) {
        Ok(version) => version,
        Err(refusal) => return refusal.to_negotiation(),
    };
    // Version 0 knows one id only, so there the public one is the secret.
    let link = shared.add(identity, version == 0);
    let offers = shared.options.transports.iter();
    let offers = offers.map(|transport| transport.offer()).collect();
    Json(Negotiation {
        negotiate_version: version,
        connection_id: &link.id,
        connection_token: (version > 0).then(|| link.key.text()),
        available_transports: offers,
    })
    .into_response()
}

/// The version to speak: the newest both sides know.
fn version(query: &Query) -> Result<u8, Refusal> {
    let Some(text) = query.get("negotiateVersion") else {
        return Ok(0);
    };
    let Ok(asked) = text.trim().parse::<i32>() else {
        return Err(Refusal::message(
            "The client requested a non-integer protocol version.",
        ));
    };
    match asked {
        ..0 => Err(Refusal::message(format!(
            "The client requested version '{asked}', but the server does not support this version."
        ))),
        0 => Ok(0),
        1.. => Ok(1),
    }
}
