//! What the demo sells in other ways than once at a fixed price, a sale on some of it, a coupon and a
//! gift card.

use jiff::ToSpan as _;
use tradepost_app::{Actor, App, coupons, gift_cards, packages, sales};
use tradepost_model::applies_to::AppliesToDraft;
use tradepost_model::coupons::CouponDraft;
use tradepost_model::fields::Given;
use tradepost_model::gift_cards::GiftCardDraft;
use tradepost_model::ids::{CategoryId, GiftCardId, PackageId};
use tradepost_model::packages::{
    BillingDraft, CommandDraft, CustomPriceDraft, InputDraft, LimitPeriodDraft, Package,
    PackageDraft, TierDraft, TimedDraft,
};
use tradepost_model::sales::SaleDraft;

use super::kept::KeptGiftCard;
use crate::cli::Failure;

/// The coupon's code.
pub(super) const COUPON: &str = "WELCOME10";
/// What is on the gift card.
const GIFT_CARD: &str = "25.00";
/// Behind what is sold as usual.
const FIRST_PLACE: i64 = 100;

/// Makes the packages of a category.
pub(super) async fn packages(
    app: &App,
    actor: &Actor,
    category: CategoryId,
    survival: &str,
) -> Result<Vec<Package>, Failure> {
    let mut made = Vec::new();
    for (place, draft) in (FIRST_PLACE..).zip(drafts()) {
        let (app_, actor_, survival) = (app.clone(), actor.clone(), survival.to_owned());
        let create = async move |tx: &mut tradepost_app::Tx| {
            let mut draft = draft.clone();
            draft.category_id = Given::Value(category.to_string());
            draft.sort_order = Given::Value(place);
            if let Given::Value(commands) = &mut draft.commands {
                for command in commands {
                    command.target = Some(survival.clone());
                }
            }
            packages::create(&app_, tx, &actor_, draft).await
        };
        made.push(app.write(create).await?.0);
    }
    Ok(made)
}

fn drafts() -> [PackageDraft; 5] {
    let text = |text: &str| Given::Value(text.to_owned());
    let draft = |name: &str, price: &str, description: &str, commands: &[(&str, &str)]| {
        let command = |(kind, template): &(&str, &str)| CommandDraft {
            kind: Some((*kind).to_owned()),
            template: (*template).to_owned(),
            ..CommandDraft::default()
        };
        PackageDraft {
            name: text(name),
            price: text(price),
            description: text(description),
            commands: Given::Value(commands.iter().map(command).collect()),
            ..PackageDraft::default()
        }
    };
    let tier = |min_quantity, unit_price: &str| TierDraft {
        min_quantity,
        unit_price: unit_price.to_owned(),
    };
    let input = |name: &str, label: &str, kind: &str| InputDraft {
        name: name.to_owned(),
        label: label.to_owned(),
        kind: kind.to_owned(),
        required: true,
        ..InputDraft::default()
    };
    let words = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect();
    [
        PackageDraft {
            tiers: Given::Value(vec![tier(10, "0.85"), tier(50, "0.70")]),
            ..draft(
                "Coin Pouch",
                "0.99",
                "<p>200 coins in a leather pouch. The more you take, the cheaper each one gets.</p>",
                &[("initial", "eco give {username} 200")],
            )
        },
        PackageDraft {
            subscription: Given::Value(BillingDraft {
                interval: "month".to_owned(),
                interval_count: None,
                trial_days: Some(7),
            }),
            ..draft(
                "VIP Club",
                "4.99",
                "<p>VIP for as long as you like, with 500 coins every month. The first week is on us.</p>",
                &[
                    ("initial", "lp user {username} parent add club"),
                    ("renewal", "eco give {username} 500"),
                    ("expiry", "lp user {username} parent remove club"),
                ],
            )
        },
        PackageDraft {
            inputs: Given::Value(vec![
                InputDraft {
                    pattern: Some("[A-Za-z0-9 ]+".to_owned()),
                    min: Some(3),
                    max: Some(16),
                    ..input("title", "Your title", "text")
                },
                InputDraft {
                    choices: words(&["Gold", "Aqua", "Rose"]),
                    ..input("colour", "Colour", "choice")
                },
            ]),
            ..draft(
                "Custom Title",
                "3.99",
                "<p>A title in front of your name, in the colour you like. Be somebody.</p>",
                &[(
                    "initial",
                    "title set {username} {input.colour} {input.title}",
                )],
            )
        },
        PackageDraft {
            timed: Given::Value(TimedDraft {
                days: Some(3),
                hours: None,
            }),
            per_user_limit: Given::Value(2),
            limit_period: Given::Value(LimitPeriodDraft {
                every: 1,
                unit: "week".to_owned(),
            }),
            ..draft(
                "Weekend Wings",
                "2.40",
                "<p>Fly in Survival for three days. Pack sandwiches.</p>",
                &[
                    ("initial", "fly {username} on"),
                    ("expiry", "fly {username} off"),
                ],
            )
        },
        PackageDraft {
            price: Given::Absent,
            custom_price: Given::Value(CustomPriceDraft {
                min: Some("1.00".to_owned()),
                max: Some("500.00".to_owned()),
                suggested: Some("5.00".to_owned()),
            }),
            ..draft(
                "Donation",
                "",
                "<p>It keeps the servers running. You decide how much, and everybody hears of it.</p>",
                &[(
                    "initial",
                    "broadcast {username} keeps us running. Thank you!",
                )],
            )
        },
    ]
}

/// A sale on some packages, and a coupon for everything.
pub(super) async fn discounts(
    app: &App,
    actor: &Actor,
    on_sale: Vec<PackageId>,
) -> Result<(), Failure> {
    let sale = SaleDraft {
        name: Given::Value("Opening sale".to_owned()),
        discount_percentage: Given::Value("25".to_owned()),
        applies_to: AppliesToDraft {
            application_scope: Given::Value("package".to_owned()),
            package_ids: Given::Value(on_sale),
            ..AppliesToDraft::default()
        },
        end_date: Given::Value(app.now() + (30 * 24).hours()),
        ..SaleDraft::default()
    };
    let coupon = CouponDraft {
        code: Given::Value(COUPON.to_owned()),
        discount_type: Given::Value("percentage".to_owned()),
        discount_value: Given::Value("10".to_owned()),
        max_uses_per_user: Given::Value(1),
        override_sales: Given::Value(true),
        ..CouponDraft::default()
    };
    let (app_, actor_) = (app.clone(), actor.clone());
    app.write(async move |tx| {
        sales::create(&app_, tx, &actor_, sale.clone()).await?;
        coupons::create(&app_, tx, &actor_, coupon.clone()).await
    })
    .await?;
    Ok(())
}

/// A gift card, whose code its owner is told.
pub(super) async fn gift_card(app: &App, owner: &Actor) -> Result<KeptGiftCard, Failure> {
    let (app_, actor) = (app.clone(), owner.clone());
    let draft = GiftCardDraft {
        amount: Given::Value(GIFT_CARD.to_owned()),
        ..GiftCardDraft::default()
    };
    let create = async move |tx: &mut tradepost_app::Tx| {
        gift_cards::create(&app_, tx, &actor, draft.clone()).await
    };
    let card: GiftCardId = app.write(create).await?.id;
    let code = gift_cards::reveal(app, owner, card).await?;
    Ok(KeptGiftCard {
        code: code.for_people(),
        amount: serde_json::value::RawValue::from_string(GIFT_CARD.to_owned())?,
    })
}
