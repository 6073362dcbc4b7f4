//! What stands in the middle of a package's picture.

use super::draw::{Dice, Pencil};
use crate::colour::Oklch;

/// The things we can draw.
#[derive(Clone, Copy)]
pub(super) enum Motif {
    Gem,
    Crystals,
    Block,
    Coins,
    Crown,
    Shield,
    Key,
}

/// The tones of one picture.
pub(super) struct Paint {
    pub(super) chroma: f64,
    pub(super) hue: f64,
    /// How far the motif's hue lies from its ground.
    pub(super) turn: f64,
}

impl Paint {
    fn tone(&self, l: f64) -> Oklch {
        Oklch::new(l, self.chroma, self.hue + self.turn)
    }

    fn gold(l: f64) -> Oklch {
        Oklch::new(l, 0.14, 84.0)
    }
}

impl Motif {
    /// A motif that fits the words of the name, else one by chance.
    pub(super) fn of(name: &str, dice: &mut Dice) -> Self {
        let name = name.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if says(&["coin", "money", "cash", "credit", "gold"]) {
            Self::Coins
        } else if says(&["key"]) {
            Self::Key
        } else if says(&[
            "kit", "crate", "chest", "box", "bundle", "block", "pack", "backpack",
        ]) {
            Self::Block
        } else if says(&["mvp", "king", "queen", "legend", "lord", "emperor", "royal"]) {
            Self::Crown
        } else if says(&[
            "knight", "guard", "protect", "claim", "hero", "clan", "team",
        ]) {
            Self::Shield
        } else if says(&["vip", "gem", "diamond", "elite"]) {
            Self::Gem
        } else {
            dice.pick(&[
                Self::Gem,
                Self::Crystals,
                Self::Block,
                Self::Shield,
                Self::Crystals,
            ])
            .unwrap_or(Self::Gem)
        }
    }

    pub(super) fn turn(self, dice: &mut Dice) -> f64 {
        if matches!(self, Self::Crown | Self::Key) {
            return -70.0;
        }
        dice.pick(&[-26.0, 0.0, 26.0, 48.0]).unwrap_or_default()
    }

    pub(super) fn draw(self, pencil: &mut Pencil, dice: &mut Dice, paint: &Paint) {
        match self {
            Self::Gem => gem(pencil, paint),
            Self::Crystals => crystals(pencil, dice, paint),
            Self::Block => block(pencil, paint),
            Self::Coins => coins(pencil, dice),
            Self::Crown => crown(pencil, paint),
            Self::Shield => shield(pencil, dice, paint),
            Self::Key => key(pencil, paint),
        }
    }
}

fn gem(p: &mut Pencil, paint: &Paint) {
    let (left, inner_left) = ((-70.0, -18.0), (-29.0, -14.0));
    let (right, inner_right) = ((70.0, -18.0), (29.0, -14.0));
    let (top_left, top, top_right) = ((-40.0, -52.0), (0.0, -54.0), (40.0, -52.0));
    let culet = (0.0, 64.0);
    for (l, facet) in [
        (0.70, [top_left, left, inner_left]),
        (0.83, [top_left, inner_left, top]),
        (0.93, [top, inner_left, inner_right]),
        (0.79, [top, inner_right, top_right]),
        (0.62, [top_right, inner_right, right]),
        (0.60, [left, inner_left, culet]),
        (0.75, [inner_left, inner_right, culet]),
        (0.49, [inner_right, right, culet]),
    ] {
        p.polygon(paint.tone(l), &facet);
    }
    p.polygon(paint.tone(0.82), &[inner_left, (-4.0, -14.0), culet]);
}

