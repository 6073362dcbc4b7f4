//! Manual orders: made by staff or an integration, paid and delivered at once.

use tradepost_db::{orders as db, payments as db_payments, stores};
use tradepost_model::fields::FieldErrors;
use tradepost_model::ids::{OrderId, StoreId};
use tradepost_model::orders::{Order, OrderItem, OrderStatus};
use tradepost_model::payments::{Payment, PaymentStatus};
use tradepost_model::permissions::{Access, Area};
use tradepost_model::players::Player;

use super::fulfil::{self, Paid};
use super::reservation;
use crate::checkout::{Line, look};
use crate::live::Change;
use crate::{Actor, App, Result};

/// One line of a manual order.
pub type ManualItem = Line;

/// What a manual order is made of.
#[derive(Clone, Debug)]
pub struct ManualOrder {
    /// Who receives.
    pub player: Player,
    /// The buyer's address.
    pub email: Option<String>,
    /// What.
    pub items: Vec<ManualItem>,
}

/// Makes an order that counts as paid, and queues its commands in the same transaction. Errors:
/// what stands in the way, by item.
pub async fn create_manual(app: &App, actor: &Actor, new: ManualOrder) -> Result<OrderId> {
    actor.require(Area::Orders, Access::Edit)?;
    let (app_, store) = (app.clone(), actor.store);
    let work = async move { create(&app_, store, new).await };
    app.to_the_end(work).await
}

async fn create(app: &App, store: StoreId, new: ManualOrder) -> Result<OrderId> {
    let store = crate::stores::find(app, store).await?;
    let basket = look(app, &store, &new.items, Some(&new.player)).await?;
    let mut errors = FieldErrors::default();
    for (place, line) in basket.lines.iter().enumerate() {
        if let Some(problem) = &line.problem {
            errors.add(format!("items[{place}]"), problem.clone());
        }
    }
    errors.into_result()?;
    let items: Vec<_> = basket
        .lines
        .iter()
        .zip(&basket.quote.lines)
        .map(|(line, priced)| OrderItem {
            id: app.id(),
            package: priced.package,
            package_name: line
                .package
                .as_ref()
                .map(|package| package.name.clone())
                .unwrap_or_default(),
            quantity: line.line.quantity,
            unit_price: priced.unit_price,
            total: priced.total,
            server: line.line.server,
            expires_at: None,
            ended: None,
        })
        .collect();
    let (app_, store_id, total, now, id) = (
        app.clone(),
        store.id,
        basket.quote.total,
        app.now(),
        app.id(),
    );
    let pushes = app
        .write(async move |tx| {
            let app = &app_;
            let order = Order {
                id,
                number: stores::next(tx, store_id, "orders").await?,
                status: OrderStatus::Pending,
                player: new.player.clone(),
                email: new.email.clone(),
                total,
                provider: "Manual".to_owned(),
                session: None,
                reason: None,
                created_at: now,
                updated_at: now,
                paid_at: None,
            };
            db::insert(tx, store_id, &order, &items).await?;
            let payment = Payment {
                id: app.id(),
                order: id,
                gateway: "manual".to_owned(),
                reference: id.to_string(),
                status: PaymentStatus::Paid,
                amount: total,
            };
            db_payments::insert(tx, store_id, &payment, now).await?;
            reservation::sell(tx, store_id, &order, &items).await?;
            let paid = Paid {
                transaction: payment.reference,
                gateway: "manual",
                provider: "Manual",
            };
            fulfil::complete(app, tx, store_id, &order, &items, &paid).await
        })
        .await?;
    app.delivery.handed(app, store_id, pushes).await;
    app.live.changed(store_id, Change::Order(id));
    Ok(id)
}
