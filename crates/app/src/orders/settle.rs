//! Settlement: what a gateway told is made true in one transaction, or not at all. The same
//! notification settles once, however often and in whatever order it comes.

use tradepost_db::payments::Told;
use tradepost_db::{Tx, events, orders as db, payments as db_payments};
use tradepost_model::Timestamp;
use tradepost_model::events::Event;
use tradepost_model::ids::{OrderId, PaymentId, StoreId};
use tradepost_model::orders::{Order, OrderStatus};
use tradepost_model::payments::{Dispute, Outcome, Payment, PaymentStatus};

use super::fulfil::{self, Paid};
use super::start::facts;
use super::{ending, reservation, times};
use crate::jobs::{self, Kind};
use crate::live::Change;
use crate::{App, Error, Result, subscriptions};

/// What became of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The order is paid and its commands are on their way.
    Paid,
    /// The payment was declined; the checkout is open again.
    Declined,
    /// It was processed before, or changes nothing.
    Nothing,
    /// The money goes back: the order could not be fulfilled, or was paid twice.
    Refunding,
    /// Amount or currency are not the order's: a person must look.
    Review,
    /// The money went back at the gateway; the goods are taken back.
    Refunded,
    /// The buyer's bank asks for the money; the goods are taken back.
    Disputed,
    /// A dispute was won; the goods are given again.
    DisputeWon,
    /// A dispute was lost.
    DisputeLost,
}

impl Settled {
    const fn word(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::Declined => "declined",
            Self::Nothing => "nothing",
            Self::Refunding => "refunding",
            Self::Review => "review",
            Self::Refunded => "refunded",
            Self::Disputed => "disputed",
            Self::DisputeWon => "dispute_won",
            Self::DisputeLost => "dispute_lost",
        }
    }
}

/// Settles a kept notification.
pub(crate) async fn settle(
    app: &App,
    store: StoreId,
    gateway: &str,
    event_id: &str,
) -> Result<Settled> {
    let first = attempt(app, store, gateway, event_id, None).await;
    match first {
        // What was paid for is gone. Everything rolled back; now the other ending.
        Err(Error::Refused {
            code:
                "sold_out"
                | "limit_reached"
                | "undeliverable"
                | "coupon_gone"
                | "gift_card_gone"
                | "trial_used"
                | "requirement_missing",
            message,
        }) => attempt(app, store, gateway, event_id, Some(message)).await,
        other => other,
    }
}

async fn attempt(
    app: &App,
    store: StoreId,
    gateway: &str,
    event_id: &str,
    unfulfillable: Option<String>,
) -> Result<Settled> {
    let (app_, gateway, event_id) = (app.clone(), gateway.to_owned(), event_id.to_owned());
    let now = app.now();
    let (settled, order, pushes) = app
        .write(async move |tx| {
            let app = &app_;
            let step = Step {
                app,
                store,
                now,
                unfulfillable: unfulfillable.as_deref(),
            };
            let result = step.run(tx, &gateway, &event_id).await?;
            let subject = crate::payments::subject(&gateway, &event_id);
            tradepost_db::jobs::done_for(tx, store, Kind::Settle.word(), &subject).await?;
            Ok(result)
        })
        .await?;
    metrics::counter!("tradepost_settlements_total", "result" => settled.word()).increment(1);
    app.delivery.handed(app, store, pushes).await;
    if let Some(order) = order {
        app.live.changed(store, Change::Order(order));
    }
    if settled == Settled::Refunding {
        app.jobs.nudge();
    }
    Ok(settled)
}

type Result3 = (
    Settled,
    Option<OrderId>,
    Vec<tradepost_db::commands::NewCommand>,
);

struct Step<'a> {
    app: &'a App,
    store: StoreId,
    now: Timestamp,
    unfulfillable: Option<&'a str>,
}

