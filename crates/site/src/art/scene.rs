//! The island behind a store's name.

use super::draw::{Dice, Pencil};
use crate::colour::Oklch;
use crate::view::Html;

const SIDE: usize = 11;
const HALF: f64 = 26.0;
const RISE: f64 = 13.0;

/// A floating island from the store's name in its accent; decoration.
#[must_use]
pub fn scene(name: &str, accent: &str) -> Html {
    let base = crate::accent::parse(accent);
    let mut dice = Dice::of(name);
    let ground = heights(&mut dice);
    let chroma = base.c.clamp(0.02, 0.13);
    let tone = |l: f64, part: f64, turn: f64| Oklch::new(l, chroma * part, base.h + turn);

    let mut p = Pencil::new();
    for (y, row) in ground.iter().enumerate() {
        for (x, height) in row.iter().enumerate() {
            let Some(height) = *height else { continue };
            let (cx, cy) = place(x, y);
            p.origin(cx, cy - height * RISE);
            let front = |dx: usize, dy: usize| {
                ground
                    .get(y + dy)
                    .and_then(|row| row.get(x + dx))
                    .copied()
                    .flatten()
            };
            let deep = |other: Option<f64>, dice: &mut Dice| match other {
                Some(other) => ((height - other) * RISE).max(0.0),
                None => height * RISE + 22.0 + middle(x, y) * 66.0 + dice.unit() * 22.0,
            };
            let left = deep(front(0, 1), &mut dice);
            let right = deep(front(1, 0), &mut dice);
            let water = height < 0.5;
            let l = if water { 0.58 } else { 0.56 + height * 0.055 };
            let turn = if water { 232.0 - base.h } else { height * 4.0 };
            if left > 0.0 {
                p.polygon(
                    tone(l - 0.17, 0.8, turn),
                    &[(-HALF, 0.0), (0.0, 15.0), (0.0, 15.0 + left), (-HALF, left)],
                );
            }
            if right > 0.0 {
                p.polygon(
                    tone(l - 0.26, 0.7, turn),
                    &[(HALF, 0.0), (0.0, 15.0), (0.0, 15.0 + right), (HALF, right)],
                );
            }
            p.polygon(
                tone(l, 1.0, turn),
                &[(0.0, -15.0), (HALF, 0.0), (0.0, 15.0), (-HALF, 0.0)],
            );
            if !water && height < 4.0 && dice.below(6) == 0 {
                tree(&mut p, &mut dice);
            }
        }
    }
    p.origin(0.0, 0.0);
    for _ in 0..9 {
        let at = (dice.unit() * 620.0, dice.unit() * 130.0);
        let size = 2.0 + dice.unit() * 4.0;
        p.star(tone(0.80, 0.4, 0.0), at, size);
    }
    Html(format!(
        r#"<svg class="scene" viewBox="0 0 620 440" width="620" height="440" aria-hidden="true">{}</svg>"#,
        p.finish()
    ))
}

fn place(x: usize, y: usize) -> (f64, f64) {
    let (x, y) = (number(x), number(y));
    (310.0 + (x - y) * HALF, 92.0 + (x + y) * 15.0)
}

/// One in the middle of the island, nought at its shore.
fn middle(x: usize, y: usize) -> f64 {
    let half = number(SIDE - 1) / 2.0;
    let far = ((number(x) - half) / half).hypot((number(y) - half) / half);
    (1.0 - far).max(0.0)
}

fn heights(dice: &mut Dice) -> Vec<Vec<Option<f64>>> {
    let hills: Vec<(f64, f64, f64)> = (0..4)
        .map(|_| {
            (
                1.0 + dice.unit() * 7.0,
                1.0 + dice.unit() * 7.0,
                1.6 + dice.unit() * 2.8,
            )
        })
        .collect();
    (0..SIDE)
        .map(|y| {
            (0..SIDE)
                .map(|x| {
                    let ragged = dice.unit() * 0.12;
                    if middle(x, y) + ragged < 0.15 {
                        return None;
                    }
                    let sum: f64 = hills
                        .iter()
                        .map(|(hx, hy, size)| {
                            let far = (number(x) - hx).hypot(number(y) - hy);
                            size * (-far * far / 4.2).exp()
                        })
                        .sum();
                    Some(sum.round().min(6.0))
                })
                .collect()
        })
        .collect()
}

fn tree(p: &mut Pencil, dice: &mut Dice) {
    let tone = |l: f64, hue: f64| Oklch::new(l, 0.08, hue);
    let high = 16.0 + dice.unit() * 10.0;
    p.polygon(
        tone(0.38, 60.0),
        &[(-3.0, 0.0), (0.0, 2.0), (0.0, -8.0), (-3.0, -8.0)],
    );
    p.polygon(
        tone(0.30, 60.0),
        &[(3.0, 0.0), (0.0, 2.0), (0.0, -8.0), (3.0, -8.0)],
    );
    p.polygon(
        tone(0.62, 158.0),
        &[(-11.0, -6.0), (0.0, 0.0), (0.0, -6.0 - high)],
    );
    p.polygon(
        tone(0.44, 165.0),
        &[(11.0, -6.0), (0.0, 0.0), (0.0, -6.0 - high)],
    );
}

fn number(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or_default())
}
