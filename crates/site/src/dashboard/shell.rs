//! What every page of the dashboard shows: navigation, stores, the user.

use crate::view::{Document, Notice};

/// The frame around a page of the dashboard.
#[derive(Debug, Clone)]
pub struct Shell {
    /// Language, colours, csrf.
    pub doc: Document,
    /// Prefix of this store's links: `/dashboard/demo`.
    pub base: String,
    /// The store that is shown.
    pub store: String,
    /// Every store of this user, this one included.
    pub stores: Vec<StoreLink>,
    /// The shop as players see it.
    pub storefront_url: String,
    /// Whether purchases are only tried out.
    pub test_mode: bool,
    /// Name of the user.
    pub user_name: String,
    /// E-mail of the user.
    pub user_email: String,
    /// Which entry of the navigation this is.
    pub section: Section,
    /// What just happened: "Saved."
    pub notice: Option<Notice>,
}

/// A store in the switcher.
#[derive(Debug, Clone)]
pub struct StoreLink {
    /// Its name.
    pub name: String,
    /// Its dashboard.
    pub url: String,
    /// Whether it is the one shown.
    pub current: bool,
}

/// An entry of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The first page.
    Home,
    /// Packages and their editor.
    Packages,
    /// Orders.
    Orders,
    /// Servers.
    Servers,
    /// Commands that wait or failed.
    Queue,
    /// What ends or runs later.
    Calendar,
    /// Commands for every order.
    GlobalCommands,
    /// Gift cards.
    GiftCards,
    /// Keys of the API, and where its checkouts may return to.
    Keys,
}

/// Links to the neighbouring pages of a list.
#[derive(Debug, Clone, Default)]
pub struct Paging {
    /// "41 to 60 of 1,204".
    pub text: String,
    /// The page with newer entries.
    pub newer: Option<String>,
    /// The page with older entries.
    pub older: Option<String>,
}

impl Shell {
    /// `aria-current` and the look of an entry.
    #[must_use]
    pub fn is(&self, section: &str) -> bool {
        section
            == match self.section {
                Section::Home => "home",
                Section::Packages => "packages",
                Section::Orders => "orders",
                Section::Servers => "servers",
                Section::Queue => "queue",
                Section::Calendar => "calendar",
                Section::GlobalCommands => "global-commands",
                Section::GiftCards => "gift-cards",
                Section::Keys => "keys",
            }
    }

    /// Whether this is an entry that a phone shows under "More".
    #[must_use]
    pub fn is_more(&self) -> bool {
        matches!(
            self.section,
            Section::Calendar | Section::GlobalCommands | Section::GiftCards | Section::Keys
        )
    }

    /// The first letter of the store's name.
    #[must_use]
    pub fn initial(&self) -> String {
        let letter = self.store.chars().find(|c| c.is_alphanumeric());
        letter.unwrap_or('T').to_uppercase().to_string()
    }

    /// A frame as the samples use it.
    #[must_use]
    pub fn sample(section: Section) -> Self {
        Self {
            doc: Document::sample("/dashboard/demo"),
            base: "/dashboard/demo".to_owned(),
            store: "Emberfall".to_owned(),
            stores: vec![
                StoreLink {
                    name: "Emberfall".to_owned(),
                    url: "/dashboard/demo".to_owned(),
                    current: true,
                },
                StoreLink {
                    name: "Northlight".to_owned(),
                    url: "/dashboard/north".to_owned(),
                    current: false,
                },
            ],
            storefront_url: "/s/demo".to_owned(),
            test_mode: true,
            user_name: "Robin".to_owned(),
            user_email: "robin@emberfall.example".to_owned(),
            section,
            notice: None,
        }
    }
}
