//! What a shop keeps at its visitor: who they are in the game and what they mean to buy, in cookies
//! of ASCII letters, digits and `-_.~`, signed for this store. What does not verify counts as empty.

use axum::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tradepost_app::App;
use tradepost_app::checkout::Line;
use tradepost_model::checkout::{MAX_LINES, MAX_QUANTITY, Session};
use tradepost_model::ids::{PackageId, ServerId};
use tradepost_model::players::{Player, Username};
use tradepost_model::stores::Store;
use uuid::Uuid;

use crate::web::{Cookie, cookie};

const BASKET_DAYS: i64 = 30;
const PLAYER_DAYS: i64 = 365;
const HELD_DAYS: i64 = 1;
/// The length of a UUID in base64.
const ID: usize = 22;
/// The longest basket that browsers keep beside its name and signature.
const MAX_BYTES: usize = 3_800;

/// The basket.
pub(super) fn basket(app: &App, store: &Store, headers: &HeaderMap) -> Vec<Line> {
    read(app, &name("basket", store), headers)
        .and_then(parse)
        .unwrap_or_default()
}

/// The header that keeps a basket.
pub(super) fn keep_basket(app: &App, store: &Store, lines: &[Line]) -> HeaderValue {
    write(app, name("basket", store), &text(lines), BASKET_DAYS)
}

/// The player.
pub(super) fn player(app: &App, store: &Store, headers: &HeaderMap) -> Option<Player> {
    let text = read(app, &name("player", store), headers)?;
    let username = Username::parse(text, store.game).ok()?;
    Some(Player {
        username,
        uuid: None,
    })
}

/// The header that keeps a player.
pub(super) fn keep_player(app: &App, store: &Store, player: &Player) -> HeaderValue {
    write(
        app,
        name("player", store),
        player.username.as_str(),
        PLAYER_DAYS,
    )
}

/// The one line that was chosen by "Buy now" before we knew for whom.
pub(super) fn held(app: &App, store: &Store, headers: &HeaderMap) -> Option<Line> {
    read(app, &name("held", store), headers)
        .and_then(parse)?
        .pop()
}

/// The header that keeps such a line.
pub(super) fn hold(app: &App, store: &Store, line: Line) -> HeaderValue {
    write(app, name("held", store), &text(&[line]), HELD_DAYS)
}

/// The header that empties the basket, where it holds just what a session was made of.
pub(crate) fn forget_bought(
    app: &App,
    store: &Store,
    headers: &HeaderMap,
    session: &Session,
) -> Option<HeaderValue> {
    let bought = session.items.iter();
    let bought = bought.map(|item| (item.package, item.quantity, item.server));
    let basket = basket(app, store, headers).into_iter();
    let basket = basket.map(|line| (line.package, line.quantity, line.server));
    basket
        .eq(bought)
        .then(|| Cookie::forget(name("basket", store)).header())
}

/// The name of a line in forms: the same package for the same server, price and inputs is the same line.
pub(super) fn line_id(line: &Line) -> String {
    let mut id = URL_SAFE_NO_PAD.encode(line.package.0);
    if let Some(server) = line.server {
        URL_SAFE_NO_PAD.encode_string(server.0, &mut id);
    }
    if line.custom_price.is_some() || !line.inputs.is_empty() {
        let entered = serde_json::json!([line.custom_price, line.inputs]).to_string();
        id.push('~');
        URL_SAFE_NO_PAD.encode_string(entered, &mut id);
    }
    id
}

/// Puts a line into a basket, to the same thing where it is there already. Errors: why it does not
/// fit, and nothing has changed.
pub(super) fn put(lines: &mut Vec<Line>, new: Line) -> Result<(), String> {
    let id = line_id(&new);
    let same = lines.iter_mut().find(|line| line_id(line) == id);
    let Some(line) = same else {
        if lines.len() >= MAX_LINES {
            return Err(format!(
                "Your basket is full: it holds {MAX_LINES} different things. Check out first, or remove one."
            ));
        }
        lines.push(new);
        if text(lines).len() > MAX_BYTES {
            lines.pop();
            return Err("Your basket is full. Check out first, or remove something.".to_owned());
        }
        return Ok(());
    };
    let sum = line.quantity.saturating_add(new.quantity);
    if sum > MAX_QUANTITY {
        return Err(format!(
            "At most {MAX_QUANTITY} of this fit into one basket, and {} are in yours already.",
            line.quantity
        ));
    }
    line.quantity = sum;
    Ok(())
}

fn name(what: &str, store: &Store) -> String {
    format!("tp_{what}_{}", store.short_id)
}

