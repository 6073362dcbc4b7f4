//! Which part of a list is asked for.

use uuid::Uuid;

/// How far lists are counted: their statements stop at one more.
pub const COUNTED: u32 = 10_000;

/// A part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Only what follows this one in the list's order.
    pub after: Option<Uuid>,
    /// How many are left out then.
    pub skip: u32,
    /// How many are wanted.
    pub take: u32,
}

impl Span {
    /// The first so many.
    pub fn first(take: u32) -> Self {
        Self {
            after: None,
            skip: 0,
            take,
        }
    }

    /// The same with one more at the end, which tells whether the list goes on.
    pub fn and_one_more(self) -> Self {
        Self {
            take: self.take.saturating_add(1),
            ..self
        }
    }

    /// What ids have to be below, in a list that is newest first.
    pub fn before(self) -> Uuid {
        self.after.unwrap_or(Uuid::max())
    }
}
