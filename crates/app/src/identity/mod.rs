//! Who somebody is: passwords, sessions on our pages, tokens and keys for the API.

mod keys;
mod login;
mod passwords;
mod tokens;
mod uses;

pub use keys::{
    KeyBearer, NewKey, authenticate_key, create_key, list_keys, make_key, regenerate_key,
    revoke_key,
};
pub use login::{
    Login, add_user, log_in, log_out, log_out_everywhere, set_password, user_by_email,
    user_of_session,
};
pub use passwords::Hasher;
pub use tokens::{Token, issue, user_of_token};
pub use uses::{KeyUses, keep_key_uses, write_key_uses};

use tradepost_model::ids::StoreId;
use tradepost_model::users::User;

use crate::{Actor, App, Error, Result};

/// A user acting in a store. Somebody who is no member hears that the store does not exist.
pub async fn member(app: &App, user: &User, store: StoreId) -> Result<Actor> {
    let id = user.id;
    let permissions = app
        .read(async move |conn| Ok(tradepost_db::users::membership(conn, store, id).await?))
        .await?;
    permissions
        .map(|permissions| Actor::member(store, id, permissions))
        .ok_or(Error::NotFound("store"))
}