impl Step<'_> {
    async fn run(&self, tx: &mut Tx, gateway: &str, event_id: &str) -> Result<Result3> {
        const NOTHING: Result3 = (Settled::Nothing, None, Vec::new());
        if !db_payments::claim_event(tx, self.store, gateway, event_id, self.now).await? {
            return Ok(NOTHING);
        }
        let told = db_payments::find_event(tx, self.store, gateway, event_id).await?;
        let Some(told) = told else {
            return Ok(NOTHING);
        };
        let Some(payment) = db_payments::find(tx, self.store, told.payment).await? else {
            return Ok(NOTHING);
        };
        let Some(order) = locked(tx, self.store, payment.order).await? else {
            return Ok(NOTHING);
        };
        // Behind the lock, since it may have gone on meanwhile.
        let Some(payment) = db_payments::find(tx, self.store, told.payment).await? else {
            return Ok(NOTHING);
        };
        let result = self.act(tx, &payment, &order, &told).await?;
        db_payments::set_event_result(tx, self.store, gateway, event_id, result.0.word()).await?;
        Ok(result)
    }

    async fn act(
        &self,
        tx: &mut Tx,
        payment: &Payment,
        order: &Order,
        told: &Told,
    ) -> Result<Result3> {
        const NOTHING: Result3 = (Settled::Nothing, None, Vec::new());
        match told.outcome {
            Outcome::Pending => Ok(NOTHING),
            Outcome::Declined => self.declined(tx, payment, order).await,
            Outcome::Refunded => self.refunded(tx, payment, order).await,
            Outcome::Disputed => self.disputed(tx, payment, order, told).await,
            Outcome::DisputeWon | Outcome::DisputeLost => {
                self.dispute_ended(tx, payment, order, told, told.outcome)
                    .await
            }
            Outcome::Paid if self.went_back(tx, payment).await? => {
                self.came_and_went(tx, payment, order).await
            }
            Outcome::Paid
                if told.amount_minor != payment.amount.minor()
                    || told.currency != payment.amount.currency().code() =>
            {
                let note = "The gateway tells another amount or currency than the order's.";
                self.mark(tx, payment, PaymentStatus::Review, Some(note))
                    .await?;
                Ok((Settled::Review, Some(order.id), Vec::new()))
            }
            Outcome::Paid => self.paid(tx, payment, order).await,
        }
    }

    async fn declined(&self, tx: &mut Tx, payment: &Payment, order: &Order) -> Result<Result3> {
        let (from, to) = (PaymentStatus::Pending, PaymentStatus::Declined);
        if !db_payments::set_status(tx, self.store, payment.id, from, to, None, self.now).await? {
            return Ok((Settled::Nothing, None, Vec::new()));
        }
        if order.status == OrderStatus::Pending {
            reservation::let_go(self.app, tx, self.store, order).await?;
        }
        let items = db::items(tx, self.store, order.id, order.total.currency()).await?;
        let (app, store, reason) = (self.app, self.store, "The payment was declined.");
        if let Some(id) = subscriptions::renewal_of(tx, store, order).await? {
            let of = (order, items.as_slice());
            let pushes = subscriptions::declined(app, tx, store, id, of, reason).await?;
            return Ok((Settled::Declined, Some(order.id), pushes));
        }
        let event = Event::PaymentDeclined {
            facts: facts(order, &items),
            reason: reason.to_owned(),
        };
        events::emit(tx, store, app.id(), &event, self.now).await?;
        Ok((Settled::Declined, Some(order.id), Vec::new()))
    }

    /// Whether the money went back before we heard that it came: gateways promise no order.
    async fn went_back(&self, tx: &mut Tx, payment: &Payment) -> Result<bool> {
        let earlier = db_payments::told_earlier(tx, self.store, payment.id).await?;
        Ok(earlier.iter().any(|told| told.outcome == Outcome::Refunded))
    }

    async fn paid(&self, tx: &mut Tx, payment: &Payment, order: &Order) -> Result<Result3> {
        let earlier = db_payments::told_earlier(tx, self.store, payment.id).await?;
        let renewal = subscriptions::renewal_of(tx, self.store, order).await?;
        let over = match renewal {
            Some(id) => !subscriptions::may_renew(tx, self.store, id).await?,
            None => false,
        };
        let reason = match (order.status, self.unfulfillable) {
            (OrderStatus::Pending, None) if over => {
                Some("The subscription had ended before the payment came.".to_owned())
            }
            (OrderStatus::Pending, _) if payment.amount != order.due() => {
                return self.superseded(tx, payment, order).await;
            }
            (OrderStatus::Pending, None) => None,
            (OrderStatus::Pending, Some(reason)) => {
                Some(format!("{reason} The payment goes back to the buyer."))
            }
            (OrderStatus::Cancelled, _) => {
                Some("The order was cancelled before the payment came.".to_owned())
            }
            _ => Some("The order was paid already.".to_owned()),
        };
        let status = if reason.is_some() {
            PaymentStatus::Refunding
        } else {
            PaymentStatus::Paid
        };
        if !self.mark(tx, payment, status, reason.as_deref()).await? {
            return Ok((Settled::Nothing, None, Vec::new()));
        }
        if let Some(reason) = reason {
            db::cancel(tx, self.store, order.id, &reason, self.now).await?;
            reservation::let_go(self.app, tx, self.store, order).await?;
            self.send_back(tx, payment).await?;
            return Ok((Settled::Refunding, Some(order.id), Vec::new()));
        }
        let items = db::items(tx, self.store, order.id, order.total.currency()).await?;
        let gateway = self.app.gateways.by_word(&payment.gateway)?;
        let paid = Paid {
            transaction: payment.reference.clone(),
            gateway: gateway.word(),
            provider: gateway.provider(),
        };
        let (app, store) = (self.app, self.store);
        let mut pushes = match renewal {
            Some(id) => subscriptions::renewed(app, tx, store, id, (order, &items), &paid).await?,
            None => {
                self.refuse_unmet(tx, order).await?;
                reservation::sell(app, tx, store, order, &items, self.now).await?;
                fulfil::complete(app, tx, store, order, &items, &paid).await?
            }
        };
        if let Some(told) = earlier.first()
            && let Some(order) = db::find(tx, self.store, order.id).await?
        {
            pushes.extend(self.disputed(tx, payment, &order, told).await?.2);
        }
        Ok((Settled::Paid, Some(order.id), pushes))
    }

    /// A free trial is had once, however many were begun at once: only then is a first payment nothing.
    async fn refuse_unmet(&self, tx: &mut Tx, order: &Order) -> Result<()> {
        let Some(session) = order.session.as_ref().filter(|_| order.total.is_zero()) else {
            return Ok(());
        };
        times::alone(tx, self.store, &order.player.username.key()).await?;
        match tradepost_db::checkout::find(tx, session).await? {
            Some(session) => crate::checkout::refuse_unmet(tx, &session).await,
            None => Ok(()),
        }
    }

    /// Money that came for an attempt that was given up, since the price had changed: it goes back, and the
    /// order waits for what it costs now.
    async fn superseded(&self, tx: &mut Tx, payment: &Payment, order: &Order) -> Result<Result3> {
        let note = "It was paid at a price that had changed since.";
        if !self
            .mark(tx, payment, PaymentStatus::Refunding, Some(note))
            .await?
        {
            return Ok((Settled::Nothing, None, Vec::new()));
        }
        self.send_back(tx, payment).await?;
        Ok((Settled::Refunding, Some(order.id), Vec::new()))
    }

    async fn send_back(&self, tx: &mut Tx, payment: &Payment) -> Result<()> {
        let (id, subject) = (self.app.id(), payment.id.to_string());
        let (store, now) = (self.store, self.now);
        jobs::enqueue(tx, store, id, Kind::Refund, &subject, now, now).await
    }

    /// Money that came and went back before anything was given for it.
    async fn came_and_went(
        &self,
        tx: &mut Tx,
        payment: &Payment,
        order: &Order,
    ) -> Result<Result3> {
        let note = "Sent back at the gateway.";
        let to = PaymentStatus::Refunded;
        if !self.mark(tx, payment, to, Some(note)).await? {
            return Ok((Settled::Nothing, None, Vec::new()));
        }
        let reason = "The payment was sent back at the gateway.";
        let mut pushes = Vec::new();
        let attempts = db_payments::of_order(tx, self.store, order.id).await?;
        let waits = |status| matches!(status, PaymentStatus::Pending | PaymentStatus::Review);
        // It was given up, and the order waits for another.
        if attempts.iter().any(|it| waits(it.payment.status)) {
            return Ok((Settled::Refunded, Some(order.id), pushes));
        }
        if db::cancel(tx, self.store, order.id, reason, self.now).await? {
            reservation::let_go(self.app, tx, self.store, order).await?;
            pushes = subscriptions::came_and_went(self.app, tx, self.store, order).await?;
            ending::tell_refund(self.app, tx, self.store, order).await?;
        }
        Ok((Settled::Refunded, Some(order.id), pushes))
    }

    /// The gateway sent the money back, by itself or because it was asked to.
    async fn refunded(&self, tx: &mut Tx, payment: &Payment, order: &Order) -> Result<Result3> {
        let (asked, to) = (PaymentStatus::Refunding, PaymentStatus::Refunded);
        let note = Some("Sent back at the gateway.");
        if db_payments::set_status(tx, self.store, payment.id, asked, to, note, self.now).await? {
            ending::tell_refund(self.app, tx, self.store, order).await?;
            return Ok((Settled::Refunded, Some(order.id), Vec::new()));
        }
        let review = PaymentStatus::Review;
        if db_payments::set_status(tx, self.store, payment.id, review, to, note, self.now).await? {
            if db::cancel(tx, self.store, order.id, REVIEWED, self.now).await? {
                reservation::let_go(self.app, tx, self.store, order).await?;
            }
            return Ok((Settled::Refunded, Some(order.id), Vec::new()));
        }
        let disputed = PaymentStatus::Disputed;
        if db_payments::set_status(tx, self.store, payment.id, disputed, to, note, self.now).await?
        {
            // The goods are taken back already.
            let reason = "Refunded at the gateway while the payment was disputed.";
            if db::refund_charged_back(tx, self.store, order.id, reason, self.now).await?
                && subscriptions::renewal_of(tx, self.store, order)
                    .await?
                    .is_none()
            {
                let items = db::items(tx, self.store, order.id, order.total.currency()).await?;
                reservation::take_back(self.app, tx, self.store, order, &items).await?;
            }
            ending::tell_refund(self.app, tx, self.store, order).await?;
            return Ok((Settled::Refunded, Some(order.id), Vec::new()));
        }
        let paid = PaymentStatus::Paid;
        if order.status != OrderStatus::Paid
            || !db_payments::set_status(tx, self.store, payment.id, paid, to, note, self.now)
                .await?
        {
            return Ok((Settled::Nothing, None, Vec::new()));
        }
        let reason = "Refunded at the gateway.";
        let pushes = ending::refunded(self.app, tx, self.store, order, reason).await?;
        ending::tell_refund(self.app, tx, self.store, order).await?;
        Ok((Settled::Refunded, Some(order.id), pushes))
    }

    async fn disputed(
        &self,
        tx: &mut Tx,
        payment: &Payment,
        order: &Order,
        told: &Told,
    ) -> Result<Result3> {
        const NOTHING: Result3 = (Settled::Nothing, None, Vec::new());
        let dispute = dispute_of(payment, told);
        // Gateways promise no order: its end may have come first.
        let end = db_payments::dispute_end(tx, self.store, payment.id, &dispute.id).await?;
        if end == Some(Outcome::DisputeWon) {
            return Ok(NOTHING);
        }
        let (paid, to) = (PaymentStatus::Paid, PaymentStatus::Disputed);
        let note = Some(dispute.reason.as_str()).filter(|reason| !reason.is_empty());
        if !db_payments::set_status(tx, self.store, payment.id, paid, to, note, self.now).await? {
            let gone = matches!(
                payment.status,
                PaymentStatus::Refunding | PaymentStatus::Refunded
            );
            if gone {
                // Nothing is left to take back; the store is told all the same.
                let items = db::items(tx, self.store, order.id, order.total.currency()).await?;
                let event = Event::DisputeOpened(facts(order, &items), dispute);
                events::emit(tx, self.store, self.app.id(), &event, self.now).await?;
            }
            return Ok(NOTHING);
        }
        let mut pushes = ending::charged_back(self.app, tx, self.store, order, &dispute).await?;
        if let Some(end) = end {
            let (_, _, more) = self.dispute_ended(tx, payment, order, told, end).await?;
            pushes.extend(more);
        }
        Ok((Settled::Disputed, Some(order.id), pushes))
    }

    async fn dispute_ended(
        &self,
        tx: &mut Tx,
        payment: &Payment,
        order: &Order,
        told: &Told,
        end: Outcome,
    ) -> Result<Result3> {
        let won = end == Outcome::DisputeWon;
        let to = if won {
            PaymentStatus::Paid
        } else {
            PaymentStatus::ChargedBack
        };
        let from = PaymentStatus::Disputed;
        if !db_payments::set_status(tx, self.store, payment.id, from, to, None, self.now).await? {
            return Ok((Settled::Nothing, None, Vec::new()));
        }
        let dispute = dispute_of(payment, told);
        if won {
            let pushes = ending::won_back(self.app, tx, self.store, order, &dispute).await?;
            return Ok((Settled::DisputeWon, Some(order.id), pushes));
        }
        let items = db::items(tx, self.store, order.id, order.total.currency()).await?;
        let event = Event::DisputeLost(facts(order, &items), dispute);
        events::emit(tx, self.store, self.app.id(), &event, self.now).await?;
        Ok((Settled::DisputeLost, Some(order.id), Vec::new()))
    }

    /// Money that came is noted for an attempt that was open, and for one that had been given up.
    async fn mark(
        &self,
        tx: &mut Tx,
        payment: &Payment,
        to: PaymentStatus,
        note: Option<&str>,
    ) -> Result<bool> {
        for from in [PaymentStatus::Pending, PaymentStatus::Declined] {
            if db_payments::set_status(tx, self.store, payment.id, from, to, note, self.now).await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Why an order ended whose payment was looked at and went back.
pub(super) const REVIEWED: &str = "The payment was looked at and went back to the buyer.";

/// An order behind the lock that everybody takes first: its session's, and then that of the subscription it
/// pays for, which there is none of before the first payment.
pub(super) async fn locked(tx: &mut Tx, store: StoreId, id: OrderId) -> Result<Option<Order>> {
    let Some(mut order) = db::find(tx, store, id).await? else {
        return Ok(None);
    };
    if let Some(session) = &order.session {
        tradepost_db::checkout::lock(tx, store, session).await?;
        match db::find(tx, store, id).await? {
            Some(found) => order = found,
            None => return Ok(None),
        }
        if order.status == OrderStatus::Pending {
            return Ok(Some(order));
        }
    }
    if tradepost_db::subscriptions::lock_of_order(tx, store, id).await? {
        return Ok(db::find(tx, store, id).await?);
    }
    Ok(Some(order))
}

/// The dispute a notification is about; a gateway that does not name it has one per payment.
fn dispute_of(payment: &Payment, told: &Told) -> Dispute {
    told.dispute.clone().unwrap_or_else(|| Dispute {
        id: payment.reference.clone(),
        reason: String::new(),
    })
}

/// Job: sends a payment back at its gateway.
pub(crate) async fn refund(app: &App, store: StoreId, payment: PaymentId) -> Result<()> {
    let found = app
        .read(async move |conn| Ok(db_payments::find(conn, store, payment).await?))
        .await?;
    let Some(found) = found.filter(|it| it.status == PaymentStatus::Refunding) else {
        return Ok(());
    };
    app.gateways.by_word(&found.gateway)?.refund(&found)?;
    let (app_, now, order) = (app.clone(), app.now(), found.order);
    app.write(async move |tx| {
        let (from, to) = (PaymentStatus::Refunding, PaymentStatus::Refunded);
        let note = "Sent back through the gateway.";
        if !db_payments::set_status(tx, store, payment, from, to, Some(note), now).await? {
            return Ok(());
        }
        match db::find(tx, store, order).await? {
            Some(order) => ending::tell_refund(&app_, tx, store, &order).await,
            None => Ok(()),
        }
    })
    .await?;
    app.live.changed(store, Change::Order(order));
    Ok(())
}
