//! Whoever is banned cannot buy; everybody else can.

use jiff::{SignedDuration, ToSpan as _};
use tradepost_app::bans::{self, Who};
use tradepost_app::lists::Span;
use tradepost_app::{Actor, Error, Expect, Result, checkout, events, orders};
use tradepost_model::Timestamp;
use tradepost_model::bans::{Ban, BanDraft};
use tradepost_model::fields::Given;
use tradepost_model::ids::BanId;
use tradepost_model::permissions::{Access, Area, Permissions};
use tradepost_model::players::Player;
use uuid::Uuid;

use crate::shop::{Shop, code, new_session, new_store, on_both_engines, player};

on_both_engines!(
    a_banned_player_can_neither_begin_nor_pay,
    a_banned_address_can_neither_begin_nor_pay,
    a_ban_that_ended_or_was_lifted_stops_nobody,
    a_uuid_is_banned_under_every_name,
    networks_stop_exactly_their_addresses,
    a_change_expects_what_was_read,
    another_stores_ban_counts_for_nothing_here,
    a_ban_is_told_without_its_address,
    bans_are_listed_newest_first,
);

fn given(text: &str) -> Given<String> {
    Given::Value(text.to_owned())
}

fn of_player(name: &str) -> BanDraft {
    BanDraft {
        player_username: given(name),
        ..BanDraft::default()
    }
}

fn of_address(text: &str) -> BanDraft {
    BanDraft {
        ip_address: given(text),
        ..BanDraft::default()
    }
}

async fn ban_in(shop: &Shop, actor: &Actor, draft: BanDraft) -> Result<Ban> {
    let (app, actor) = (shop.app.clone(), actor.clone());
    let create = async move |tx: &mut _| bans::create(&app, tx, &actor, draft.clone()).await;
    shop.app.write(create).await
}

async fn ban(shop: &Shop, draft: BanDraft) -> Ban {
    ban_in(shop, &shop.actor, draft).await.unwrap()
}

async fn change(shop: &Shop, ban: BanId, draft: BanDraft, expect: Expect) -> Result<Ban> {
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    let update =
        async move |tx: &mut _| bans::update(&app, tx, &actor, ban, draft.clone(), &expect).await;
    shop.app.write(update).await
}

async fn lift(shop: &Shop, actor: &Actor, ban: BanId, expect: Expect) -> Result<()> {
    let actor = actor.clone();
    let delete = async move |tx: &mut _| bans::delete(tx, &actor, ban, &expect).await;
    shop.app.write(delete).await
}

async fn holds(shop: &Shop, players: &[Player], ip: Option<&str>) -> bool {
    let (store, now, players) = (shop.store.id, shop.app.now(), players.to_vec());
    let ip = ip.map(|ip| ip.parse().unwrap());
    let found = shop.app.read(async move |conn| {
        let players: Vec<_> = players.iter().collect();
        let who = Who {
            players: &players,
            ip,
        };
        bans::check(conn, store, &who, now).await
    });
    found.await.unwrap().is_some()
}

