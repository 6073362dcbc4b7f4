//! Why an operation was not done, in words for the person who asked.

use tradepost_model::fields::FieldErrors;

/// The result of every operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation was not done. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or it is another store's.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The caller may not do this.
    #[error("this needs the permission {permission}")]
    Forbidden {
        /// What it is called: `Orders:Edit`, `IssueRefunds`.
        permission: String,
    },
    /// The store has not the plan for this, or had it until it lapsed.
    #[error("this needs the Pro plan, which this store does not have now: renew it to go on")]
    PlanRequired,
    /// The caller is not who they say they are.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// Some fields do not fit.
    #[error("some fields do not fit")]
    Invalid(FieldErrors),
    /// It cannot be done as things stand; `code` is a stable word.
    #[error("{message}")]
    Refused {
        /// A stable word for programs.
        code: &'static str,
        /// A sentence for people.
        message: String,
    },
    /// It collides with something that exists; `code` is a stable word.
    #[error("{message}")]
    Conflict {
        /// A stable word for programs.
        code: &'static str,
        /// A sentence for people.
        message: String,
    },
    /// Somebody has changed it since the caller looked (If-Match).
    #[error(
        "this was changed since you read it: read it again, and repeat your change on what it is now"
    )]
    Stale,
    /// Too many attempts.
    #[error("too many attempts, try again in {retry_seconds} s")]
    TooMany {
        /// When to try again.
        retry_seconds: i64,
    },
    /// The database is busy or out of reach; nothing was done.
    #[error("the service is busy, try again in a moment")]
    Unavailable(#[source] tradepost_db::Error),
    /// A mistake of ours or of the machine.
    #[error("something went wrong on our side")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A refusal with a stable word and a sentence.
    pub fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::Refused {
            code,
            message: message.into(),
        }
    }

    /// A collision with a stable word and a sentence.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict {
            code,
            message: message.into(),
        }
    }

    /// One field that does not fit; an empty name for what spans fields.
    pub fn invalid(field: &str, reason: impl Into<String>) -> Self {
        let mut errors = FieldErrors::default();
        errors.add(field, reason);
        Self::Invalid(errors)
    }

    /// A mistake of ours.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<tradepost_db::Error> for Error {
    fn from(error: tradepost_db::Error) -> Self {
        match error {
            tradepost_db::Error::Unavailable { .. } | tradepost_db::Error::Conflict => {
                Self::Unavailable(error)
            }
            other => Self::Internal(Box::new(other)),
        }
    }
}

impl From<FieldErrors> for Error {
    fn from(errors: FieldErrors) -> Self {
        Self::Invalid(errors)
    }
}
