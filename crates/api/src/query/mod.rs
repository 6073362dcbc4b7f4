//! What follows the `?`: paging, and filters declared by [`query!`], which makes both what reads them and
//! what describes them.

mod list;

use axum::http::Uri;
use serde_json::{Value, json};
use tradepost_app::Error;
use tradepost_app::lists::Span;
use tradepost_model::fields::FieldErrors;
use uuid::Uuid;

use crate::body::{Member, Scalar, integer, plain, uuid};
use crate::envelope::Failure;

pub(crate) use list::List;

/// How far a list can be skipped into.
const MOST_SKIPPED: i64 = 1_000_000;

/// How much of a list is given at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paging {
    default: u32,
    most: u32,
    /// Whether the list reads `after` itself, since its ids are no UUIDs.
    own_after: bool,
}

impl Paging {
    /// 20 where nothing is said, and at most 100.
    pub(crate) const PAGED: Self = Self {
        default: 20,
        most: 100,
        own_after: false,
    };
    /// The same, of things whose ids are no UUIDs: `after` is a parameter of their own.
    pub(crate) const PAGED_BY_NAME: Self = Self {
        own_after: true,
        ..Self::PAGED
    };
    /// A feed: it has only parameters of its own.
    pub(crate) const FEED: Self = Self {
        default: 0,
        most: 0,
        own_after: true,
    };
    /// Everything where nothing is said; of long lists the first 1,000.
    pub(crate) const WHOLE: Self = Self {
        default: 1000,
        most: 1000,
        own_after: false,
    };
}

/// The filters of a list, made by [`query!`].
pub(crate) trait Query: Sized {
    /// How much of the list is given at once.
    const PAGING: Paging;

    /// Reads its parameters.
    fn read(parameters: &mut Parameters) -> Self;

    /// Describes its parameters.
    fn describe() -> Vec<Value>;
}

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    after: Option<Uuid>,
    skip: u32,
    take: u32,
}

impl Part {
    /// As the operations ask for it.
    pub(crate) fn span(self) -> Span {
        let Self { after, skip, take } = self;
        Span { after, skip, take }
    }

    /// The same behind something the list has found itself: it is not counted.
    pub(crate) fn behind(self) -> Self {
        Self {
            after: Some(Uuid::nil()),
            ..self
        }
    }
}

/// The parameters that are still to be read.
pub(crate) struct Parameters {
    pairs: Vec<(String, String)>,
    errors: FieldErrors,
}

impl Parameters {
    /// Reads one, where it is there and not empty.
    pub(crate) fn read<K: Scalar>(&mut self, name: &str, member: &Member<K>) -> Option<K::Value> {
        let mut given = Vec::new();
        self.pairs.retain(|(known, value)| {
            if known == name {
                given.push(value.clone());
            }
            known != name
        });
        if given.len() > 1 {
            self.errors.add(name, "is there twice");
            return None;
        }
        let text = given.pop().filter(|text| !text.is_empty())?;
        self.errors.check(name, member.kind().parse(&text))
    }

    fn part(&mut self, paging: Paging) -> Part {
        if paging.most == 0 {
            let (skip, take) = (0, 0);
            return Part {
                after: None,
                skip,
                take,
            };
        }
        let number = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
        let skip = number(self.read("skip", &skip()));
        let take = number(self.read("take", &take(paging)));
        let after = match paging.own_after {
            true => None,
            false => self.read("after", &uuid()),
        };
        if after.is_some() && skip.is_some_and(|skip| skip > 0) {
            self.errors.add("skip", "cannot be combined with after");
        }
        Part {
            after,
            skip: skip.unwrap_or(0),
            take: take.unwrap_or(paging.default),
        }
    }
}

fn skip() -> Member<impl Scalar<Value = i64>> {
    integer(0..=MOST_SKIPPED).default(0)
}

fn take(paging: Paging) -> Member<impl Scalar<Value = i64>> {
    integer(1..=i64::from(paging.most)).default(paging.default)
}

