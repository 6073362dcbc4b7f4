//! Coupons, and how often they were used. What is scarce, a coupon's uses in all and those of one
//! customer, is taken by conditional updates alone.

use tradepost_model::Timestamp;
use tradepost_model::applies_to::Vocabulary;
use tradepost_model::coupons::{Coupon, CouponCode, CouponStatus, DiscountType};
use tradepost_model::ids::{CouponId, StoreId};
use tradepost_model::money::{Currency, Money};
use tradepost_model::percent::Percent;
use tradepost_model::players::{Player, counted_under};
use tradepost_model::pricing::Discount;

use crate::codec::word;
use crate::span::{COUNTED, Span};
use crate::{Conn, Error, Result, Row, Tx, Value, applies_to, params};

/// What [`read`] reads.
macro_rules! columns {
    () => {
        "c.id, c.code, c.discount_type, c.discount_value, c.application_scope, c.package_scope, c.package_ids,
            c.category_ids, c.max_uses, c.max_uses_per_user, c.uses, c.reserved, c.valid_from, c.valid_until,
            c.is_active, c.override_sales, c.minimum_purchase, c.maximum_discount, c.version, c.created_at,
            c.updated_at, s.currency"
    };
}

/// Which coupons a [`Filter`] lets through: $2 a pattern of the code, $3 a status, $4 the time.
macro_rules! filtered {
    () => {
        "c.store_id = $1 AND (c.code_key LIKE $2 ESCAPE '\\' OR $2 IS NULL)
            AND (CASE
                WHEN NOT c.is_active THEN 'inactive'
                WHEN c.valid_until <= $4 THEN 'expired'
                WHEN c.uses >= c.max_uses THEN 'exhausted'
                WHEN c.valid_from > $4 THEN 'scheduled'
                ELSE 'active' END = $3 OR $3 IS NULL)"
    };
}

