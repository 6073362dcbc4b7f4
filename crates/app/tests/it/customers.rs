//! Customers are found by their names and listed in order, each store its own.

use std::collections::BTreeSet;

use tradepost_app::customers::{self, CustomerSort, Order};
use tradepost_app::lists::{Slice, Span};
use tradepost_app::{Actor, Error};
use tradepost_db::{Stmt, customers as db, params, statements};
use tradepost_model::customers::Customer;
use tradepost_model::ids::{CustomerId, StoreId};
use tradepost_model::players::{Game, Player, Username};
use uuid::Uuid;

use crate::shop::{Shop, code, new_store, on_both_engines};

on_both_engines!(
    a_purchase_makes_a_customer_who_is_found_by_any_part_of_the_name,
    a_player_who_is_renamed_is_found_by_the_new_name_alone,
    another_stores_customers_never_appear,
    pages_have_no_gaps_and_no_doubles_in_any_order,
    who_never_bought_comes_last_in_either_direction,
    what_is_typed_means_nothing_to_the_engine,
    a_long_list_is_counted_to_ten_thousand,
);

const _: &[Stmt] = STATEMENTS;

statements! {
    NEVER_BOUGHT = "UPDATE customers SET last_purchase_at = NULL WHERE store_id = $1 AND total_spent = $2";
    BULK = sqlite "INSERT INTO customers (id, store_id, customer_key, username, username_key, total_spent,
            orders_count, last_purchase_at, created_at)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
        SELECT randomblob(16), $1, 'bulk' || i, 'Bulk' || i, 'bulk' || i, i, 1, 1, 1 FROM n"
        postgres "INSERT INTO customers (id, store_id, customer_key, username, username_key, total_spent,
            orders_count, last_purchase_at, created_at)
        SELECT gen_random_uuid(), $1, 'bulk' || i, 'Bulk' || i, 'bulk' || i, i, 1, 1, 1
        FROM generate_series(1, CAST($2 AS bigint)) i";
}

const SPENT: Order = Order {
    by: CustomerSort::TotalSpent,
    descending: true,
};

async fn buys(shop: &Shop, store: StoreId, username: &str, uuid: Option<Uuid>, minor: i64) {
    let username = Username::parse(username, Game::Minecraft).unwrap();
    let player = Player { username, uuid };
    let (id, now) = (shop.app.id(), shop.app.now());
    shop.app
        .write(async move |tx| Ok(db::buys(tx, store, id, &player, minor, now).await?))
        .await
        .unwrap();
}

async fn list(shop: &Shop, search: &str, order: Order, span: Span) -> Slice<Customer> {
    customers::list(&shop.app, &shop.actor, search, order, span)
        .await
        .unwrap()
}

/// The names that a search finds, in small letters, sorted.
async fn names(shop: &Shop, search: &str) -> Vec<String> {
    let found = list(shop, search, SPENT, Span::first(100)).await;
    assert_eq!(found.total, u32::try_from(found.items.len()).ok());
    let mut names: Vec<_> = found
        .items
        .iter()
        .map(|customer| customer.player.username.key())
        .collect();
    names.sort();
    names
}

async fn a_purchase_makes_a_customer_who_is_found_by_any_part_of_the_name(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    shop.buys("Steve", vip).await;
    shop.wait(60).await;
    shop.buys("sTeVe", vip).await;
    shop.buys("Stephanie", vip).await;
    shop.buys("Alex", vip).await;
    assert_eq!(names(&shop, "").await, ["alex", "stephanie", "steve"]);
    assert_eq!(names(&shop, "  ").await.len(), 3);
    assert_eq!(names(&shop, "TEV").await, ["steve"]);
    assert_eq!(names(&shop, "ste").await, ["stephanie", "steve"]);
    assert_eq!(names(&shop, "steve").await, ["steve"]);
    assert_eq!(names(&shop, "steves").await, [""; 0]);
    // Shorter texts have to begin the name.
    assert_eq!(names(&shop, "ST").await, ["stephanie", "steve"]);
    assert_eq!(names(&shop, "a").await, ["alex"]);
    assert_eq!(names(&shop, "te").await, [""; 0]);
    let steve = list(&shop, "steve", SPENT, Span::first(1))
        .await
        .items
        .remove(0);
    assert_eq!((steve.total_spent_minor, steve.orders_count), (1998, 2));
    assert_eq!(steve.last_purchase_at, Some(shop.app.now()));
    assert!(steve.created_at < shop.app.now());
    let found = customers::find(&shop.app, &shop.actor, steve.id).await;
    assert_eq!(found.unwrap(), steve);
    let nobody = customers::find(&shop.app, &shop.actor, CustomerId(Uuid::nil())).await;
    assert_eq!(code(nobody), "not_found");
}

