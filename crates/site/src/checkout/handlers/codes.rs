//! Coupons and gift cards on the checkout's page: entered, refused beside their field, taken off.

use std::net::IpAddr;

use tradepost_app::checkout::{set_coupon, set_gift_card};
use tradepost_app::{App, Error, Result};
use tradepost_model::checkout::Session;

use crate::checkout::{Applied, Codes};
use crate::view::Field;
use crate::web::{CheckedForm, Visitor};

/// The fields' names, which are the API's.
const COUPON: &str = "couponCode";
const GIFT_CARD: &str = "giftCardCode";
/// No code is longer; what is typed beyond that is not read.
const MOST: usize = 64;

/// What became of the codes that a form carried.
pub(super) enum Done {
    /// There were none: it is about something else.
    Nothing,
    /// They were changed; with a word that tells what happened.
    Changed(&'static str),
    /// Some could not be applied.
    Refused(Refusal),
}

/// Why codes could not be applied.
#[derive(Default)]
pub(super) struct Refusal {
    coupon: Option<Field>,
    gift_card: Option<Field>,
    /// What concerns the checkout as a whole.
    pub(super) notice: Option<String>,
}

impl Refusal {
    /// Puts each error beside its field.
    pub(super) fn show(self, codes: &mut Codes) {
        if let Some(field) = self.coupon {
            codes.coupon_code = field;
        }
        if let Some(field) = self.gift_card {
            codes.gift_card_code = field;
        }
    }

    fn is_none(&self) -> bool {
        self.coupon.is_none() && self.gift_card.is_none() && self.notice.is_none()
    }
}

/// Applies every code that was typed, whichever button was pressed: nobody pays the full price with a
/// code in its field.
pub(super) async fn change(
    app: &App,
    visitor: &Visitor,
    session: &Session,
    form: &CheckedForm,
) -> Result<Done> {
    let asked = form.get("do");
    let taken_off = match asked {
        "remove-coupon" => set_coupon(app, &session.id, None, visitor.ip).await,
        "remove-gift-card" => set_gift_card(app, &session.id, None, visitor.ip).await,
        _ => return enter(app, visitor.ip, session, form, asked).await,
    };
    let mut refusal = Refusal::default();
    note(taken_off, "", &mut None, COUPON, &mut refusal.notice)?;
    Ok(match refusal.notice {
        None => Done::Changed("removed"),
        Some(_) => Done::Refused(refusal),
    })
}

async fn enter(
    app: &App,
    ip: Option<IpAddr>,
    session: &Session,
    form: &CheckedForm,
    asked: &str,
) -> Result<Done> {
    let typed = |name: &str| -> String { form.get(name).trim().chars().take(MOST).collect() };
    let (coupon, card) = (typed(COUPON), typed(GIFT_CARD));
    let mut refusal = Refusal::default();
    if coupon.is_empty() && card.is_empty() {
        let missing = || Some(Field::refused("", "Enter the code first."));
        match asked {
            "coupon" => refusal.coupon = missing(),
            "gift-card" => refusal.gift_card = missing(),
            _ => return Ok(Done::Nothing),
        }
        return Ok(Done::Refused(refusal));
    }
    let Refusal {
        coupon: wrong_coupon,
        gift_card: wrong_card,
        notice,
    } = &mut refusal;
    if !coupon.is_empty() {
        let entered = set_coupon(app, &session.id, Some(&coupon), ip).await;
        note(entered, &coupon, wrong_coupon, COUPON, notice)?;
    }
    if !card.is_empty() {
        let entered = set_gift_card(app, &session.id, Some(&card), ip).await;
        note(entered, &card, wrong_card, GIFT_CARD, notice)?;
    }
    Ok(match asked {
        _ if !refusal.is_none() => Done::Refused(refusal),
        "coupon" | "gift-card" => Done::Changed("applied"),
        // They pressed the button that pays, and see the new price first.
        _ => Done::Changed("look"),
    })
}

fn note(
    entered: Result<()>,
    typed: &str,
    field: &mut Option<Field>,
    name: &str,
    notice: &mut Option<String>,
) -> Result<()> {
    match entered {
        Ok(()) => {}
        Err(Error::Invalid(errors)) => match errors.of(name) {
            Some(reason) => *field = Some(Field::refused(typed, &friendly(name, reason))),
            None => *notice = Some(format!("{}.", Error::Invalid(errors))),
        },
        Err(Error::TooMany { .. }) => {
            let text = "That were many tries. Wait a minute, then try again.";
            *field = Some(Field::refused(typed, text));
        }
        Err(Error::Refused { message, .. } | Error::Conflict { message, .. }) => {
            *notice = Some(message);
        }
        Err(other) => return Err(other),
    }
    Ok(())
}

/// A reason of the API as one would say it.
fn friendly(name: &str, reason: &str) -> String {
    let what = if name == COUPON {
        "coupon"
    } else {
        "gift card"
    };
    match reason {
        "not found" => format!("We do not know this {what}. Please check how you wrote it."),
        "expired" => format!("This {what} has expired."),
        "exhausted" => "This coupon was used as often as it can be.".to_owned(),
        "does not meet minimum" => {
            "This coupon is for a larger purchase: what you buy costs less than it asks for."
                .to_owned()
        }
        "not valid for these items" if name == COUPON => {
            "This coupon is not for what you are buying, or does not count on top of its sale price."
                .to_owned()
        }
        "not valid for these items" => format!("This {what} is not for what you are buying."),
        "limit per customer reached" => {
            "You have used this coupon as often as one player can.".to_owned()
        }
        "nothing is left on it" => "Nothing is left on this gift card.".to_owned(),
        "what is left on it is held by a payment under way" => {
            "What is left on this gift card is held for a payment under way. Finish that one, or try again in half an hour."
                .to_owned()
        }
        other => format!("This {what} cannot be used: {other}."),
    }
}

/// What is applied to a session.
pub(super) fn applied(session: &Session) -> Codes {
    let amounts = &session.amounts;
    Codes {
        offered: !amounts.subtotal.is_zero(),
        coupon: session.coupon.as_ref().map(|coupon| {
            let name = format!("Coupon {}", coupon.code);
            Applied::new(&name, &format!("-{}", amounts.discount))
        }),
        gift_card: session
            .gift_card
            .map(|_| Applied::new("Gift card", &format!("-{}", amounts.gift_card))),
        ..Codes::default()
    }
}
