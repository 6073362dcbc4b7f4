//! Gift cards: money paid in before, which a code gives access to.
//!
//! The code is a secret and no part of a [`GiftCard`], so that no view, event or log can show it.

use std::fmt;

use crate::Timestamp;
use crate::applies_to::{AppliesTo, AppliesToDraft, Vocabulary};
use crate::clock::LEGIBLE;
use crate::fields::{FieldErrors, Given};
use crate::ids::{GiftCardId, LedgerEntryId, OrderId};
use crate::money::{Currency, Money};
use crate::names;
use crate::pricing::GiftRule;

/// The characters of a code, each worth 4.95 bits.
pub const CODE: usize = 20;
/// How many characters of a code are written together.
const GROUP: usize = 4;

/// A gift card's code in its one form: no spaces, no hyphens, capital letters.
#[derive(Clone, PartialEq, Eq)]
pub struct GiftCode(String);

impl GiftCode {
    /// Makes a code of [`CODE`] random characters, as [`crate::clock::Ids::legible`] draws them.
    pub fn from_random(random: &str) -> Option<Self> {
        Self::parse(random)
    }

    /// Reads a code as somebody entered it: case, spaces and hyphens make no difference. `None` where
    /// no code looks like this.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 4 * CODE {
            return None;
        }
        let code: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let fits = code.len() == CODE && code.bytes().all(|b| LEGIBLE.contains(&b));
        fits.then_some(Self(code))
    }

    /// The code in its one form: what is hashed and sealed. Never log it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The code for people: `XXXX-XXXX-XXXX-XXXX-XXXX`. Never log it.
    pub fn for_people(&self) -> String {
        let groups: Vec<_> = self.0.as_bytes().chunks(GROUP).collect();
        String::from_utf8_lossy(&groups.join(&b'-')).into_owned()
    }
}

impl fmt::Debug for GiftCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GiftCode")
    }
}

/// How a gift card stands. The first that fits, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiftCardStatus {
    /// Taken back by the store.
    Void,
    /// Spent to the last unit.
    Redeemed,
    /// Its time is over.
    Expired,
    /// It can be spent.
    Active,
}

impl GiftCardStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Active, Self::Redeemed, Self::Expired, Self::Void];

    /// Finds by the public word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }

    /// The public word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Void => "void",
            Self::Redeemed => "redeemed",
            Self::Expired => "expired",
            Self::Active => "active",
        }
    }
}

/// A gift card, without its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiftCard {
    /// Identity.
    pub id: GiftCardId,
    /// What it was worth when it was made.
    pub amount: Money,
    /// What can be spent now.
    pub balance: Money,
    /// What payments under way hold.
    pub held: Money,
    /// What it can be spent on.
    pub applies_to: AppliesTo,
    /// Who it is for.
    pub recipient_name: Option<String>,
    /// Where its code goes.
    pub recipient_email: Option<String>,
    /// What the giver says; several lines.
    pub message: Option<String>,
    /// When it can no longer be spent.
    pub expires_at: Option<Timestamp>,
    /// When the store took it back.
    pub voided_at: Option<Timestamp>,
    /// Grows with each change by people.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When somebody last changed it.
    pub updated_at: Timestamp,
}

/// What somebody wants a gift card to be; members as in the API. The amount is decimal text.
#[derive(Clone, Debug, Default)]
pub struct GiftCardDraft {
    /// `amount`.
    pub amount: Given<String>,
    /// `applicationScope`, `packageIds`, `categoryIds`.
    pub applies_to: AppliesToDraft,
    /// `recipientName`.
    pub recipient_name: Given<String>,
    /// `recipientEmail`.
    pub recipient_email: Given<String>,
    /// `message`.
    pub message: Given<String>,
    /// `expiresAt`.
    pub expires_at: Given<Timestamp>,
}

