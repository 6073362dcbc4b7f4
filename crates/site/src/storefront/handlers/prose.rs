//! What owners write: rich text that was made safe when it was saved, and plain text.

use askama::Template;

use crate::view::Html;

/// The longest line on a card.
const CARD_CHARS: usize = 110;

#[derive(Template)]
#[template(
    ext = "html",
    source = "{% for text in paragraphs %}<p>{{ text }}</p>{% endfor %}"
)]
struct Paragraphs<'a> {
    paragraphs: Vec<&'a str>,
}

/// Rich text as it was saved: markup made safe, or plain text with blank lines between paragraphs.
pub(super) fn rich(saved: &str) -> Html {
    // Text that was made safe holds no angle bracket but that of a tag; its entities are for us to read.
    if saved.contains('<') {
        Html(saved.to_owned())
    } else {
        plain(&decoded(saved))
    }
}

/// Plain text with blank lines between paragraphs.
pub(super) fn plain(text: &str) -> Html {
    let paragraphs: Vec<_> = text
        .split("\n\n")
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .collect();
    Html(Paragraphs { paragraphs }.render().unwrap_or_default())
}

/// The first line of rich text, without its markup, for a card.
pub(super) fn first_line(saved: &str) -> String {
    let mut text = String::new();
    let mut rest = saved.trim_start();
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        let (tag, after) = tag.split_once('>').unwrap_or((tag, ""));
        let ends_block = tag.starts_with("br") || ["/p", "/li", "/h3", "/h4"].contains(&tag);
        rest = after;
        if ends_block && !text.trim().is_empty() {
            rest = "";
        }
    }
    text.push_str(rest);
    let line = decoded(text.trim())
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned();
    if line.chars().count() <= CARD_CHARS {
        return line;
    }
    let cut: String = line.chars().take(CARD_CHARS).collect();
    let whole_words = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(words, _)| words);
    format!("{}…", whole_words.trim_end_matches([',', '.', ';', ' ']))
}

fn decoded(text: &str) -> String {
    let named = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ];
    named
        .iter()
        .fold(text.to_owned(), |text, (name, is)| text.replace(name, is))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_shows_the_first_line_as_text() {
        let rich = "<p>Fly &amp; <strong>build</strong> for 2 &lt; 3.</p><ul><li>More</li></ul>";
        assert_eq!(first_line(rich), "Fly & build for 2 < 3.");
        assert_eq!(first_line("Plain\nSecond"), "Plain");
        assert_eq!(first_line("<ul><li>One</li><li>Two</li></ul>"), "One");
        assert!(first_line(&"word ".repeat(100)).ends_with("word…"));
        assert_eq!(first_line(""), "");
    }

    #[test]
    fn plain_text_becomes_paragraphs_and_stays_text() {
        assert_eq!(
            rich("One &amp; two\n\n\nThree").0,
            "<p>One &#38; two</p><p>Three</p>"
        );
        assert_eq!(rich("a &lt;script&gt; b").0, "<p>a &#60;script&#62; b</p>");
        assert_eq!(rich("<p>As it is</p>").0, "<p>As it is</p>");
        assert!(rich("").is_empty());
    }
}
