//! What a coupon, a sale or a gift card is for, as its owner chose it.

use std::collections::HashSet;
use std::hash::Hash;

use crate::fields::{FieldErrors, Given};
use crate::ids::{CategoryId, PackageId};
use crate::pricing::Scope;

/// The most packages or categories that can be listed.
pub const MAX_LISTED: usize = 200;

/// What a coupon, a sale or a gift card is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AppliesTo {
    /// Everything in the store.
    #[default]
    Store,
    /// Every package, in words of its own for coupons alone.
    AllPackages,
    /// These packages.
    Packages(Vec<PackageId>),
    /// Everything in or below these categories.
    Categories(Vec<CategoryId>),
}

/// The members of a body that say what something is for.
#[derive(Clone, Debug, Default)]
pub struct AppliesToDraft {
    /// `applicationScope`.
    pub application_scope: Given<String>,
    /// `packageScope`, of coupons alone.
    pub package_scope: Given<String>,
    /// `packageIds`.
    pub package_ids: Given<Vec<PackageId>>,
    /// `categoryIds`.
    pub category_ids: Given<Vec<CategoryId>>,
}

/// Coupons have other words for the same than sales and gift cards (source 001).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// `store`, `packages` with a `packageScope`, `categories`.
    Coupons,
    /// `store`, `package`, `category`.
    Others,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Store,
    Packages,
    Categories,
}

impl Vocabulary {
    const fn word(self, kind: Kind) -> &'static str {
        match (self, kind) {
            (_, Kind::Store) => "store",
            (Self::Coupons, Kind::Packages) => "packages",
            (Self::Others, Kind::Packages) => "package",
            (Self::Coupons, Kind::Categories) => "categories",
            (Self::Others, Kind::Categories) => "category",
        }
    }

    fn parse(self, word: &str) -> Option<Kind> {
        [Kind::Store, Kind::Packages, Kind::Categories]
            .into_iter()
            .find(|kind| self.word(*kind) == word)
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Coupons => "must be packages, categories or store",
            Self::Others => "must be store, category or package",
        }
    }
}

