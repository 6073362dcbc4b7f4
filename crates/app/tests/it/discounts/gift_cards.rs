//! Gift cards: what can be told of them, and their codes.

use tradepost_app::{Actor, Error, Expect, gift_cards, identity};
use tradepost_db::events;
use tradepost_model::applies_to::AppliesToDraft;
use tradepost_model::fields::Given;
use tradepost_model::gift_cards::{GiftCard, GiftCardDraft, GiftCardStatus};
use tradepost_model::ids::GiftCardId;
use tradepost_model::permissions::{Access, Area, Permissions};

use super::{FIRST, text, wrong};
use crate::shop::{Shop, code, new_store, on_both_engines};

on_both_engines!(
    a_gift_card_is_made_changed_and_voided,
    a_code_is_told_to_members_alone_and_each_reading_is_noted,
    a_code_is_found_however_it_is_written_in_its_store_alone,
);

pub(super) fn worth(amount: &str) -> GiftCardDraft {
    GiftCardDraft {
        amount: text(amount),
        ..GiftCardDraft::default()
    }
}

pub(super) async fn gift_card(shop: &Shop, draft: GiftCardDraft) -> Result<GiftCard, Error> {
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    shop.app
        .write(async move |tx| gift_cards::create(&app, tx, &actor, draft.clone()).await)
        .await
}

pub(super) async fn void(shop: &Shop, card: GiftCardId) -> Result<(), Error> {
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    shop.app
        .write(async move |tx| gift_cards::delete(&app, tx, &actor, card, &Expect::Any).await)
        .await
}

async fn change(shop: &Shop, card: GiftCardId, draft: GiftCardDraft) -> Result<GiftCard, Error> {
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    shop.app
        .write(async move |tx| {
            gift_cards::update(&app, tx, &actor, card, draft.clone(), &Expect::Any).await
        })
        .await
}

async fn member(shop: &Shop) -> Actor {
    let user = identity::add_user(&shop.app, "alex@example.com", "Alex", "a good password");
    let user = user.await.unwrap();
    Actor::member(shop.store.id, user.id, Permissions::owner())
}

async fn a_gift_card_is_made_changed_and_voided(shop: Shop) {
    let draft = GiftCardDraft {
        applies_to: AppliesToDraft {
            application_scope: text("package"),
            package_ids: Given::Value(vec![shop.package("VIP", "9.99").await]),
            ..AppliesToDraft::default()
        },
        recipient_name: text("John"),
        recipient_email: text("john@example.com"),
        message: text("Happy\r\nBirthday!"),
        ..worth("25")
    };
    let made = gift_card(&shop, draft).await.unwrap();
    assert_eq!((made.amount, made.balance.minor()), (made.balance, 2500));
    let find = async || gift_cards::find(&shop.app, &shop.actor, made.id).await;
    assert_eq!(find().await.unwrap(), made);
    let draft = GiftCardDraft {
        recipient_name: Given::Null,
        message: text("Enjoy"),
        ..GiftCardDraft::default()
    };
    let changed = change(&shop, made.id, draft).await.unwrap();
    assert_eq!(find().await.unwrap(), changed);
    assert_eq!((changed.version, changed.recipient_name), (2, None));
    let hint = "amount: cannot be changed: void this gift card and make another";
    assert_eq!(wrong(change(&shop, made.id, worth("50")).await), [hint]);
    for _ in 0..2 {
        void(&shop, made.id).await.unwrap();
        let found = find().await.unwrap();
        assert_eq!(found.status_at(shop.app.now()), GiftCardStatus::Void);
        assert_eq!((found.balance.minor(), found.version), (0, 3));
    }
    let late = change(&shop, made.id, GiftCardDraft::default()).await;
    assert_eq!(code(late), "gift_card_void");
    let slice = gift_cards::list(&shop.app, &shop.actor, FIRST).await;
    assert_eq!(slice.unwrap().items.len(), 1);
    assert_eq!(code(void(&shop, shop.app.id()).await), "not_found");
}

async fn a_code_is_told_to_members_alone_and_each_reading_is_noted(shop: Shop) {
    let card = gift_card(&shop, worth("25.00")).await.unwrap();
    let alex = member(&shop).await;
    let reveal = async |actor: &Actor| gift_cards::reveal(&shop.app, actor, card.id).await;
    let mut looks = Permissions::default();
    looks.grant(Area::GiftCards, Access::View);
    let looks = Actor::member(shop.store.id, alex.user.unwrap(), looks);
    let key = Actor::key(shop.store.id, Permissions::all_for_keys());
    for actor in [&shop.actor, &key, &looks] {
        let refused = reveal(actor).await;
        assert!(
            matches!(refused, Err(Error::Forbidden { .. })),
            "{refused:?}"
        );
    }
    let readings = async || {
        gift_cards::readings(&shop.app, &alex, card.id)
            .await
            .unwrap()
    };
    assert!(
        readings().await.is_empty(),
        "who was refused has read nothing"
    );
    let first = reveal(&alex).await.unwrap();
    assert_eq!(reveal(&alex).await.unwrap(), first);
    let noted = readings().await;
    assert_eq!(noted.len(), 2);
    assert_eq!(
        (noted[0].name.as_str(), noted[0].at),
        ("Alex", shop.app.now())
    );
    // Nowhere else is it to be seen.
    let store = shop.store.id;
    let told = shop
        .app
        .read(async move |conn| Ok(events::after(conn, store, 0, 100).await?))
        .await
        .unwrap();
    let created = told.iter().find(|it| it.name == "gift_card.created");
    let created = created.unwrap();
    assert_eq!(created.data["amount"], "25.00");
    let seen = format!("{told:?} {card:?} {first:?}");
    for written in [first.expose(), &first.for_people()] {
        assert!(!seen.contains(written));
    }
    let other = Actor::member(
        new_store(&shop.app, "other").await.id,
        alex.user.unwrap(),
        Permissions::owner(),
    );
    assert_eq!(code(reveal(&other).await), "not_found");
}

async fn a_code_is_found_however_it_is_written_in_its_store_alone(shop: Shop) {
    let card = gift_card(&shop, worth("25.00")).await.unwrap();
    let revealed = gift_cards::reveal(&shop.app, &member(&shop).await, card.id).await;
    let written = revealed.unwrap().for_people();
    let other = new_store(&shop.app, "other").await.id;
    for (store, entered, finds) in [
        (shop.store.id, written.clone(), true),
        (
            shop.store.id,
            written.to_lowercase().replace('-', "  "),
            true,
        ),
        (shop.store.id, "2222-2222-2222-2222-2222".to_owned(), false),
        (shop.store.id, "nonsense".to_owned(), false),
        (other, written, false),
    ] {
        let app = shop.app.clone();
        let found = shop
            .app
            .read(async move |conn| gift_cards::by_code(&app, conn, store, &entered).await)
            .await
            .unwrap();
        assert_eq!(found.map(|it| it.id), finds.then_some(card.id));
    }
}
