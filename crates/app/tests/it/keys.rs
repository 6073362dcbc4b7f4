//! Keys of the Management API: what they may do, how they end, the plan they need, when they were used.

use jiff::SignedDuration;
use tradepost_app::identity::{self, NewKey};
use tradepost_app::{Actor, App, Error, Result, stores};
use tradepost_model::Timestamp;
use tradepost_model::fields::FieldErrors;
use tradepost_model::keys::{ApiKey, KeyDraft};
use tradepost_model::permissions::{Access, Area, Permissions};
use tradepost_model::plans::{Plan, Subscribed};

use crate::shop::{Shop, code, new_store, on_both_engines};

on_both_engines!(
    a_key_may_do_what_it_was_made_for,
    what_does_not_fit_makes_no_key,
    a_key_expires,
    a_revoked_key_stays_revoked,
    a_regenerated_key_keeps_all_but_its_secret,
    an_old_secret_fails_at_once_while_it_is_used,
    without_the_plan_keys_wait_for_its_renewal,
    uses_are_written_now_and_then,
    another_stores_keys_do_not_exist,
);

fn some() -> Permissions {
    let mut permissions = Permissions::default();
    permissions.grant(Area::Orders, Access::View);
    permissions
}

async fn make(shop: &Shop, expires_at: Option<Timestamp>) -> NewKey {
    identity::create_key(&shop.app, &shop.actor, "bot", some(), expires_at)
        .await
        .unwrap()
}

/// Who acts with a key.
async fn actor(app: &App, text: &str) -> Result<Actor> {
    identity::authenticate_key(app, text)
        .await?
        .actor(app.now())
}

fn is_stranger<T>(result: &Result<T>) -> bool {
    matches!(result, Err(Error::Unauthenticated(_)))
}

async fn listed(app: &App, owner: &Actor, key: &ApiKey) -> ApiKey {
    let keys = identity::list_keys(app, owner).await.unwrap();
    keys.into_iter().find(|it| it.id == key.id).unwrap()
}

async fn a_key_may_do_what_it_was_made_for(shop: Shop) {
    shop.clock.advance(SignedDuration::from_secs(1));
    let made = make(&shop, None).await;
    assert_eq!(made.key.prefix, made.text[..made.text.len() - 28]);
    let bot = actor(&shop.app, &made.text).await.unwrap();
    for area in Area::ALL {
        for access in Access::ALL {
            let expected = (*area, *access) == (Area::Orders, Access::View);
            assert_eq!(bot.may(*area, *access), expected, "{area:?} {access:?}");
        }
    }
    assert_eq!(bot.store, shop.store.id);
    let keys = identity::list_keys(&shop.app, &shop.actor).await.unwrap();
    let names: Vec<_> = keys.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(names, ["bot", "test"], "newest first");
    // Whoever may only look at the store has nothing to do with its keys, and no key makes keys.
    let mut few = Permissions::default();
    few.grant(Area::Stores, Access::View);
    for stranger in [Actor::key(shop.store.id, few), bot] {
        let (app, all) = (&shop.app, some());
        let made_another = identity::create_key(app, &stranger, "x", all, None).await;
        assert!(matches!(made_another, Err(Error::Forbidden { .. })));
        let listed = identity::list_keys(app, &stranger).await;
        assert!(matches!(listed, Err(Error::Forbidden { .. })));
        let again = identity::regenerate_key(app, &stranger, made.key.id).await;
        assert!(matches!(again, Err(Error::Forbidden { .. })));
        let revoked = identity::revoke_key(app, &stranger, made.key.id).await;
        assert!(matches!(revoked, Err(Error::Forbidden { .. })));
    }
}

