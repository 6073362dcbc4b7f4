//! `/api-keys`

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tradepost_app::identity::{self, NewKey};
use tradepost_app::{App, Error};
use tradepost_model::Timestamp;
use tradepost_model::fields::{FieldErrors, Given};
use tradepost_model::ids::ApiKeyId;
use tradepost_model::keys::{ApiKey, KeyDraft};
use tradepost_model::permissions::{Access, Area};
use utoipa::ToSchema;

use super::{Caller, Named};
use crate::body::{
    Body, Fields, Kind, Member, Members as _, OptionalBody, Purpose, members, text, timestamp,
};
use crate::envelope::{Failure, Success};
use crate::openapi::{Routes, operation};
use crate::query::{self, List, query};
use crate::shape::{Id, Time};

pub(super) fn routes() -> Routes {
    let edit = (Area::Stores, Access::Edit);
    Routes::of_members("API keys", "The keys that open a store for programs.")
        .get(
            "/api-keys",
            list,
            operation("listApiKeys", "List the keys", edit)
                .about("Newest first, also those that were revoked. Secrets are not told.")
                .lists::<KeyQuery, ApiKeyView>(),
        )
        .post(
            "/api-keys",
            create,
            operation("createApiKey", "Create a key", edit)
                .about("The answer has the whole `key`, this once. What it may do cannot be changed later.")
                .takes(ApiKeyBody, Purpose::Create)
                .gives::<ApiKeyWithSecretView>(),
        )
        .delete(
            "/api-keys/{id}",
            revoke,
            operation("revokeApiKey", "Revoke a key", edit).about("It stops working at once."),
        )
        .post(
            "/api-keys/{id}/regenerate",
            regenerate,
            operation("regenerateApiKey", "Give a key a new secret", edit)
                .about("The answer has the whole `key`, this once. The old secret stops working at once.")
                .gives::<ApiKeyWithSecretView>(),
        )
}

type Words<T> = BTreeMap<T, Vec<T>>;

/// A key, without its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiKeyView {
    id: Id,
    #[schema(example = "Discord bot")]
    name: String,
    /// How it begins.
    #[schema(example = "flx_a1b2c3d4_Xy1z")]
    prefix: String,
    /// Areas, each with what may be done there.
    #[schema(value_type = BTreeMap<String, Vec<String>>, example = json!({"Orders": ["View"]}))]
    permissions: Words<&'static str>,
    /// When it stops working by itself.
    expires_at: Option<Time>,
    /// When it was last used, give or take half a minute.
    last_used_at: Option<Time>,
    created_at: Time,
    revoked_at: Option<Time>,
}

/// A key with its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiKeyWithSecretView {
    id: Id,
    #[schema(example = "Discord bot")]
    name: String,
    /// How it begins.
    #[schema(example = "flx_a1b2c3d4_Xy1z")]
    prefix: String,
    /// Areas, each with what may be done there.
    #[schema(value_type = BTreeMap<String, Vec<String>>, example = json!({"Orders": ["View"]}))]
    permissions: Words<&'static str>,
    /// When it stops working by itself.
    expires_at: Option<Time>,
    /// When it was last used, give or take half a minute.
    last_used_at: Option<Time>,
    created_at: Time,
    revoked_at: Option<Time>,
    /// The whole key, told this once.
    #[schema(example = "flx_a1b2c3d4_Xy1zXy1zXy1zXy1zXy1zXy1zXy1zXy1z")]
    key: String,
}

#[derive(Clone)]
pub(super) struct ApiKeyDraft {
    name: Given<String>,
    permissions: Given<Words<String>>,
    expires_at: Given<Timestamp>,
}

members! {
    /// What a key is made of.
    pub(super) struct ApiKeyBody -> ApiKeyDraft {
        /// What you call it.
        name = text(1, 64).required().example("Discord bot"),
        /// Areas, each with what may be done there.
        permissions = permissions().required().example(json!({"Orders": ["View"], "Coupons": ["View", "Edit"]})),
        /// When it stops working by itself; null for never.
        expires_at = timestamp().nullable().example("2027-01-01T00:00:00Z"),
    }
}

/// What a key may do, in words. Which words there are is for the model to say.
#[derive(Clone)]
struct Matrix;

fn permissions() -> Member<Matrix> {
    Member::new(Matrix)
}