crate::statements! {
    INSERT = "INSERT INTO coupons
        (id, store_id, code, code_key, discount_type, discount_value, application_scope, package_scope, package_ids,
            category_ids, max_uses, max_uses_per_user, valid_from, valid_until, is_active, override_sales,
            minimum_purchase, maximum_discount, updated_at, uses, reserved, version, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 0, 0, 1, $19)
        ON CONFLICT (store_id, code_key) DO NOTHING";
    UPDATE = "UPDATE coupons
        SET code = $3, code_key = $4, discount_type = $5, discount_value = $6, application_scope = $7,
            package_scope = $8, package_ids = $9, category_ids = $10, max_uses = $11, max_uses_per_user = $12,
            valid_from = $13, valid_until = $14, is_active = $15, override_sales = $16, minimum_purchase = $17,
            maximum_discount = $18, updated_at = $19, version = version + 1
        WHERE id = $1 AND store_id = $2";
    FIND = concat!("SELECT ", columns!(), "
        FROM coupons c
        JOIN stores s ON s.id = c.store_id
        WHERE c.store_id = $1 AND c.id = $2");
    BY_CODE = concat!("SELECT ", columns!(), "
        FROM coupons c
        JOIN stores s ON s.id = c.store_id
        WHERE c.store_id = $1 AND c.code_key = $2");
    LOCK = sqlite "SELECT id FROM coupons WHERE store_id = $1 AND id = $2"
        postgres "SELECT id FROM coupons WHERE store_id = $1 AND id = $2 FOR UPDATE";
    PAGE = concat!("SELECT ", columns!(), "
        FROM coupons c
        JOIN stores s ON s.id = c.store_id
        WHERE ", filtered!(), " AND c.id < $5
        ORDER BY c.id DESC
        LIMIT $6 OFFSET $7");
    COUNT = concat!("SELECT COUNT(*) AS counted
        FROM (SELECT 1 FROM coupons c WHERE ", filtered!(), " LIMIT $5) AS matching");
    DELETE_USES = "DELETE FROM coupon_uses WHERE store_id = $1 AND coupon_id = $2";
    DELETE = "DELETE FROM coupons WHERE store_id = $1 AND id = $2";
    RESERVE = "UPDATE coupons
        SET reserved = reserved + 1
        WHERE store_id = $1 AND id = $2 AND is_active AND (max_uses IS NULL OR uses + reserved < max_uses)
            AND (valid_from IS NULL OR valid_from <= $3) AND (valid_until IS NULL OR valid_until > $3)";
    REDEEM_RESERVED = "UPDATE coupons
        SET reserved = reserved - 1, uses = uses + 1
        WHERE store_id = $1 AND id = $2 AND reserved > 0";
    REDEEM = "UPDATE coupons
        SET uses = uses + 1
        WHERE store_id = $1 AND id = $2 AND is_active AND (max_uses IS NULL OR uses + reserved < max_uses)";
    RELEASE = "UPDATE coupons SET reserved = reserved - 1 WHERE store_id = $1 AND id = $2 AND reserved > 0";
    RESERVE_FOR_CUSTOMER = "INSERT INTO coupon_uses (store_id, coupon_id, customer_key, used)
        SELECT $1, $2, $3, 1 WHERE CAST($4 AS bigint) >= 1
        ON CONFLICT (coupon_id, customer_key) DO UPDATE SET used = coupon_uses.used + 1
        WHERE coupon_uses.used < CAST($4 AS bigint)";
    RELEASE_FOR_CUSTOMER = "UPDATE coupon_uses
        SET used = used - 1
        WHERE store_id = $1 AND coupon_id = $2 AND customer_key = $3 AND used > 0";
    USED_BY_CUSTOMER = "SELECT used FROM coupon_uses WHERE store_id = $1 AND coupon_id = $2 AND customer_key = $3";
}

/// What a list of coupons is filtered by.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those whose code contains this, ignoring case.
    pub search: Option<String>,
    /// Only those that stand so now.
    pub status: Option<CouponStatus>,
}

/// Adds a coupon; `false` where its code is taken.
pub async fn insert(tx: &mut Tx, store: StoreId, coupon: &Coupon) -> Result<bool> {
    Ok(tx.exec(INSERT, &values(store, coupon)).await? == 1)
}

/// Changes a coupon, all but its counts; `false` where it does not exist. Errors:
/// [`Error::UniqueViolation`] where its code is taken, after which the transaction can only be rolled back.
pub async fn update(tx: &mut Tx, store: StoreId, coupon: &Coupon) -> Result<bool> {
    Ok(tx.exec(UPDATE, &values(store, coupon)).await? == 1)
}

/// A coupon by identity.
pub async fn find(conn: &mut Conn, store: StoreId, coupon: CouponId) -> Result<Option<Coupon>> {
    conn.query_opt(FIND, &params![store, coupon]).await?.map(|row| read(&row)).transpose()
}

/// A coupon by its code, ignoring case.
pub async fn find_by_code(conn: &mut Conn, store: StoreId, code: &CouponCode) -> Result<Option<Coupon>> {
    conn.query_opt(BY_CODE, &params![store, code.key()]).await?.map(|row| read(&row)).transpose()
}

/// A coupon, which stays as it is until the transaction ends.
pub async fn locked(tx: &mut Tx, store: StoreId, coupon: CouponId) -> Result<Option<Coupon>> {
    // The row is read after the lock is there, by a statement of its own that sees what came before.
    match tx.query_opt(LOCK, &params![store, coupon]).await? {
        Some(_) => find(tx, store, coupon).await,
        None => Ok(None),
    }
}

/// Coupons, newest first.
pub async fn page(
    conn: &mut Conn,
    store: StoreId,
    filter: &Filter,
    span: Span,
    now: Timestamp,
) -> Result<Vec<Coupon>> {
    let after = span.before();
    let [pattern, status] = words(filter);
    let values = params![store, pattern, status, now, after, span.take, span.skip];
    conn.query(PAGE, &values).await?.iter().map(read).collect()
}

/// How many coupons there are, counted up to one above [`COUNTED`].
pub async fn count(
    conn: &mut Conn,
    store: StoreId,
    filter: &Filter,
    now: Timestamp,
) -> Result<u32> {
    let [pattern, status] = words(filter);
    conn.query_one(COUNT, &params![store, pattern, status, now, COUNTED + 1]).await?.get("counted")
}

/// Removes a coupon and what customers used of it; `false` where it does not exist. It was locked before.
pub async fn delete(tx: &mut Tx, store: StoreId, coupon: CouponId) -> Result<bool> {
    tx.exec(DELETE_USES, &params![store, coupon]).await?;
    Ok(tx.exec(DELETE, &params![store, coupon]).await? == 1)
}

/// Reserves a use; `false` where none is left, it is switched off, or its time is not now.
pub async fn reserve(tx: &mut Tx, store: StoreId, coupon: CouponId, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(RESERVE, &params![store, coupon, now]).await? == 1)
}

/// Turns a reserved use into one that was made; `false` where the coupon is gone meanwhile.
pub async fn redeem_reserved(tx: &mut Tx, store: StoreId, coupon: CouponId) -> Result<bool> {
    Ok(tx.exec(REDEEM_RESERVED, &params![store, coupon]).await? == 1)
}

/// Uses it without a reservation, for a payment that came late: its time may be over. `false` where no use
/// is left or it is switched off.
pub async fn redeem(tx: &mut Tx, store: StoreId, coupon: CouponId) -> Result<bool> {
    Ok(tx.exec(REDEEM, &params![store, coupon]).await? == 1)
}

/// Gives a reserved use back.
pub async fn release(tx: &mut Tx, store: StoreId, coupon: CouponId) -> Result<()> {
    tx.exec(RELEASE, &params![store, coupon]).await.map(|_| ())
}

/// Counts a use of a customer: of all the people who take part in the purchase, each by name and by UUID.
/// `false` where one of them would be over the limit, after which the transaction is to be rolled back. It
/// comes after [`reserve`] or [`redeem`], which keep the coupon from being deleted meanwhile.
pub async fn reserve_for_customer(
    tx: &mut Tx,
    store: StoreId,
    coupon: CouponId,
    people: &[&Player],
    limit: Option<u32>,
) -> Result<bool> {
    for key in counted_under(people) {
        // Uses are counted whether or not there is a limit today: the owner may set one later.
        let values = params![store, coupon, key, limit.unwrap_or(u32::MAX)];
        if tx.exec(RESERVE_FOR_CUSTOMER, &values).await? != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes a use off what [`reserve_for_customer`] counted it for.
pub async fn release_for_customer(
    tx: &mut Tx,
    store: StoreId,
    coupon: CouponId,
    people: &[&Player],
) -> Result<()> {
    for key in counted_under(people) {
        tx.exec(RELEASE_FOR_CUSTOMER, &params![store, coupon, key]).await?;
    }
    Ok(())
}

/// How often one of these people has used it, or holds a use of it: whoever did most. For showing; the
/// limit itself is held by [`reserve_for_customer`].
pub async fn used_by_customer(
    conn: &mut Conn,
    store: StoreId,
    coupon: CouponId,
    people: &[&Player],
) -> Result<u32> {
    let mut most = 0;
    for key in counted_under(people) {
        if let Some(row) = conn.query_opt(USED_BY_CUSTOMER, &params![store, coupon, key]).await? {
            most = most.max(row.get("used")?);
        }
    }
    Ok(most)
}

/// The parameters of a [`Filter`].
fn words(filter: &Filter) -> [Option<String>; 2] {
    let pattern = filter.search.as_deref().filter(|text| !text.is_empty()).map(|text| {
        let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        format!("%{escaped}%")
    });
    [pattern, filter.status.map(|status| status.word().to_owned())]
}

/// The parameters of [`INSERT`] and [`UPDATE`].
fn values(store: StoreId, coupon: &Coupon) -> [Value; 19] {
    let value = match coupon.discount {
        Discount::Percentage(percent) => i64::from(percent.basis_points()),
        Discount::Fixed(amount) => amount.minor(),
    };
    let (packages, categories) = applies_to::lists(&coupon.applies_to);
    params![
        coupon.id,
        store,
        coupon.code.as_str(),
        coupon.code.key(),
        DiscountType::of(&coupon.discount).word(),
        value,
        coupon.applies_to.application_scope(Vocabulary::Coupons),
        coupon.applies_to.package_scope(),
        packages,
        categories,
        coupon.max_uses,
        coupon.max_uses_per_user,
        coupon.valid_from,
        coupon.valid_until,
        coupon.is_active,
        coupon.override_sales,
        coupon.minimum_purchase.map(Money::minor),
        coupon.maximum_discount.map(Money::minor),
        coupon.updated_at,
    ]
}

fn read(row: &Row) -> Result<Coupon> {
    let currency: Currency = row.get("currency")?;
    let amount = |column: &str| -> Result<Option<Money>> {
        Ok(row.get::<Option<i64>>(column)?.map(|minor| Money::new(minor, currency)))
    };
    Ok(Coupon {
        id: row.get("id")?,
        code: word(row, "code", |code| CouponCode::parse(code).ok())?,
        discount: discount(row, currency)?,
        applies_to: applies_to::read(row, Vocabulary::Coupons)?,
        max_uses: row.get("max_uses")?,
        max_uses_per_user: row.get("max_uses_per_user")?,
        uses: row.get("uses")?,
        reserved: row.get("reserved")?,
        valid_from: row.get("valid_from")?,
        valid_until: row.get("valid_until")?,
        is_active: row.get("is_active")?,
        override_sales: row.get("override_sales")?,
        minimum_purchase: amount("minimum_purchase")?,
        maximum_discount: amount("maximum_discount")?,
        currency,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

fn discount(row: &Row, currency: Currency) -> Result<Discount> {
    let value: i64 = row.get("discount_value")?;
    match word(row, "discount_type", DiscountType::parse)? {
        DiscountType::Fixed => Ok(Discount::Fixed(Money::new(value, currency))),
        DiscountType::Percentage => u16::try_from(value)
            .ok()
            .and_then(Percent::from_basis_points)
            .map(Discount::Percentage)
            .ok_or_else(|| Error::Decode { column: "discount_value".to_owned() }),
    }
}
