use proptest::prelude::*;

use super::*;
use crate::players::tests::HOSTILE;

fn input(kind: InputKind, required: bool) -> Input {
    Input {
        name: "answer".to_owned(),
        label: "Answer".to_owned(),
        kind,
        required,
    }
}

fn text(pattern: Option<&str>) -> Input {
    let kind = InputKind::Text {
        pattern: pattern.map(|it| Pattern::parse(it).unwrap()),
        min: None,
        max: None,
    };
    input(kind, true)
}

#[test]
fn hostile_answers_never_pass_even_where_the_pattern_would_take_them() {
    // What is no username, but harmless as text.
    let harmless = ["ab", "a b c", "Stéve", "a,b,c", "..Steve", "."];
    let more = [
        "say `id`",
        "a\tb",
        "a\u{2028}op b",
        "\u{201c}x\u{201d}",
        "x\0",
        "\u{a7}cred",
        "a\u{200b}b",
        "{input.answer}",
        " /op Steve",
        "- x",
        "a\u{a0}b",
        "rcon_password x // rest",
        "a//b",
        "x -rf",
        "red /op",
        "tp ~ ~5",
        "~",
        "a ^1",
    ];
    for hostile in HOSTILE.iter().chain(&more) {
        if harmless.contains(hostile) || hostile.chars().all(|c| c == 'a') && !hostile.is_empty() {
            continue;
        }
        for input in [text(None), text(Some("(?s).*"))] {
            assert!(input.check(hostile).is_err(), "{hostile:?}");
        }
        let number = InputKind::Number {
            min: None,
            max: None,
        };
        assert!(input(number, true).check(hostile).is_err(), "{hostile:?}");
    }
    for text_ in harmless {
        assert_eq!(text(None).check(text_).unwrap(), text_);
    }
}

#[test]
fn a_pattern_must_match_the_whole_answer() {
    let colour = text(Some("red|blue"));
    assert_eq!(colour.check(" blue ").unwrap(), "blue");
    for bad in ["bluetooth", "infrared", "red\nblue", "redblue"] {
        assert!(colour.check(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn signs_pass_only_where_the_owner_asks_for_them() {
    for sign in ["Tom & Jerry", "50%", "%host%", "&cred"] {
        assert_eq!(text(None).check(sign), Err(InputError::Signs), "{sign}");
        assert_eq!(text(Some("[a-zA-Z &%0-9]+")).check(sign).unwrap(), sign);
        assert_eq!(text(Some("[a-z ]+")).check(sign), Err(InputError::Form));
        let choice = input(InputKind::Choice(vec![sign.to_owned()]), true);
        assert_eq!(choice.check(sign).unwrap(), sign);
        assert!(is_safe_answer(sign), "{sign} still renders");
    }
    // Within a word these are plain text.
    for plain in ["well-known", "1/2", "a~b", "x^2", "and/or"] {
        assert_eq!(text(None).check(plain).unwrap(), plain);
    }
}

#[test]
fn patterns_that_break_out_or_cost_too_much_are_refused() {
    let long = "a".repeat(MAX_PATTERN + 1);
    let deep = "(".repeat(30) + &")".repeat(30);
    for bad in [
        "",
        "(",
        "a)|(?:b",
        "(?x) a # comment",
        r"\w{1,200}{1,200}",
        &long,
        &deep,
    ] {
        assert_eq!(Pattern::parse(bad), Err(InputError::Pattern), "{bad:?}");
    }
    for good in ["[A-Za-z0-9_]{3,16}", r"\w{1,32}", "red|blue", "(?i)yes|no"] {
        assert!(Pattern::parse(good).is_ok(), "{good}");
    }
}

#[test]
fn lengths_choices_and_ranges_hold() {
    let kind = InputKind::Text {
        pattern: None,
        min: Some(2),
        max: Some(4),
    };
    let short = input(kind, false);
    assert_eq!(short.check("ä"), Err(InputError::TooShort(2)));
    assert_eq!(short.check("äöü").unwrap(), "äöü");
    assert_eq!(short.check("abcde"), Err(InputError::TooLong(4)));
    assert_eq!(
        text(None).check(&"x".repeat(201)),
        Err(InputError::TooLong(200))
    );

    let choice = input(InputKind::Choice(vec!["red".into(), "blue".into()]), true);
    assert_eq!(choice.check("red").unwrap(), "red");
    assert_eq!(
        choice.check("Red").unwrap_err().to_string(),
        "must be one of red, blue"
    );

    let number = InputKind::Number {
        min: Some(-5),
        max: Some(10),
    };
    let number = input(number, true);
    for (raw, said) in [("7", "7"), ("-5", "-5"), ("007", "7"), ("-0", "0")] {
        assert_eq!(number.check(raw).unwrap(), said);
    }
    for bad in [
        "11",
        "-6",
        "1.5",
        "1e1",
        "+1",
        "0x1",
        "--1",
        "99999999999999999999",
    ] {
        assert!(number.check(bad).is_err(), "{bad}");
    }
}

#[test]
fn nothing_is_an_answer_only_where_none_is_required() {
    for blank in ["", "   "] {
        assert_eq!(text(None).check(blank), Err(InputError::Required));
        let optional = Input {
            required: false,
            ..text(Some("[a-z]+"))
        };
        assert_eq!(optional.check(blank).unwrap(), "");
    }
}

proptest! {
    #[test]
    fn no_accepted_answer_contains_a_forbidden_character(raw in "\\PC{0,40}|[ -~\\n\\r\\t\\\\]{0,40}|(?s:.{0,20})") {
        let number = InputKind::Number { min: None, max: None };
        for input in [text(None), text(Some("(?s).*")), input(number, false)] {
            let Ok(answer) = input.check(&raw) else { continue };
            prop_assert!(!answer.chars().any(char::is_control));
            let forbidden = answer.contains(|c| "\"'`\\;@{}$|<>".contains(c));
            prop_assert!(!forbidden);
            prop_assert!(!answer.contains("//"));
            let leading = answer.split(' ').any(|word| word.starts_with(['/', '~', '^']));
            prop_assert!(!leading);
            prop_assert!(is_safe_answer(&answer));
            // Checked again it stays what it is.
            prop_assert_eq!(input.check(&answer).unwrap(), answer);
        }
    }
}
