//! Making a gift card, and changing whom it is for.

use askama::Template;

use super::shell::{Section, Shell};
use crate::view::{Choice, Field, FieldError, Notice, Sample};

/// `GET {base}/gift-cards/new`; its form posts to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/gift_card_new.html")]
pub struct NewGiftCard {
    /// The frame.
    pub shell: Shell,
    /// `amount`
    pub amount: Field,
    /// The store's currency.
    pub currency: String,
    /// The fields that can be changed later.
    pub fields: GiftCardFields,
    /// `scope`: what it can be spent on.
    pub scopes: Vec<Choice>,
    /// What is wrong with that.
    pub scope_error: Option<String>,
    /// `packages`, repeated.
    pub packages: Vec<Choice>,
    /// `categories`, repeated.
    pub categories: Vec<Choice>,
}

/// `GET {base}/gift-cards/{id}/edit`; its form posts to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/gift_card_edit.html")]
pub struct EditGiftCard {
    /// The frame.
    pub shell: Shell,
    /// "Gift card for Alex".
    pub title: String,
    /// Its page.
    pub url: String,
    /// `version`: what was read.
    pub version: String,
    /// The fields.
    pub fields: GiftCardFields,
}

/// Whom a gift card is for, and until when.
#[derive(Debug, Clone, Default)]
pub struct GiftCardFields {
    /// `recipient_name`
    pub name: Field,
    /// `recipient_email`
    pub email: Field,
    /// The address that this member may not see, masked: an empty field keeps it.
    pub masked: Option<String>,
    /// `message`
    pub message: Field,
    /// `expires`: a date.
    pub expires: Field,
}

impl GiftCardFields {
    /// What is said of the e-mail address.
    #[must_use]
    pub fn email_hint(&self) -> String {
        match &self.masked {
            Some(masked) => format!("It is {masked}. Leave this empty to keep it."),
            None => "Optional. We send nothing there.".to_owned(),
        }
    }

    fn errors(&self) -> Vec<FieldError> {
        FieldError::collect(&[
            ("recipient_name", &self.name),
            ("recipient_email", &self.email),
            ("message", &self.message),
            ("expires", &self.expires),
        ])
    }
}

impl NewGiftCard {
    /// The errors of the form, for its summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = FieldError::collect(&[("amount", &self.amount)]);
        errors.extend(self.fields.errors());
        errors.extend(self.scope_error.clone().map(|text| FieldError {
            id: "scope".to_owned(),
            text,
        }));
        errors
    }
}

impl EditGiftCard {
    /// The errors of the form, for its summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        self.fields.errors()
    }
}

impl Sample for NewGiftCard {
    fn sample() -> Self {
        Self {
            shell: Shell::sample(Section::GiftCards),
            amount: Field::default(),
            currency: "EUR".to_owned(),
            fields: GiftCardFields::default(),
            scopes: vec![
                Choice::new("store", "Everything").chosen(true),
                Choice::new("category", "Some categories"),
                Choice::new("package", "Some packages"),
            ],
            scope_error: None,
            packages: vec![
                Choice::new("p1", "VIP"),
                Choice::new("p2", "MVP+"),
                Choice::new("p3", "1,000 Coins"),
            ],
            categories: vec![Choice::new("c1", "Ranks"), Choice::new("c2", "Coins")],
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let mut refused = usual.clone();
        refused.amount = Field::refused("0", "The amount must be more than 0.");
        refused.fields.email = Field::refused(
            "alex",
            "The e-mail address must be one such as steve@example.com.",
        );
        refused.fields.expires =
            Field::refused("2020-01-01", "This day is over. Choose a later one.");
        refused.scope_error = Some("Choose at least one category.".to_owned());
        refused.scopes = vec![
            Choice::new("store", "Everything"),
            Choice::new("category", "Some categories").chosen(true),
            Choice::new("package", "Some packages"),
        ];
        vec![("usual", usual), ("refused", refused)]
    }
}

impl Sample for EditGiftCard {
    fn sample() -> Self {
        Self {
            shell: Shell::sample(Section::GiftCards),
            title: "Gift card for Alex".to_owned(),
            url: "/dashboard/demo/gift-cards/g1".to_owned(),
            version: "1".to_owned(),
            fields: GiftCardFields {
                name: Field::new("Alex"),
                email: Field::new("alex@mail.example"),
                masked: None,
                message: Field::new("Happy birthday!"),
                expires: Field::new("2027-12-31"),
            },
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let mut masked = usual.clone();
        masked.fields.email = Field::default();
        masked.fields.masked = Some("a***@mail.example".to_owned());
        let mut refused = usual.clone();
        refused.fields.name = Field::refused(
            &"A".repeat(65),
            "The name must have at most 64 characters, this has 65.",
        );
        refused.shell.notice = Some(Notice::bad(
            "Somebody else has changed this gift card meanwhile, so nothing was saved.",
        ));
        vec![("usual", usual), ("masked", masked), ("refused", refused)]
    }
}