async fn what_does_not_fit_makes_no_key(shop: Shop) {
    let draft = KeyDraft {
        name: Some("n".repeat(65)),
        permissions: Some([("Orders".to_owned(), vec!["Delete".to_owned()])].into()),
        expires_at: Some(shop.app.now()),
    };
    let made = identity::make_key(&shop.app, &shop.actor, &draft, FieldErrors::default()).await;
    let Err(Error::Invalid(errors)) = made else {
        panic!("three fields do not fit")
    };
    let fields: Vec<_> = errors.0.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["name", "permissions.Orders", "expiresAt"]);
    let mut beyond = some();
    beyond.grant(Area::Stores, Access::Edit);
    for permissions in [Permissions::default(), Permissions::owner(), beyond] {
        let made = identity::create_key(&shop.app, &shop.actor, "x", permissions, None).await;
        assert_eq!(code(made), "invalid");
    }
    let keys = identity::list_keys(&shop.app, &shop.actor).await.unwrap();
    assert_eq!(keys.len(), 1, "the one from before");
}

async fn a_key_expires(shop: Shop) {
    let expires_at = shop.app.now() + SignedDuration::from_secs(60);
    let made = make(&shop, Some(expires_at)).await;
    shop.clock.advance(SignedDuration::from_millis(59_999));
    assert!(actor(&shop.app, &made.text).await.is_ok());
    shop.clock.advance(SignedDuration::from_millis(1));
    assert!(is_stranger(&actor(&shop.app, &made.text).await));
    let again = identity::regenerate_key(&shop.app, &shop.actor, made.key.id).await;
    assert!(
        is_stranger(&actor(&shop.app, &again.unwrap().text).await),
        "it keeps its end"
    );
}

async fn a_revoked_key_stays_revoked(shop: Shop) {
    let made = make(&shop, None).await;
    let id = made.key.id;
    identity::revoke_key(&shop.app, &shop.actor, id)
        .await
        .unwrap();
    assert!(is_stranger(&actor(&shop.app, &made.text).await));
    let again = identity::regenerate_key(&shop.app, &shop.actor, id).await;
    assert_eq!(code(again), "key_revoked");
    assert!(is_stranger(&actor(&shop.app, &made.text).await));
    let twice = identity::revoke_key(&shop.app, &shop.actor, id).await;
    assert_eq!(code(twice), "not_found");
    let kept = listed(&shop.app, &shop.actor, &made.key).await;
    assert_eq!(kept.revoked_at, Some(shop.app.now()));
}

async fn a_regenerated_key_keeps_all_but_its_secret(shop: Shop) {
    let expires_at = shop.app.now() + SignedDuration::from_hours(24);
    let old = make(&shop, Some(expires_at)).await;
    actor(&shop.app, &old.text).await.unwrap();
    shop.clock.advance(SignedDuration::from_secs(5));
    let new = identity::regenerate_key(&shop.app, &shop.actor, old.key.id)
        .await
        .unwrap();
    assert!(new.text != old.text && new.text.starts_with(&new.key.prefix));
    let expected = ApiKey {
        prefix: new.key.prefix.clone(),
        last_used_at: Some(old.key.created_at),
        ..old.key.clone()
    };
    assert_eq!(new.key, expected);
    assert!(is_stranger(&actor(&shop.app, &old.text).await));
    assert!(actor(&shop.app, &new.text).await.is_ok());
}

