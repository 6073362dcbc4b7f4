//! Bodies: read as a map of raw values, each field by its own typed parser, so that every field that
//! fails is told at once, and amounts never pass through a float.
//!
//! [`members!`] makes both of one table: what reads a body, and the schema that describes it.

mod kinds;
mod lists;
mod members;
mod numbers;
mod object;

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tradepost_model::fields::FieldErrors;

use crate::envelope::Failure;

/// How many unknown members are named.
const MOST_UNKNOWN: usize = 20;
/// How many objects of a list are looked at; lists allow far fewer.
const MOST_OBJECTS: usize = 100;

pub(crate) use kinds::{
    Kind, Scalar, boolean, email, paragraph, text, timestamp, uuid, verbatim, words,
};
pub(crate) use lists::{entries, ids, json, list, map, object, objects};
pub(crate) use members::{Described, Member, Members, Purpose, camel, members, plain, schema_of};
pub(crate) use numbers::{integer, money, percentage};
use object::Object;

/// The JSON object of a request. Errors: 415, 413, 400.
pub(crate) struct Body(pub(crate) Fields);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        if !is_json(request.headers()) {
            return Err(not_json());
        }
        parse(&read(request, state).await?).map(Self)
    }
}

/// The JSON object of a request that may come without a body. Errors: 415, 413, 400.
pub(crate) struct OptionalBody(pub(crate) Fields);

impl<S: Send + Sync> FromRequest<S> for OptionalBody {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let is_json = is_json(request.headers());
        let bytes = read(request, state).await?;
        match (bytes.is_empty(), is_json) {
            (true, _) => parse(b"{}").map(Self),
            (false, true) => parse(&bytes).map(Self),
            (false, false) => Err(not_json()),
        }
    }
}

pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = kind.unwrap_or_default().split(';').next();
    let media_type = media_type.unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/json")
}

pub(crate) fn not_json() -> Failure {
    let message = "Send the body as Content-Type: application/json.";
    Failure::plain(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        message,
    )
}

pub(crate) async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Failure> {
    let bytes = Bytes::from_request(request, state).await;
    bytes.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            let message = "The body must be at most 1 MiB.";
            Failure::plain(rejection.status(), "body_too_large", message)
        } else {
            let message = "The body could not be read.";
            Failure::plain(StatusCode::BAD_REQUEST, "malformed", message)
        }
    })
}

/// The members of a body. Errors: it is no JSON object, or says something twice.
pub(crate) fn parse(bytes: &[u8]) -> Result<Fields, Failure> {
    let Object(members) = serde_json::from_slice(bytes).map_err(|error| {
        let message = format!("The body is not a JSON object: {error}.");
        Failure::plain(StatusCode::BAD_REQUEST, "malformed", message)
    })?;
    Ok(Fields {
        prefix: String::new(),
        members,
    })
}

/// The members of an object that are still to be read.
pub(crate) struct Fields {
    prefix: String,
    members: BTreeMap<String, Box<RawValue>>,
}

impl Fields {
    /// The public name of a member, with the names of the objects around it.
    pub(crate) fn name(&self, member: &str) -> String {
        format!("{}{member}", self.prefix)
    }

    /// What its members are called.
    pub(crate) fn names(&self) -> Vec<String> {
        self.members.keys().cloned().collect()
    }

    /// Takes a member out, as it was written.
    pub(crate) fn take(&mut self, member: &str) -> Option<Box<RawValue>> {
        self.members.remove(member)
    }

    /// The members of an object that has this name. Errors: it is none, or says something twice.
    pub(crate) fn within(raw: &RawValue, name: &str) -> Result<Self, String> {
        let Object(members) = serde_json::from_str(raw.get()).map_err(|error| {
            if error.is_data() && raw.get().starts_with('{') {
                error.to_string()
            } else {
                "must be an object".to_owned()
            }
        })?;
        Ok(Self {
            prefix: format!("{name}."),
            members,
        })
    }

    /// A member of some type; absent and null are `None`. `what` tells what it must be.
    pub(crate) fn optional<T: DeserializeOwned>(
        &mut self,
        errors: &mut FieldErrors,
        member: &str,
        what: &str,
    ) -> Option<T> {
        let raw = self
            .members
            .remove(member)
            .filter(|raw| raw.get() != "null")?;
        let value = serde_json::from_str(raw.get());
        errors.check(
            &self.name(member),
            value.map_err(|_| format!("must be {what}")),
        )
    }

    /// A member that changes something where it is there; it cannot be cleared.
    pub(crate) fn changed<T: DeserializeOwned>(
        &mut self,
        errors: &mut FieldErrors,
        member: &str,
        what: &str,
    ) -> Option<T> {
        if self
            .members
            .get(member)
            .is_some_and(|raw| raw.get() == "null")
        {
            self.members.remove(member);
            errors.add(self.name(member), format!("must be {what}, not null"));
        }
        self.optional(errors, member, what)
    }

    /// A text.
    pub(crate) fn text(&mut self, errors: &mut FieldErrors, member: &str) -> Option<String> {
        self.optional(errors, member, "a text")
    }

    /// A member that must be there.
    pub(crate) fn required<T: DeserializeOwned>(
        &mut self,
        errors: &mut FieldErrors,
        member: &str,
        what: &str,
    ) -> Option<T> {
        if self
            .members
            .get(member)
            .is_none_or(|raw| raw.get() == "null")
        {
            self.members.remove(member);
            errors.add(self.name(member), "is required");
            return None;
        }
        self.optional(errors, member, what)
    }

    /// A list of objects inside this one, which must be there.
    pub(crate) fn objects(&mut self, errors: &mut FieldErrors, member: &str) -> Vec<Self> {
        let list: Option<Vec<Box<RawValue>>> = self.required(errors, member, "a list of objects");
        let name = self.name(member);
        let mut objects = Vec::new();
        for (place, raw) in list.into_iter().flatten().take(MOST_OBJECTS).enumerate() {
            match serde_json::from_str::<Object>(raw.get()) {
                Ok(Object(members)) => objects.push(Self {
                    prefix: format!("{name}[{place}]."),
                    members,
                }),
                Err(_) => errors.add(format!("{name}[{place}]"), "must be an object"),
            }
        }
        objects
    }

    /// Refuses members that nobody read.
    pub(crate) fn finish(self, errors: &mut FieldErrors) {
        for member in self.members.keys().take(MOST_UNKNOWN) {
            errors.add(format!("{}{member}", self.prefix), "is not a known member");
        }
    }
}

#[cfg(test)]
mod tests;