impl AppliesTo {
    /// The public word of `applicationScope`.
    pub const fn application_scope(&self, vocabulary: Vocabulary) -> &'static str {
        vocabulary.word(self.kind())
    }

    /// The public word of `packageScope`.
    pub const fn package_scope(&self) -> Option<&'static str> {
        match self {
            Self::AllPackages => Some("all"),
            Self::Packages(_) => Some("specific"),
            Self::Store | Self::Categories(_) => None,
        }
    }

    /// The packages listed.
    pub fn packages(&self) -> &[PackageId] {
        match self {
            Self::Packages(ids) => ids,
            _ => &[],
        }
    }

    /// The categories listed.
    pub fn categories(&self) -> &[CategoryId] {
        match self {
            Self::Categories(ids) => ids,
            _ => &[],
        }
    }

    /// Reads what was stored in the words of `vocabulary`; for [`Vocabulary::Others`] the package
    /// scope is always `specific`.
    pub fn from_stored(
        vocabulary: Vocabulary,
        application_scope: &str,
        package_scope: Option<&str>,
        packages: Vec<PackageId>,
        categories: Vec<CategoryId>,
    ) -> Option<Self> {
        Some(match vocabulary.parse(application_scope)? {
            Kind::Store => Self::Store,
            Kind::Packages if package_scope == Some("all") => Self::AllPackages,
            Kind::Packages => Self::Packages(packages),
            Kind::Categories => Self::Categories(categories),
        })
    }

    /// The same for the computation of prices.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Store | Self::AllPackages => Scope::Store,
            Self::Packages(_) | Self::Categories(_) => Scope::Targets {
                packages: self.packages().to_vec(),
                categories: self.categories().to_vec(),
            },
        }
    }

    /// Overlays what was given. A list that the scope does not use is refused, unless it is empty.
    pub fn apply(
        &mut self,
        draft: AppliesToDraft,
        vocabulary: Vocabulary,
        errors: &mut FieldErrors,
    ) {
        let AppliesToDraft {
            application_scope,
            package_scope,
            package_ids,
            category_ids,
        } = draft;
        let parse = |word: String| vocabulary.parse(&word).ok_or(vocabulary.words());
        let mut kind = self.kind();
        let mut wrong = FieldErrors::default();
        application_scope
            .check("applicationScope", &mut wrong, parse)
            .set(&mut kind, "applicationScope", &mut wrong);
        if !wrong.is_empty() {
            // Without it nothing can be said of the rest.
            errors.0.append(&mut wrong.0);
            return;
        }
        let all = self.all_packages(kind, package_scope, vocabulary, errors);
        let packages = (kind == Kind::Packages && all == Some(false)).then(|| self.packages());
        let packages = listed(package_ids, packages, "packageIds", "package", errors);
        let categories = (kind == Kind::Categories).then(|| self.categories());
        let categories = listed(category_ids, categories, "categoryIds", "category", errors);
        *self = match (kind, all) {
            (Kind::Store, _) => Self::Store,
            (Kind::Packages, Some(false)) => Self::Packages(packages),
            (Kind::Packages, _) => Self::AllPackages,
            (Kind::Categories, _) => Self::Categories(categories),
        };
    }

    /// Whether every package is meant; `None` where no packages are, or it was not said.
    fn all_packages(
        &self,
        kind: Kind,
        given: Given<String>,
        vocabulary: Vocabulary,
        errors: &mut FieldErrors,
    ) -> Option<bool> {
        if vocabulary == Vocabulary::Others {
            return Some(false);
        }
        if kind != Kind::Packages {
            if given.value().is_some() {
                let reason = "goes with the applicationScope packages alone";
                errors.add("packageScope", reason);
            }
            return None;
        }
        let current = self.package_scope().map(str::to_owned);
        let word = match given {
            Given::Absent => current,
            Given::Null => None,
            Given::Value(word) => Some(word),
        };
        match word.as_deref() {
            Some("all") => Some(true),
            Some("specific") => Some(false),
            Some(_) => {
                errors.add("packageScope", "must be all or specific");
                None
            }
            None => {
                let reason = "is needed with the applicationScope packages: all or specific";
                errors.add("packageScope", reason);
                None
            }
        }
    }

    const fn kind(&self) -> Kind {
        match self {
            Self::Store => Kind::Store,
            Self::AllPackages | Self::Packages(_) => Kind::Packages,
            Self::Categories(_) => Kind::Categories,
        }
    }
}

