//! Who may do what: areas and types, the same matrix for API keys and members (source 001).

use std::collections::{BTreeMap, BTreeSet};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),* }
        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];
            /// The public word.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),* }
            }
            /// Finds by the public word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.word() == word)
            }
        }
    };
}

words! {
    /// What a permission is about.
    Area {
        /// Packages.
        Packages,
        /// Categories.
        Categories,
        /// Coupons.
        Coupons,
        /// Sales.
        Sales,
        /// Gift cards.
        GiftCards,
        /// Orders and checkout sessions.
        Orders,
        /// Customers.
        Customers,
        /// Bans.
        Bans,
        /// Subscriptions.
        Subscriptions,
        /// The store and its keys (members only).
        Stores,
        /// Game servers (members only).
        Servers,
        /// Delivery commands (members only).
        Commands,
    }
}

words! {
    /// What may be done.
    Access {
        /// Look.
        View,
        /// Create and change.
        Edit,
        /// Remove.
        Delete,
    }
}

impl Area {
    /// What an API key can be given in this area; nothing for areas of members alone.
    pub const fn key_matrix(self) -> &'static [Access] {
        match self {
            Self::Packages
            | Self::Categories
            | Self::Coupons
            | Self::Sales
            | Self::GiftCards
            | Self::Bans => &[Access::View, Access::Edit, Access::Delete],
            Self::Orders => &[Access::View, Access::Edit],
            Self::Customers | Self::Subscriptions => &[Access::View],
            Self::Stores | Self::Servers | Self::Commands => &[],
        }
    }
}

words! {
    /// What a member may do beyond the areas.
    Flag {
        /// Send a buyer's money back.
        IssueRefunds,
        /// Read e-mail addresses and other personal data.
        ShowCustomerPII,
    }
}

/// A set of permissions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    areas: BTreeSet<(Area, Access)>,
    flags: BTreeSet<Flag>,
}

impl Permissions {
    /// All that an API key can have.
    pub fn all_for_keys() -> Self {
        let all = Area::ALL
            .iter()
            .flat_map(|area| area.key_matrix().iter().map(|access| (*area, *access)));
        Self {
            areas: all.collect(),
            flags: BTreeSet::new(),
        }
    }

    /// All there are: what an owner has.
    pub fn owner() -> Self {
        let all = Area::ALL
            .iter()
            .flat_map(|area| Access::ALL.iter().map(|access| (*area, *access)));
        Self {
            areas: all.collect(),
            flags: Flag::ALL.iter().copied().collect(),
        }
    }

    /// Adds one.
    pub fn grant(&mut self, area: Area, access: Access) {
        self.areas.insert((area, access));
    }

    /// Adds a flag.
    pub fn set(&mut self, flag: Flag) {
        self.flags.insert(flag);
    }

    /// Whether this flag is set.
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    /// Whether this one is in the set.
    pub fn allow(&self, area: Area, access: Access) -> bool {
        self.areas.contains(&(area, access))
    }

    /// The dictionary of area to types that is stored and shown.
    pub fn to_words(&self) -> BTreeMap<&'static str, Vec<&'static str>> {
        let mut words: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (area, access) in &self.areas {
            words.entry(area.word()).or_default().push(access.word());
        }
        if !self.flags.is_empty() {
            let flags = self.flags.iter().map(|flag| flag.word()).collect();
            words.insert("Flags", flags);
        }
        words
    }

    /// Reads what [`Self::to_words`] wrote; unknown words of a newer version grant nothing.
    pub fn from_words<'a>(words: impl IntoIterator<Item = (&'a str, Vec<&'a str>)>) -> Self {
        let mut set = Self::default();
        for (area, types) in words {
            if area == "Flags" {
                set.flags = types.into_iter().filter_map(Flag::parse).collect();
                continue;
            }
            let Some(area) = Area::parse(area) else {
                continue;
            };
            types
                .into_iter()
                .filter_map(Access::parse)
                .for_each(|access| set.grant(area, access));
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_survive_their_words() {
        let set = Permissions::all_for_keys();
        let words = set.to_words();
        assert_eq!(words["Orders"], ["View", "Edit"]);
        assert!(!words.contains_key("Servers"));
        assert_eq!(Permissions::from_words(words), set);
        assert!(
            set.allow(Area::Packages, Access::Delete) && !set.allow(Area::Orders, Access::Delete)
        );
        let owner = Permissions::owner();
        assert!(owner.has(Flag::IssueRefunds) && !set.has(Flag::IssueRefunds));
        assert_eq!(Permissions::from_words(owner.to_words()), owner);
        assert_eq!(
            Permissions::from_words([("Moon", vec!["View"])]),
            Permissions::default()
        );
    }
}
