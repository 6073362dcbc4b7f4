//! Packages: one set of rules for whoever makes and changes them.

use tradepost_app::{Error, Expect, catalog, orders, packages};
use tradepost_db::Tx;
use tradepost_model::fields::Given;
use tradepost_model::ids::PackageId;
use tradepost_model::packages::{
    Billing, BillingDraft, CommandDraft, CustomPriceDraft, InputDraft, Interval, LimitPeriodDraft,
    Package, PackageCommand, PackageDraft, PackageKind, Target, TierDraft, TimedDraft,
};

use crate::shop::{Shop, code, on_both_engines};

on_both_engines! {
    every_field_is_kept_as_it_was_given,
    all_that_is_wrong_is_told_at_once,
    the_type_follows_from_what_is_given,
    contradictions_are_errors,
    a_change_keeps_the_rest,
    an_input_that_a_command_uses_stays,
    the_pricing_shape_is_fixed_once_somebody_has_bought,
    buying_and_changing_the_shape_at_once_agree,
    a_deleted_package_is_gone_and_its_orders_stay,
    slugs_are_unique,
    the_dashboards_form_keeps_what_it_does_not_show,
    whoever_read_an_older_version_is_refused,
    what_is_not_visible_is_not_sold,
}

fn given(text: &str) -> Given<String> {
    Given::Value(text.to_owned())
}

fn named(name: &str) -> PackageDraft {
    PackageDraft {
        name: given(name),
        price: given("9.99"),
        ..PackageDraft::default()
    }
}

fn text_input(name: &str) -> InputDraft {
    InputDraft {
        name: name.to_owned(),
        label: "Nickname".to_owned(),
        kind: "text".to_owned(),
        ..InputDraft::default()
    }
}

fn command(template: &str) -> CommandDraft {
    CommandDraft {
        template: template.to_owned(),
        ..CommandDraft::default()
    }
}

type Made = Result<(Package, Vec<PackageCommand>), Error>;

async fn create(shop: &Shop, draft: PackageDraft) -> Made {
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    shop.app
        .write(async move |tx: &mut Tx| packages::create(&app, tx, &actor, draft.clone()).await)
        .await
}

async fn update(shop: &Shop, id: PackageId, draft: PackageDraft, expect: Expect) -> Made {
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    shop.app
        .write(async move |tx: &mut Tx| {
            packages::update(&app, tx, &actor, id, draft.clone(), &expect).await
        })
        .await
}

async fn delete(shop: &Shop, id: PackageId) -> Result<(), Error> {
    let (app, actor) = (shop.app.clone(), shop.actor.clone());
    shop.app
        .write(async move |tx: &mut Tx| packages::delete(&app, tx, &actor, id, &Expect::Any).await)
        .await
}

async fn find(shop: &Shop, id: PackageId) -> Made {
    packages::find(&shop.app, &shop.actor, &shop.store, id).await
}

/// The fields that do not fit, in order.
fn wrong(made: Made) -> Vec<String> {
    let Err(Error::Invalid(errors)) = made else {
        panic!("not invalid: {made:?}");
    };
    errors.0.into_iter().map(|error| error.field).collect()
}

