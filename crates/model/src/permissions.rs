//! Who may do what: areas and types, the same matrix for API keys and members (source 001).

use std::collections::BTreeMap;
use std::fmt;

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

/// A set of permissions: a bit for each.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    areas: u64,
    flags: u8,
}

impl Permissions {
    /// All that an API key can have.
    pub fn all_for_keys() -> Self {
        Self::of(Area::key_matrix)
    }

    /// All there are: what an owner has.
    pub fn owner() -> Self {
        let mut set = Self::of(|_| Access::ALL);
        Flag::ALL.iter().for_each(|flag| set.set(*flag));
        set
    }

    fn of(types: impl Fn(Area) -> &'static [Access]) -> Self {
        let mut set = Self::default();
        for area in Area::ALL {
            types(*area)
                .iter()
                .for_each(|access| set.grant(*area, *access));
        }
        set
    }

    /// Adds one.
    pub fn grant(&mut self, area: Area, access: Access) {
        self.areas |= bit(area, access);
    }

    /// Adds a flag.
    pub fn set(&mut self, flag: Flag) {
        self.flags |= 1 << flag as u8;
    }

    /// Whether this flag is set.
    pub fn has(&self, flag: Flag) -> bool {
        self.flags & (1 << flag as u8) != 0
    }

    /// Whether this one is in the set.
    pub fn allow(&self, area: Area, access: Access) -> bool {
        self.areas & bit(area, access) != 0
    }

    /// The dictionary of area to types that is stored and shown.
    pub fn to_words(&self) -> BTreeMap<&'static str, Vec<&'static str>> {
        let mut words: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for area in Area::ALL {
            for access in Access::ALL {
                if self.allow(*area, *access) {
                    words.entry(area.word()).or_default().push(access.word());
                }
            }
        }
        let flags = Flag::ALL.iter().filter(|flag| self.has(**flag));
        let flags: Vec<_> = flags.map(|flag| flag.word()).collect();
        if !flags.is_empty() {
            words.insert("Flags", flags);
        }
        words
    }

    /// Reads what [`Self::to_words`] wrote; unknown words of a newer version grant nothing.
    pub fn from_words<'a>(words: impl IntoIterator<Item = (&'a str, Vec<&'a str>)>) -> Self {
        let mut set = Self::default();
        for (area, types) in words {
            if area == "Flags" {
                types
                    .into_iter()
                    .filter_map(Flag::parse)
                    .for_each(|flag| set.set(flag));
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

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.to_words()).finish()
    }
}

const fn bit(area: Area, access: Access) -> u64 {
    1 << (area as u64 * Access::ALL.len() as u64 + access as u64)
}

const _: () = assert!(Area::ALL.len() * Access::ALL.len() <= 64 && Flag::ALL.len() <= 8);

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
