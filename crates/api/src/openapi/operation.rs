//! One operation: who may use it, what it takes, what it gives.

use serde_json::Value;
use tradepost_model::permissions::{Access, Area};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::body::{Members, Purpose, schema_of};
use crate::query::{self, Query};

/// What describes a handler.
pub(crate) struct Operation {
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) about: &'static str,
    /// Nothing where nobody has to be recognised, or where it is about the caller alone.
    pub(super) permission: Option<(Area, Access)>,
    pub(super) for_anybody: bool,
    pub(super) parameters: Vec<Value>,
    pub(super) body: Option<(String, Value)>,
    pub(super) answer: Answer,
    pub(super) own_rule: bool,
}

/// What is answered.
pub(super) enum Answer {
    Nothing,
    One(View),
    List(View),
    Feed(View),
}

/// A view with the schemas it is made of.
pub(super) struct View {
    pub(super) name: String,
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

/// An operation that nothing is said of yet but its name, what it does, and what it needs.
pub(crate) fn operation(
    id: &'static str,
    summary: &'static str,
    permission: impl Into<Option<(Area, Access)>>,
) -> Operation {
    Operation {
        id,
        summary,
        about: "",
        permission: permission.into(),
        for_anybody: false,
        parameters: Vec::new(),
        body: None,
        answer: Answer::Nothing,
        own_rule: false,
    }
}

impl Operation {
    /// More to know.
    pub(crate) fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// It asks nobody who they are.
    pub(crate) fn for_anybody(self) -> Self {
        Self {
            for_anybody: true,
            ..self
        }
    }

    /// It takes a body.
    pub(crate) fn takes<B: Members>(self, _: B, purpose: Purpose) -> Self {
        let thing = B::NAME.trim_end_matches("Body");
        let name = match purpose {
            Purpose::Create => format!("New{thing}"),
            Purpose::Change => format!("{thing}Change"),
        };
        let body = Some((name, schema_of::<B>(purpose)));
        Self { body, ..self }
    }

    /// It gives one thing, with its entity tag.
    pub(crate) fn gives<V: ToSchema>(self) -> Self {
        let answer = Answer::One(view::<V>());
        Self { answer, ..self }
    }

    /// It gives a part of a list.
    pub(crate) fn lists<Q: Query, V: ToSchema>(self) -> Self {
        Self {
            parameters: query::describe::<Q>(),
            answer: Answer::List(view::<V>()),
            ..self
        }
    }

    /// It gives a part of something that is no list, by parameters of its own.
    pub(crate) fn feeds<Q: Query, V: ToSchema>(self) -> Self {
        Self {
            parameters: query::describe::<Q>(),
            answer: Answer::Feed(view::<V>()),
            ..self
        }
    }

    /// It takes an `Idempotency-Key` by a rule of its own, which `about` tells.
    pub(crate) fn repeats_by_its_own_rule(self) -> Self {
        Self {
            own_rule: true,
            ..self
        }
    }
}

fn view<V: ToSchema>() -> View {
    let name = V::name().into_owned();
    let mut schemas = vec![(name.clone(), <V as PartialSchema>::schema())];
    V::schemas(&mut schemas);
    View { name, schemas }
}
