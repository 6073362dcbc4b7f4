//! Orders, checkout sessions and events as lists.

use jiff::SignedDuration;
use tradepost_app::checkout;
use tradepost_app::lists::{Slice, Span};
use tradepost_app::orders::{self, Filter};
use tradepost_app::{Actor, Error, events};
use tradepost_db::{Stmt, params, statements};
use tradepost_model::checkout::{Session, SessionStatus};
use tradepost_model::ids::{OrderId, SessionId, StoreId};
use tradepost_model::orders::OrderStatus;
use tradepost_model::permissions::Permissions;
use uuid::Uuid;

use crate::shop::{Shop, code, new_session, new_store, on_both_engines};

on_both_engines!(
    orders_are_found_by_player_and_status,
    orders_are_paged_without_gaps,
    many_orders_are_counted_to_ten_thousand,
    sessions_made_at_once_are_paged_without_gaps,
    an_open_session_past_its_time_is_listed_as_expired,
    many_sessions_are_counted_to_ten_thousand,
    events_are_read_on_from_the_last_one,
);

const _: &[Stmt] = STATEMENTS;

statements! {
    ORDERS = sqlite "INSERT INTO orders (id, store_id, number, status, username, username_key, uuid, total,
            currency, provider, created_at, updated_at)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10005)
        SELECT randomblob(16), $1, 1000 + i, 'Cancelled', 'Bulk', 'bulk', $2, 100, 'EUR', 'Test', 1, 1 FROM n"
        postgres "INSERT INTO orders (id, store_id, number, status, username, username_key, uuid, total,
            currency, provider, created_at, updated_at)
        SELECT gen_random_uuid(), $1, 1000 + i, 'Cancelled', 'Bulk', 'bulk', $2, 100, 'EUR', 'Test', 1, 1
        FROM generate_series(1, 10005) i";
    SESSIONS = sqlite "INSERT INTO checkout_sessions (id, store_id, status, username, items, total, currency,
            client_reference, expires_at, created_at, updated_at)
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10005)
        SELECT 'cs_' || hex(randomblob(12)), $1, $2, 'Bulk', '[]', 100, 'EUR', 'bulk', 5, 1, 1 FROM n"
        postgres "INSERT INTO checkout_sessions (id, store_id, status, username, items, total, currency,
            client_reference, expires_at, created_at, updated_at)
        SELECT 'cs_' || substr(replace(CAST(gen_random_uuid() AS text), '-', ''), 1, 24), $1, $2, 'Bulk', '[]',
            100, 'EUR', 'bulk', 5, 1, 1
        FROM generate_series(1, 10005) i";
}

async fn page(shop: &Shop, filter: &Filter, span: Span) -> (Vec<OrderId>, Slice<()>) {
    let slice = orders::page(&shop.app, &shop.actor, filter.clone(), span)
        .await
        .unwrap();
    let ids = slice.items.iter().map(|(order, items)| {
        assert!(items.len() == 1 || order.player.username.as_str() == "Bulk");
        order.id
    });
    (ids.collect(), slice.map(drop))
}

async fn orders_are_found_by_player_and_status(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let uuid = Uuid::from_u128(7);
    let mut session = new_session("Steve", vip);
    session.buyer.uuid = Some(uuid);
    let session = checkout::create(&shop.app, &shop.store, session)
        .await
        .unwrap();
    shop.start(&session).await.unwrap();
    let pending = shop.order(&session).await.order.id;
    let steve = shop.buys("sTEVE", vip).await.order.id;
    let alex = shop.buys("Alex", vip).await.order.id;
    let found = async |username: Option<&str>, uuid, status: Option<&str>| {
        let filter = Filter {
            username: username.map(str::to_owned),
            uuid,
            status: status.map(|word| OrderStatus::parse(word).unwrap()),
            ..Filter::default()
        };
        let (mut ids, slice) = page(&shop, &filter, Span::first(10)).await;
        assert_eq!(slice.total, u32::try_from(ids.len()).ok());
        ids.sort();
        ids
    };
    let sorted = |mut ids: Vec<OrderId>| {
        ids.sort();
        ids
    };
    assert_eq!(
        found(None, None, None).await,
        sorted(vec![pending, steve, alex])
    );
    assert_eq!(
        found(Some("STEVE"), None, None).await,
        sorted(vec![pending, steve])
    );
    assert_eq!(found(Some("Stev"), None, None).await, []);
    assert_eq!(
        found(None, None, Some("paid")).await,
        sorted(vec![steve, alex])
    );
    assert_eq!(found(Some("steve"), None, Some("PAID")).await, [steve]);
    assert_eq!(found(None, Some(uuid), None).await, [pending]);
    assert_eq!(found(None, Some(uuid), Some("Paid")).await, []);
    assert_eq!(
        found(Some("steve"), Some(uuid), Some("pending")).await,
        [pending]
    );
    assert_eq!(found(Some("alex"), Some(uuid), None).await, []);
    let theirs = Actor::operator(new_store(&shop.app, "other").await.id);
    let none = orders::page(&shop.app, &theirs, Filter::default(), Span::first(10)).await;
    assert_eq!(none.unwrap().total, Some(0));
}

