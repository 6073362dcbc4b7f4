//! Colours in OKLCH, with the contrast that WCAG asks for.

/// Lightness 0..1, chroma 0..0.4, hue in degrees.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Oklch {
    pub(crate) l: f64,
    pub(crate) c: f64,
    pub(crate) h: f64,
}

impl Oklch {
    pub(crate) fn new(l: f64, c: f64, h: f64) -> Self {
        Self {
            l,
            c,
            h: h.rem_euclid(360.0),
        }
    }

    /// Reads `#rrggbb`.
    pub(crate) fn parse(hex: &str) -> Option<Self> {
        let digits = hex
            .strip_prefix('#')
            .filter(|d| d.len() == 6 && d.is_ascii())?;
        let channel = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        let [r, g, b] =
            [channel(0)?, channel(2)?, channel(4)?].map(|v| linear(f64::from(v) / 255.0));
        let l = (0.412_221_47 * r + 0.536_332_54 * g + 0.051_445_99 * b).cbrt();
        let m = (0.211_903_5 * r + 0.680_699_55 * g + 0.107_396_96 * b).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_84 * g + 0.629_978_7 * b).cbrt();
        let lightness = 0.210_454_26 * l + 0.793_617_78 * m - 0.004_072_05 * s;
        let a = 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s;
        let b = 0.025_904_04 * l + 0.782_771_77 * m - 0.808_675_77 * s;
        Some(Self::new(lightness, a.hypot(b), b.atan2(a).to_degrees()))
    }

    pub(crate) fn lightness(self, l: f64) -> Self {
        Self {
            l: l.clamp(0.0, 1.0),
            ..self
        }
    }

    pub(crate) fn chroma_at_most(self, c: f64) -> Self {
        Self {
            c: self.c.min(c),
            ..self
        }
    }

    /// `#rrggbb`, with as much of the chroma as a screen can show.
    pub(crate) fn hex(self) -> String {
        let [r, g, b] = self.shown();
        format!("#{:02x}{:02x}{:02x}", byte(r), byte(g), byte(b))
    }

    /// The ratio of WCAG 2, from 1 to 21.
    pub(crate) fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// The colour nearest in lightness that stands out from `ground` by `ratio`.
    pub(crate) fn readable_on(self, ground: Self, ratio: f64) -> Self {
        let step = if ground.l > 0.5 { -0.01 } else { 0.01 };
        let mut colour = self;
        while colour.contrast(ground) < ratio && (0.01..=0.99).contains(&colour.l) {
            colour.l += step;
        }
        colour
    }

    fn luminance(self) -> f64 {
        // Of the rounded colour, since that is the one a reader sees.
        let [r, g, b] = self.shown().map(|v| linear(f64::from(byte(v)) / 255.0));
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn shown(self) -> [f64; 3] {
        let mut colour = self;
        while colour.c > 0.0 && colour.rgb().iter().any(|v| !(-0.0005..=1.0005).contains(v)) {
            colour.c = (colour.c - 0.004).max(0.0);
        }
        colour.rgb()
    }

    fn rgb(self) -> [f64; 3] {
        let (sin, cos) = self.h.to_radians().sin_cos();
        let (a, b) = (self.c * cos, self.c * sin);
        let l = (self.l + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
        let m = (self.l - 0.105_561_35 * a - 0.063_854_17 * b).powi(3);
        let s = (self.l - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
        [
            4.076_741_66 * l - 3.307_711_6 * m + 0.230_969_93 * s,
            -1.268_438 * l + 2.609_757_4 * m - 0.341_319_4 * s,
            -0.004_196_09 * l - 0.703_418_6 * m + 1.707_614_7 * s,
        ]
        .map(gamma)
    }
}

fn linear(v: f64) -> f64 {
    if v <= 0.040_45 {
        v / 12.92
    } else {
        ((v + 0.055) / 1.055).powf(2.4)
    }
}

fn gamma(v: f64) -> f64 {
    if v <= 0.003_130_8 {
        v * 12.92
    } else {
        1.055 * v.powf(1.0 / 2.4) - 0.055
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to what a byte holds"
)]
fn byte(v: f64) -> u8 {
    (v.clamp(0.0, 1.0) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_survives_the_way_there_and_back() {
        for hex in [
            "#000000", "#ffffff", "#d9480f", "#0f6e7d", "#7a3cff", "#12b886",
        ] {
            assert_eq!(Oklch::parse(hex).unwrap().hex(), hex);
        }
    }

    #[test]
    fn black_on_white_is_twenty_one() {
        let ratio = Oklch::new(0.0, 0.0, 0.0).contrast(Oklch::new(1.0, 0.0, 0.0));
        assert!((ratio - 21.0).abs() < 0.01);
    }

    #[test]
    fn what_is_no_colour_is_refused() {
        for text in ["", "red", "#fff", "#12345g", "#ééé"] {
            assert!(Oklch::parse(text).is_none(), "{text}");
        }
    }
}