fn read<'a>(app: &App, name: &str, headers: &'a HeaderMap) -> Option<&'a str> {
    let (signature, value) = cookie(headers, name)?.split_once('.')?;
    app.secrets
        .verify("basket", &format!("{name}={value}"), signature)
        .then_some(value)
}

fn write(app: &App, name: String, value: &str, days: i64) -> HeaderValue {
    let signature = app.secrets.sign("basket", &format!("{name}={value}"));
    let secure = app.settings.public_url.starts_with("https://");
    Cookie::new(name, format!("{signature}.{value}"), days)
        .secure(secure)
        .header()
}

/// Lines as `{quantity}.{package}{server}~{price and inputs}`, joined by `.`. Fifty plain ones stay well
/// under the 4,096 bytes that a browser keeps.
fn text(lines: &[Line]) -> String {
    let lines = lines
        .iter()
        .map(|line| format!("{}.{}", line.quantity, line_id(line)));
    lines.collect::<Vec<_>>().join(".")
}

fn parse(text: &str) -> Option<Vec<Line>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let words: Vec<_> = text.split('.').collect();
    let (lines, []) = words.as_chunks::<2>() else {
        return None;
    };
    let lines = lines.iter().map(|[quantity, id]| parse_line(quantity, id));
    let lines = lines.collect::<Option<Vec<_>>>()?;
    (lines.len() <= MAX_LINES).then_some(lines)
}

fn parse_line(quantity: &str, id: &str) -> Option<Line> {
    let quantity = quantity.parse().ok();
    let quantity = quantity.filter(|it| (1..=MAX_QUANTITY).contains(it))?;
    let (id, entered) = id.split_once('~').unwrap_or((id, ""));
    let (package, server) = id.split_at_checked(ID)?;
    let server = match server {
        "" => None,
        server => Some(ServerId(uuid(server)?)),
    };
    let (custom_price, inputs) = match entered {
        "" => Default::default(),
        entered => serde_json::from_slice(&URL_SAFE_NO_PAD.decode(entered).ok()?).ok()?,
    };
    Some(Line {
        package: PackageId(uuid(package)?),
        quantity,
        server,
        custom_price,
        inputs,
    })
}

fn uuid(text: &str) -> Option<Uuid> {
    Uuid::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(package: u128, quantity: u32, server: Option<u128>) -> Line {
        let server = server.map(|id| ServerId(Uuid::from_u128(id)));
        Line::plain(PackageId(Uuid::from_u128(package)), quantity, server)
    }

    fn gift_to(name: &str) -> Line {
        Line {
            custom_price: Some("5.00".to_owned()),
            inputs: [("message".to_owned(), name.to_owned())].into(),
            ..line(1, 1, None)
        }
    }

    #[test]
    fn a_basket_survives_its_cookie() {
        let full: Vec<_> = (0..50).map(|n| line(u128::MAX - n, 100, Some(n))).collect();
        for lines in [
            vec![],
            vec![line(1, 1, None)],
            vec![line(1, 2, Some(3)), line(1, 4, None)],
            vec![gift_to("Zoë ~ . &"), line(1, 4, None)],
            full,
        ] {
            let text = text(&lines);
            assert!(
                text.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b)),
                "{text}"
            );
            assert!(text.len() < 3_000, "{}", text.len());
            assert_eq!(parse(&text), Some(lines));
        }
    }

    #[test]
    fn what_is_no_basket_is_refused() {
        let good = text(&[line(1, 1, None)]);
        let many = vec![good.as_str(); 51].join(".");
        let zero = good.replace("1.", "0.");
        let lots = good.replace("1.", "101.");
        for bad in [
            "x",
            "~",
            "1.",
            "1.é",
            &good[1..],
            &format!("{good}~x"),
            &format!("{good}."),
            &many,
            &zero,
            &lots,
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_same_thing_adds_up_to_a_hundred() {
        let mut lines = vec![line(1, 60, None)];
        put(&mut lines, line(1, 40, None)).unwrap();
        put(&mut lines, line(1, 40, Some(7))).unwrap();
        assert_eq!(lines, [line(1, 100, None), line(1, 40, Some(7))]);
        assert!(put(&mut lines, line(1, 1, None)).is_err());
        lines.extend((2..50).map(|n| line(n, 1, None)));
        assert_eq!(lines.len(), 50);
        assert!(put(&mut lines, line(99, 1, None)).is_err());
        assert!(put(&mut lines, line(49, 1, None)).is_ok());
        assert_eq!(lines.len(), 50);
        let mut long = Vec::new();
        put(&mut long, gift_to(&"x".repeat(1_000))).unwrap();
        put(&mut long, gift_to(&"y".repeat(1_000))).unwrap();
        assert!(put(&mut long, gift_to(&"z".repeat(1_000))).is_err());
        assert_eq!(long.len(), 2, "one wish is not the other");
    }
}
