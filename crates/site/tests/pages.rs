//! Every page with every sample: what holds for all of them.

use std::collections::HashSet;

use tradepost_site::gallery::{Shot, shots};

fn each(check: impl Fn(&Shot)) {
    let shots = shots().expect("every sample can be rendered");
    assert!(shots.len() > 60);
    shots.iter().for_each(check);
}

/// The opening tags with this name, without the angle brackets.
fn tags<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    html.split('<')
        .skip(1)
        .filter_map(|rest| rest.split('>').next())
        .filter(|tag| tag.split([' ', '\n']).next() == Some(name))
        .collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

#[test]
fn every_page_has_a_title_a_language_and_one_heading() {
    each(|Shot { name, html }| {
        let title = html
            .split_once("<title>")
            .unwrap()
            .1
            .split_once("</title>")
            .unwrap()
            .0;
        assert!(
            title.len() > 8 && !title.starts_with(' '),
            "{name}: {title}"
        );
        assert_eq!(tags(html, "h1").len(), 1, "{name}");
        assert_eq!(tags(html, "main").len(), 1, "{name}");
        assert_eq!(
            attribute(tags(html, "html")[0], "lang"),
            Some("en"),
            "{name}"
        );
        assert!(
            html.contains(r##"href="#content""##),
            "{name}: no skip link"
        );
    });
}

#[test]
fn every_field_has_a_name_for_those_who_cannot_see_it() {
    each(|Shot { name, html }| {
        let labels: HashSet<_> = tags(html, "label")
            .into_iter()
            .filter_map(|tag| attribute(tag, "for"))
            .collect();
        for kind in ["input", "select", "textarea"] {
            for tag in tags(html, kind) {
                let nested = matches!(
                    attribute(tag, "type"),
                    Some("hidden" | "radio" | "checkbox")
                );
                let id = attribute(tag, "id");
                assert!(
                    nested || id.is_some_and(|id| labels.contains(id)),
                    "{name}: {tag}"
                );
            }
        }
    });
}

#[test]
fn every_form_that_changes_something_carries_the_csrf_value() {
    each(|Shot { name, html }| {
        for form in html.split("<form").skip(1) {
            let form = form.split("</form>").next().unwrap();
            if form.contains(r#"method="post""#) {
                assert!(
                    form.contains(r#"name="csrf" value="sample-csrf""#),
                    "{name}: {form}"
                );
            }
        }
    });
}

#[test]
fn no_page_needs_an_inline_script_or_style_or_another_host() {
    each(|Shot { name, html }| {
        assert!(!html.contains(" style="), "{name}: style attribute");
        assert!(tags(html, "style").is_empty(), "{name}: style element");
        assert!(
            !html.contains(" on") || !html.contains(" onclick="),
            "{name}: handler"
        );
        for tag in tags(html, "script") {
            assert!(attribute(tag, "src").is_some(), "{name}: {tag}");
        }
        for text in [
            "src=\"http",
            "href=\"http",
            "src=\"//",
            "href=\"//",
            "action=\"http",
        ] {
            assert!(!html.contains(text), "{name}: {text}");
        }
    });
}

#[test]
fn ids_are_unique_and_what_refers_to_them_finds_them() {
    each(|Shot { name, html }| {
        let all: Vec<_> = html
            .split('<')
            .filter_map(|tag| attribute(tag.split('>').next()?, "id"))
            .collect();
        let ids: HashSet<_> = all.iter().copied().collect();
        assert_eq!(ids.len(), all.len(), "{name}: {all:?}");
        for tag in html.split('<').filter_map(|tag| tag.split('>').next()) {
            for refers in ["for", "aria-labelledby", "aria-describedby"] {
                for id in attribute(tag, refers).unwrap_or_default().split(' ') {
                    assert!(id.is_empty() || ids.contains(id), "{name}: {refers}={id}");
                }
            }
            if let Some(id) = attribute(tag, "href").and_then(|href| href.strip_prefix('#')) {
                assert!(ids.contains(id), "{name}: #{id}");
            }
        }
    });
}

#[test]
fn every_icon_is_in_the_sprite() {
    let sprite = tradepost_site::assets::get("icons.svg").unwrap();
    let sprite = std::str::from_utf8(&sprite.body).unwrap();
    each(|Shot { name, html }| {
        for tag in tags(html, "use") {
            let icon = attribute(tag, "href")
                .and_then(|href| href.split('#').nth(1))
                .unwrap();
            assert!(
                sprite.contains(&format!(r#"<symbol id="{icon}""#)),
                "{name}: {icon}"
            );
        }
    });
}

#[test]
fn names_that_tests_and_screen_readers_rely_on_stay() {
    let shots = shots().unwrap();
    let page = |wanted: &str| &shots.iter().find(|shot| shot.name == wanted).unwrap().html;
    for (wanted, text) in [
        (
            "storefront/home.usual",
            r#"<span class="count">2<span class="sr"> items</span>"#,
        ),
        ("storefront/package.usual", "Add to basket</button>"),
        ("storefront/package.usual", "Buy now</button>"),
        ("storefront/basket.usual", ">Checkout</button>"),
        (
            "storefront/player.usual",
            r#"<label for="username">Username</label>"#,
        ),
        (
            "checkout/session.usual",
            r#"<label for="email">E-mail</label>"#,
        ),
        ("checkout/session.usual", ">Pay 39.96\u{a0}EUR</button>"),
        (
            "checkout/session.usual",
            r#"<label for="couponCode">Coupon code</label>"#,
        ),
        (
            "checkout/session.usual",
            r#"<label for="giftCardCode">Gift card code</label>"#,
        ),
        (
            "checkout/session.subscription",
            ">Pay 24.99\u{a0}EUR every month</button>",
        ),
        ("checkout/session.trial", ">Start free trial</button>"),
        (
            "checkout/session.gift-card",
            ">Pay with your gift card</button>",
        ),
        ("checkout/session.free", ">Get it for free</button>"),
        ("checkout/test-gateway.usual", "Approve payment</button>"),
        ("checkout/test-gateway.usual", "Decline payment</button>"),
        ("checkout/receipt.usual", r#"aria-label="Delivery""#),
        (
            "dashboard/login.usual",
            r#"<label for="password">Password</label>"#,
        ),
        ("dashboard/login.usual", ">Log in</button>"),
        ("dashboard/home.usual", r#"aria-label="Dashboard""#),
    ] {
        assert!(page(wanted).contains(text), "{wanted}: {text}");
    }
}
