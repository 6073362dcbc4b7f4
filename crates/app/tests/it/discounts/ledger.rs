//! The money of gift cards: wherever it goes, the ledger adds up to what the card says.

use jiff::ToSpan as _;
use tradepost_db::gift_card_ledger::{self as ledger, Movement};
use tradepost_db::{Result as DbResult, Tx, gift_cards as db};
use tradepost_model::fields::Given;
use tradepost_model::gift_cards::{Account, GiftCard, GiftCardDraft, on_account};
use tradepost_model::ids::{GiftCardId, OrderId};
use tradepost_model::money::Money;

use super::gift_cards::{gift_card, void, worth};
use crate::shop::{Shop, on_both_engines};

on_both_engines!(
    money_is_held_then_spent_or_given_back,
    an_expired_card_holds_nothing_and_takes_a_refund,
    a_void_card_spends_what_it_holds_and_gets_nothing_back,
    money_of_another_amount_or_currency_does_not_move,
);

/// What can be done with a card's money.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Hold,
    Release,
    SpendHeld,
    Spend,
    Refund,
}

impl Act {
    async fn run(
        self,
        tx: &mut Tx,
        store: tradepost_model::ids::StoreId,
        movement: &Movement,
    ) -> DbResult<bool> {
        match self {
            Self::Hold => ledger::hold(tx, store, movement).await,
            Self::Release => ledger::release(tx, store, movement).await,
            Self::SpendHeld => ledger::spend_held(tx, store, movement).await,
            Self::Spend => ledger::spend(tx, store, movement).await,
            Self::Refund => ledger::refund(tx, store, movement).await,
        }
    }
}

/// Moves a card's money, so many minor units of its currency; `false` where it does not move.
pub(super) async fn act(
    app: &tradepost_app::App,
    shop_store: tradepost_model::ids::StoreId,
    act: Act,
    card: &GiftCard,
    order: OrderId,
    minor: i64,
) -> bool {
    let movement = Movement {
        entry: app.id(),
        card: card.id,
        order,
        amount: Money::new(minor, card.amount.currency()),
        at: app.now(),
    };
    app.write(async move |tx| Ok(act.run(tx, shop_store, &movement).await?))
        .await
        .unwrap()
}

/// A card as it is, after its ledger was checked against it: what can be spent, what is held.
pub(super) async fn balance(shop: &Shop, card: GiftCardId) -> (i64, i64) {
    let store = shop.store.id;
    let (found, entries) = shop
        .app
        .read(async move |conn| {
            let found = db::find(conn, store, card).await?;
            Ok((found, ledger::ledger(conn, store, card).await?))
        })
        .await
        .unwrap();
    let found = found.unwrap();
    let (balance, held) = (found.balance.minor(), found.held.minor());
    assert_eq!(on_account(&entries, Account::Card), balance);
    assert_eq!(on_account(&entries, Account::Held), held);
    assert_eq!(-on_account(&entries, Account::Issued), found.amount.minor());
    let all = Account::ALL.map(|account| on_account(&entries, account));
    assert_eq!(all.iter().sum::<i64>(), 0);
    assert!(balance >= 0 && held >= 0 && all[3] >= 0 && all[4] >= 0);
    (balance, held)
}

/// An order that money can move for.
pub(super) async fn an_order(shop: &Shop) -> OrderId {
    let vip = shop.package("VIP", "9.99").await;
    shop.buys("Steve", vip).await.order.id
}

async fn money_is_held_then_spent_or_given_back(shop: Shop) {
    let card = gift_card(&shop, worth("25.00")).await.unwrap();
    let (order, store) = (an_order(&shop).await, shop.store.id);
    for (what, minor, moves, left) in [
        (Act::Hold, 2501, false, (2500, 0)),
        (Act::Hold, 1000, true, (1500, 1000)),
        (Act::Hold, 1501, false, (1500, 1000)),
        (Act::SpendHeld, 1001, false, (1500, 1000)),
        (Act::SpendHeld, 600, true, (1500, 400)),
        (Act::Release, 401, false, (1500, 400)),
        (Act::Release, 400, true, (1900, 0)),
        (Act::Release, 400, false, (1900, 0)),
        (Act::Spend, 1901, false, (1900, 0)),
        (Act::Spend, 1900, true, (0, 0)),
        (Act::Hold, 1, false, (0, 0)),
        (Act::Refund, 1900, true, (1900, 0)),
    ] {
        let moved = act(&shop.app, store, what, &card, order, minor).await;
        assert_eq!(moved, moves, "{what:?} {minor}");
        assert_eq!(balance(&shop, card.id).await, left, "{what:?} {minor}");
    }
}

async fn an_expired_card_holds_nothing_and_takes_a_refund(shop: Shop) {
    let draft = GiftCardDraft {
        expires_at: Given::Value(shop.app.now() + 1.hours()),
        ..worth("25.00")
    };
    let card = gift_card(&shop, draft).await.unwrap();
    let (order, store) = (an_order(&shop).await, shop.store.id);
    assert!(act(&shop.app, store, Act::Hold, &card, order, 1000).await);
    shop.wait(3600).await;
    for (what, minor, moves) in [
        (Act::Hold, 100, false),
        (Act::SpendHeld, 600, true),
        (Act::Release, 400, true),
        (Act::Spend, 100, true),
        (Act::Refund, 700, true),
    ] {
        let moved = act(&shop.app, store, what, &card, order, minor).await;
        assert_eq!(moved, moves, "{what:?}");
    }
    assert_eq!(balance(&shop, card.id).await, (2500, 0));
}

async fn a_void_card_spends_what_it_holds_and_gets_nothing_back(shop: Shop) {
    let card = gift_card(&shop, worth("25.00")).await.unwrap();
    let (order, store) = (an_order(&shop).await, shop.store.id);
    assert!(act(&shop.app, store, Act::Hold, &card, order, 1000).await);
    void(&shop, card.id).await.unwrap();
    assert_eq!(balance(&shop, card.id).await, (0, 1000));
    for (what, minor, moves, left) in [
        (Act::Hold, 100, false, (0, 1000)),
        (Act::Spend, 100, false, (0, 1000)),
        (Act::SpendHeld, 600, true, (0, 400)),
        (Act::Release, 400, true, (0, 0)),
        (Act::Refund, 600, true, (0, 0)),
    ] {
        let moved = act(&shop.app, store, what, &card, order, minor).await;
        assert_eq!(moved, moves, "{what:?}");
        assert_eq!(balance(&shop, card.id).await, left, "{what:?}");
    }
}

async fn money_of_another_amount_or_currency_does_not_move(shop: Shop) {
    let card = gift_card(&shop, worth("25.00")).await.unwrap();
    let (order, store) = (an_order(&shop).await, shop.store.id);
    let all = [
        Act::Hold,
        Act::Release,
        Act::SpendHeld,
        Act::Spend,
        Act::Refund,
    ];
    assert!(act(&shop.app, store, Act::Hold, &card, order, 1000).await);
    let yen = "JPY".parse().unwrap();
    let foreign = GiftCard {
        amount: Money::new(1, yen),
        ..card.clone()
    };
    for what in all {
        for minor in [0, -100] {
            assert!(
                !act(&shop.app, store, what, &card, order, minor).await,
                "{what:?}"
            );
        }
        assert!(
            !act(&shop.app, store, what, &foreign, order, 100).await,
            "{what:?}"
        );
    }
    assert_eq!(balance(&shop, card.id).await, (1500, 1000));
}
