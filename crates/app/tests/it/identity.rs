//! Who somebody is, and that nobody is somebody else.

use tradepost_app::{Error, identity, stores};

use crate::shop::{Shop, new_store, on_both_engines};

on_both_engines!(
    a_key_opens_its_own_store_alone,
    a_session_lasts_until_the_log_out_or_a_new_password,
    a_token_ends_with_a_new_password,
    a_stranger_is_told_that_the_store_does_not_exist,
    an_address_has_one_account,
);

async fn a_key_opens_its_own_store_alone(shop: Shop) {
    let bearer = identity::authenticate_key(&shop.app, &shop.key)
        .await
        .unwrap();
    let actor = bearer.actor(shop.app.now()).unwrap();
    assert_eq!(
        (bearer.key.store, actor.store),
        (shop.store.id, shop.store.id)
    );
    let other = new_store(&shop.app, "other").await;
    let mixed = shop.key.replace(&shop.store.short_id, &other.short_id);
    let refused = identity::authenticate_key(&shop.app, &mixed).await;
    assert!(
        matches!(refused, Err(Error::Unauthenticated(_))),
        "another store's name on it"
    );
}

async fn a_session_lasts_until_the_log_out_or_a_new_password(shop: Shop) {
    let log_in = || identity::log_in(&shop.app, "Lobby@Example.com", "a good password", "here");
    let first = log_in().await.unwrap();
    let second = log_in().await.unwrap();
    let known = async |token: &str| {
        identity::user_of_session(&shop.app, token)
            .await
            .unwrap()
            .is_some()
    };
    assert!(known(&first.token).await && known(&second.token).await && !known("nonsense").await);
    identity::log_out(&shop.app, &first.token).await.unwrap();
    assert!(!known(&first.token).await && known(&second.token).await);
    identity::set_password(&shop.app, "lobby@example.com", "another password")
        .await
        .unwrap();
    assert!(!known(&second.token).await);
    assert!(log_in().await.is_err());
    let third = identity::log_in(&shop.app, "lobby@example.com", "another password", "here")
        .await
        .unwrap();
    shop.clock
        .advance(jiff::SignedDuration::from_hours(24 * 14));
    assert!(!known(&third.token).await, "two weeks are over");
}

async fn a_token_ends_with_a_new_password(shop: Shop) {
    let email = "lobby@example.com";
    let token = identity::issue(&shop.app, email, "a good password", "here").await;
    let token = token.unwrap();
    let lasts = token.expires_at.duration_since(shop.app.now());
    assert_eq!(lasts, jiff::SignedDuration::from_hours(12));
    let user = identity::user_of_token(&shop.app, &token.text).await;
    assert_eq!(user.unwrap().email, email);
    // The same claims, signed by nobody: {"alg":"none"}.
    let (_, claims) = token.text.split_once('.').unwrap();
    let (claims, _) = claims.split_once('.').unwrap();
    let forged = format!("eyJhbGciOiJub25lIn0.{claims}.");
    let refused = identity::user_of_token(&shop.app, &forged).await;
    assert!(matches!(refused, Err(Error::Unauthenticated(_))));
    identity::set_password(&shop.app, email, "another password")
        .await
        .unwrap();
    let refused = identity::user_of_token(&shop.app, &token.text).await;
    assert!(matches!(refused, Err(Error::Unauthenticated(_))));
}

async fn a_stranger_is_told_that_the_store_does_not_exist(shop: Shop) {
    let other = new_store(&shop.app, "other").await;
    let owner = identity::user_by_email(&shop.app, "lobby@example.com")
        .await
        .unwrap();
    assert!(
        identity::member(&shop.app, &owner, shop.store.id)
            .await
            .is_ok()
    );
    let refused = identity::member(&shop.app, &owner, other.id).await;
    assert!(matches!(refused, Err(Error::NotFound("store"))));
    let mine = stores::of_user(&shop.app, &owner).await.unwrap();
    assert_eq!(
        mine.iter().map(|store| store.id).collect::<Vec<_>>(),
        [shop.store.id]
    );
}

async fn an_address_has_one_account(shop: Shop) {
    let again = identity::add_user(&shop.app, "LOBBY@example.com", "Twin", "a good password").await;
    assert!(matches!(
        again,
        Err(Error::Conflict {
            code: "email_taken",
            ..
        })
    ));
    let Err(Error::Invalid(errors)) = identity::add_user(&shop.app, "nobody", " ", "short").await
    else {
        panic!("three fields do not fit")
    };
    assert_eq!(errors.0.len(), 3);
}
