//! Parts of lists, with what is known of the whole.

pub use tradepost_db::span::{COUNTED, Span};

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<T> {
    /// What was asked for.
    pub items: Vec<T>,
    /// How many there are in all, up to [`COUNTED`]; `None` where it was not counted.
    pub total: Option<u32>,
    /// Whether there are more than `total` says.
    pub capped: bool,
    /// Whether the list goes on after these.
    pub more: bool,
}

impl<T> Slice<T> {
    /// Makes a slice of `take` rows and one more, where there is one, and of a count that stopped at one
    /// more than [`COUNTED`].
    pub fn new(mut rows: Vec<T>, take: u32, counted: Option<u32>) -> Self {
        let take = take as usize;
        let more = rows.len() > take;
        rows.truncate(take);
        Self {
            items: rows,
            total: counted.map(|count| count.min(COUNTED)),
            capped: counted.is_some_and(|count| count > COUNTED),
            more,
        }
    }

    /// The same list of something else.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Slice<U> {
        let Self {
            items,
            total,
            capped,
            more,
        } = self;
        Slice {
            items: items.into_iter().map(change).collect(),
            total,
            capped,
            more,
        }
    }
}

/// A part of a list in one expression: rows with one more than asked for, and the count unless the caller
/// pages with `after`.
///
/// `lists::slice!(span, |part| db::page(conn, store, part), db::count(conn, store))`
macro_rules! slice {
    ($span:expr, |$part:ident| $page:expr, $count:expr) => {{
        let span: $crate::lists::Span = $span;
        let $part = span.and_one_more();
        let rows = $page.await?;
        let counted = match span.after {
            None => Some($count.await?),
            Some(_) => None,
        };
        $crate::lists::Slice::new(rows, span.take, counted)
    }};
}
pub(crate) use slice;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_knows_whether_the_list_goes_on_and_how_far_it_was_counted() {
        let slice = Slice::new(vec![1, 2, 3], 2, Some(3));
        assert_eq!(
            slice,
            Slice {
                items: vec![1, 2],
                total: Some(3),
                capped: false,
                more: true
            }
        );
        let last = Slice::new(vec![1, 2], 2, Some(COUNTED + 1)).map(|n| n * 10);
        assert_eq!((last.items, last.more), (vec![10, 20], false));
        assert_eq!((last.total, last.capped), (Some(COUNTED), true));
        assert_eq!(Slice::new(vec![1], 2, None).total, None);
    }
}
