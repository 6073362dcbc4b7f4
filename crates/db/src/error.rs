//! What can go wrong between us and a database, in words both engines share.
//!
//! No message contains a parameter: rows hold what customers typed.

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a database operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unique key exists already. `constraint` is the name of the constraint on PostgreSQL and
    /// `table.column, table.column` on SQLite.
    #[error("unique constraint violated: {constraint}")]
    UniqueViolation {
        /// Which one, in the engine's own words.
        constraint: String,
    },
    /// A row refers to one that does not exist, or is still referred to.
    #[error("foreign key violated")]
    ForeignKey,
    /// Busy, locked, full, or out of reach: nothing was written, trying later may help.
    #[error("database unavailable: {why}")]
    Unavailable {
        /// The engine's reason.
        why: String,
    },
    /// The connection broke while a commit was under way: it may or may not have happened.
    #[error("connection lost during commit, its outcome is unknown")]
    CommitUnknown,
    /// Concurrent transactions were in each other's way, more often than we retry.
    #[error("transaction conflicts with concurrent ones")]
    Conflict,
    /// An earlier statement of this transaction failed, so it can only be rolled back.
    #[error("transaction already failed")]
    Aborted,
    /// `query_one` found nothing.
    #[error("no row")]
    NoRow,
    /// `query_one` or `query_opt` found more than one row.
    #[error("more than one row")]
    ManyRows,
    /// A column does not exist or does not hold the type asked for.
    #[error("could not decode column {column}")]
    Decode {
        /// The column's name.
        column: String,
    },
    /// Anything else a statement can fail with: usually a mistake of ours.
    #[error("statement {name} failed")]
    Statement {
        /// Module path and name of the statement.
        name: &'static str,
        /// What the engine said.
        #[source]
        source: Cause,
    },
    /// The closure given to `read`, `scan` or `write` panicked; the transaction was rolled back.
    #[error("closure panicked")]
    Panicked,
    /// The closure awaited something other than its connection.
    #[error("closure awaited something other than its connection")]
    Pended,
    /// The schema of the database could not be brought to what this program needs.
    #[error("migration: {why}")]
    Migration {
        /// A sentence for the operator.
        why: String,
    },
    /// A test asked for this failure.
    #[error("injected failure")]
    Injected,
}

/// What an engine said about a failed statement, without any parameter's value.
#[derive(Debug, thiserror::Error)]
#[error("{text} ({code})")]
pub struct Cause {
    /// SQLSTATE on PostgreSQL, extended result code on SQLite.
    pub code: String,
    /// The engine's message.
    pub text: String,
}

impl Error {
    pub(crate) fn unavailable(why: impl Into<String>) -> Self {
        Self::Unavailable { why: why.into() }
    }

    pub(crate) fn migration(why: impl Into<String>) -> Self {
        Self::Migration { why: why.into() }
    }
}
