//! The receipt: what was paid, and how its delivery goes.

use askama::Template;

use super::delivery::Delivery;
use super::frame::{Frame, Line, Recipient, Totals};
use super::subscription::SubscriptionCard;
use crate::view::{Sample, When};

/// `GET /receipt/{session}?t={secret}`
#[derive(Debug, Clone, Template)]
#[template(path = "checkout/receipt.html")]
pub struct Receipt {
    /// The store's frame.
    pub frame: Frame,
    /// Who gets it.
    pub recipient: Recipient,
    /// How it stands.
    pub state: ReceiptState,
    /// "#1042".
    pub order: String,
    /// When the order was made.
    pub when: When,
    /// How it was paid: "Test payment"; empty for free orders.
    pub method: String,
    /// What was bought.
    pub lines: Vec<Line>,
    /// What it sums to.
    pub totals: Totals,
    /// The delivery; absent until it is paid.
    pub delivery: Option<Delivery>,
    /// The subscription that began with it.
    pub subscription: Option<SubscriptionCard>,
    /// Address of the event stream that sends the [`Delivery`] again.
    pub live_url: Option<String>,
}

/// How an order stands for its buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptState {
    /// Paid: "Thank you, Steve".
    Paid,
    /// "We're waiting for your bank".
    Pending,
    /// Paid, could not be fulfilled, and paid back; with the reason.
    Returned(String),
    /// Cancelled without a payment; with the reason.
    Cancelled(String),
    /// Refunded by the store, on this day.
    Refunded(String),
    /// The buyer's bank asks for the money back, since this day.
    Disputed(String),
    /// The buyer's bank took the money back; disputed on this day.
    ChargedBack(String),
}

impl Receipt {
    /// The heading of the page.
    #[must_use]
    pub fn heading(&self) -> String {
        match self.state {
            ReceiptState::Paid => {
                let Recipient { username, from, .. } = &self.recipient;
                format!("Thank you, {}", from.as_ref().unwrap_or(username))
            }
            ReceiptState::Pending => "We're waiting for your bank".to_owned(),
            ReceiptState::Returned(_) => "You got your money back".to_owned(),
            ReceiptState::Cancelled(_) => "This order was cancelled".to_owned(),
            ReceiptState::Refunded(_) => "This order was refunded".to_owned(),
            ReceiptState::Disputed(_) => "This payment is disputed".to_owned(),
            ReceiptState::ChargedBack(_) => "This payment was taken back".to_owned(),
        }
    }

    /// The sentence below the heading.
    #[must_use]
    pub fn lead(&self) -> String {
        match &self.state {
            ReceiptState::Paid => "Your order is complete. Below you see each thing reach the game; this page keeps itself up to date.".to_owned(),
            ReceiptState::Pending => "Your bank has not confirmed the payment yet. This page shows it as soon as it does; you can also close it and come back.".to_owned(),
            ReceiptState::Returned(reason) => format!("{reason} Your payment was returned in full, without you having to ask."),
            ReceiptState::Cancelled(reason) => format!("{reason} Nothing was charged."),
            ReceiptState::Refunded(day) => format!("This order was refunded on {day}. The money goes back the way it came; depending on your bank it takes a few days to arrive."),
            ReceiptState::Disputed(day) => format!("On {day} your bank asked for the money back. Until that is decided, what you bought is taken back. If the store keeps the money, you get it again."),
            ReceiptState::ChargedBack(day) => format!("Your bank took the money back; it asked for it on {day}. What you bought has ended."),
        }
    }

    /// Icon and tone of the heading.
    #[must_use]
    pub fn mark(&self) -> (&'static str, &'static str) {
        match self.state {
            ReceiptState::Paid => ("check", "good"),
            ReceiptState::Pending => ("hourglass", "busy"),
            ReceiptState::Returned(_)
            | ReceiptState::Refunded(_)
            | ReceiptState::ChargedBack(_) => ("undo-2", "calm"),
            ReceiptState::Disputed(_) => ("gavel", "busy"),
            ReceiptState::Cancelled(_) => ("x", "calm"),
        }
    }

    /// Whether money is still expected or kept.
    #[must_use]
    pub fn live(&self) -> bool {
        matches!(
            self.state,
            ReceiptState::Paid | ReceiptState::Pending | ReceiptState::Disputed(_)
        )
    }

    /// The heading of the part on delivery.
    #[must_use]
    pub fn delivery_title(&self) -> &'static str {
        match self.state {
            ReceiptState::Paid | ReceiptState::Pending => "Delivery",
            _ => "What was delivered",
        }
    }
}

impl Sample for Receipt {
    fn sample() -> Self {
        Self {
            frame: Frame::sample("/receipt/cs_x?t=secret"),
            recipient: Recipient {
                username: "Steve".to_owned(),
                from: None,
                change_url: None,
            },
            state: ReceiptState::Paid,
            order: "#1042".to_owned(),
            when: When::new("2026-11-20T18:04:02Z", "20 November 2026, 18:04"),
            method: "Test payment".to_owned(),
            lines: Line::sample_lines(),
            totals: Totals::sample(),
            delivery: Some(Delivery::sample()),
            subscription: None,
            live_url: Some("/receipt/cs_x/live?t=secret".to_owned()),
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let mut all = vec![("usual", usual.clone())];
        for (name, delivery) in Delivery::samples().into_iter().skip(1) {
            all.push((
                name,
                Self {
                    delivery: Some(delivery),
                    ..usual.clone()
                },
            ));
        }
        let without = |state| Self {
            state,
            delivery: None,
            live_url: None,
            ..usual.clone()
        };
        let sold_out = "Founder's Relic was sold out a moment before your payment arrived.";
        all.push((
            "pending",
            Self {
                live_url: usual.live_url.clone(),
                ..without(ReceiptState::Pending)
            },
        ));
        all.push((
            "returned",
            without(ReceiptState::Returned(sold_out.to_owned())),
        ));
        all.push((
            "cancelled",
            without(ReceiptState::Cancelled(
                "The payment did not arrive in time.".to_owned(),
            )),
        ));
        let day = || "23 Nov 2026".to_owned();
        let ended = |state| Self {
            delivery: Some(Delivery::sample_ended()),
            ..without(state)
        };
        all.push(("refunded", ended(ReceiptState::Refunded(day()))));
        all.push((
            "disputed",
            Self {
                live_url: usual.live_url.clone(),
                ..ended(ReceiptState::Disputed(day()))
            },
        ));
        all.push(("charged-back", ended(ReceiptState::ChargedBack(day()))));
        for (name, card) in SubscriptionCard::samples() {
            all.push((
                name,
                Self {
                    subscription: Some(card),
                    ..usual.clone()
                },
            ));
        }
        let mut lowered = usual.clone();
        lowered.totals = Totals::sample_lowered();
        lowered.recipient = Recipient {
            username: "Alex".to_owned(),
            from: Some("Steve".to_owned()),
            change_url: None,
        };
        all.push(("gift", lowered));
        let mut long = usual.clone();
        long.recipient.username = "A_Player_With_A_Name_Of_32_Chars".to_owned();
        long.lines[0].name = crate::storefront::PackageCard::sample_long().name;
        if let Some(delivery) = &mut long.delivery {
            delivery.packages[0].name = long.lines[0].name.clone();
        }
        all.push(("long", long));
        all
    }
}