async fn orders_are_paged_without_gaps(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let mut made = Vec::new();
    for n in 0..7 {
        if n % 3 == 0 {
            shop.clock.advance(SignedDuration::from_secs(1));
        }
        made.push(shop.buys("Steve", vip).await.order.id);
    }
    made.sort();
    made.reverse();
    let filters = [
        Filter::default(),
        Filter {
            status: Some(OrderStatus::Paid),
            ..Filter::default()
        },
        Filter {
            username: Some("steve".to_owned()),
            ..Filter::default()
        },
    ];
    for filter in filters {
        let (mut skipped, mut followed, mut after) = (Vec::new(), Vec::new(), None);
        for skip in [0, 2, 4, 6] {
            let span = Span {
                after: None,
                skip,
                take: 2,
            };
            let (ids, slice) = page(&shop, &filter, span).await;
            assert_eq!((slice.total, slice.more), (Some(7), skip < 6));
            skipped.extend(ids);
            let span = Span {
                after,
                skip: 0,
                take: 2,
            };
            followed.extend(page(&shop, &filter, span).await.0);
            after = followed.last().map(|id| id.0);
        }
        assert_eq!((&skipped, &followed), (&made, &made), "{filter:?}");
    }
}

async fn many_orders_are_counted_to_ten_thousand(shop: Shop) {
    let (store, uuid) = (shop.store.id, Uuid::from_u128(9));
    let other = new_store(&shop.app, "other").await.id;
    shop.app
        .write(async move |tx| {
            tx.exec(ORDERS, &params![other, uuid]).await?;
            Ok(tx.exec(ORDERS, &params![store, uuid]).await?)
        })
        .await
        .unwrap();
    let filter = |username: Option<&str>, uuid, status| Filter {
        username: username.map(str::to_owned),
        uuid,
        status,
        ..Filter::default()
    };
    let filters = [
        filter(None, None, None),
        filter(Some("BULK"), None, None),
        filter(None, Some(uuid), None),
        filter(None, None, Some(OrderStatus::Cancelled)),
    ];
    for filter in filters {
        let (ids, slice) = page(&shop, &filter, Span::first(2)).await;
        let counted = (ids.len(), slice.total, slice.capped, slice.more);
        assert_eq!(counted, (2, Some(10_000), true, true), "{filter:?}");
        let end = Span {
            after: None,
            skip: 10_004,
            take: 2,
        };
        let (ids, slice) = page(&shop, &filter, end).await;
        assert_eq!((ids.len(), slice.more), (1, false), "{filter:?}");
    }
}

async fn sessions(
    shop: &Shop,
    filter: &checkout::Filter,
    after: Option<&SessionId>,
    take: u32,
) -> Slice<Session> {
    let (filter, after) = (filter.clone(), after.cloned());
    checkout::list(&shop.app, &shop.actor, filter, after, Span::first(take))
        .await
        .unwrap()
}

async fn sessions_made_at_once_are_paged_without_gaps(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let theirs = new_store(&shop.app, "other").await;
    for n in 0..13 {
        if n % 5 == 0 {
            shop.clock.advance(SignedDuration::from_secs(1));
        }
        let mut new = new_session("Steve", vip);
        new.client_reference = Some(["a", "b"][n % 2].to_owned());
        checkout::create(&shop.app, &shop.store, new).await.unwrap();
    }
    let status = |status| checkout::Filter {
        status: Some(status),
        ..checkout::Filter::default()
    };
    let reference = |text: &str| checkout::Filter {
        client_reference: Some(text.to_owned()),
        ..checkout::Filter::default()
    };
    let filters = [
        (checkout::Filter::default(), 13),
        (status(SessionStatus::Open), 13),
        (status(SessionStatus::Expired), 0),
        (reference("a"), 7),
        (reference("b"), 6),
        (reference("c"), 0),
    ];
    for (filter, count) in filters {
        let whole = sessions(&shop, &filter, None, 100).await;
        assert_eq!(
            (whole.items.len(), whole.total),
            (count, u32::try_from(count).ok())
        );
        assert!(
            whole
                .items
                .is_sorted_by(|a, b| a.created_at >= b.created_at)
        );
        let (mut seen, mut more) = (Vec::<Session>::new(), true);
        while more {
            let after = seen.last().map(|session| session.id.clone());
            let slice = sessions(&shop, &filter, after.as_ref(), 3).await;
            assert_eq!(slice.total.is_none(), after.is_some());
            more = slice.more;
            seen.extend(slice.items);
        }
        assert_eq!(seen, whole.items, "{filter:?}");
    }
    let theirs = Actor::operator(theirs.id);
    let first = sessions(&shop, &checkout::Filter::default(), None, 1)
        .await
        .items
        .remove(0);
    let list = async |after| {
        checkout::list(
            &shop.app,
            &theirs,
            checkout::Filter::default(),
            after,
            Span::first(9),
        )
        .await
    };
    assert_eq!(list(None).await.unwrap().total, Some(0));
    assert_eq!(code(list(Some(first.id)).await), "invalid");
}

