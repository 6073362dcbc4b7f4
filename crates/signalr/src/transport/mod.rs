//! The ways bytes travel between a client and its link.

pub(crate) mod websockets;

use serde::Serialize;

/// A transport as negotiation names it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transport {
    transport: &'static str,
    transfer_formats: &'static [&'static str],
}

/// What a client may choose from; it takes the first it can use.
pub(crate) const OFFERED: &[Transport] = &[websockets::TRANSPORT];
