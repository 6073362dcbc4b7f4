//! What players are called: names as one finds them, each its own.

const FIRST: [&str; 16] = [
    "Dark", "Ender", "Fox", "Pixel", "Iron", "Moon", "Red", "Blaze", "Cob", "Night", "Wolf",
    "Mine", "Sky", "Lava", "Zomb", "Rune",
];
const SECOND: [&str; 16] = [
    "king", "boy", "girl", "lord", "Craft", "ninja", "cat", "Hero", "man", "y", "Play", "er",
    "fan", "dude", "mage", "X",
];
/// One name in so many has `ste` in it, and no other has.
const STEVES: u32 = 64;

/// The name of a customer.
pub(super) fn of(customer: u32) -> String {
    let at = |of: u32| usize::try_from(customer / of % 16).unwrap_or_default();
    let first = if customer.is_multiple_of(STEVES) {
        "Steve"
    } else {
        FIRST[at(1)]
    };
    format!("{first}{}{customer}", SECOND[at(16)])
}