impl Kind for Matrix {
    type Value = Words<String>;

    fn read(&self, raw: &RawValue, name: &str, errors: &mut FieldErrors) -> Option<Words<String>> {
        let mut areas = errors.check(name, Fields::within(raw, name))?;
        let (mut words, before) = (Words::new(), errors.0.len());
        for area in areas.names() {
            let types = areas.required(errors, &area, "a list of View, Edit and Delete");
            words.insert(area, types.unwrap_or_default());
        }
        (errors.0.len() == before).then_some(words)
    }

    fn schema(&self) -> Value {
        let areas = Area::ALL.iter().filter_map(|area| {
            let words: Vec<_> = area
                .key_matrix()
                .iter()
                .map(|access| access.word())
                .collect();
            let list = json!({"type": "array", "items": {"type": "string", "enum": words}});
            (!words.is_empty()).then(|| (area.word().to_owned(), list))
        });
        let areas: Map<_, _> = areas.collect();
        json!({"type": "object", "minProperties": 1, "properties": areas, "additionalProperties": false})
    }
}

query! {
    /// Keys have no filters.
    pub(super) struct KeyQuery: PAGED {}
}

async fn list(
    State(app): State<App>,
    Caller(actor): Caller,
    uri: Uri,
) -> Result<Success<List<ApiKeyView>>, Failure> {
    let (part, KeyQuery {}) = query::read(&uri)?;
    let keys = identity::list_keys(&app, &actor).await?;
    Ok(Success(List::of_all(part, keys, |key| key.id.0)?.map(view)))
}

async fn create(
    State(app): State<App>,
    Caller(actor): Caller,
    Body(body): Body,
) -> Result<Success<ApiKeyWithSecretView>, Failure> {
    let mut errors = FieldErrors::default();
    let ApiKeyDraft {
        name,
        permissions,
        expires_at,
    } = ApiKeyBody::read(body, Purpose::Create, &mut errors);
    let draft = KeyDraft {
        name: name.value(),
        permissions: permissions.value(),
        expires_at: expires_at.value(),
    };
    let made = identity::make_key(&app, &actor, &draft, errors).await?;
    Ok(Success(new_view(made)))
}

async fn revoke(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<ApiKeyId>,
) -> Result<Success<()>, Failure> {
    identity::revoke_key(&app, &actor, id).await?;
    Ok(Success(()))
}

async fn regenerate(
    State(app): State<App>,
    Caller(actor): Caller,
    Named(id): Named<ApiKeyId>,
    OptionalBody(body): OptionalBody,
) -> Result<Success<ApiKeyWithSecretView>, Failure> {
    let mut errors = FieldErrors::default();
    body.finish(&mut errors);
    errors.into_result().map_err(Error::from)?;
    let made = identity::regenerate_key(&app, &actor, id).await?;
    Ok(Success(new_view(made)))
}

fn new_view(made: NewKey) -> ApiKeyWithSecretView {
    let ApiKeyView {
        id,
        name,
        prefix,
        permissions,
        expires_at,
        last_used_at,
        created_at,
        revoked_at,
    } = view(made.key);
    ApiKeyWithSecretView {
        id,
        name,
        prefix,
        permissions,
        expires_at,
        last_used_at,
        created_at,
        revoked_at,
        key: made.text,
    }
}

fn view(key: ApiKey) -> ApiKeyView {
    let ApiKey {
        id,
        store: _,
        name,
        prefix,
        permissions,
        expires_at,
        revoked_at,
        last_used_at,
        created_at,
    } = key;
    ApiKeyView {
        id: Id(id.0),
        name,
        prefix,
        permissions: permissions.to_words(),
        expires_at: expires_at.map(Time),
        last_used_at: last_used_at.map(Time),
        created_at: Time(created_at),
        revoked_at: revoked_at.map(Time),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_that_is_there_twice_is_refused() {
        let text = r#"{"Packages": ["View"], "Packages": ["Edit"]}"#;
        let raw = RawValue::from_string(text.to_owned()).unwrap();
        let mut errors = FieldErrors::default();
        assert!(Matrix.read(&raw, "permissions", &mut errors).is_none());
        let told = errors.of("permissions").unwrap();
        assert!(
            told.starts_with("has the member `Packages` twice"),
            "{told}"
        );
    }
}