fn crystals(p: &mut Pencil, dice: &mut Dice, paint: &Paint) {
    let tall = 96.0 + dice.unit() * 14.0;
    let shape = [
        (-44.0, 44.0, 17.0, 62.0),
        (40.0, 40.0, 19.0, 74.0),
        (0.0, 50.0, 26.0, tall),
        (-24.0, 62.0, 12.0, 36.0),
        (28.0, 62.0, 11.0, 30.0),
    ];
    for (x, y, w, h) in shape {
        let lean = (x / 4.0_f64).round();
        let tip = (x + lean + w * 0.1, y - h);
        let shoulder = y - h * 0.72;
        let (left, mid, right) = (
            (x + lean * 0.7 - w, shoulder),
            (x + lean * 0.7, shoulder + w * 0.35),
            (x + lean * 0.7 + w, shoulder),
        );
        p.polygon(
            paint.tone(0.72),
            &[left, (x - w * 0.85, y), (x, y + w * 0.4), mid],
        );
        p.polygon(
            paint.tone(0.52),
            &[mid, (x, y + w * 0.4), (x + w * 0.85, y), right],
        );
        p.polygon(paint.tone(0.90), &[left, tip, mid]);
        p.polygon(paint.tone(0.66), &[mid, tip, right]);
    }
}

/// A point on the left or right side of a cube; `u` runs outwards from the front edge.
fn on_cube(side: f64, u: f64, v: f64) -> (f64, f64) {
    (side * 60.0 * u, 2.0 - 34.0 * u + 64.0 * v)
}

fn block(p: &mut Pencil, paint: &Paint) {
    p.polygon(
        paint.tone(0.82),
        &[(0.0, -66.0), (60.0, -32.0), (0.0, 2.0), (-60.0, -32.0)],
    );
    p.polygon(
        paint.tone(0.72),
        &[(0.0, -54.0), (39.0, -32.0), (0.0, -10.0), (-39.0, -32.0)],
    );
    for (side, l) in [(-1.0, 0.62), (1.0, 0.48)] {
        let face = |u0: f64, u1: f64, v0: f64, v1: f64| {
            [
                on_cube(side, u0, v0),
                on_cube(side, u1, v0),
                on_cube(side, u1, v1),
                on_cube(side, u0, v1),
            ]
        };
        p.polygon(paint.tone(l), &face(0.0, 1.0, 0.0, 1.0));
        p.polygon(paint.tone(l - 0.10), &face(0.14, 0.86, 0.42, 0.88));
        p.polygon(paint.tone(l - 0.17), &face(0.0, 1.0, 0.28, 0.36));
        p.polygon(Paint::gold(l + 0.17), &face(0.0, 0.16, 0.18, 0.52));
    }
}

fn coins(p: &mut Pencil, dice: &mut Dice) {
    for (x, y, least) in [(-46.0, 30.0, 2), (46.0, 34.0, 1), (0.0, 50.0, 4)] {
        let count = least + dice.below(3);
        for index in 0..count {
            let y = y - f64::from(index) * 13.0;
            let (ax, ay) = p.absolute((x - 38.0, y));
            p.path(
                Paint::gold(0.58),
                &format!("M{ax} {ay}v11a38 17 0 0 0 76 0v-11z"),
            );
            p.ellipse(Paint::gold(0.80), (x, y), 38.0, 17.0);
        }
        let y = y - f64::from(count.saturating_sub(1)) * 13.0;
        p.ellipse(Paint::gold(0.72), (x, y), 29.0, 12.0);
        p.polygon(
            Paint::gold(0.92),
            &[(x, y - 8.0), (x + 14.0, y), (x, y + 8.0), (x - 14.0, y)],
        );
    }
}

