//! The picture of a package that has none.

use super::draw::{Dice, Pencil};
use super::motif::{Motif, Paint};
use crate::colour::Oklch;
use crate::view::Html;

/// A picture from the package's name in the store's accent, as decoration beside the name.
#[must_use]
pub fn package(name: &str, accent: &str) -> Html {
    let mut dice = Dice::of(name);
    let base = crate::accent::parse(accent);
    let turn = dice
        .pick(&[-38.0, -24.0, -10.0, 0.0, 12.0])
        .unwrap_or_default();
    let chroma = base.c.clamp(0.03, 0.16);
    let ground = |l: f64| Oklch::new(l, chroma * 0.5, base.h + turn);

    let mut pencil = Pencil::new();
    pencil.path(ground(0.36), "M0 0h320v200H0z");
    backdrop(&mut pencil, &mut dice, &ground);
    let motif = Motif::of(name, &mut dice);
    let paint = Paint {
        chroma,
        hue: base.h + turn,
        turn: motif.turn(&mut dice),
    };
    pencil.origin(160.0, 98.0);
    motif.draw(&mut pencil, &mut dice, &paint);
    sparkles(&mut pencil, &mut dice, &ground);
    Html(format!(
        r#"<svg class="art" viewBox="0 0 320 200" width="320" height="200" preserveAspectRatio="xMidYMid slice" aria-hidden="true">{}</svg>"#,
        pencil.finish()
    ))
}

/// Light from above and a floor to stand on.
fn backdrop(pencil: &mut Pencil, dice: &mut Dice, ground: &dyn Fn(f64) -> Oklch) {
    pencil.origin(160.0, 0.0);
    let lean = dice.unit() * 60.0 - 30.0;
    pencil.polygon(
        ground(0.40),
        &[
            (-70.0 + lean, 0.0),
            (70.0 + lean, 0.0),
            (150.0, 200.0),
            (-150.0, 200.0),
        ],
    );
    pencil.polygon(
        ground(0.44),
        &[
            (-34.0 + lean, 0.0),
            (34.0 + lean, 0.0),
            (86.0, 200.0),
            (-86.0, 200.0),
        ],
    );
    pencil.origin(160.0, 152.0);
    pencil.polygon(ground(0.31), &[(0.0, -52.0), (190.0, 48.0), (-190.0, 48.0)]);
    pencil.polygon(
        ground(0.27),
        &[(0.0, -30.0), (84.0, 8.0), (0.0, 46.0), (-84.0, 8.0)],
    );
    pencil.polygon(
        ground(0.34),
        &[(0.0, -22.0), (66.0, 8.0), (0.0, 38.0), (-66.0, 8.0)],
    );
}

fn sparkles(pencil: &mut Pencil, dice: &mut Dice, ground: &dyn Fn(f64) -> Oklch) {
    pencil.origin(0.0, 0.0);
    for side in [-1.0, 1.0, -1.0, 1.0, 1.0] {
        let x = 160.0 + side * (84.0 + dice.unit() * 56.0);
        let y = 24.0 + dice.unit() * 104.0;
        let size = 3.0 + dice.unit() * 6.0;
        pencil.star(ground(0.66 + dice.unit() * 0.22), (x, y), size);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_small_and_has_no_ids() {
        for name in [
            "VIP",
            "1,000 coins",
            "Crate key",
            "Starter kit",
            "MVP+",
            "x",
            "",
            "Ärger & <b>",
        ] {
            let svg = package(name, "#d9480f").0;
            assert!(svg.len() < 6_000, "{name}: {}", svg.len());
            assert!(!svg.contains(" id="), "{name}");
            assert_eq!(svg, package(name, "#d9480f").0);
        }
    }
}