async fn an_open_session_past_its_time_is_listed_as_expired(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let gone = shop.session("Steve", vip).await.unwrap().id;
    shop.clock.advance(SignedDuration::from_secs(3600));
    let cancelled = shop.session("Steve", vip).await.unwrap();
    checkout::cancel(&shop.app, &cancelled).await.unwrap();
    let open = shop.session("Steve", vip).await.unwrap().id;
    let paid = shop.buys("Steve", vip).await.order.session.unwrap();
    let of = async |status| {
        let filter = checkout::Filter {
            status: Some(status),
            ..checkout::Filter::default()
        };
        let slice = sessions(&shop, &filter, None, 10).await;
        assert_eq!(slice.total, u32::try_from(slice.items.len()).ok());
        slice
            .items
            .into_iter()
            .map(|session| session.id)
            .collect::<Vec<_>>()
    };
    for _ in 0..2 {
        assert_eq!(of(SessionStatus::Open).await, std::slice::from_ref(&open));
        assert_eq!(
            of(SessionStatus::Expired).await,
            std::slice::from_ref(&gone)
        );
        assert_eq!(
            of(SessionStatus::Completed).await,
            std::slice::from_ref(&paid)
        );
        assert_eq!(
            of(SessionStatus::Cancelled).await,
            std::slice::from_ref(&cancelled.id)
        );
        // The same once its job has run.
        shop.wait(1).await;
    }
    let blind = Actor::key(shop.store.id, Permissions::default());
    let filter = checkout::Filter::default();
    let listed = checkout::list(&shop.app, &blind, filter, None, Span::first(1)).await;
    assert!(matches!(listed, Err(Error::Forbidden { .. })));
}

async fn many_sessions_are_counted_to_ten_thousand(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    shop.session("Steve", vip).await.unwrap();
    let bulk = async |store: StoreId, status: SessionStatus| {
        let word = status.word().to_owned();
        let insert = async move |tx: &mut tradepost_db::Tx| {
            Ok(tx.exec(SESSIONS, &params![store, &word]).await?)
        };
        shop.app.write(insert).await.unwrap();
    };
    bulk(shop.store.id, SessionStatus::Cancelled).await;
    bulk(shop.store.id, SessionStatus::Open).await;
    bulk(new_store(&shop.app, "other").await.id, SessionStatus::Open).await;
    let filter = |status, reference: Option<&str>| checkout::Filter {
        status,
        client_reference: reference.map(str::to_owned),
    };
    let filters = [
        filter(None, None),
        filter(Some(SessionStatus::Cancelled), None),
        filter(Some(SessionStatus::Expired), None),
        filter(None, Some("bulk")),
        filter(Some(SessionStatus::Expired), Some("bulk")),
    ];
    for filter in filters {
        let slice = sessions(&shop, &filter, None, 2).await;
        assert_eq!(
            (slice.total, slice.capped),
            (Some(10_000), true),
            "{filter:?}"
        );
    }
    let open = sessions(&shop, &filter(Some(SessionStatus::Open), None), None, 2).await;
    assert_eq!(
        (open.total, open.capped, open.items.len()),
        (Some(1), false, 1)
    );
}

async fn events_are_read_on_from_the_last_one(shop: Shop) {
    let vip = shop.package("VIP", "9.90").await;
    for name in ["Steve", "Alex"] {
        shop.buys(name, vip).await;
    }
    let read = async |seq, take| events::after(&shop.app, &shop.actor, seq, take).await;
    let all = read(0, events::DEFAULT_TAKE).await.unwrap();
    let names: Vec<_> = all.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "order.created",
            "order.completed",
            "order.created",
            "order.completed"
        ]
    );
    let mut seen = Vec::new();
    let mut last = 0;
    for _ in 0..4 {
        let feed = read(last, 1).await.unwrap();
        assert!(feed.last > last);
        last = feed.last;
        seen.extend(feed.events.iter().map(|event| event.id));
    }
    assert_eq!(
        seen,
        all.events.iter().map(|event| event.id).collect::<Vec<_>>()
    );
    let end = read(last, 1000).await.unwrap();
    assert_eq!((end.events.len(), end.last), (0, last));
    let rendered = all.events[0].rendered();
    assert!(
        rendered.get().contains("\"total_amount\":9.90,"),
        "{rendered}"
    );
    assert!(rendered.get().contains("\"price\":9.90"), "{rendered}");
    for wrong in [0, 1001] {
        assert_eq!(code(read(0, wrong).await), "invalid");
    }
    let theirs = Actor::operator(new_store(&shop.app, "other").await.id);
    assert_eq!(
        events::after(&shop.app, &theirs, 0, 10)
            .await
            .unwrap()
            .events
            .len(),
        0
    );
    let blind = Actor::key(shop.store.id, Permissions::default());
    let refused = events::after(&shop.app, &blind, 0, 10).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
}
