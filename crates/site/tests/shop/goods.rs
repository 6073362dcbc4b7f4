//! What a store sells in other ways than once at a fixed price, and what makes it cheaper.

use jiff::ToSpan as _;
use tradepost_app::{Actor, Tx, coupons, gift_cards, identity, packages, sales};
use tradepost_model::coupons::CouponDraft;
use tradepost_model::fields::Given;
use tradepost_model::gift_cards::GiftCardDraft;
use tradepost_model::ids::PackageId;
use tradepost_model::packages::{
    BillingDraft, CommandDraft, CustomPriceDraft, InputDraft, PackageDraft, TierDraft,
};
use tradepost_model::permissions::Permissions;
use tradepost_model::sales::SaleDraft;

use crate::place::Place;

pub(crate) fn text(text: &str) -> Given<String> {
    Given::Value(text.to_owned())
}

impl Place {
    /// A package as the Management API makes it, with one command.
    pub(crate) async fn sell(&self, name: &str, price: &str, draft: PackageDraft) -> PackageId {
        let command = CommandDraft {
            template: "secret-command {username}".to_owned(),
            ..CommandDraft::default()
        };
        let mut draft = PackageDraft {
            name: text(name),
            commands: Given::Value(vec![command]),
            ..draft
        };
        if !price.is_empty() {
            draft.price = text(price);
        }
        let (app, actor) = (self.app.clone(), Actor::operator(self.store.id));
        let create =
            async move |tx: &mut Tx| packages::create(&app, tx, &actor, draft.clone()).await;
        self.app.write(create).await.unwrap().0.id
    }

    /// Coins that are cheaper from 10 on.
    pub(crate) async fn tiered(&self) -> PackageId {
        let tier = |min_quantity, unit_price: &str| TierDraft {
            min_quantity,
            unit_price: unit_price.to_owned(),
        };
        let draft = PackageDraft {
            tiers: Given::Value(vec![tier(10, "0.80"), tier(50, "0.65")]),
            ..PackageDraft::default()
        };
        self.sell("Coins", "1.00", draft).await
    }

    /// A title that asks for a text, a colour and, if one likes, a number.
    pub(crate) async fn asking(&self) -> PackageId {
        let input = |name: &str, label: &str, kind: &str, required| InputDraft {
            name: name.to_owned(),
            label: label.to_owned(),
            kind: kind.to_owned(),
            required,
            ..InputDraft::default()
        };
        let draft = PackageDraft {
            inputs: Given::Value(vec![
                InputDraft {
                    pattern: Some("[A-Za-z0-9 ]+".to_owned()),
                    max: Some(12),
                    ..input("title", "Your title", "text", true)
                },
                InputDraft {
                    choices: vec!["Gold".to_owned(), "Aqua".to_owned()],
                    ..input("colour", "Colour", "choice", true)
                },
                InputDraft {
                    min: Some(1),
                    max: Some(30),
                    ..input("level", "Level", "number", false)
                },
            ]),
            ..PackageDraft::default()
        };
        self.sell("Title", "3.00", draft).await
    }

    /// Something its buyer decides the price of.
    pub(crate) async fn donation(&self) -> PackageId {
        let draft = PackageDraft {
            custom_price: Given::Value(CustomPriceDraft {
                min: Some("1.00".to_owned()),
                max: Some("500.00".to_owned()),
                suggested: Some("5.00".to_owned()),
            }),
            ..PackageDraft::default()
        };
        self.sell("Donation", "", draft).await
    }

    /// Something that is paid every month.
    pub(crate) async fn club(&self, trial_days: Option<i64>) -> PackageId {
        let draft = PackageDraft {
            subscription: Given::Value(BillingDraft {
                interval: "month".to_owned(),
                interval_count: None,
                trial_days,
            }),
            ..PackageDraft::default()
        };
        self.sell("Club", "9.99", draft).await
    }

    /// A sale of everything for a day.
    pub(crate) async fn sale(&self, percent: &str) {
        let draft = SaleDraft {
            name: text("Autumn sale"),
            discount_percentage: text(percent),
            end_date: Given::Value(self.app.now() + 24.hours()),
            ..SaleDraft::default()
        };
        let (app, actor) = (self.app.clone(), Actor::operator(self.store.id));
        let create = async move |tx: &mut Tx| sales::create(&app, tx, &actor, draft.clone()).await;
        self.app.write(create).await.unwrap();
    }

    /// A coupon that takes off a part, also of what is on sale.
    pub(crate) async fn coupon(&self, code: &str, percent: &str, change: fn(&mut CouponDraft)) {
        let mut draft = CouponDraft {
            code: text(code),
            discount_type: text("percentage"),
            discount_value: text(percent),
            override_sales: Given::Value(true),
            ..CouponDraft::default()
        };
        change(&mut draft);
        let (app, actor) = (self.app.clone(), Actor::operator(self.store.id));
        let create =
            async move |tx: &mut Tx| coupons::create(&app, tx, &actor, draft.clone()).await;
        self.app.write(create).await.unwrap();
    }

    /// A gift card; gives its code.
    pub(crate) async fn gift_card(&self, amount: &str) -> String {
        let draft = GiftCardDraft {
            amount: text(amount),
            ..GiftCardDraft::default()
        };
        let user = identity::add_user(&self.app, "staff@shop.example", "Staff", "correct horse")
            .await
            .unwrap();
        let actor = Actor::member(self.store.id, user.id, Permissions::owner());
        let (app, by) = (self.app.clone(), actor.clone());
        let create =
            async move |tx: &mut Tx| gift_cards::create(&app, tx, &by, draft.clone()).await;
        let card = self.app.write(create).await.unwrap().id;
        let code = gift_cards::reveal(&self.app, &actor, card).await.unwrap();
        code.for_people()
    }
}
