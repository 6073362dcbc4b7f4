//! A pencil for flat shapes, and the dice that pick between them.

use std::fmt::Write as _;

use crate::assets::fingerprint;
use crate::colour::Oklch;

/// Numbers that depend on nothing but a name.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn of(name: &str) -> Self {
        Self(fingerprint(name.as_bytes()))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `sides`.
    pub(super) fn below(&mut self, sides: u32) -> u32 {
        let upper = u32::try_from(self.next() >> 33).unwrap_or_default();
        upper % sides.max(1)
    }

    /// A number from 0 to 1.
    pub(super) fn unit(&mut self) -> f64 {
        f64::from(self.below(10_000)) / 10_000.0
    }

    pub(super) fn pick<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        let sides = u32::try_from(of.len()).unwrap_or(1);
        of.get(usize::try_from(self.below(sides)).unwrap_or_default())
            .copied()
    }
}

/// Collects shapes around a movable origin.
pub(super) struct Pencil {
    shapes: String,
    x: f64,
    y: f64,
}

impl Pencil {
    pub(super) fn new() -> Self {
        Self {
            shapes: String::new(),
            x: 0.0,
            y: 0.0,
        }
    }

    pub(super) fn origin(&mut self, x: f64, y: f64) {
        self.x = x;
        self.y = y;
    }

    pub(super) fn polygon(&mut self, colour: Oklch, points: &[(f64, f64)]) {
        let mut path = String::new();
        for (index, (x, y)) in points.iter().enumerate() {
            let (x, y) = (short(self.x + x), short(self.y + y));
            let _ = write!(path, "{}{x} {y}", if index == 0 { "M" } else { "L" });
        }
        self.path(colour, &format!("{path}z"));
    }

    pub(super) fn ellipse(&mut self, colour: Oklch, (x, y): (f64, f64), rx: f64, ry: f64) {
        let (x, y) = (short(self.x + x), short(self.y + y));
        let _ = write!(
            self.shapes,
            r#"<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" fill="{}"/>"#,
            colour.hex()
        );
    }

    /// A sparkle with four points.
    pub(super) fn star(&mut self, colour: Oklch, (x, y): (f64, f64), r: f64) {
        let n = r * 0.22;
        let points = [
            (0.0, -r),
            (n, -n),
            (r, 0.0),
            (n, n),
            (0.0, r),
            (-n, n),
            (-r, 0.0),
            (-n, -n),
        ];
        let moved: Vec<_> = points.iter().map(|(px, py)| (x + px, y + py)).collect();
        self.polygon(colour, &moved);
    }

    /// A shape in absolute coordinates.
    pub(super) fn path(&mut self, colour: Oklch, d: &str) {
        let _ = write!(self.shapes, r#"<path fill="{}" d="{d}"/>"#, colour.hex());
    }

    pub(super) fn absolute(&self, (x, y): (f64, f64)) -> (String, String) {
        (short(self.x + x), short(self.y + y))
    }

    pub(super) fn finish(self) -> String {
        self.shapes
    }
}

fn short(v: f64) -> String {
    let text = format!("{v:.1}");
    text.strip_suffix(".0")
        .map_or_else(|| text.clone(), ToOwned::to_owned)
}
