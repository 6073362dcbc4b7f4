//! `/coupons`: codes that lower a price at the checkout.

use axum::response::Response;
use serde::Serialize;
use tradepost_app::coupons::Filter;
use tradepost_app::{App, coupons};
use tradepost_model::Timestamp;
use tradepost_model::applies_to::{AppliesToDraft, MAX_LISTED, Vocabulary};
use tradepost_model::coupons::{
    Coupon, CouponDraft, CouponStatus, DiscountType, MAX_CODE, MAX_USES,
};
use tradepost_model::fields::Given;
use tradepost_model::ids::CouponId;
use tradepost_model::permissions::{Access, Area};
use tradepost_model::pricing::Discount;
use utoipa::ToSchema;
use uuid::Uuid;

use super::applies_to;
use crate::body::{Purpose, boolean, ids, integer, members, money, text, timestamp, words};
use crate::call::{Call, Reply};
use crate::envelope::{Failure, Success};
use crate::openapi::{Routes, operation};
use crate::query::{List, query};
use crate::shape::{Amount, Id, Time, amount, percentage};

pub(super) fn routes() -> Routes {
    let (view, edit, delete) = (
        (Area::Coupons, Access::View),
        (Area::Coupons, Access::Edit),
        (Area::Coupons, Access::Delete),
    );
    Routes::of("Coupons", "Codes that lower a price at the checkout.")
        .get(
            "/coupons",
            list,
            operation("listCoupons", "List the coupons", view)
                .about("Coupons, newest first.")
                .lists::<CouponQuery, CouponView>(),
        )
        .post(
            "/coupons",
            create,
            operation("createCoupon", "Create a coupon", edit)
                .about("Answers 409 with `code_taken` where another coupon has the code.")
                .takes(CouponBody, Purpose::Create)
                .gives::<CouponView>(),
        )
        .get(
            "/coupons/{id}",
            find,
            operation("getCoupon", "Get a coupon", view).gives::<CouponView>(),
        )
        .patch(
            "/coupons/{id}",
            change,
            operation("updateCoupon", "Change a coupon", edit)
                .about("Another `discountType` needs its `discountValue` beside it.")
                .takes(CouponBody, Purpose::Change)
                .gives::<CouponView>(),
        )
        .delete(
            "/coupons/{id}",
            remove,
            operation("deleteCoupon", "Delete a coupon", delete)
                .about("Orders keep what it took off."),
        )
}

/// What a coupon is made of, or changed by, as it was sent.
#[derive(Clone)]
pub(super) struct NewCoupon {
    code: Given<String>,
    discount_type: Given<String>,
    discount_value: Given<String>,
    application_scope: Given<String>,
    package_scope: Given<String>,
    package_ids: Given<Vec<Uuid>>,
    category_ids: Given<Vec<Uuid>>,
    max_uses: Given<i64>,
    max_uses_per_user: Given<i64>,
    valid_from: Given<Timestamp>,
    valid_until: Given<Timestamp>,
    is_active: Given<bool>,
    override_sales: Given<bool>,
    minimum_purchase_amount: Given<String>,
    maximum_discount_amount: Given<String>,
}

members! {
    /// What a coupon is made of, or changed by.
    pub(super) struct CouponBody -> NewCoupon {
        /// What is entered at the checkout: letters, digits, hyphens and underscores, unique in the store
        /// whatever their case.
        code = text(1, MAX_CODE).required().example("SUMMER25"),
        /// What `discountValue` means.
        discount_type = words(&["percentage", "fixed"]).required().example("percentage"),
        /// A percentage from 0 to 100 with at most two decimals, or an amount.
        discount_value = money().required().example(25),
        /// What it is for.
        application_scope = words(&["packages", "categories", "store"]).default("store").example("packages"),
        /// Which packages; needed with the scope `packages`, and goes with no other.
        package_scope = words(&["all", "specific"]).nullable().example("all"),
        /// Needed with the package scope `specific`.
        package_ids = ids(MAX_LISTED).example(serde_json::json!([])),
        /// Needed with the scope `categories`. What is below them is part of them.
        category_ids = ids(MAX_LISTED).example(serde_json::json!([])),
        /// How often it can be used in all; null for no limit.
        max_uses = integer(1..=MAX_USES).nullable().example(100),
        /// How often one customer can use it; null for no limit.
        max_uses_per_user = integer(1..=MAX_USES).nullable().example(1),
        /// From when on it can be used; null for at once.
        valid_from = timestamp().nullable().example("2026-06-01T00:00:00Z"),
        /// Until when it can be used, not at that time itself; null for ever.
        valid_until = timestamp().nullable().example("2026-09-01T00:00:00Z"),
        /// Whether it can be used.
        is_active = boolean().default(true).example(true),
        /// Whether it also lowers what is on sale; otherwise sale prices stay as they are.
        override_sales = boolean().default(false).example(false),
        /// What a basket must cost at least; null for nothing.
        minimum_purchase_amount = money().nullable().example(10),
        /// What it takes off at most; null for no maximum.
        maximum_discount_amount = money().nullable().example(50),
    }
    refuses {
        "uses" => "is not set: it is counted",
    }
}