impl GiftCard {
    /// A new gift card. Notes what does not fit and what is missing: it is one only where
    /// nothing was noted.
    pub fn create(
        id: GiftCardId,
        mut draft: GiftCardDraft,
        currency: Currency,
        now: Timestamp,
        errors: &mut FieldErrors,
    ) -> Self {
        draft.amount.require("amount", errors);
        let mut card = Self {
            id,
            amount: Money::zero(currency),
            balance: Money::zero(currency),
            held: Money::zero(currency),
            applies_to: AppliesTo::Store,
            recipient_name: None,
            recipient_email: None,
            message: None,
            expires_at: None,
            voided_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        std::mem::take(&mut draft.amount)
            .check("amount", errors, |text| {
                match Money::parse(&text, currency) {
                    Ok(amount) if amount.is_zero() => Err("must be more than 0".to_owned()),
                    other => other.map_err(|error| error.to_string()),
                }
            })
            .set(&mut card.amount, "amount", errors);
        card.balance = card.amount;
        card.applies_to.apply(
            std::mem::take(&mut draft.applies_to),
            Vocabulary::Others,
            errors,
        );
        card.apply(draft, now, errors);
        card
    }

    /// Overlays what was given and notes what does not fit, and what cannot change any more.
    pub fn apply(&mut self, draft: GiftCardDraft, now: Timestamp, errors: &mut FieldErrors) {
        let GiftCardDraft {
            amount,
            applies_to,
            recipient_name,
            recipient_email,
            message,
            expires_at,
        } = draft;
        let AppliesToDraft {
            application_scope,
            package_scope: _,
            package_ids,
            category_ids,
        } = applies_to;
        for (is_given, field) in [
            (amount != Given::Absent, "amount"),
            (application_scope != Given::Absent, "applicationScope"),
            (package_ids != Given::Absent, "packageIds"),
            (category_ids != Given::Absent, "categoryIds"),
        ] {
            if is_given {
                let hint = "cannot be changed: void this gift card and make another";
                errors.add(field, hint);
            }
        }
        recipient_name
            .check("recipientName", errors, |text| names::line(&text, 1, 64))
            .clear_or_set(&mut self.recipient_name);
        recipient_email
            .check("recipientEmail", errors, |text| names::email(&text))
            .clear_or_set(&mut self.recipient_email);
        message
            .check("message", errors, |text| names::paragraph(&text, 500))
            .clear_or_set(&mut self.message);
        self.message = self.message.take().filter(|text| !text.is_empty());
        expires_at
            .check("expiresAt", errors, |at| {
                if at > now {
                    Ok(at)
                } else {
                    Err("must be in the future")
                }
            })
            .clear_or_set(&mut self.expires_at);
    }

    /// How it stands.
    pub fn status_at(&self, now: Timestamp) -> GiftCardStatus {
        if self.voided_at.is_some() {
            GiftCardStatus::Void
        } else if self.balance.is_zero() && self.held.is_zero() {
            GiftCardStatus::Redeemed
        } else if self.expires_at.is_some_and(|at| at <= now) {
            GiftCardStatus::Expired
        } else {
            GiftCardStatus::Active
        }
    }

    /// The same for the computation of prices.
    pub fn rule(&self) -> GiftRule {
        GiftRule {
            id: self.id,
            balance: self.balance,
            scope: self.applies_to.scope(),
        }
    }
}

/// Where the money of a gift card can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// With the store, which gave it out.
    Issued,
    /// On the card.
    Card,
    /// Held by payments under way.
    Held,
    /// Spent.
    Spent,
    /// Taken back.
    Void,
}

impl Account {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Issued,
        Self::Card,
        Self::Held,
        Self::Spent,
        Self::Void,
    ];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Card => "card",
            Self::Held => "held",
            Self::Spent => "spent",
            Self::Void => "void",
        }
    }

    /// Finds by the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// A movement of a gift card's money from one account to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Identity.
    pub id: LedgerEntryId,
    /// The order it was for.
    pub order: Option<OrderId>,
    /// Where it was.
    pub debit: Account,
    /// Where it went.
    pub credit: Account,
    /// How much; more than nothing.
    pub amount: Money,
    /// When.
    pub at: Timestamp,
}