async fn a_player_who_is_renamed_is_found_by_the_new_name_alone(shop: Shop) {
    let (store, uuid) = (shop.store.id, Some(Uuid::from_u128(7)));
    for name in ["Notch", "NOTCH", "Jeb_", ".A", "Jeb_"] {
        buys(&shop, store, name, uuid, 100).await;
    }
    buys(&shop, store, "Notchington", None, 100).await;
    assert_eq!(names(&shop, "notch").await, ["notchington"]);
    assert_eq!(names(&shop, "jeb").await, ["jeb_"]);
    assert_eq!(names(&shop, "eb_").await, ["jeb_"]);
    buys(&shop, store, ".A", uuid, 100).await;
    assert_eq!(names(&shop, "jeb").await, [""; 0]);
    assert_eq!(names(&shop, ".a").await, [".a"]);
}

async fn another_stores_customers_never_appear(shop: Shop) {
    let other = new_store(&shop.app, "other").await;
    for (store, name) in [
        (shop.store.id, "Steve"),
        (other.id, "Steven"),
        (other.id, "Stella"),
    ] {
        buys(&shop, store, name, None, 100).await;
    }
    for search in ["", "s", "st", "ste", "stev"] {
        assert_eq!(names(&shop, search).await, ["steve"], "{search}");
    }
    let theirs = Actor::operator(other.id);
    let found = customers::list(&shop.app, &theirs, "steven", SPENT, Span::first(10)).await;
    let steven = found.unwrap().items.remove(0);
    let looked = customers::find(&shop.app, &shop.actor, steven.id).await;
    assert_eq!(code(looked), "not_found");
    let after = Span {
        after: Some(steven.id.0),
        ..Span::first(10)
    };
    let listed = customers::list(&shop.app, &shop.actor, "", SPENT, after).await;
    assert_eq!(code(listed), "invalid");
    let blind = Actor::key(
        shop.store.id,
        tradepost_model::permissions::Permissions::default(),
    );
    let listed = customers::list(&shop.app, &blind, "", SPENT, Span::first(1)).await;
    assert!(matches!(listed, Err(Error::Forbidden { .. })));
}

async fn pages_have_no_gaps_and_no_doubles_in_any_order(shop: Shop) {
    // Three points in time and three sums, so that most are equal to others.
    for n in 0..21_i64 {
        if n % 7 == 0 {
            shop.wait(1).await;
        }
        buys(&shop, shop.store.id, &format!("Player{n}"), None, n % 3).await;
    }
    for by in CustomerSort::ALL {
        for (descending, search) in [true, false]
            .into_iter()
            .flat_map(|way| ["", "pl", "player"].map(|it| (way, it)))
        {
            let order = Order { by, descending };
            let whole = list(&shop, search, order, Span::first(100)).await;
            assert_eq!((whole.items.len(), whole.more), (21, false));
            let value = |customer: &Customer| match by {
                CustomerSort::TotalSpent => customer.total_spent_minor,
                CustomerSort::LastPurchaseAt => customer.last_purchase_at.unwrap().as_microsecond(),
                CustomerSort::CreatedAt => customer.created_at.as_microsecond(),
            };
            let is_sorted = whole.items.is_sorted_by(|a, b| {
                if descending {
                    value(a) >= value(b)
                } else {
                    value(a) <= value(b)
                }
            });
            assert!(is_sorted, "{order:?} {search:?}");
            let ids: BTreeSet<_> = whole.items.iter().map(|customer| customer.id).collect();
            assert_eq!(ids.len(), 21);
            let (mut skipped, mut followed, mut after) = (Vec::new(), Vec::new(), None);
            for page in 0..6_u32 {
                let span = Span {
                    after: None,
                    skip: page * 4,
                    take: 4,
                };
                let slice = list(&shop, search, order, span).await;
                assert_eq!((slice.total, slice.more), (Some(21), page < 5));
                skipped.extend(slice.items);
                let span = Span {
                    after,
                    skip: 0,
                    take: 4,
                };
                let slice = list(&shop, search, order, span).await;
                assert_eq!(slice.total.is_none(), after.is_some());
                after = slice.items.last().map(|customer| customer.id.0);
                followed.extend(slice.items);
            }
            assert_eq!(skipped, whole.items, "{order:?} {search:?}");
            assert_eq!(followed, whole.items, "{order:?} {search:?}");
        }
    }
}