impl From<NewCoupon> for CouponDraft {
    fn from(new: NewCoupon) -> Self {
        let NewCoupon {
            code,
            discount_type,
            discount_value,
            application_scope,
            package_scope,
            package_ids,
            category_ids,
            max_uses,
            max_uses_per_user,
            valid_from,
            valid_until,
            is_active,
            override_sales,
            minimum_purchase_amount,
            maximum_discount_amount,
        } = new;
        Self {
            code,
            discount_type,
            discount_value,
            applies_to: AppliesToDraft {
                package_scope,
                ..applies_to::draft(application_scope, package_ids, category_ids)
            },
            max_uses,
            max_uses_per_user,
            valid_from,
            valid_until,
            is_active,
            override_sales,
            minimum_purchase: minimum_purchase_amount,
            maximum_discount: maximum_discount_amount,
        }
    }
}

query! {
    /// Which coupons.
    pub(super) struct CouponQuery: PAGED {
        /// A part of the code, in any case.
        search: String = text(1, MAX_CODE),
        /// How they stand now. One that is inactive is that and nothing else; one that has expired was
        /// not exhausted.
        status: String = words(&["active", "inactive", "expired", "exhausted", "scheduled"]).in_any_case(),
    }
}

/// A coupon.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CouponView {
    id: Id,
    #[schema(example = "SUMMER25")]
    code: String,
    /// `percentage` or `fixed`.
    #[schema(value_type = String, example = "percentage")]
    discount_type: &'static str,
    /// A percentage, or an amount in the store's currency.
    discount_value: Amount,
    /// `packages`, `categories` or `store`.
    #[schema(value_type = String, example = "packages")]
    application_scope: &'static str,
    /// `all` or `specific`, with the scope `packages` alone.
    #[schema(value_type = Option<String>, example = "all")]
    package_scope: Option<&'static str>,
    package_ids: Vec<Id>,
    category_ids: Vec<Id>,
    #[schema(example = 100)]
    max_uses: Option<u32>,
    #[schema(example = 1)]
    max_uses_per_user: Option<u32>,
    /// How often it was used.
    #[schema(example = 3)]
    uses: i64,
    valid_from: Option<Time>,
    valid_until: Option<Time>,
    #[schema(example = true)]
    is_active: bool,
    #[schema(example = false)]
    override_sales: bool,
    minimum_purchase_amount: Option<Amount>,
    maximum_discount_amount: Option<Amount>,
    created_at: Time,
    updated_at: Time,
}

async fn list(call: Call) -> Result<Success<List<CouponView>>, Failure> {
    let (part, CouponQuery { search, status }) = call.query()?;
    let status = status.and_then(|word| CouponStatus::parse(&word));
    let filter = Filter { search, status };
    let slice = coupons::list(&call.app, &call.actor, filter, part.span()).await?;
    Ok(Success(List::of(part, slice.map(view))))
}

async fn find(call: Call) -> Result<Reply, Failure> {
    let coupon = coupons::find(&call.app, &call.actor, call.id(WHAT)?).await?;
    Ok(reply(coupon))
}

async fn create(call: Call) -> Result<Response, Failure> {
    call.create(
        CouponBody,
        async move |app: App, tx, actor, new: NewCoupon| {
            Ok(reply(coupons::create(&app, tx, &actor, new.into()).await?))
        },
    )
    .await
}

async fn change(call: Call) -> Result<Response, Failure> {
    let id: CouponId = call.id(WHAT)?;
    call.change(
        CouponBody,
        async move |app: App, tx, actor, new: NewCoupon, expect| {
            let changed = coupons::update(&app, tx, &actor, id, new.into(), &expect).await?;
            Ok(reply(changed))
        },
    )
    .await
}

async fn remove(call: Call) -> Result<Response, Failure> {
    let id: CouponId = call.id(WHAT)?;
    call.remove(async move |app: App, tx, actor, expect| {
        coupons::delete(&app, tx, &actor, id, &expect).await?;
        Ok(Reply::nothing())
    })
    .await
}

const WHAT: &str = "coupon";

fn reply(coupon: Coupon) -> Reply {
    Reply::versioned(coupon.version, &view(coupon))
}

fn view(coupon: Coupon) -> CouponView {
    let Coupon {
        id,
        code,
        discount,
        applies_to,
        max_uses,
        max_uses_per_user,
        uses,
        reserved: _,
        valid_from,
        valid_until,
        is_active,
        override_sales,
        minimum_purchase,
        maximum_discount,
        currency: _,
        version: _,
        created_at,
        updated_at,
    } = coupon;
    CouponView {
        id: Id(id.0),
        code: code.as_str().to_owned(),
        discount_type: DiscountType::of(&discount).word(),
        discount_value: match discount {
            Discount::Percentage(percent) => percentage(percent),
            Discount::Fixed(money) => amount(money),
        },
        application_scope: applies_to.application_scope(Vocabulary::Coupons),
        package_scope: applies_to.package_scope(),
        package_ids: applies_to::packages(applies_to.packages()),
        category_ids: applies_to::categories(applies_to.categories()),
        max_uses,
        max_uses_per_user,
        uses,
        valid_from: valid_from.map(Time),
        valid_until: valid_until.map(Time),
        is_active,
        override_sales,
        minimum_purchase_amount: minimum_purchase.map(amount),
        maximum_discount_amount: maximum_discount.map(amount),
        created_at: Time(created_at),
        updated_at: Time(updated_at),
    }
}
