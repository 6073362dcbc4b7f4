//! Sales: what is cheaper for everybody, for a time.

use crate::Timestamp;
use crate::applies_to::{AppliesTo, AppliesToDraft, Vocabulary};
use crate::fields::{FieldErrors, Given};
use crate::ids::SaleId;
use crate::names;
use crate::percent::Percent;
use crate::pricing::SaleRule;

/// A sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sale {
    /// Identity.
    pub id: SaleId,
    /// What buyers see it called.
    pub name: String,
    /// What it takes off.
    pub percent: Percent,
    /// What it is for.
    pub applies_to: AppliesTo,
    /// Whether it is switched on.
    pub is_enabled: bool,
    /// From when on.
    pub start_date: Timestamp,
    /// Until when, not at that time itself; `None` = until it is switched off.
    pub end_date: Option<Timestamp>,
    /// Grows with each change by people.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When somebody last changed it.
    pub updated_at: Timestamp,
}

/// What somebody wants a sale to be; members as in the API. The percentage is decimal text.
#[derive(Clone, Debug, Default)]
pub struct SaleDraft {
    /// `name`.
    pub name: Given<String>,
    /// `discountPercentage`.
    pub discount_percentage: Given<String>,
    /// `applicationScope`, `packageIds`, `categoryIds`.
    pub applies_to: AppliesToDraft,
    /// `isEnabled`.
    pub is_enabled: Given<bool>,
    /// `startDate`; null is now.
    pub start_date: Given<Timestamp>,
    /// `endDate`.
    pub end_date: Given<Timestamp>,
}

impl Sale {
    /// A new sale. Notes what does not fit and what is missing: it is one only where
    /// nothing was noted.
    pub fn create(id: SaleId, draft: SaleDraft, now: Timestamp, errors: &mut FieldErrors) -> Self {
        draft.name.require("name", errors);
        draft
            .discount_percentage
            .require("discountPercentage", errors);
        let mut sale = Self {
            id,
            name: String::new(),
            percent: Percent::ALL,
            applies_to: AppliesTo::Store,
            is_enabled: true,
            start_date: now,
            end_date: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        sale.apply(draft, now, errors);
        sale
    }

    /// Overlays what was given and notes what does not fit.
    pub fn apply(&mut self, draft: SaleDraft, now: Timestamp, errors: &mut FieldErrors) {
        let SaleDraft {
            name,
            discount_percentage,
            applies_to,
            is_enabled,
            start_date,
            end_date,
        } = draft;
        name.check("name", errors, |text| names::line(&text, 1, 64))
            .set(&mut self.name, "name", errors);
        discount_percentage
            .check("discountPercentage", errors, |text| Percent::parse(&text))
            .set(&mut self.percent, "discountPercentage", errors);
        self.applies_to
            .apply(applies_to, Vocabulary::Others, errors);
        is_enabled.set(&mut self.is_enabled, "isEnabled", errors);
        match start_date {
            Given::Absent => {}
            Given::Null => self.start_date = now,
            Given::Value(start) => self.start_date = start,
        }
        end_date.clear_or_set(&mut self.end_date);
        if self.end_date.is_some_and(|end| end <= self.start_date) {
            errors.add("endDate", "must be after startDate");
        }
    }

    /// Whether it lowers prices at this time.
    pub fn is_active_at(&self, now: Timestamp) -> bool {
        self.is_enabled && self.start_date <= now && self.end_date.is_none_or(|end| now < end)
    }

    /// The same for the computation of prices.
    pub fn rule(&self) -> SaleRule {
        SaleRule {
            id: self.id,
            name: self.name.clone(),
            percent: self.percent,
            scope: self.applies_to.scope(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan as _;
    use uuid::Uuid;

    fn now() -> Timestamp {
        "2026-06-01T00:00:00Z".parse().unwrap()
    }

    fn create(draft: SaleDraft) -> Result<Sale, Vec<String>> {
        let (id, mut errors) = (SaleId(Uuid::from_u128(1)), FieldErrors::default());
        let sale = Sale::create(id, draft, now(), &mut errors);
        let words = |errors: FieldErrors| errors.0.iter().map(ToString::to_string).collect();
        errors.into_result().map_err(words).map(|()| sale)
    }

    fn summer() -> SaleDraft {
        SaleDraft {
            name: Given::Value("Summer Sale".to_owned()),
            discount_percentage: Given::Value("30".to_owned()),
            ..SaleDraft::default()
        }
    }

    #[test]
    fn a_sale_of_the_least_starts_now_and_lasts_until_it_is_switched_off() {
        let mut sale = create(summer()).unwrap();
        assert!(sale.is_active_at(now()) && sale.is_active_at(now() + 8760.hours()));
        sale.end_date = Some(now() + 1.hours());
        assert!(!sale.is_active_at(now() + 1.hours()));
        sale.is_enabled = false;
        assert!(!sale.is_active_at(now()));
    }

    #[test]
    fn what_does_not_fit_is_told_at_once() {
        let draft = SaleDraft {
            name: Given::Value(" ".to_owned()),
            discount_percentage: Given::Value("100.5".to_owned()),
            end_date: Given::Value(now()),
            ..SaleDraft::default()
        };
        assert_eq!(
            create(draft).unwrap_err(),
            [
                "name: must not be empty",
                "discountPercentage: must be from 0 to 100",
                "endDate: must be after startDate",
            ]
        );
        assert_eq!(
            create(SaleDraft::default()).unwrap_err(),
            ["name: is required", "discountPercentage: is required"]
        );
    }
}