/// A list as it is to be: `current` is what it was, or `None` where the scope has no such list.
fn listed<T: Copy + Eq + Hash>(
    given: Given<Vec<T>>,
    current: Option<&[T]>,
    field: &str,
    noun: &str,
    errors: &mut FieldErrors,
) -> Vec<T> {
    let Some(current) = current else {
        if given.value().is_some_and(|ids| !ids.is_empty()) {
            errors.add(field, "does not go with this scope: leave it out");
        }
        return Vec::new();
    };
    let ids = match given {
        Given::Absent => current.to_vec(),
        Given::Null => Vec::new(),
        Given::Value(ids) => ids,
    };
    if ids.is_empty() {
        errors.add(field, format!("needs at least one {noun} with this scope"));
    }
    if ids.len() > MAX_LISTED {
        errors.add(field, format!("must have at most {MAX_LISTED}"));
        return Vec::new();
    }
    let mut seen = HashSet::new();
    for (place, id) in ids.iter().enumerate() {
        if !seen.insert(*id) {
            errors.add(format!("{field}[{place}]"), "is in the list already");
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn package(number: u128) -> PackageId {
        PackageId(Uuid::from_u128(number))
    }

    fn draft(scope: &str, package_scope: Option<&str>, packages: &[u128]) -> AppliesToDraft {
        AppliesToDraft {
            application_scope: Given::Value(scope.to_owned()),
            package_scope: package_scope.map_or(Given::Absent, |it| Given::Value(it.to_owned())),
            package_ids: match packages {
                [] => Given::Absent,
                some => Given::Value(some.iter().copied().map(package).collect()),
            },
            ..AppliesToDraft::default()
        }
    }

    fn apply(
        from: &AppliesTo,
        draft: AppliesToDraft,
        vocabulary: Vocabulary,
    ) -> Result<AppliesTo, Vec<String>> {
        let (mut to, mut errors) = (from.clone(), FieldErrors::default());
        to.apply(draft, vocabulary, &mut errors);
        match errors.0.iter().map(ToString::to_string).collect::<Vec<_>>() {
            none if none.is_empty() => Ok(to),
            some => Err(some),
        }
    }

    #[test]
    fn a_scope_needs_its_list_and_no_other() {
        let coupon = |draft| apply(&AppliesTo::Store, draft, Vocabulary::Coupons);
        assert_eq!(
            coupon(draft("packages", Some("all"), &[])),
            Ok(AppliesTo::AllPackages)
        );
        assert_eq!(
            coupon(draft("packages", Some("specific"), &[1, 2])),
            Ok(AppliesTo::Packages(vec![package(1), package(2)]))
        );
        for (draft, error) in [
            (
                draft("packages", None, &[]),
                "packageScope: is needed with the applicationScope packages: all or specific",
            ),
            (
                draft("packages", Some("specific"), &[]),
                "packageIds: needs at least one package with this scope",
            ),
            (
                draft("packages", Some("all"), &[1]),
                "packageIds: does not go with this scope: leave it out",
            ),
            (
                draft("packages", Some("specific"), &[1, 2, 1]),
                "packageIds[2]: is in the list already",
            ),
            (
                draft("packages", Some("some"), &[]),
                "packageScope: must be all or specific",
            ),
            (
                draft("store", Some("all"), &[]),
                "packageScope: goes with the applicationScope packages alone",
            ),
            (
                draft("categories", None, &[]),
                "categoryIds: needs at least one category with this scope",
            ),
            (
                draft("package", None, &[1]),
                "applicationScope: must be packages, categories or store",
            ),
        ] {
            assert_eq!(coupon(draft), Err(vec![error.to_owned()]));
        }
    }

    #[test]
    fn a_change_keeps_what_it_leaves_out_and_forgets_what_no_longer_applies() {
        let two = AppliesTo::Packages(vec![package(1), package(2)]);
        let nothing = AppliesToDraft::default();
        assert_eq!(apply(&two, nothing, Vocabulary::Coupons), Ok(two.clone()));
        let fewer = AppliesToDraft {
            package_ids: Given::Value(vec![package(2)]),
            ..AppliesToDraft::default()
        };
        assert_eq!(
            apply(&two, fewer, Vocabulary::Others),
            Ok(AppliesTo::Packages(vec![package(2)]))
        );
        let wider = draft("store", None, &[]);
        assert_eq!(apply(&two, wider, Vocabulary::Others), Ok(AppliesTo::Store));
        let none = AppliesToDraft {
            package_ids: Given::Null,
            ..AppliesToDraft::default()
        };
        assert!(apply(&two, none, Vocabulary::Others).is_err());
    }

    #[test]
    fn what_is_stored_is_read_again() {
        for applies_to in [
            AppliesTo::Store,
            AppliesTo::AllPackages,
            AppliesTo::Packages(vec![package(1)]),
            AppliesTo::Categories(vec![CategoryId(Uuid::from_u128(3))]),
        ] {
            let words = Vocabulary::Coupons;
            let read = AppliesTo::from_stored(
                words,
                applies_to.application_scope(words),
                applies_to.package_scope(),
                applies_to.packages().to_vec(),
                applies_to.categories().to_vec(),
            );
            assert_eq!(read, Some(applies_to));
        }
    }
}
