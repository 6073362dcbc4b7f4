//! A store's accent: one colour of the owner becomes every tone the pages need, light and dark.
//!
//! The owner's colour is kept where it can be read on, and moved in lightness where it cannot.

use crate::colour::Oklch;

/// The accent of Tradepost itself, and of stores whose colour cannot be read.
pub const DEFAULT: &str = "#0f6e7d";

/// The most a fill may darken so that white stays the text on it.
const WHITE_REACH: f64 = 0.07;
const READABLE: f64 = 4.6;

/// The style sheet `{base}/accent.css` for an accent such as `#d9480f`.
#[must_use]
pub fn accent_css(accent: &str) -> String {
    let tones = Tones::of(accent);
    let mut css = String::from(":root{");
    for (name, light, dark) in &tones.pairs {
        css.push_str(&format!(
            "--{name}:light-dark({},{});",
            light.hex(),
            dark.hex()
        ));
    }
    css.push_str("}\n");
    css
}

/// The value of `v` in the address of an accent's style sheet.
#[must_use]
pub fn version(accent: &str) -> String {
    // The release is part of it, since the same accent may be computed better one day.
    let key = format!("{accent}{}", env!("CARGO_PKG_VERSION"));
    format!("{:016x}", crate::assets::fingerprint(key.as_bytes()))[..8].to_owned()
}

/// The accent, or the default one where the text is no colour.
pub(crate) fn parse(accent: &str) -> Oklch {
    Oklch::parse(accent)
        .or_else(|| Oklch::parse(DEFAULT))
        .unwrap_or_else(|| Oklch::new(0.5, 0.09, 210.0))
}

struct Tones {
    pairs: Vec<(&'static str, Oklch, Oklch)>,
}

impl Tones {
    fn of(accent: &str) -> Self {
        let base = parse(accent);
        let light = Fill::of(base.lightness(base.l.clamp(0.32, 0.86)));
        let calm = Oklch {
            c: base.c * 0.88,
            ..base
        };
        let dark = Fill::of(calm.lightness(base.l.clamp(0.56, 0.82)));

        let light_soft = Oklch::new(0.955, (base.c * 0.25).min(0.03), base.h);
        let dark_soft = Oklch::new(0.31, (base.c * 0.4).min(0.05), base.h);
        let light_text = base
            .lightness(base.l.min(0.55))
            .readable_on(light_soft, READABLE);
        let dark_text = calm
            .lightness(base.l.max(0.76))
            .chroma_at_most(0.13)
            .readable_on(dark_soft, READABLE);
        let hero = Oklch::new(0.25, (base.c * 0.45).min(0.06), base.h);
        Self {
            pairs: vec![
                ("accent", light.ground, dark.ground),
                ("accent-hover", light.hover, dark.hover),
                ("on-accent", light.text, dark.text),
                ("accent-text", light_text, dark_text),
                ("accent-soft", light_soft, dark_soft),
                (
                    "accent-line",
                    Oklch::new(0.84, (base.c * 0.6).min(0.08), base.h),
                    Oklch::new(0.45, (base.c * 0.6).min(0.07), base.h),
                ),
                ("hero", hero, hero.lightness(0.22)),
                ("hero-raised", hero.lightness(0.33), hero.lightness(0.30)),
                (
                    "hero-dim",
                    Oklch::new(0.87, 0.025, base.h),
                    Oklch::new(0.84, 0.025, base.h),
                ),
            ],
        }
    }
}

/// A ground that carries text.
struct Fill {
    ground: Oklch,
    hover: Oklch,
    text: Oklch,
}

impl Fill {
    fn of(wanted: Oklch) -> Self {
        let white = Oklch::new(1.0, 0.0, 0.0);
        let ink = Oklch::new(0.18, 0.01, wanted.h);
        let darker = wanted.readable_on(white, READABLE);
        if wanted.l - darker.l <= WHITE_REACH {
            Self {
                ground: darker,
                hover: darker.lightness(darker.l - 0.05),
                text: white,
            }
        } else {
            let lighter = wanted.readable_on(ink, READABLE);
            Self {
                ground: lighter,
                hover: lighter.lightness(lighter.l + 0.04),
                text: ink,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grid through all colours: every text of every accent can be read.
    #[test]
    fn text_can_be_read_on_every_accent() {
        for r in (0..=255).step_by(51) {
            for g in (0..=255).step_by(51) {
                for b in (0..=255).step_by(51) {
                    let accent = format!("#{r:02x}{g:02x}{b:02x}");
                    let tones = Tones::of(&accent).pairs;
                    let tone = |name| tones.iter().find(|t| t.0 == name).unwrap();
                    for (text, ground) in [
                        ("on-accent", "accent"),
                        ("on-accent", "accent-hover"),
                        ("accent-text", "accent-soft"),
                        ("hero-dim", "hero-raised"),
                    ] {
                        let (text, ground) = (tone(text), tone(ground));
                        let light = text.1.contrast(ground.1);
                        let dark = text.2.contrast(ground.2);
                        assert!(light >= 4.5, "{accent}: {} on {} {light}", text.0, ground.0);
                        assert!(
                            dark >= 4.5,
                            "{accent}: {} on {} {dark} (dark)",
                            text.0,
                            ground.0
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_word_that_is_no_colour_gives_the_default() {
        assert_eq!(accent_css("red;}body{display:none"), accent_css(DEFAULT));
    }
}