/// Reads all parameters. Errors: each that does not fit or is not known.
pub(crate) fn read<Q: Query>(uri: &Uri) -> Result<(Part, Q), Failure> {
    let query = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri);
    let axum::extract::Query(pairs) = query.map_err(|_| {
        let reason = "must be parameters such as ?skip=0&take=20";
        Error::invalid("query", reason)
    })?;
    let mut parameters = Parameters {
        pairs,
        errors: FieldErrors::default(),
    };
    let part = parameters.part(Q::PAGING);
    let query = Q::read(&mut parameters);
    let Parameters { pairs, mut errors } = parameters;
    for (name, _) in pairs {
        errors.add(name, "is not a known parameter");
    }
    errors.into_result().map_err(Error::from)?;
    Ok((part, query))
}

/// Describes all parameters of a list.
pub(crate) fn describe<Q: Query>() -> Vec<Value> {
    let mut parameters = Q::describe();
    if Q::PAGING.most == 0 {
        return parameters;
    }
    parameters.extend([
        parameter("skip", "How many to leave out from the start.", &skip()),
        parameter("take", "How many to give.", &take(Q::PAGING)),
    ]);
    if !Q::PAGING.own_after {
        parameters.push(parameter(
            "after",
            "Gives what follows the one with this id, without counting: the way through long lists. \
             The answer then has `hasMore`, and neither `totalCount` nor `skip`.",
            &uuid(),
        ));
    }
    parameters
}

/// Describes one parameter.
pub(crate) fn parameter<K: Scalar>(name: &str, doc: &str, member: &Member<K>) -> Value {
    let mut schema = member.describe(name, doc).schema;
    schema
        .as_object_mut()
        .map(|schema| schema.remove("description"));
    json!({
        "name": name, "in": "query", "description": plain(doc), "allowEmptyValue": true, "schema": schema,
    })
}

/// Declares the filters of a list, and how it is paged: `PAGED` or `WHOLE`.
macro_rules! query {
    (
        $(#[doc = $doc:literal])*
        $vis:vis struct $name:ident: $paging:ident {
            $(
                $(#[doc = $about:literal])*
                $field:ident: $kind:ty = $member:expr
            ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        $vis struct $name {
            $($(#[doc = $about])* $vis $field: Option<$kind>),*
        }

        impl $crate::query::Query for $name {
            const PAGING: $crate::query::Paging = $crate::query::Paging::$paging;

            fn read(_parameters: &mut $crate::query::Parameters) -> Self {
                Self {
                    $($field: _parameters.read(&$crate::body::camel(stringify!($field)), &$member)),*
                }
            }

            fn describe() -> Vec<serde_json::Value> {
                vec![$($crate::query::parameter(
                    &$crate::body::camel(stringify!($field)),
                    concat!($($about, "\n"),*),
                    &$member,
                )),*]
            }
        }
    };
}
pub(crate) use query;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::{text, words};

    query! {
        /// Things.
        struct Things: PAGED {
            /// Part of the name.
            search: String = text(1, 5),
            /// Which.
            sort_by: String = words(&["name", "age"]).in_any_case(),
        }
    }

    fn errors(query: &str) -> Vec<String> {
        let uri = format!("/things?{query}").parse().unwrap();
        let failure = read::<Things>(&uri).unwrap_err();
        failure.errors().to_vec()
    }

    #[test]
    fn parameters_are_read_or_told_all_at_once() {
        let uri = "/things?sortBy=AGE&search=&take=100&skip=5"
            .parse()
            .unwrap();
        let (part, things) = read::<Things>(&uri).unwrap();
        assert_eq!((part.skip, part.take, part.after), (5, 100, None));
        assert_eq!(
            (things.search, things.sort_by.as_deref()),
            (None, Some("age"))
        );
        let expected = [
            "skip: must be a whole number from 0 to 1000000",
            "take: must be a whole number from 1 to 100",
            "after: must be an id such as 01931f3c-5a00-7000-8000-000000000001",
            "search: must have at most 5 characters, this has 6",
            "sortBy: must be one of name, age",
            "limit: is not a known parameter",
        ];
        let bad = "skip=-1&take=101&after=x&search=abcdef&sortBy=x&limit=1";
        assert_eq!(errors(bad), expected);
        assert_eq!(errors("take=1&take=2"), ["take: is there twice"]);
        assert_eq!(errors("take=0").len(), 1);
        let after = "after=01931f3c-5a00-7000-8000-000000000001&skip=1";
        assert_eq!(errors(after), ["skip: cannot be combined with after"]);
    }
}
