//! Statements: SQL as named constants, so that every one of them can be found and prepared.
//!
//! A [`Stmt`] is made by [`statements!`] only. The macro also lists the file's statements, and
//! `nouns!` in `lib.rs` gathers the lists, so the test that prepares every statement on both
//! engines cannot miss one: a list nobody gathers is dead code, and so is a statement nobody runs.

use std::sync::OnceLock;

/// A statement, in one text for both engines or in one for each. Copying it copies a pointer.
#[derive(Clone, Copy)]
pub struct Stmt(&'static Text);

/// What a [`Stmt`] points to. Made by [`statements!`] alone.
#[doc(hidden)]
pub struct Text {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
    numbered: OnceLock<String>,
    columns: OnceLock<Box<[String]>>,
}

impl Text {
    #[doc(hidden)]
    pub const fn new(name: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Self {
            name,
            sqlite,
            postgres,
            numbered: OnceLock::new(),
            columns: OnceLock::new(),
        }
    }
}

impl Stmt {
    #[doc(hidden)]
    pub const fn new(text: &'static Text) -> Self {
        Self(text)
    }

    /// Module path and name, as in `tradepost_db::orders::FIND`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    pub(crate) fn postgres(self) -> &'static str {
        self.0.postgres
    }

    pub(crate) fn sqlite(self) -> &'static str {
        self.0
            .numbered
            .get_or_init(|| question_marks(self.0.sqlite))
    }

    /// The names of the columns it returns, which its text decides once and for all.
    pub(crate) fn columns(self, names: impl FnOnce() -> Box<[String]>) -> &'static [String] {
        self.0.columns.get_or_init(names)
    }
}

impl std::fmt::Debug for Stmt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name)
    }
}

/// Defines the statements of a file and lists them as `STATEMENTS`.
///
/// ```
/// tradepost_db::statements! {
///     /// One text for both engines.
///     FIND = "SELECT name FROM users WHERE id = $1";
///     /// Where several share a piece: a macro that is a literal, as for a list of columns.
///     FIRST = concat!("SELECT name", " FROM users LIMIT 1");
///     NOW = sqlite "SELECT unixepoch() AS now" postgres "SELECT 0::bigint AS now";
/// }
/// assert_eq!(STATEMENTS.len(), 3);
/// assert!(FIND.name().ends_with("::FIND") && NOW.name().ends_with("::NOW"));
/// ```
#[macro_export]
macro_rules! statements {
    ($(
        $(#[$meta:meta])*
        $name:ident = $($both:literal)? $(concat!($($part:tt)*))? $(sqlite $sqlite:literal postgres $postgres:literal)? ;
    )*) => {
        $(
            $(#[$meta])*
            pub(crate) const $name: $crate::Stmt = $crate::statements!(
                @one $name $($both)? $(concat!($($part)*))? $(sqlite $sqlite postgres $postgres)?
            );
        )*
        /// Every statement of this file.
        pub(crate) const STATEMENTS: &[$crate::Stmt] = &[$(
            $crate::statements!(
                @one $name $($both)? $(concat!($($part)*))? $(sqlite $sqlite postgres $postgres)?
            )
        ),*];
    };
    (@one $name:ident $both:literal) => {
        $crate::statements!(@text $name ($both) ($both))
    };
    (@one $name:ident concat!($($part:tt)*)) => {
        $crate::statements!(@text $name (::core::concat!($($part)*)) (::core::concat!($($part)*)))
    };
    (@one $name:ident sqlite $sqlite:literal postgres $postgres:literal) => {
        $crate::statements!(@text $name ($sqlite) ($postgres))
    };
    (@text $name:ident ($sqlite:expr) ($postgres:expr)) => {{
        static TEXT: $crate::Text = $crate::Text::new(
            ::core::concat!(::core::module_path!(), "::", ::core::stringify!($name)),
            $sqlite,
            $postgres,
        );
        $crate::Stmt::new(&TEXT)
    }};
}

/// SQLite reads `$1` as a name and numbers names as they appear; `?1` is the number itself.
fn question_marks(sql: &str) -> String {
    let mut quote = None;
    let mut chars = sql.chars().peekable();
    let mut out = String::with_capacity(sql.len());
    while let Some(c) = chars.next() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            _ => {}
        }
        let parameter =
            quote.is_none() && c == '$' && chars.peek().is_some_and(char::is_ascii_digit);
        out.push(if parameter { '?' } else { c });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::question_marks;

    #[test]
    fn parameters_are_numbered_and_literals_are_left_alone() {
        let sql = "SELECT '$1', \"$2\" FROM t WHERE a = $2 AND b = $10 AND c = 'it''s $3' OR $1";
        let expected =
            "SELECT '$1', \"$2\" FROM t WHERE a = ?2 AND b = ?10 AND c = 'it''s $3' OR ?1";
        assert_eq!(question_marks(sql), expected);
    }
}
