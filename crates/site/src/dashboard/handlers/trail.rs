//! The way back through pages that only know what comes after a thing: the ids before which each page
//! in between began, without dashes, joined by dots.

use uuid::Uuid;

/// Where a page is, and how one came there.
#[derive(Clone, Debug, Default)]
pub(super) struct Trail<'a> {
    /// The last thing of the page before; none on the first page.
    pub(super) before: Option<Uuid>,
    /// The same of the pages in between.
    pub(super) trail: &'a str,
}

impl Trail<'_> {
    fn steps(&self) -> Vec<&str> {
        let steps = self.trail.split('.').filter(|id| !id.is_empty());
        steps.collect()
    }

    /// How many pages come before this one.
    pub(super) fn pages_before(&self) -> usize {
        self.before.map_or(0, |_| self.steps().len() + 1)
    }

    /// The page before: where it begins, and its own way back.
    pub(super) fn newer(&self) -> Option<(String, String)> {
        self.before?;
        let steps = self.steps();
        Some(match steps.split_last() {
            Some((last, rest)) => ((*last).to_owned(), rest.join(".")),
            None => Default::default(),
        })
    }

    /// The page after the thing `last`.
    pub(super) fn older(&self, last: Uuid) -> (String, String) {
        let here = self.before.map(|id| id.simple().to_string());
        let steps: Vec<_> = self.steps().into_iter().chain(here.as_deref()).collect();
        (last.simple().to_string(), steps.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_leads_on_and_back() {
        let [a, b] = [Uuid::from_u128(1), Uuid::from_u128(2)];
        let first = Trail::default();
        assert_eq!(first.newer(), None);
        let (before, trail) = first.older(a);
        assert_eq!(
            (before.as_str(), trail.as_str()),
            (&*a.simple().to_string(), "")
        );
        let second = Trail {
            before: Some(a),
            trail: &trail,
        };
        assert_eq!(second.pages_before(), 1);
        assert_eq!(second.newer(), Some(Default::default()));
        let (_, trail) = second.older(b);
        let third = Trail {
            before: Some(b),
            trail: &trail,
        };
        assert_eq!(third.pages_before(), 2);
        assert_eq!(third.newer(), Some((a.simple().to_string(), String::new())));
    }
}
