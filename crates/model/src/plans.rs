//! Plans: what a store has subscribed to at its operator's. Keys of the Management API need Pro.

use crate::Timestamp;

/// A plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// A shop, without the Management API.
    Free,
    /// All there is.
    Pro,
}

impl Plan {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Free, Self::Pro];

    /// The public word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Pro => "pro",
        }
    }

    /// Finds by the public word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plan| plan.word() == word)
    }

    /// Requests per minute and key of the Management API (source 001). One that has lapsed is refused
    /// as often.
    pub const fn requests_per_minute(self) -> u32 {
        match self {
            Self::Free | Self::Pro => 30,
        }
    }
}

/// A store's plan, and until when it has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subscribed {
    /// The plan.
    pub plan: Plan,
    /// When it lapses; none where it stays.
    pub expires_at: Option<Timestamp>,
}

impl Subscribed {
    /// A plan that stays.
    pub const fn to(plan: Plan) -> Self {
        Self {
            plan,
            expires_at: None,
        }
    }

    /// Whether the store has Pro at this time.
    pub fn is_pro_at(&self, now: Timestamp) -> bool {
        self.plan == Plan::Pro && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pro_lasts_until_it_lapses() {
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let until = |plan, second: i64| Subscribed {
            plan,
            expires_at: Some(at(second)),
        };
        assert!(Subscribed::to(Plan::Pro).is_pro_at(at(5)));
        assert!(!Subscribed::to(Plan::Free).is_pro_at(at(5)));
        assert!(until(Plan::Pro, 6).is_pro_at(at(5)));
        assert!(!until(Plan::Pro, 5).is_pro_at(at(5)));
        assert!(!until(Plan::Free, 6).is_pro_at(at(5)));
        assert!(
            Plan::ALL
                .iter()
                .all(|it| Plan::parse(it.word()) == Some(*it))
        );
    }
}