/// What is on an account by a gift card's whole ledger, in minor units: below zero on
/// [`Account::Issued`] alone, and nothing over all accounts.
pub fn on_account(ledger: &[LedgerEntry], account: Account) -> i64 {
    let signed = |entry: &LedgerEntry| {
        let amount = entry.amount.minor();
        let credit = if entry.credit == account { amount } else { 0 };
        let debit = if entry.debit == account { amount } else { 0 };
        credit - debit
    };
    ledger.iter().map(signed).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Ids;
    use jiff::ToSpan as _;
    use uuid::Uuid;

    fn now() -> Timestamp {
        "2026-06-01T00:00:00Z".parse().unwrap()
    }

    fn text(value: &str) -> Given<String> {
        Given::Value(value.to_owned())
    }

    fn create(draft: GiftCardDraft) -> Result<GiftCard, Vec<String>> {
        let currency = Currency::parse("EUR").unwrap();
        let (id, mut errors) = (GiftCardId(Uuid::from_u128(1)), FieldErrors::default());
        let card = GiftCard::create(id, draft, currency, now(), &mut errors);
        let words = |errors: FieldErrors| errors.0.iter().map(ToString::to_string).collect();
        errors.into_result().map_err(words).map(|()| card)
    }

    fn of_25() -> GiftCard {
        let draft = GiftCardDraft {
            amount: text("25.00"),
            ..GiftCardDraft::default()
        };
        create(draft).unwrap()
    }

    #[test]
    fn a_code_is_read_however_it_is_written_and_never_printed() {
        let code = GiftCode::from_random(&Ids.legible(CODE)).unwrap();
        let written = code.for_people();
        assert_eq!((written.len(), written.split('-').count()), (24, 5));
        assert_eq!(GiftCode::parse(&written), Some(code.clone()));
        let sloppy = format!(" {} ", written.to_lowercase().replace('-', " "));
        assert_eq!(GiftCode::parse(&sloppy), Some(code.clone()));
        for bad in [
            "",
            "ABCD",
            &written[1..],
            &written.replace(&written[..1], "0"),
            &"-".repeat(100),
        ] {
            assert_eq!(GiftCode::parse(bad), None, "{bad}");
        }
        assert_eq!(format!("{code:?}"), "GiftCode");
    }

    #[test]
    fn what_does_not_fit_is_told_at_once() {
        assert_eq!(
            create(GiftCardDraft::default()).unwrap_err(),
            ["amount: is required"]
        );
        let draft = GiftCardDraft {
            amount: text("0"),
            recipient_email: text("nobody"),
            message: Given::Value("x".repeat(501)),
            expires_at: Given::Value(now()),
            ..GiftCardDraft::default()
        };
        assert_eq!(
            create(draft).unwrap_err(),
            [
                "amount: must be more than 0",
                "recipientEmail: must be an e-mail address such as steve@example.com",
                "message: must have at most 500 characters, this has 501",
                "expiresAt: must be in the future",
            ]
        );
    }

    #[test]
    fn what_it_is_worth_and_for_cannot_change() {
        let (mut card, mut errors) = (of_25(), FieldErrors::default());
        let draft = GiftCardDraft {
            amount: text("50.00"),
            applies_to: AppliesToDraft {
                application_scope: text("store"),
                ..AppliesToDraft::default()
            },
            message: text("Happy birthday!"),
            ..GiftCardDraft::default()
        };
        card.apply(draft, now(), &mut errors);
        let hint = "cannot be changed: void this gift card and make another";
        assert_eq!(errors.0.len(), 2);
        assert_eq!(errors.of("amount"), Some(hint));
        assert_eq!(errors.of("applicationScope"), Some(hint));
    }

    #[test]
    fn the_first_of_void_redeemed_expired_is_told() {
        let mut card = of_25();
        assert_eq!(card.status_at(now()), GiftCardStatus::Active);
        card.expires_at = Some(now() + 1.hours());
        assert_eq!(card.status_at(now() + 1.hours()), GiftCardStatus::Expired);
        (card.held, card.balance) = (card.balance, card.held);
        assert_eq!(
            card.status_at(now()),
            GiftCardStatus::Active,
            "it may come back"
        );
        card.held = card.balance;
        assert_eq!(card.status_at(now()), GiftCardStatus::Redeemed);
        card.voided_at = Some(now());
        assert_eq!(card.status_at(now()), GiftCardStatus::Void);
    }
}
