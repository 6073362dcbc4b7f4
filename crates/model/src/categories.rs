//! Categories: how a storefront groups its packages. They form trees of at most [`MAX_DEPTH`] levels.

use uuid::Uuid;

use crate::Timestamp;
use crate::fields::{FieldErrors, Given};
use crate::ids::CategoryId;
use crate::names::{self, Slug};

/// The characters of a name at most.
pub const MAX_NAME: usize = 64;
/// The characters of a description at most.
pub const MAX_DESCRIPTION: usize = 4000;
/// The last place there is.
pub const MAX_SORT_ORDER: i64 = 1_000_000;
/// How deep categories can be nested.
pub const MAX_DEPTH: usize = 5;

/// A category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Identity.
    pub id: CategoryId,
    /// Its name.
    pub name: String,
    /// Its name in web addresses; stays when the name changes.
    pub slug: Slug,
    /// A sentence or two; may be empty.
    pub description: String,
    /// Whether players see it.
    pub is_enabled: bool,
    /// Its place; smaller first.
    pub sort_order: i32,
    /// The category it is part of.
    pub parent: Option<CategoryId>,
    /// Grows with each change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What a category is made of, or changed by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CategoryDraft {
    /// [`Category::name`].
    pub name: Given<String>,
    /// [`Category::description`].
    pub description: Given<String>,
    /// [`Category::is_enabled`].
    pub is_enabled: Given<bool>,
    /// [`Category::sort_order`].
    pub sort_order: Given<i64>,
    /// [`Category::parent`].
    pub parent_id: Given<Uuid>,
}

