//! `If-Match`: changes of what the sender has seen, and of nothing newer.

use axum::http::{HeaderMap, header};
use tradepost_app::{Error, Expect};

/// Which versions a request may change. Errors: the header cannot be read.
pub(super) fn expected(headers: &HeaderMap) -> Result<Expect, Error> {
    let mut values = headers.get_all(header::IF_MATCH).iter().peekable();
    if values.peek().is_none() {
        return Ok(Expect::Any);
    }
    let (mut versions, mut any, mut tags) = (Vec::new(), false, 0);
    for value in values {
        for tag in value.to_str().map_err(|_| unreadable())?.split(',') {
            let tag = tag.trim();
            tags += 1;
            if tag == "*" {
                any = true;
                continue;
            }
            let (weak, quoted) = match tag.strip_prefix("W/") {
                Some(rest) => (true, rest),
                None => (false, tag),
            };
            let inner = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
            let inner = inner
                .filter(|it| !it.contains('"'))
                .ok_or_else(unreadable)?;
            // A weak tag promises no byte for byte equality, and so matches nothing here.
            let plain = !weak && inner.bytes().all(|b| b.is_ascii_digit());
            versions.extend(inner.parse::<i64>().ok().filter(|_| plain));
        }
    }
    match (any, tags) {
        (true, 1) => Ok(Expect::Any),
        (true, _) => Err(unreadable()),
        (false, _) => Ok(Expect::OneOf(versions)),
    }
}

fn unreadable() -> Error {
    Error::invalid("If-Match", "must be * or entity tags such as \"3\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Expect> {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, text.parse().unwrap());
        expected(&headers).ok()
    }

    #[test]
    fn tags_are_read_one_by_one() {
        let one_of = |versions: &[i64]| Some(Expect::OneOf(versions.to_vec()));
        assert_eq!(expected(&HeaderMap::new()).unwrap(), Expect::Any);
        assert_eq!(of("*"), Some(Expect::Any));
        assert_eq!(of("\"3\""), one_of(&[3]));
        assert_eq!(of("\"3\", \"7\""), one_of(&[3, 7]));
        assert_eq!(of("W/\"3\""), one_of(&[]));
        assert_eq!(of("\"abc\""), one_of(&[]));
        for bad in ["3", "\"3", "", "\"3\" \"4\"", "*, \"3\"", "\"+3\","] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
