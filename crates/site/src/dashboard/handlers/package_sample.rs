//! What a package will look like: its card in the shop, and its commands for a sample player.

use tradepost_app::App;
use tradepost_app::packages::{CommandInput, PackageInput};
use tradepost_model::ids::{OrderId, PackageId};
use tradepost_model::inputs::Inputs;
use tradepost_model::money::Money;
use tradepost_model::players::{Player, Username};
use tradepost_model::servers::Server;
use tradepost_model::templates::{Template, Values};
use uuid::Uuid;

use super::money::amount;
use super::package_form::sentence;
use super::package_page::Editor;
use crate::storefront::{PackageCard, Picture};

const PLAYER: &str = "Steve";
const UUID: Uuid = Uuid::from_u128(0x8667_ba71_b85a_4004_af54_457a_9734_eed7);
const LINE: usize = 90;

/// A purchase that a command is shown for.
pub(super) struct Sample<'a> {
    pub(super) app: &'a App,
    /// The servers that there are.
    pub(super) servers: &'a [Server],
    pub(super) paid: Money,
    pub(super) package: &'a str,
    pub(super) package_id: PackageId,
    /// What a buyer might answer.
    pub(super) inputs: Inputs,
}

impl Sample<'_> {
    /// The final text of a command for a sample player.
    pub(super) fn dry_run(&self, row: &CommandInput) -> String {
        let template =
            match Template::with_inputs(&row.template, |name| self.inputs.contains_key(name)) {
                Ok(template) => template,
                Err(error) => return sentence("command", &error.to_string()),
            };
        let servers = self.servers;
        let server = servers
            .iter()
            .find(|server| server.id.to_string() == row.target);
        let server = server
            .or(servers.first())
            .map_or("your server", |server| &server.name);
        let player = Player {
            username: Username::from_stored(PLAYER.to_owned()),
            uuid: Some(UUID),
        };
        let values = Values {
            player: &player,
            gifter: None,
            paid: self.paid,
            package: self.package,
            package_id: self.package_id,
            quantity: 1,
            order_id: OrderId(Uuid::nil()),
            order_number: 1,
            transaction: "test_1",
            server,
            at: self.app.now(),
            inputs: &self.inputs,
        };
        match template.render(&values) {
            Ok(text) => format!("For {PLAYER} on {server}: {text}"),
            Err(error) => sentence("command", &error.to_string()),
        }
    }
}

impl Editor<'_> {
    /// The purchase that the commands are shown for.
    pub(super) fn sample<'a>(&'a self, typed: &'a PackageInput) -> Sample<'a> {
        Sample {
            app: self.app,
            servers: &self.around.servers,
            paid: self.price(typed),
            package: typed.name.trim(),
            package_id: self
                .known
                .map_or(PackageId(Uuid::nil()), |package| package.id),
            inputs: self
                .known
                .iter()
                .flat_map(|package| &package.inputs)
                .map(|input| (input.name.clone(), input.name.clone()))
                .collect(),
        }
    }

    /// The card in the shop.
    pub(super) fn preview(&self, typed: &PackageInput) -> PackageCard {
        let name = typed.name.trim();
        let image = typed.image_url.trim();
        let shown = image.starts_with("https://") || image.starts_with("/media/");
        PackageCard {
            slug: String::new(),
            name: if name.is_empty() { "New package" } else { name }.to_owned(),
            line: plain(&typed.description),
            picture: shown.then(|| Picture {
                url: image.to_owned(),
                width: 640,
                height: 400,
            }),
            price: amount(self.price(typed)),
            was: None,
            sale: None,
            cadence: None,
            note: None,
            own_price: false,
            sold_out: self
                .known
                .is_some_and(|package| package.stock(self.app.now()) == Some(0)),
        }
    }

    fn price(&self, typed: &PackageInput) -> Money {
        let currency = self.member.store.currency;
        Money::parse(typed.price.trim(), currency).unwrap_or(Money::zero(currency))
    }
}

/// The beginning of rich text, as one plain line.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                text.push(' ');
            }
            _ if !inside => text.push(letter),
            _ => {}
        }
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"");
    let text = text.replace("&nbsp;", " ").replace("&amp;", "&");
    match text.char_indices().nth(LINE) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rich_text_becomes_one_line() {
        assert_eq!(
            plain("<p>Fish &amp; chips,</p><p>1 &lt; 2</p>"),
            "Fish & chips, 1 < 2"
        );
        assert_eq!(plain(&"ä".repeat(100)).chars().count(), LINE + 1);
    }
}
