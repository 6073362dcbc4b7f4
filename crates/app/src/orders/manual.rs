//! Manual orders: made by staff or an integration, paid and delivered at once.

use tradepost_db::{Tx, orders as db, payments as db_payments, stores};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::OrderId;
use tradepost_model::money::Money;
use tradepost_model::orders::{Order, OrderItem, OrderStatus};
use tradepost_model::payments::{Payment, PaymentStatus};
use tradepost_model::permissions::{Access, Area};
use tradepost_model::players::Player;
use tradepost_model::stores::Store;

use super::fulfil::{self, Paid};
use super::reservation;
use crate::checkout::{Basket, Line, Trials, look_in};
use crate::live::Change;
use crate::{Actor, After, App, Error, Result};

/// What a manual order is made of.
#[derive(Clone, Debug)]
pub struct ManualOrder {
    /// Who receives.
    pub player: Player,
    /// The buyer's address.
    pub email: Option<String>,
    /// What.
    pub items: Vec<Line>,
}

/// Makes an order that counts as paid, as [`create_manual`] does, in a transaction of its own.
pub async fn give(app: &App, actor: &Actor, new: ManualOrder) -> Result<OrderId> {
    let (app_, actor) = (app.clone(), actor.clone());
    let work = async move {
        let (inside, by) = (app_.clone(), actor.clone());
        let made = app_.write(async move |tx| create_manual(&inside, tx, &by, &new).await);
        let (order, after) = made.await?;
        after.run(&app_, actor.store).await;
        Ok(order)
    };
    app.to_the_end(work).await
}

/// Makes an order that counts as paid, and queues its commands in the same transaction. Errors: what
/// stands in the way, by item.
pub async fn create_manual(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    new: &ManualOrder,
) -> Result<(OrderId, After)> {
    actor.require(Area::Orders, Access::Edit)?;
    let (store, now) = (actor.store, app.now());
    let found = stores::find(tx, store).await?;
    let found = found.ok_or(Error::NotFound("store"))?;
    // Nobody pays for it later, so it is no trial.
    let trials = Trials::Withheld;
    let basket = look_in(tx, &found, &new.items, Some(&new.player), trials, now).await?;
    faults(&basket).into_result()?;
    let items = lines(app, basket);
    let total = items
        .iter()
        .try_fold(Money::zero(found.currency), |sum, item| {
            sum.checked_add(item.total).map_err(Error::internal)
        })?;
    let order = Order {
        id: app.id(),
        number: stores::next(tx, store, "orders").await?,
        status: OrderStatus::Pending,
        player: new.player.clone(),
        gifter: None,
        email: new.email.clone(),
        total,
        tax: Money::zero(found.currency),
        coupon: None,
        gift_card: None,
        subscription: None,
        provider: "Manual".to_owned(),
        session: None,
        reason: None,
        created_at: now,
        updated_at: now,
        paid_at: None,
    };
    db::insert(tx, store, &order, &items).await?;
    let payment = Payment {
        id: app.id(),
        order: order.id,
        gateway: "manual".to_owned(),
        reference: order.id.to_string(),
        status: PaymentStatus::Paid,
        amount: total,
    };
    db_payments::insert(tx, store, &payment, now).await?;
    reservation::sell(app, tx, store, &order, &items, now).await?;
    let paid = Paid {
        transaction: payment.reference,
        gateway: "manual",
        provider: "Manual",
    };
    let handed = fulfil::complete(app, tx, store, &order, &items, &paid).await?;
    let after = After {
        handed,
        changes: vec![Change::Order(order.id)],
        ..After::default()
    };
    Ok((order.id, after))
}

/// All that stands in the way of a manual order's items, by item. `player` is who receives, where that could
/// be read.
pub async fn faults_of_items(
    app: &App,
    tx: &mut Tx,
    store: &Store,
    items: &[Line],
    player: Option<&Player>,
) -> Result<FieldErrors> {
    let basket = look_in(tx, store, items, player, Trials::Withheld, app.now()).await?;
    Ok(faults(&basket))
}

fn faults(basket: &Basket) -> FieldErrors {
    let mut errors = FieldErrors::default();
    for (place, line) in basket.lines.iter().enumerate() {
        let member = |member: &str| match member {
            "" => format!("items[{place}]"),
            member => format!("items[{place}].{member}"),
        };
        for problem in &line.problems {
            errors.add(member(&problem.member), problem.text.clone());
        }
    }
    errors
}

/// The lines of an order that nothing stands in the way of.
fn lines(app: &App, basket: Basket) -> Vec<OrderItem> {
    let lines = basket.lines.into_iter().zip(basket.quote.lines);
    let lines = lines.map(|(line, priced)| OrderItem {
        id: app.id(),
        package: priced.package,
        package_name: line.package.map(|it| it.name).unwrap_or_default(),
        quantity: line.line.quantity,
        unit_price: priced.unit_price,
        discount: priced.discount,
        total: priced.total,
        server: line.line.server,
        inputs: line.inputs,
        expires_at: None,
        ended: None,
        limit_period: None,
    });
    lines.collect()
}
