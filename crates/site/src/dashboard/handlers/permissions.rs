//! What a key may do, in words and as a grid.

use tradepost_model::permissions::{Access, Area, Permissions};

use crate::dashboard::{Cell, GridRow};

/// What is sent for a whole column: `all:View`.
const ALL: &str = "all";

/// The areas that keys can have, with what of them.
fn areas() -> impl Iterator<Item = (Area, &'static [Access])> {
    let areas = Area::ALL.iter().map(|area| (*area, area.key_matrix()));
    areas.filter(|(_, types)| !types.is_empty())
}

/// An area in words: "Gift cards".
pub(super) fn label(area: Area) -> &'static str {
    match area {
        Area::GiftCards => "Gift cards",
        other => other.word(),
    }
}

/// The grid as it was ticked.
pub(super) fn grid(chosen: &Permissions) -> Vec<GridRow> {
    let cell = |area: Area, types: &[Access], access: Access| {
        types.contains(&access).then(|| Cell {
            value: format!("{}:{}", area.word(), access.word()),
            label: format!("{} {}", access.word(), label(area).to_lowercase()),
            chosen: chosen.allow(area, access),
        })
    };
    let row = |(area, types)| GridRow {
        label: label(area).to_owned(),
        cells: [Access::View, Access::Edit, Access::Delete].map(|it| cell(area, types, it)),
    };
    areas().map(row).collect()
}

/// What was ticked. What the grid does not offer was not.
pub(super) fn read<'a>(ticks: impl Iterator<Item = &'a str>) -> Permissions {
    let mut chosen = Permissions::default();
    for (area, access) in ticks.filter_map(|tick| tick.split_once(':')) {
        let Some(access) = Access::parse(access) else {
            continue;
        };
        areas()
            .filter(|(known, types)| {
                (area == ALL || area == known.word()) && types.contains(&access)
            })
            .for_each(|(known, _)| chosen.grant(known, access));
    }
    chosen
}

/// Each area with what may be done there: "View, edit".
pub(super) fn by_area(permissions: &Permissions) -> Vec<(String, String)> {
    let words = areas().filter_map(|(area, types)| {
        let may = types.iter().filter(|it| permissions.allow(area, **it));
        let may = may.map(|it| it.word().to_lowercase()).collect::<Vec<_>>();
        (!may.is_empty()).then(|| (label(area).to_owned(), capital(&may.join(", "))))
    });
    words.collect()
}

/// All of it in one line: "View and edit packages and orders; view customers".
pub(super) fn in_short(permissions: &Permissions) -> String {
    if *permissions == Permissions::all_for_keys() {
        return "Everything".to_owned();
    }
    let mut groups: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    for (area, types) in areas() {
        let may = types.iter().filter(|it| permissions.allow(area, **it));
        let may: Vec<_> = may.map(|it| it.word().to_lowercase()).collect();
        let area = label(area).to_lowercase();
        match groups.iter_mut().find(|(known, _)| *known == may) {
            _ if may.is_empty() => {}
            Some((_, areas)) => areas.push(area),
            None => groups.push((may, vec![area])),
        }
    }
    if let [(may, these)] = &groups[..]
        && these.len() == areas().count()
    {
        return capital(&format!("{} everything", listed(may)));
    }
    // What a key can change comes first: that is what is to be seen where the line is cut.
    groups.sort_by_key(|(may, _)| may == &["view"]);
    let groups = groups
        .iter()
        .map(|(may, areas)| format!("{} {}", listed(may), listed(areas)));
    capital(&groups.collect::<Vec<_>>().join("; "))
}

/// "a", "a and b", "a, b and c".
pub(super) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    format!("{first}{}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grid_offers_what_keys_can_have() {
        let cells = grid(&Permissions::default());
        let offered: Vec<_> = cells
            .iter()
            .flat_map(|row| row.cells.iter().flatten())
            .map(|cell| cell.value.as_str())
            .collect();
        assert_eq!(
            read(offered.into_iter()),
            Permissions::all_for_keys(),
            "and reads it again"
        );
        assert_eq!(
            read(["Servers:View", "Orders:Delete", "x", "Moon:View"].into_iter()),
            Permissions::default()
        );
    }

    #[test]
    fn a_column_is_every_area_that_has_it() {
        let delete = read(["all:Delete"].into_iter());
        assert!(delete.allow(Area::Bans, Access::Delete));
        assert!(!delete.allow(Area::Orders, Access::Delete));
        assert!(!delete.allow(Area::Bans, Access::View));
    }

    #[test]
    fn permissions_are_told_in_one_line() {
        let told = |ticks: &[&str]| in_short(&read(ticks.iter().copied()));
        assert_eq!(told(&["all:View"]), "View everything");
        assert_eq!(told(&["all:View", "all:Edit", "all:Delete"]), "Everything");
        let some = [
            "Packages:View",
            "Packages:Edit",
            "Orders:View",
            "Orders:Edit",
            "GiftCards:View",
        ];
        assert_eq!(
            told(&some),
            "View and edit packages and orders; view gift cards"
        );
    }
}