async fn a_banned_player_can_neither_begin_nor_pay(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let gift = shop.package("Gift", "0").await;
    let begun = shop.session("Griefer", vip).await.unwrap();
    let free = shop.session("Griefer", gift).await.unwrap();
    let reason = Given::Value("Chargeback fraud".to_owned());
    let found = ban(
        &shop,
        BanDraft {
            reason,
            ..of_player("gRIEFER")
        },
    )
    .await;
    assert_eq!(found.reason.as_deref(), Some("Chargeback fraud"));
    let refused = shop.session("GRIEFER", vip).await;
    let Err(Error::Refused { message, .. }) = &refused else {
        panic!("{refused:?}")
    };
    assert!(!message.contains("fraud"), "{message}");
    assert_eq!(code(refused), "banned");
    assert_eq!(code(shop.start(&begun).await), "banned");
    assert!(
        orders::of_session(&shop.app, &begun)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(code(shop.start(&free).await), "banned");
    shop.buys("Steve", vip).await;
    lift(&shop, &shop.actor, found.id, Expect::Any)
        .await
        .unwrap();
    assert!(shop.start(&begun).await.is_ok());
}

async fn a_banned_address_can_neither_begin_nor_pay(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let ip = Some("203.0.113.7".parse().unwrap());
    ban(&shop, of_address("203.0.113.0/24")).await;
    let mut new = new_session("Steve", vip);
    let session = checkout::create(&shop.app, &shop.store, new.clone())
        .await
        .unwrap();
    new.ip = ip;
    let refused = checkout::create(&shop.app, &shop.store, new).await;
    assert_eq!(code(refused), "banned");
    let start = async |ip| {
        let paying = orders::Paying {
            ip,
            ..orders::Paying::by("test")
        };
        orders::start_payment(&shop.app, &session.id, paying).await
    };
    assert_eq!(code(start(ip).await), "banned");
    assert!(start(Some("203.0.114.7".parse().unwrap())).await.is_ok());
}

async fn a_ban_that_ended_or_was_lifted_stops_nobody(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let end = shop.app.now() + 1.hour();
    let mut draft = of_player("Steve");
    draft.expires_at = Given::Value(end);
    let first = ban(&shop, draft.clone()).await;
    assert_eq!(first.expires_at, Some(end));
    assert_eq!(code(shop.session("Steve", vip).await), "banned");
    shop.clock.advance(SignedDuration::from_secs(3600));
    assert!(shop.session("Steve", vip).await.is_ok());
    assert_eq!(code(ban_in(&shop, &shop.actor, draft).await), "invalid");
    // A ban without an end, then lifted, then back.
    let change = async |draft| change(&shop, first.id, draft, Expect::Any).await.unwrap();
    let ban = change(BanDraft {
        expires_at: Given::Null,
        ..BanDraft::default()
    });
    assert_eq!(ban.await.expires_at, None);
    assert_eq!(code(shop.session("Steve", vip).await), "banned");
    for is_active in [false, true] {
        change(BanDraft {
            is_active: Given::Value(is_active),
            ..BanDraft::default()
        })
        .await;
        assert_eq!(shop.session("Steve", vip).await.is_err(), is_active);
    }
}

async fn a_uuid_is_banned_under_every_name(shop: Shop) {
    let uuid = Uuid::from_u128(7);
    let mut draft = of_player("Steve");
    draft.player_uuid = given(&uuid.to_string());
    ban(&shop, draft).await;
    let known = |name, uuid| Player {
        uuid,
        ..player(name)
    };
    assert!(holds(&shop, &[known("Renamed", Some(uuid))], None).await);
    assert!(holds(&shop, &[known("Steve", None)], None).await);
    assert!(
        holds(
            &shop,
            &[known("Alex", None), known("Renamed", Some(uuid))],
            None
        )
        .await
    );
    assert!(!holds(&shop, &[known("Renamed", Some(Uuid::from_u128(8)))], None).await);
    assert!(!holds(&shop, &[known("Renamed", None)], Some("203.0.113.7")).await);
}

async fn networks_stop_exactly_their_addresses(shop: Shop) {
    let cases = [
        (
            "10.1.2.3/8",
            "10.0.0.0/8",
            &["10.0.0.0", "10.255.255.255", "::ffff:10.9.9.9"][..],
            &["9.255.255.255", "11.0.0.0"][..],
        ),
        (
            "203.0.113.7/32",
            "203.0.113.7",
            &["203.0.113.7"],
            &["203.0.113.6", "203.0.113.8"],
        ),
        (
            "0.0.0.0/0",
            "0.0.0.0/0",
            &["0.0.0.0", "255.255.255.255"],
            &["::1", "2001:db8::1"],
        ),
        (
            "::ffff:192.0.2.1",
            "192.0.2.1",
            &["192.0.2.1", "::ffff:192.0.2.1"],
            &["::192.0.2.1"],
        ),
        (
            "2001:DB8::1/32",
            "2001:db8::/32",
            &["2001:db8::", "2001:db8:ffff::1"],
            &["2001:db9::", "203.0.113.7"],
        ),
        ("::/0", "::/0", &["::", "203.0.113.7", "ffff::1"], &[]),
    ];
    for (text, form, inside, outside) in cases {
        let ban = ban(&shop, of_address(text)).await;
        let written = bans::find(&shop.app, &shop.actor, ban.id).await.unwrap();
        assert_eq!(written, ban);
        let tradepost_model::bans::Banned::Addresses(addresses) = written.banned else {
            panic!("{ban:?}")
        };
        assert_eq!(addresses.to_string(), form);
        for address in inside {
            assert!(
                holds(&shop, &[], Some(address)).await,
                "{address} in {text}"
            );
        }
        for address in outside {
            assert!(
                !holds(&shop, &[], Some(address)).await,
                "{address} not in {text}"
            );
        }
        assert!(!holds(&shop, &[player("Steve")], None).await);
        lift(&shop, &shop.actor, ban.id, Expect::Any).await.unwrap();
    }
}

async fn a_change_expects_what_was_read(shop: Shop) {
    let first = ban(&shop, of_player("Steve")).await;
    let reason = |text: &str| BanDraft {
        reason: given(text),
        ..BanDraft::default()
    };
    let read = || Expect::OneOf(vec![1]);
    shop.clock.advance(SignedDuration::from_secs(1));
    let second = change(&shop, first.id, reason("Abuse"), read())
        .await
        .unwrap();
    assert_eq!(second.version, 2);
    assert!(second.updated_at > second.created_at);
    assert_eq!(
        bans::find(&shop.app, &shop.actor, first.id).await.unwrap(),
        second
    );
    let late = change(&shop, first.id, reason("Other"), read()).await;
    assert!(matches!(late, Err(Error::Stale)));
    let late = lift(&shop, &shop.actor, first.id, read()).await;
    assert!(matches!(late, Err(Error::Stale)));
    let whom = change(&shop, first.id, of_address("10.0.0.1"), Expect::Any).await;
    let Err(Error::Invalid(errors)) = whom else {
        panic!("{whom:?}")
    };
    assert!(errors.of("ipAddress").is_some());
    let now = Expect::OneOf(vec![2]);
    lift(&shop, &shop.actor, first.id, now).await.unwrap();
    let gone = change(&shop, first.id, reason("Late"), Expect::Any).await;
    assert_eq!(code(gone), "not_found");
}

async fn another_stores_ban_counts_for_nothing_here(shop: Shop) {
    let theirs = Actor::operator(new_store(&shop.app, "other").await.id);
    let by_name = ban_in(&shop, &theirs, of_player("Steve")).await.unwrap();
    ban_in(&shop, &theirs, of_address("::/0")).await.unwrap();
    assert!(!holds(&shop, &[player("Steve")], Some("203.0.113.7")).await);
    assert_eq!(
        code(bans::find(&shop.app, &shop.actor, by_name.id).await),
        "not_found"
    );
    let changed = change(&shop, by_name.id, BanDraft::default(), Expect::Any).await;
    assert_eq!(code(changed), "not_found");
    assert_eq!(
        code(lift(&shop, &shop.actor, by_name.id, Expect::Any).await),
        "not_found"
    );
    let listed = bans::list(&shop.app, &shop.actor, Span::first(10))
        .await
        .unwrap();
    assert_eq!((listed.items.len(), listed.total), (0, Some(0)));
    let mut permissions = Permissions::default();
    permissions.grant(Area::Bans, Access::View);
    let viewer = Actor::key(shop.store.id, permissions);
    assert!(matches!(
        ban_in(&shop, &viewer, of_player("Alex")).await,
        Err(Error::Forbidden { .. })
    ));
    let lifted = lift(&shop, &viewer, by_name.id, Expect::Any).await;
    assert!(matches!(lifted, Err(Error::Forbidden { .. })));
}

async fn a_ban_is_told_without_its_address(shop: Shop) {
    let by_name = ban(&shop, of_player("Steve")).await;
    ban(&shop, of_address("203.0.113.7")).await;
    let feed = events::after(&shop.app, &shop.actor, 0, 10).await.unwrap();
    let [first, second] = &feed.events[..] else {
        panic!("{feed:?}")
    };
    assert_eq!(
        (first.name.as_str(), second.name.as_str()),
        ("ban.created", "ban.created")
    );
    assert_eq!(first.data["ban_id"], by_name.id.to_string());
    assert_eq!(first.data["player_username"], "Steve");
    assert!(!second.data.to_string().contains("203"), "{}", second.data);
}

async fn bans_are_listed_newest_first(shop: Shop) {
    let mut made = Vec::new();
    for n in 0..9 {
        if n % 3 == 0 {
            shop.clock.advance(SignedDuration::from_secs(1));
        }
        made.push(ban(&shop, of_player(&format!("Player{n}"))).await.id);
    }
    made.sort();
    made.reverse();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let span = Span {
            after,
            skip: 0,
            take: 2,
        };
        let slice = bans::list(&shop.app, &shop.actor, span).await.unwrap();
        assert_eq!(slice.total, after.is_none().then_some(9));
        seen.extend(slice.items.iter().map(|ban| ban.id));
        after = seen.last().map(|id| id.0);
        if !slice.more {
            break;
        }
    }
    assert_eq!(seen, made);
    let created: Vec<Timestamp> = {
        let all = bans::list(&shop.app, &shop.actor, Span::first(100))
            .await
            .unwrap();
        all.items.iter().map(|ban| ban.created_at).collect()
    };
    assert!(created.is_sorted_by(|a, b| a >= b));
}
