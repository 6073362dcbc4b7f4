//! What a coupon, a sale or a gift card is for.

use crate::ids::{CategoryId, PackageId};

/// What a coupon, a sale or a gift card is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything in the store.
    Store,
    /// These packages, and everything in or below these categories.
    Targets {
        /// The packages.
        packages: Vec<PackageId>,
        /// The categories.
        categories: Vec<CategoryId>,
    },
}

impl Scope {
    /// Whether it covers a package in these categories: its own and all of that one's ancestors.
    pub fn covers(&self, package: PackageId, categories: &[CategoryId]) -> bool {
        match self {
            Self::Store => true,
            Self::Targets {
                packages,
                categories: targets,
            } => packages.contains(&package) || categories.iter().any(|it| targets.contains(it)),
        }
    }
}