fn crown(p: &mut Pencil, paint: &Paint) {
    let gold = Paint::gold;
    p.polygon(gold(0.62), &[(-66.0, -30.0), (-30.0, 4.0), (-50.0, 40.0)]);
    p.polygon(gold(0.62), &[(66.0, -30.0), (30.0, 4.0), (50.0, 40.0)]);
    p.polygon(
        gold(0.86),
        &[(-66.0, -30.0), (-50.0, 40.0), (-22.0, 40.0), (-30.0, 4.0)],
    );
    p.polygon(
        gold(0.66),
        &[(66.0, -30.0), (50.0, 40.0), (22.0, 40.0), (30.0, 4.0)],
    );
    p.polygon(
        gold(0.90),
        &[(0.0, -54.0), (-34.0, 12.0), (-24.0, 40.0), (0.0, 40.0)],
    );
    p.polygon(
        gold(0.74),
        &[(0.0, -54.0), (34.0, 12.0), (24.0, 40.0), (0.0, 40.0)],
    );
    p.polygon(
        gold(0.78),
        &[(-50.0, 40.0), (0.0, 40.0), (0.0, 58.0), (-47.0, 58.0)],
    );
    p.polygon(
        gold(0.62),
        &[(50.0, 40.0), (0.0, 40.0), (0.0, 58.0), (47.0, 58.0)],
    );
    for (x, y) in [(-66.0, -34.0), (0.0, -58.0), (66.0, -34.0)] {
        p.ellipse(gold(0.93), (x, y), 6.0, 6.0);
    }
    p.polygon(paint.tone(0.86), &[(0.0, -6.0), (-13.0, 12.0), (0.0, 30.0)]);
    p.polygon(paint.tone(0.60), &[(0.0, -6.0), (13.0, 12.0), (0.0, 30.0)]);
}

fn shield(p: &mut Pencil, dice: &mut Dice, paint: &Paint) {
    let half = |side: f64, grow: f64| {
        let w = 52.0 - grow;
        vec![
            (0.0, -60.0 + grow),
            (side * w, -46.0 + grow),
            (side * w, 4.0),
            (side * w * 0.62, 36.0 - grow * 0.4),
            (0.0, 64.0 - grow * 1.2),
        ]
    };
    p.polygon(paint.tone(0.90), &half(-1.0, 0.0));
    p.polygon(paint.tone(0.74), &half(1.0, 0.0));
    p.polygon(paint.tone(0.64), &half(-1.0, 9.0));
    p.polygon(paint.tone(0.50), &half(1.0, 9.0));
    for step in 0..=dice.below(3) {
        let y = -18.0 + f64::from(step) * 20.0;
        p.polygon(
            Paint::gold(0.92),
            &[
                (0.0, y - 10.0),
                (-26.0, y + 8.0),
                (-26.0, y + 19.0),
                (0.0, y + 2.0),
            ],
        );
        p.polygon(
            Paint::gold(0.76),
            &[
                (0.0, y - 10.0),
                (26.0, y + 8.0),
                (26.0, y + 19.0),
                (0.0, y + 2.0),
            ],
        );
    }
}

fn key(p: &mut Pencil, paint: &Paint) {
    let gold = Paint::gold;
    p.polygon(
        gold(0.84),
        &[(-6.0, -14.0), (0.0, -14.0), (0.0, 66.0), (-6.0, 60.0)],
    );
    p.polygon(
        gold(0.66),
        &[(6.0, -14.0), (0.0, -14.0), (0.0, 66.0), (6.0, 60.0)],
    );
    p.polygon(
        gold(0.66),
        &[(6.0, 28.0), (28.0, 28.0), (28.0, 38.0), (6.0, 38.0)],
    );
    p.polygon(
        gold(0.58),
        &[(6.0, 46.0), (22.0, 46.0), (22.0, 56.0), (6.0, 56.0)],
    );
    p.polygon(gold(0.90), &[(0.0, -66.0), (-38.0, -36.0), (0.0, -6.0)]);
    p.polygon(gold(0.72), &[(0.0, -66.0), (38.0, -36.0), (0.0, -6.0)]);
    p.polygon(
        paint.tone(0.88),
        &[(0.0, -54.0), (-22.0, -36.0), (0.0, -18.0)],
    );
    p.polygon(
        paint.tone(0.62),
        &[(0.0, -54.0), (22.0, -36.0), (0.0, -18.0)],
    );
}
