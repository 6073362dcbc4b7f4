//! A part of a list, as it is answered.

use serde::Serialize;
use tradepost_app::Error;
use tradepost_app::lists::Slice;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Part;

/// A part of a list: with the count of all, or, after an id, with whether there are more.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct List<T> {
    items: Vec<T>,
    /// How many there are in all; counted up to 10,000. Not there with `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 42)]
    total_count: Option<u32>,
    /// There, and true, where there are more than `totalCount` says.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(example = false)]
    total_count_capped: bool,
    /// How many were left out. Not there with `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 0)]
    skip: Option<u32>,
    /// How many were asked for.
    #[schema(example = 20)]
    take: u32,
    /// Whether the list goes on. There with `after` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true)]
    has_more: Option<bool>,
}

impl<T> List<T> {
    /// What an operation gave for a part.
    pub(crate) fn of(part: Part, slice: Slice<T>) -> Self {
        let Slice {
            items,
            total,
            capped,
            more,
        } = slice;
        let counted = part.after.is_none();
        Self {
            items,
            total_count: total.filter(|_| counted),
            total_count_capped: capped && counted,
            skip: counted.then_some(part.skip),
            take: part.take,
            has_more: (!counted).then_some(more),
        }
    }

    /// A part of a list that is known as a whole. Errors: nothing in it has the id of `after`.
    pub(crate) fn of_all(part: Part, all: Vec<T>, id: impl Fn(&T) -> Uuid) -> Result<Self, Error> {
        let total = all.len();
        let from = match part.after {
            None => part.skip as usize,
            Some(after) => {
                let place = all.iter().position(|it| id(it) == after);
                place.ok_or_else(|| Error::invalid("after", "is not in this list"))? + 1
            }
        };
        let items = all.into_iter().skip(from).take(part.take as usize);
        let slice = Slice {
            items: items.collect(),
            total: u32::try_from(total).ok(),
            capped: false,
            more: from.saturating_add(part.take as usize) < total,
        };
        Ok(Self::of(part, slice))
    }

    /// The same part of a list of something else.
    pub(crate) fn map<U>(self, view: impl FnMut(T) -> U) -> List<U> {
        let Self {
            items,
            total_count,
            total_count_capped,
            skip,
            take,
            has_more,
        } = self;
        List {
            items: items.into_iter().map(view).collect(),
            total_count,
            total_count_capped,
            skip,
            take,
            has_more,
        }
    }
}