impl Category {
    /// A category that says nothing yet.
    pub fn blank(id: CategoryId, now: Timestamp) -> Self {
        Self {
            id,
            name: String::new(),
            slug: Slug::from_name("", "category"),
            description: String::new(),
            is_enabled: true,
            sort_order: 0,
            parent: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// Overlays a draft, and notes all that does not fit. Whether the parent may be one is for
    /// [`check_parent`] to say, which knows the others.
    pub fn apply(&mut self, draft: CategoryDraft, errors: &mut FieldErrors) {
        let CategoryDraft {
            name,
            description,
            is_enabled,
            sort_order,
            parent_id,
        } = draft;
        name.check("name", errors, |text| names::line(&text, 1, MAX_NAME))
            .set(&mut self.name, "name", errors);
        if self.name.is_empty() && errors.of("name").is_none() {
            errors.add("name", "is required");
        }
        match description.check("description", errors, |text| {
            names::paragraph(&text, MAX_DESCRIPTION)
        }) {
            Given::Absent => {}
            Given::Null => self.description.clear(),
            Given::Value(text) => self.description = text,
        }
        is_enabled.set(&mut self.is_enabled, "isEnabled", errors);
        sort_order
            .check("sortOrder", errors, |place| {
                i32::try_from(place)
                    .ok()
                    .filter(|place| (0..=MAX_SORT_ORDER).contains(&i64::from(*place)))
                    .ok_or(format!("must be a whole number from 0 to {MAX_SORT_ORDER}"))
            })
            .set(&mut self.sort_order, "sortOrder", errors);
        parent_id.clear_or_set_as(&mut self.parent);
    }
}

/// Whether a category may be where it says it is, among all categories of its store. Notes an error where
/// its parent does not exist, is below it, or the tree would become too deep.
pub fn check_parent(category: &Category, all: &[Category], errors: &mut FieldErrors) {
    let Some(parent) = category.parent else {
        return;
    };
    let find = |id: CategoryId| all.iter().find(|it| it.id == id);
    if find(parent).is_none() {
        return errors.add("parentId", "does not exist");
    }
    let mut above = 0;
    let mut next = Some(parent);
    while let Some(id) = next {
        above += 1;
        if id == category.id {
            return errors.add(
                "parentId",
                "must not be the category itself or one below it",
            );
        }
        // No tree that was checked is deeper than that: the loop ends even among broken rows.
        next = find(id)
            .and_then(|it| it.parent)
            .filter(|_| above <= all.len());
    }
    if above + height(category.id, all, MAX_DEPTH) > MAX_DEPTH {
        errors.add(
            "parentId",
            format!("must leave categories at most {MAX_DEPTH} deep"),
        );
    }
}

/// How many levels a category and those below it have; looks at most `most` levels down.
fn height(category: CategoryId, all: &[Category], most: usize) -> usize {
    if most == 0 {
        return 1;
    }
    let below = all.iter().filter(|it| it.parent == Some(category));
    let below = below.map(|it| height(it.id, all, most - 1)).max();
    1 + below.unwrap_or(0)
}

/// Whether players see a category: it and those above it are enabled.
pub fn is_visible(category: &Category, all: &[Category]) -> bool {
    let mut next = Some(category);
    for _ in 0..=MAX_DEPTH {
        match next {
            None => return true,
            Some(it) if !it.is_enabled => return false,
            Some(it) => {
                next = it
                    .parent
                    .and_then(|parent| all.iter().find(|other| other.id == parent));
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(length: u128) -> Vec<Category> {
        (1..=length)
            .map(|number| Category {
                name: number.to_string(),
                parent: (number > 1).then(|| id(number - 1)),
                ..Category::blank(id(number), Timestamp::UNIX_EPOCH)
            })
            .collect()
    }

    fn id(number: u128) -> CategoryId {
        CategoryId(Uuid::from_u128(number))
    }

    fn why(moved: &Category, all: &[Category]) -> Option<String> {
        let mut errors = FieldErrors::default();
        check_parent(moved, all, &mut errors);
        errors.of("parentId").map(str::to_owned)
    }

    #[test]
    fn a_category_cannot_be_below_itself_or_too_deep() {
        let mut all = chain(5);
        assert_eq!(why(&all[4], &all), None);
        let mut first = all[0].clone();
        for below in [1, 2, 5] {
            first.parent = Some(id(below));
            let reason = why(&first, &all).unwrap();
            assert!(reason.contains("below it"), "{reason}");
        }
        let deeper = Category {
            parent: Some(id(5)),
            ..Category::blank(id(9), Timestamp::UNIX_EPOCH)
        };
        assert!(why(&deeper, &all).unwrap().contains("5 deep"));
        let lost = Category {
            parent: Some(id(77)),
            ..deeper.clone()
        };
        assert_eq!(why(&lost, &all).as_deref(), Some("does not exist"));
        // The whole subtree counts.
        all.push(Category::blank(id(10), Timestamp::UNIX_EPOCH));
        first.parent = Some(id(10));
        assert!(why(&first, &all).unwrap().contains("5 deep"));
    }

    #[test]
    fn what_is_below_a_disabled_category_is_hidden() {
        let mut all = chain(3);
        assert!(is_visible(&all[2], &all));
        all[0].is_enabled = false;
        assert!(!is_visible(&all[2], &all));
    }

    #[test]
    fn a_draft_changes_what_it_names_alone() {
        let mut category = Category::blank(id(1), Timestamp::UNIX_EPOCH);
        let mut errors = FieldErrors::default();
        category.apply(CategoryDraft::default(), &mut errors);
        assert_eq!(errors.of("name"), Some("is required"));
        let mut errors = FieldErrors::default();
        let draft = CategoryDraft {
            name: Given::Value(" Ranks ".to_owned()),
            parent_id: Given::Value(id(2).0),
            sort_order: Given::Value(-1),
            ..CategoryDraft::default()
        };
        category.apply(draft, &mut errors);
        assert_eq!(
            (category.name.as_str(), category.parent),
            ("Ranks", Some(id(2)))
        );
        assert_eq!(errors.0.len(), 1, "{errors:?}");
        let draft = CategoryDraft {
            parent_id: Given::Null,
            ..CategoryDraft::default()
        };
        category.apply(draft, &mut errors);
        assert_eq!((category.name.as_str(), category.parent), ("Ranks", None));
    }
}
