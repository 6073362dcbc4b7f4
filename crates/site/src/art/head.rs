//! The face of a player: eight by eight pixels from the username.

use std::fmt::Write as _;

use super::draw::Dice;
use crate::view::Html;

const SKIN: &[[&str; 2]] = &[
    ["#f0c8a0", "#dcae84"],
    ["#e3b088", "#cc956c"],
    ["#c98d62", "#b0774e"],
    ["#a26a43", "#8a5735"],
    ["#7a4b2f", "#653c25"],
    ["#9fc27a", "#86ab62"],
];
const HAIR: &[[&str; 2]] = &[
    ["#3b2618", "#2c1b10"],
    ["#6b4423", "#573519"],
    ["#a3692f", "#8a5523"],
    ["#d9b25c", "#c39b46"],
    ["#23252b", "#16181c"],
    ["#8c2f25", "#74241b"],
    ["#4d5a73", "#3d485e"],
    ["#7b4a86", "#673a71"],
];
const EYES: &[&str] = &["#3d5fa8", "#3f7d4f", "#6b4a2b", "#5b3f8c", "#2f7f86"];

/// Rows of a haircut: `h` hair, `d` darker hair, `.` face.
const CUTS: &[[&str; 4]] = &[
    ["hhhhhhhh", "hhhhhhhh", "hd....dh", "........"],
    ["hhhhhhhh", "hhdhhdhh", "hhh.hhhh", "d......d"],
    ["hhhhhhhh", "hdhhhhdh", "h......h", "h......h"],
    ["dhhhhhhd", "hhhhhhh.", "hhhh....", "h......."],
    ["hhhhhhhh", "dhhhhhhd", "dh....hd", "dh....hd"],
    [".hhhhhh.", "hhhhhhhh", "........", "........"],
];
/// Rows of a lower face: `s` skin, `n` darker skin, `m` mouth, `h` and `d` beard.
const CHINS: &[[&str; 3]] = &[
    ["sssnnsss", "ssmmmmss", "ssssssss"],
    ["sssnnsss", "sssmmsss", "nssssssn"],
    ["sssnnsss", "shmmmmhs", "shhhhhhs"],
    ["sssnnsss", "sdhhhhds", "shmmmmhs"],
    ["ssnnnnss", "ssmsssss", "sssmmsss"],
];

/// The head of `username`, as decoration beside the name.
#[must_use]
pub fn head(username: &str) -> Html {
    let mut dice = Dice::of(&username.to_lowercase());
    let skin = dice.pick(SKIN).unwrap_or(SKIN[0]);
    let hair = dice.pick(HAIR).unwrap_or(HAIR[0]);
    let eye = dice.pick(EYES).unwrap_or(EYES[0]);
    let cut = dice.pick(CUTS).unwrap_or(CUTS[0]);
    let chin = dice.pick(CHINS).unwrap_or(CHINS[0]);
    let rows = [
        cut[0], cut[1], cut[2], cut[3], "swessews", chin[0], chin[1], chin[2],
    ];

    let mut paths: Vec<(&str, String)> = Vec::new();
    for (y, row) in rows.iter().enumerate() {
        for (x, pixel) in row.chars().enumerate() {
            let colour = match pixel {
                'h' => hair[0],
                'd' => hair[1],
                'n' => skin[1],
                'm' => "#8f4a3c",
                'w' => "#f4f6f8",
                'e' => eye,
                _ => continue,
            };
            let at = paths
                .iter()
                .position(|(known, _)| *known == colour)
                .unwrap_or_else(|| {
                    paths.push((colour, String::new()));
                    paths.len() - 1
                });
            let _ = write!(paths[at].1, "M{x} {y}h1v1h-1z");
        }
    }
    let mut svg = format!(
        r#"<svg class="head" viewBox="0 0 8 8" width="32" height="32" shape-rendering="crispEdges" aria-hidden="true"><path fill="{}" d="M0 0h8v8H0z"/>"#,
        skin[0]
    );
    for (colour, path) in &paths {
        let _ = write!(svg, r#"<path fill="{colour}" d="{path}"/>"#);
    }
    svg.push_str("</svg>");
    Html(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_has_one_face_whatever_the_case() {
        assert_eq!(head("Steve").0, head("steve").0);
        assert_ne!(head("Steve").0, head("Alex").0);
    }
}