async fn use_until_refused(app: App, text: String) {
    while actor(&app, &text).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

async fn an_old_secret_fails_at_once_while_it_is_used(shop: Shop) {
    let mut made = make(&shop, None).await;
    for round in 0..5 {
        let (app, text) = (shop.app.clone(), made.text.clone());
        let users: Vec<_> = (0..4)
            .map(|_| {
                shop.app
                    .tasks
                    .spawn(use_until_refused(app.clone(), text.clone()))
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        let new = identity::regenerate_key(&shop.app, &shop.actor, made.key.id)
            .await
            .unwrap();
        assert!(
            is_stranger(&actor(&shop.app, &made.text).await),
            "round {round}"
        );
        for user in users {
            user.await.unwrap();
        }
        assert!(actor(&shop.app, &new.text).await.is_ok());
        made = new;
    }
}

async fn without_the_plan_keys_wait_for_its_renewal(shop: Shop) {
    let lapses_at = shop.app.now() + SignedDuration::from_hours(1);
    let plan = |plan, expires_at| {
        stores::set_plan(&shop.app, shop.store.id, Subscribed { plan, expires_at })
    };
    plan(Plan::Pro, Some(lapses_at)).await.unwrap();
    assert!(actor(&shop.app, &shop.key).await.is_ok());
    shop.clock.advance(SignedDuration::from_hours(1));
    for (word, expires_at) in [(Plan::Pro, Some(lapses_at)), (Plan::Free, None)] {
        plan(word, expires_at).await.unwrap();
        let refused = actor(&shop.app, &shop.key).await;
        assert!(matches!(refused, Err(Error::PlanRequired)), "{refused:?}");
        let made = identity::create_key(&shop.app, &shop.actor, "x", some(), None).await;
        assert!(matches!(made, Err(Error::PlanRequired)), "{made:?}");
    }
    // What leaked can be revoked or replaced all the same.
    let keys = identity::list_keys(&shop.app, &shop.actor).await.unwrap();
    let new = identity::regenerate_key(&shop.app, &shop.actor, keys[0].id).await;
    let new = new.unwrap().text;
    assert!(is_stranger(&actor(&shop.app, &shop.key).await));
    assert!(matches!(
        actor(&shop.app, &new).await,
        Err(Error::PlanRequired)
    ));
    plan(Plan::Pro, None).await.unwrap();
    assert!(actor(&shop.app, &new).await.is_ok());
    assert_eq!(
        stores::find(&shop.app, shop.store.id).await.unwrap().plan,
        Subscribed::to(Plan::Pro)
    );
}

async fn uses_are_written_now_and_then(shop: Shop) {
    let other = shop.another_node("other-node").await;
    let made = make(&shop, None).await;
    assert_eq!(made.key.last_used_at, None);
    // The next write fails, whichever it is: none of these is one.
    shop.app.db.fail_at(Some(1));
    for _ in 0..100 {
        shop.clock.advance(SignedDuration::from_secs(1));
        actor(&shop.app, &made.text).await.unwrap();
    }
    let used_at = Some(shop.app.now());
    assert_eq!(
        listed(&shop.app, &shop.actor, &made.key).await.last_used_at,
        used_at
    );
    assert_eq!(
        listed(&other, &shop.actor, &made.key).await.last_used_at,
        None
    );
    assert!(identity::write_key_uses(&shop.app).await.is_err());
    assert_eq!(
        listed(&shop.app, &shop.actor, &made.key).await.last_used_at,
        used_at
    );
    // A failure loses nothing, and a hundred uses of a key are one row.
    identity::write_key_uses(&shop.app).await.unwrap();
    assert_eq!(
        shop.app.db.statements_of_last_write(),
        2,
        "an update and the commit"
    );
    assert_eq!(
        listed(&other, &shop.actor, &made.key).await.last_used_at,
        used_at
    );
    // With nothing to write there is no write.
    shop.app.db.fail_at(Some(1));
    identity::write_key_uses(&shop.app).await.unwrap();
    shop.app.db.fail_at(None);
    // A node that writes late does not turn the time back.
    actor(&other, &made.text).await.unwrap();
    shop.clock.advance(SignedDuration::from_secs(10));
    actor(&shop.app, &made.text).await.unwrap();
    for app in [&shop.app, &other] {
        identity::write_key_uses(app).await.unwrap();
    }
    let used_at = Some(shop.app.now());
    assert_eq!(
        listed(&other, &shop.actor, &made.key).await.last_used_at,
        used_at
    );
}

async fn another_stores_keys_do_not_exist(shop: Shop) {
    let other = new_store(&shop.app, "other").await;
    let stranger = Actor::operator(other.id);
    let keys = identity::list_keys(&shop.app, &shop.actor).await.unwrap();
    let id = keys[0].id;
    assert!(
        identity::list_keys(&shop.app, &stranger)
            .await
            .unwrap()
            .is_empty()
    );
    let again = identity::regenerate_key(&shop.app, &stranger, id).await;
    assert_eq!(code(again), "not_found");
    assert_eq!(
        code(identity::revoke_key(&shop.app, &stranger, id).await),
        "not_found"
    );
    assert!(actor(&shop.app, &shop.key).await.is_ok());
}