async fn every_field_is_kept_as_it_was_given(shop: Shop) {
    let first = shop.package("First", "1.00").await;
    let survival = shop.survival.to_string();
    let draft = PackageDraft {
        slug: given("vip-rank"),
        description: given("<p>Hi<script>x</script></p>"),
        image_url: given("https://example.com/a.png"),
        is_active: Given::Value(true),
        sort_order: Given::Value(-3),
        server_ids: Given::Value(vec![survival.clone()]),
        user_server_selection_enabled: Given::Value(true),
        subscription: Given::Value(BillingDraft {
            interval: "month".to_owned(),
            interval_count: Some(3),
            trial_days: Some(7),
        }),
        global_limit: Given::Value(100),
        per_user_limit: Given::Value(2),
        limit_period: Given::Value(LimitPeriodDraft {
            every: 2,
            unit: "week".to_owned(),
        }),
        is_cumulative: Given::Value(true),
        required_package_ids: Given::Value(vec![first.to_string()]),
        require_any: Given::Value(true),
        visible_from: Given::Value("2026-01-01T00:00:00Z".parse().unwrap()),
        visible_until: Given::Value("2027-01-01T00:00:00Z".parse().unwrap()),
        inputs: Given::Value(vec![
            InputDraft {
                pattern: Some("[A-Za-z]+".to_owned()),
                min: Some(2),
                max: Some(16),
                required: true,
                ..text_input("nick")
            },
            InputDraft {
                kind: "choice".to_owned(),
                choices: vec!["red".to_owned(), "blue".to_owned()],
                ..text_input("colour")
            },
            InputDraft {
                kind: "number".to_owned(),
                min: Some(-1),
                ..text_input("level")
            },
        ]),
        metadata: Given::Value(serde_json::from_str(r#"{"b":1,"a":[null,"\u0000"]}"#).unwrap()),
        commands: Given::Value(vec![
            CommandDraft {
                kind: Some("expiry".to_owned()),
                target: Some("customerChoice".to_owned()),
                execute: Some("whenOnline".to_owned()),
                delay_seconds: Some(5),
                required_slots: Some(1),
                run_per: Some("line".to_owned()),
                sort_order: Some(2),
                ..command("lp user {player} remove vip")
            },
            CommandDraft {
                target: Some(survival),
                sort_order: Some(1),
                ..command("/nick {player} {input.nick} {input.colour}")
            },
        ]),
        ..named("VIP")
    };
    let (made, commands) = create(&shop, draft).await.unwrap();
    let (found, stored) = find(&shop, made.id).await.unwrap();
    assert_eq!(found, made);
    assert_eq!(stored, commands);
    assert_eq!(
        stored[0].template.source(),
        "nick {player} {input.nick} {input.colour}"
    );
    assert_eq!(stored[1].target, Target::CustomerChoice);
    assert_eq!(found.description, "<p>Hi</p>");
    let billing = Billing {
        interval: Interval::Month,
        count: 3,
        trial_days: Some(7),
    };
    assert_eq!(found.kind, PackageKind::Subscription(billing));

    let custom = PackageDraft {
        price: Given::Absent,
        custom_price: Given::Value(CustomPriceDraft {
            min: Some("1".to_owned()),
            max: Some("50.5".to_owned()),
            suggested: Some("5".to_owned()),
        }),
        ..named("Donation")
    };
    let (made, _) = create(&shop, custom).await.unwrap();
    assert_eq!(find(&shop, made.id).await.unwrap().0, made);
    assert_eq!(made.price.minor(), 500);
    let tiered = PackageDraft {
        timed: Given::Value(TimedDraft {
            days: Some(30),
            hours: Some(6),
        }),
        tiers: Given::Value(
            [(10, "8"), (5, "9")]
                .map(|(min_quantity, price)| TierDraft {
                    min_quantity,
                    unit_price: price.to_owned(),
                })
                .to_vec(),
        ),
        ..named("Crate")
    };
    let (made, _) = create(&shop, tiered).await.unwrap();
    assert_eq!(find(&shop, made.id).await.unwrap().0, made);
    assert_eq!(made.timed_hours(), Some(726));
    assert_eq!(made.tiers[0].min_quantity, 5);
}

async fn all_that_is_wrong_is_told_at_once(shop: Shop) {
    let nobody = uuid::Uuid::from_u128(7).to_string();
    let tier = |min_quantity, price: &str| TierDraft {
        min_quantity,
        unit_price: price.to_owned(),
    };
    let draft = PackageDraft {
        name: given(" "),
        slug: given("Not A Slug"),
        price: given("9.999"),
        image_url: given("http://example.com/a.png"),
        is_active: Given::Null,
        sort_order: Given::Value(9_000_000),
        category_id: given(&nobody),
        server_ids: Given::Value(vec![shop.survival.to_string(), nobody.clone()]),
        kind: given("weekly"),
        tiers: Given::Value(vec![tier(1, "5"), tier(5, "x"), tier(5, "4")]),
        global_limit: Given::Value(0),
        per_user_limit: Given::Value(-1),
        limit_period: Given::Value(LimitPeriodDraft {
            every: 0,
            unit: "year".to_owned(),
        }),
        required_package_ids: Given::Value(vec!["x".to_owned()]),
        visible_from: Given::Value("2026-02-01T00:00:00Z".parse().unwrap()),
        visible_until: Given::Value("2026-01-01T00:00:00Z".parse().unwrap()),
        inputs: Given::Value(vec![
            InputDraft {
                label: String::new(),
                pattern: Some("(".to_owned()),
                ..text_input("Nick")
            },
            InputDraft {
                kind: "choice".to_owned(),
                choices: vec!["a;b".to_owned()],
                ..text_input("a")
            },
            text_input("a"),
        ]),
        metadata: Given::Value(
            serde_json::from_value(serde_json::json!({"x": "y".repeat(4096)})).unwrap(),
        ),
        commands: Given::Value(vec![CommandDraft {
            kind: Some("sometimes".to_owned()),
            target: Some("customerChoice".to_owned()),
            delay_seconds: Some(-1),
            required_slots: Some(99),
            ..command("say {input.none}")
        }]),
        ..PackageDraft::default()
    };
    assert_eq!(
        wrong(create(&shop, draft).await),
        [
            "name",
            "slug",
            "price",
            "imageUrl",
            "isActive",
            "sortOrder",
            "categoryId",
            "serverIds[1]",
            "type",
            "globalLimit",
            "perUserLimit",
            "limitPeriod.every",
            "limitPeriod.unit",
            "tiers[0].minQuantity",
            "tiers[1].unitPrice",
            "tiers[2].minQuantity",
            "requiredPackageIds[0]",
            "visibleUntil",
            "inputs[0].name",
            "inputs[0].label",
            "inputs[0].pattern",
            "inputs[1].choices[0]",
            "inputs[2].name",
            "metadata",
            "commands[0].template",
            "commands[0].type",
            "commands[0].delaySeconds",
            "commands[0].requiredSlots",
            "commands[0].target",
        ]
    );
    assert_eq!(
        wrong(create(&shop, PackageDraft::default()).await),
        ["name", "price"]
    );
    let lists = PackageDraft {
        tiers: Given::Null,
        inputs: Given::Null,
        commands: Given::Null,
        server_ids: Given::Null,
        ..named("VIP")
    };
    let fields = wrong(create(&shop, lists).await);
    assert_eq!(fields, ["serverIds", "tiers", "inputs", "commands"]);
}

async fn the_type_follows_from_what_is_given(shop: Shop) {
    let weekly = || {
        Given::Value(BillingDraft {
            interval: "week".to_owned(),
            ..BillingDraft::default()
        })
    };
    let day = || {
        Given::Value(TimedDraft {
            days: Some(1),
            hours: None,
        })
    };
    let mut subscription = named("A");
    subscription.subscription = weekly();
    let mut timed = named("B");
    timed.timed = day();
    let mut custom = named("C");
    custom.allow_custom_price = Given::Value(true);
    let mut words = Vec::new();
    for draft in [subscription, timed, custom, named("D")] {
        words.push(create(&shop, draft).await.unwrap().0.kind.word());
    }
    assert_eq!(words, ["subscription", "timed", "custom", "oneTime"]);

    let id = create(&shop, named("E")).await.unwrap().0.id;
    let becomes = async |draft| {
        let (made, _) = update(&shop, id, draft, Expect::Any).await.unwrap();
        made.kind.word()
    };
    let change = PackageDraft::default;
    let timed = PackageDraft {
        timed: day(),
        ..change()
    };
    assert_eq!(becomes(timed).await, "timed");
    assert_eq!(becomes(change()).await, "timed");
    let plain = PackageDraft {
        timed: Given::Null,
        ..change()
    };
    assert_eq!(becomes(plain).await, "oneTime");
    let on = |on| PackageDraft {
        allow_custom_price: Given::Value(on),
        ..change()
    };
    assert_eq!(becomes(on(true)).await, "custom");
    assert_eq!(becomes(on(false)).await, "oneTime");
    let said = PackageDraft {
        kind: given("subscription"),
        subscription: weekly(),
        ..change()
    };
    assert_eq!(becomes(said).await, "subscription");
}

async fn contradictions_are_errors(shop: Shop) {
    let with = |kind: &str| PackageDraft {
        kind: given(kind),
        ..named("X")
    };
    let refused = async |draft| wrong(create(&shop, draft).await);
    assert_eq!(refused(with("subscription")).await, ["subscription"]);
    assert_eq!(refused(with("timed")).await, ["timed"]);
    let empty = PackageDraft {
        timed: Given::Value(TimedDraft::default()),
        ..named("X")
    };
    assert_eq!(refused(empty).await, ["timed"]);
    let two = PackageDraft {
        subscription: Given::Value(BillingDraft {
            interval: "fortnight".to_owned(),
            interval_count: Some(0),
            trial_days: Some(-1),
        }),
        timed: Given::Value(TimedDraft {
            days: Some(1),
            hours: None,
        }),
        allow_custom_price: Given::Value(true),
        ..named("X")
    };
    assert_eq!(
        refused(two).await,
        [
            "timed",
            "allowCustomPrice",
            "subscription.interval",
            "subscription.intervalCount",
            "subscription.trialDays",
        ]
    );
    let tiers = vec![TierDraft {
        min_quantity: 2,
        unit_price: "1".to_owned(),
    }];
    let tiered = PackageDraft {
        tiers: Given::Value(tiers),
        ..with("custom")
    };
    assert_eq!(refused(tiered).await, ["tiers"]);
    let range = PackageDraft {
        custom_price: Given::Value(CustomPriceDraft {
            min: Some("5".to_owned()),
            max: Some("4".to_owned()),
            suggested: None,
        }),
        allow_custom_price: Given::Value(false),
        ..named("X")
    };
    assert_eq!(
        refused(range).await,
        ["allowCustomPrice", "customPrice.max"]
    );
}

async fn a_change_keeps_the_rest(shop: Shop) {
    let draft = PackageDraft {
        description: given("<b>old</b>"),
        global_limit: Given::Value(5),
        inputs: Given::Value(vec![text_input("nick")]),
        commands: Given::Value(vec![command("nick {player} {input.nick}")]),
        ..named("VIP")
    };
    let (before, commands) = create(&shop, draft).await.unwrap();
    shop.wait(60).await;
    let change = PackageDraft {
        price: given("14.99"),
        global_limit: Given::Null,
        ..PackageDraft::default()
    };
    let (after, _) = update(&shop, before.id, change, Expect::Any).await.unwrap();
    let (found, kept) = find(&shop, before.id).await.unwrap();
    assert_eq!(found, after);
    assert_eq!(kept, commands);
    let expected = Package {
        price: after.price,
        global_limit: None,
        version: 2,
        updated_at: shop.app.now(),
        ..before
    };
    assert_eq!((found, after.price.minor()), (expected, 1499));
    let unknown = PackageId(uuid::Uuid::from_u128(9));
    assert_eq!(
        code(update(&shop, unknown, named("X"), Expect::Any).await),
        "not_found"
    );
}

async fn an_input_that_a_command_uses_stays(shop: Shop) {
    let draft = PackageDraft {
        inputs: Given::Value(vec![text_input("nick")]),
        commands: Given::Value(vec![command("nick {player} {input.nick}")]),
        ..named("VIP")
    };
    let id = create(&shop, draft).await.unwrap().0.id;
    let none = || PackageDraft {
        inputs: Given::Value(Vec::new()),
        ..PackageDraft::default()
    };
    assert_eq!(
        wrong(update(&shop, id, none(), Expect::Any).await),
        ["inputs"]
    );
    let both = PackageDraft {
        commands: Given::Value(vec![command("say {player}")]),
        ..none()
    };
    update(&shop, id, both, Expect::Any).await.unwrap();
}

async fn the_pricing_shape_is_fixed_once_somebody_has_bought(shop: Shop) {
    let id = shop.package("VIP", "9.99").await;
    let timed = || PackageDraft {
        timed: Given::Value(TimedDraft {
            days: Some(30),
            hours: None,
        }),
        ..PackageDraft::default()
    };
    update(&shop, id, timed(), Expect::Any).await.unwrap();
    shop.buys("Steve", id).await;
    let longer = PackageDraft {
        price: given("12"),
        timed: Given::Value(TimedDraft {
            days: Some(60),
            hours: None,
        }),
        ..PackageDraft::default()
    };
    update(&shop, id, longer, Expect::Any).await.unwrap();
    let plain = PackageDraft {
        kind: given("oneTime"),
        ..PackageDraft::default()
    };
    let refused = code(update(&shop, id, plain, Expect::Any).await);
    assert_eq!(refused, "pricing_shape_fixed");
    assert_eq!(
        find(&shop, id).await.unwrap().0.timed_hours(),
        Some(60 * 24)
    );
}

async fn buying_and_changing_the_shape_at_once_agree(shop: Shop) {
    for round in 0..8 {
        let id = shop.package(&format!("VIP {round}"), "9.99").await;
        let session = shop.session("Steve", id).await.unwrap();
        let (app, other) = (shop.app.clone(), shop.actor.clone());
        let change = shop.app.tasks.spawn(async move {
            let (app_, draft) = (
                app.clone(),
                PackageDraft {
                    allow_custom_price: Given::Value(true),
                    ..PackageDraft::default()
                },
            );
            app.write(async move |tx: &mut Tx| {
                packages::update(&app_, tx, &other, id, draft.clone(), &Expect::Any).await
            })
            .await
        });
        let app = shop.app.clone();
        let buy = shop.app.tasks.spawn(async move {
            orders::start_payment(&app, &session.id, tradepost_app::orders::Paying::by("test"))
                .await
        });
        let (changed, bought) = (change.await.unwrap(), buy.await.unwrap());
        match changed {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(code::<()>(Err(error)), "pricing_shape_fixed");
                assert!(bought.is_ok());
                assert_eq!(find(&shop, id).await.unwrap().0.kind, PackageKind::OneTime);
            }
        }
    }
}

async fn a_deleted_package_is_gone_and_its_orders_stay(shop: Shop) {
    let id = shop.package("VIP", "9.99").await;
    let bought = shop.buys("Steve", id).await;
    delete(&shop, id).await.unwrap();
    assert_eq!(code(find(&shop, id).await), "not_found");
    assert_eq!(code(delete(&shop, id).await), "not_found");
    assert_eq!(
        code(update(&shop, id, named("X"), Expect::Any).await),
        "not_found"
    );
    let (listed, _) = packages::list(&shop.app, &shop.actor, &shop.store)
        .await
        .unwrap();
    assert!(listed.is_empty());
    let details = orders::find(&shop.app, &shop.actor, bought.order.id)
        .await
        .unwrap();
    assert_eq!(details.items[0].package_name, "VIP");
    let needs_it = PackageDraft {
        required_package_ids: Given::Value(vec![id.to_string()]),
        ..named("Y")
    };
    assert_eq!(
        wrong(create(&shop, needs_it).await),
        ["requiredPackageIds[0]"]
    );
}

async fn slugs_are_unique(shop: Shop) {
    let slug = |slug: &str| PackageDraft {
        slug: given(slug),
        ..named("VIP")
    };
    let (first, _) = create(&shop, named("VIP")).await.unwrap();
    let (second, _) = create(&shop, named("VIP")).await.unwrap();
    assert_eq!(
        (first.slug.as_str(), second.slug.as_str()),
        ("vip", "vip-2")
    );
    assert_eq!(code(create(&shop, slug("vip")).await), "slug_taken");
    let taken = update(&shop, second.id, slug("vip"), Expect::Any).await;
    assert_eq!(code(taken), "slug_taken");
    let (moved, _) = update(&shop, second.id, slug("king"), Expect::Any)
        .await
        .unwrap();
    assert_eq!(moved.slug.as_str(), "king");
    delete(&shop, first.id).await.unwrap();
    assert_eq!(code(create(&shop, slug("vip")).await), "slug_taken");
    assert_eq!(
        create(&shop, named("VIP")).await.unwrap().0.slug.as_str(),
        "vip-2"
    );
}

async fn the_dashboards_form_keeps_what_it_does_not_show(shop: Shop) {
    let draft = PackageDraft {
        subscription: Given::Value(BillingDraft {
            interval: "month".to_owned(),
            ..BillingDraft::default()
        }),
        inputs: Given::Value(vec![text_input("nick")]),
        metadata: Given::Value(serde_json::from_str(r#"{"a":1}"#).unwrap()),
        limit_period: Given::Value(LimitPeriodDraft {
            every: 1,
            unit: "month".to_owned(),
        }),
        visible_from: Given::Value("2026-01-01T00:00:00Z".parse().unwrap()),
        slug: given("special"),
        ..named("VIP")
    };
    let (before, _) = create(&shop, draft).await.unwrap();
    let typed = packages::PackageInput {
        name: "VIP+".to_owned(),
        price: "11".to_owned(),
        is_active: true,
        commands: vec![shop.command("nick {player} {input.nick}")],
        ..packages::PackageInput::default()
    };
    let id = Some(before.id);
    packages::save(&shop.app, &shop.actor, &shop.store, id, &typed)
        .await
        .unwrap();
    let (after, commands) = find(&shop, before.id).await.unwrap();
    assert_eq!(commands.len(), 1);
    let expected = Package {
        name: "VIP+".to_owned(),
        price: after.price,
        version: 2,
        ..before
    };
    assert_eq!(after, expected);
}

async fn whoever_read_an_older_version_is_refused(shop: Shop) {
    let (made, _) = create(&shop, named("VIP")).await.unwrap();
    let change = || PackageDraft {
        price: given("1"),
        ..PackageDraft::default()
    };
    let expect = || Expect::OneOf(vec![made.version]);
    update(&shop, made.id, change(), expect()).await.unwrap();
    let again = update(&shop, made.id, change(), expect()).await;
    assert!(matches!(again, Err(Error::Stale)));
}

async fn what_is_not_visible_is_not_sold(shop: Shop) {
    let draft = PackageDraft {
        visible_from: Given::Value("2026-11-20T10:01:00Z".parse().unwrap()),
        visible_until: Given::Value("2026-11-20T10:02:00Z".parse().unwrap()),
        ..named("Flash")
    };
    let id = create(&shop, draft).await.unwrap().0.id;
    for (seconds, is_sold) in [(0, false), (60, true), (59, true), (1, false)] {
        shop.wait(seconds).await;
        let shown = catalog::of_store(&shop.app, &shop.store).await.unwrap();
        assert_eq!(shown.packages.len(), usize::from(is_sold));
        let page = catalog::package(&shop.app, &shop.store, "flash").await;
        assert_eq!(page.is_ok(), is_sold);
        assert_eq!(shop.session("Steve", id).await.is_ok(), is_sold);
    }
}