async fn who_never_bought_comes_last_in_either_direction(shop: Shop) {
    for (name, minor) in [
        ("Ann_1", 1),
        ("Ann_2", 5),
        ("Ann_3", 3),
        ("Ann_4", 5),
        ("Ann_5", 4),
    ] {
        buys(&shop, shop.store.id, name, None, minor).await;
        shop.wait(1).await;
    }
    let store = shop.store.id;
    shop.app
        .write(async move |tx| Ok(tx.exec(NEVER_BOUGHT, &params![store, 5]).await?))
        .await
        .unwrap();
    for (descending, expected) in [
        (true, ["ann_5", "ann_3", "ann_1"]),
        (false, ["ann_1", "ann_3", "ann_5"]),
    ] {
        let order = Order {
            by: CustomerSort::LastPurchaseAt,
            descending,
        };
        for search in ["", "a", "ann"] {
            let mut names = Vec::new();
            let mut after = None;
            for _ in 0..5 {
                let span = Span {
                    after,
                    ..Span::first(1)
                };
                let customer = list(&shop, search, order, span).await.items.remove(0);
                after = Some(customer.id.0);
                names.push((
                    customer.player.username.key(),
                    customer.last_purchase_at.is_some(),
                ));
            }
            let (bought, never) = names.split_at(3);
            assert_eq!(
                bought,
                expected.map(|name| (name.to_owned(), true)),
                "{search:?}"
            );
            assert!(never.iter().all(|(_, has_bought)| !has_bought));
            assert_ne!(never[0], never[1]);
        }
    }
}

async fn what_is_typed_means_nothing_to_the_engine(shop: Shop) {
    for name in ["Steve", "under_score", ".Bedrock", "NEAR", "Alexa"] {
        buys(&shop, shop.store.id, name, None, 100).await;
    }
    let long = "x".repeat(200);
    let hostile = [
        "\"",
        "\"\"",
        "\"\"\"",
        "*",
        "***",
        "ste*",
        "\"ste\"",
        "ste\" OR \"ale",
        "ste OR ale",
        "ste NEAR ale",
        "NEAR(ste ale)",
        "username_key:ste",
        "username_key : ste",
        "-ste",
        "^ste",
        "{ste}",
        "(ste)",
        "+ste",
        "%",
        "%%%",
        "s%e",
        "ste%",
        "_",
        "___",
        "s_e",
        "st_ve",
        "'",
        "'''",
        "' OR 1=1 --",
        "\\",
        "\\\\\\",
        "\\%\\",
        "ste;ste",
        "😀",
        "😀😀😀",
        "İİİ",
        "ß",
        &long,
    ];
    for search in hostile {
        assert_eq!(names(&shop, search).await, [""; 0], "{search:?}");
    }
    assert_eq!(names(&shop, "near").await, ["near"]);
    assert_eq!(names(&shop, "er_").await, ["under_score"]);
    assert_eq!(names(&shop, ".be").await, [".bedrock"]);
    for refused in [
        "x".repeat(201),
        "a\0bc".to_owned(),
        "a\u{202e}bc".to_owned(),
    ] {
        let listed = customers::list(&shop.app, &shop.actor, &refused, SPENT, Span::first(1)).await;
        assert_eq!(code(listed), "invalid");
    }
}

async fn a_long_list_is_counted_to_ten_thousand(shop: Shop) {
    let (app, store) = (shop.app.clone(), shop.store.id);
    let bulk = async move |store: StoreId, count: u32| {
        app.write(async move |tx| Ok(tx.exec(BULK, &params![store, count]).await?))
            .await
            .unwrap();
    };
    bulk(new_store(&shop.app, "other").await.id, 10_500).await;
    bulk(store, 10_001).await;
    for search in ["", "bu", "ulk"] {
        let slice = list(&shop, search, SPENT, Span::first(3)).await;
        assert_eq!(
            (slice.total, slice.capped, slice.more),
            (Some(10_000), true, true),
            "{search:?}"
        );
        let spent = slice
            .items
            .iter()
            .map(|customer| customer.total_spent_minor);
        assert_eq!(
            spent.collect::<Vec<_>>(),
            [10_001, 10_000, 9_999],
            "{search:?}"
        );
        let end = Span {
            after: None,
            skip: 9_999,
            take: 5,
        };
        let slice = list(&shop, search, SPENT, end).await;
        assert_eq!((slice.items.len(), slice.more), (2, false), "{search:?}");
    }
    let slice = list(&shop, "bulk1000", SPENT, Span::first(3)).await;
    assert_eq!((slice.total, slice.capped), (Some(3), false));
}
