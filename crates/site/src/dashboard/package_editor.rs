//! Making and changing a package.

use askama::Template;

use super::shell::{Section, Shell};
use crate::storefront::PackageCard;
use crate::view::{Choice, Field, FieldError, Html, Notice, Sample};

/// `GET {base}/packages/new` and `{base}/packages/{id}`; its form posts to the same path.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/package_editor.html")]
pub struct PackageEditor {
    /// The frame.
    pub shell: Shell,
    /// Where the form posts to.
    pub action_url: String,
    /// Whether it does not exist yet.
    pub new: bool,
    /// The package in the shop, once it exists.
    pub shop_url: Option<String>,
    /// `name`
    pub name: Field,
    /// `description`; simple HTML.
    pub description: Field,
    /// `category`; compared with `categories`.
    pub category: Field,
    /// The categories there are.
    pub categories: Vec<Choice>,
    /// `new_category`: the name of one to be made.
    pub new_category: Field,
    /// `image_url`
    pub image_url: Field,
    /// What is wrong with the file sent as `image`.
    pub image_error: Option<String>,
    /// `price`
    pub price: Field,
    /// The store's currency.
    pub currency: String,
    /// What else this package has that is not shown here, in one sentence.
    pub extras: Option<String>,
    /// Whether it can be for a time: not what is paid for again and again, or at the buyer's own price.
    pub can_be_timed: bool,
    /// `timed_days`; nothing in both means for ever.
    pub timed_days: Field,
    /// `timed_hours`
    pub timed_hours: Field,
    /// What the time and the commands do not agree on, if they do not.
    pub timed_note: Option<String>,
    /// The command rows, in order.
    pub commands: Vec<CommandRow>,
    /// Options of `type`.
    pub types: Vec<Choice>,
    /// Options of `target`: servers, "all", "customerChoice".
    pub targets: Vec<Choice>,
    /// The variables a template may use: `{player}` and what it stands for.
    pub variables: Vec<(String, String)>,
    /// `servers`, repeated: where it may run; none chosen means every server.
    pub servers: Vec<Choice>,
    /// `total_limit`; empty means none.
    pub total_limit: Field,
    /// `player_limit`; empty means none.
    pub player_limit: Field,
    /// `active`
    pub active: bool,
    /// `server_choice`: whether customers choose the server.
    pub server_choice: bool,
    /// How the card looks in the shop.
    pub preview: PackageCard,
    /// The store's colour, for the preview.
    pub accent: String,
}

/// One command as typed; its fields are `command-{n}-…`, counted from 0.
#[derive(Debug, Clone)]
pub struct CommandRow {
    /// `…-template`
    pub template: Field,
    /// `…-type`
    pub kind: Field,
    /// `…-target`
    pub target: Field,
    /// `…-execute`: `always` or `whenOnline`.
    pub execute: Field,
    /// `…-delay`: seconds.
    pub delay: Field,
    /// `…-slots`: free slots the player needs.
    pub slots: Field,
    /// `…-per`: `unit` or `line`.
    pub per: Field,
    /// "For Steve on Survival: lp user Steve parent add vip"
    pub dry_run: Option<String>,
}

impl PackageEditor {
    /// The errors of the form, for its summary.
    #[must_use]
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = FieldError::collect(&[
            ("name", &self.name),
            ("description", &self.description),
            ("category", &self.category),
            ("new_category", &self.new_category),
            ("image_url", &self.image_url),
        ]);
        let image = self.image_error.clone();
        errors.extend(image.map(|text| FieldError {
            id: "image".to_owned(),
            text,
        }));
        errors.extend(FieldError::collect(&[
            ("price", &self.price),
            ("timed_days", &self.timed_days),
            ("timed_hours", &self.timed_hours),
        ]));
        errors.extend(CommandRow::errors(&self.commands));
        errors.extend(FieldError::collect(&[
            ("total_limit", &self.total_limit),
            ("player_limit", &self.player_limit),
        ]));
        errors
    }

    /// Whether a command says how often it runs where several are bought.
    const WITH_PER: bool = true;

    /// The picture drawn from the name.
    #[must_use]
    pub fn art(&self) -> Html {
        crate::art::package(&self.preview.name, &self.accent)
    }
}

impl CommandRow {
    /// A row as it is added: nothing typed, the usual choices.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            template: Field::default(),
            kind: Field::new("initial"),
            target: Field::new("all"),
            execute: Field::new("always"),
            delay: Field::new("0"),
            slots: Field::new("0"),
            per: Field::new("unit"),
            dry_run: None,
        }
    }

    /// The occasions that a command can run at: value and words.
    #[must_use]
    pub fn types() -> Vec<Choice> {
        [
            ("initial", "After the purchase"),
            ("renewal", "When a subscription renews"),
            ("expiry", "When its time is over"),
            ("refund", "When it is refunded"),
            ("chargeback", "When the bank takes the money back"),
        ]
        .map(|(value, label)| Choice::new(value, label))
        .to_vec()
    }

    /// Whether one of the folded settings differs from what is usual or is refused.
    #[must_use]
    pub fn unusual(&self) -> bool {
        let differs = |field: &Field, usual: &str| field.value != usual || field.error.is_some();
        let per = differs(&self.per, "unit") && !self.per.value.is_empty();
        differs(&self.delay, "0") || differs(&self.slots, "0") || per
    }

    /// The errors of several rows, for the summary of their form.
    #[must_use]
    pub fn errors(rows: &[Self]) -> Vec<FieldError> {
        let mut errors = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            for (name, field) in row.fields() {
                if let Some(text) = &field.error {
                    let text = format!("Command {}: {text}", index + 1);
                    errors.push(FieldError {
                        id: format!("command-{index}-{name}"),
                        text,
                    });
                }
            }
        }
        errors
    }

    fn fields(&self) -> [(&'static str, &Field); 7] {
        [
            ("template", &self.template),
            ("type", &self.kind),
            ("target", &self.target),
            ("execute", &self.execute),
            ("delay", &self.delay),
            ("slots", &self.slots),
            ("per", &self.per),
        ]
    }
}

impl Sample for PackageEditor {
    fn sample() -> Self {
        let variable = |name: &str, means: &str| (name.to_owned(), means.to_owned());
        let mut rank = CommandRow::empty();
        rank.template = Field::new("lp user {player} parent add mvp");
        rank.target = Field::new("customerChoice");
        rank.dry_run = Some("For Steve on Survival: lp user Steve parent add mvp".to_owned());
        let mut coins = CommandRow::empty();
        let mut end = rank.clone();
        end.template = Field::new("lp user {player} parent remove mvp");
        end.kind = Field::new("expiry");
        end.dry_run = Some("For Steve on Survival: lp user Steve parent remove mvp".to_owned());
        coins.template = Field::new("eco give {player} 500");
        coins.target = Field::new("s1");
        coins.execute = Field::new("whenOnline");
        coins.slots = Field::new("1");
        coins.dry_run = Some("For Steve on Survival: eco give Steve 500".to_owned());
        Self {
            shell: Shell::sample(Section::Packages),
            action_url: "/dashboard/demo/packages/p1".to_owned(),
            new: false,
            shop_url: Some("/s/demo/package/mvp".to_owned()),
            name: Field::new("MVP+"),
            description: Field::new("<p>Everything in VIP, and then some.</p>"),
            category: Field::new("c1"),
            categories: vec![
                Choice::new("", "No category"),
                Choice::new("c1", "Ranks"),
                Choice::new("c2", "Coins"),
            ],
            new_category: Field::default(),
            image_url: Field::default(),
            image_error: None,
            price: Field::new("34.99"),
            currency: "EUR".to_owned(),
            extras: None,
            can_be_timed: true,
            timed_days: Field::new("30"),
            timed_hours: Field::default(),
            timed_note: None,
            commands: vec![rank, coins, end],
            types: CommandRow::types(),
            targets: vec![
                Choice::new("customerChoice", "The server the customer chooses"),
                Choice::new("all", "All servers"),
                Choice::new("s1", "Survival"),
                Choice::new("s2", "Skyblock"),
            ],
            variables: vec![
                variable("{player}", "Name of the player"),
                variable("{uuid}", "Their UUID"),
                variable("{quantity}", "How many were bought"),
                variable("{price}", "What was paid for the line"),
                variable("{currency}", "The store's currency"),
                variable("{package}", "Name of the package"),
                variable("{order_number}", "Number of the order"),
                variable("{server}", "Name of the server"),
            ],
            servers: vec![
                Choice::new("s1", "Survival").chosen(true),
                Choice::new("s2", "Skyblock").chosen(true),
            ],
            total_limit: Field::default(),
            player_limit: Field::new("1"),
            active: true,
            server_choice: true,
            preview: PackageCard::sample("MVP+", "Everything in VIP, and then some.", "34.99"),
            accent: "#d9480f".to_owned(),
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let mut new = usual.clone();
        new.new = true;
        new.shop_url = None;
        new.action_url = "/dashboard/demo/packages/new".to_owned();
        new.name = Field::default();
        new.description = Field::default();
        new.category = Field::default();
        new.price = Field::default();
        new.timed_days = Field::default();
        new.commands.clear();
        new.servers.clear();
        new.player_limit = Field::default();
        new.preview = PackageCard::sample("New package", "", "0.00");
        let mut errors = usual.clone();
        errors.name = Field::refused("", "Give the package a name.");
        errors.price = Field::refused("nine", "Write the price in digits, such as 9.99.");
        errors.timed_days = Field::refused("9999", "The days must be at most 3650.");
        errors.timed_note = Some(
            "Nothing takes it away when its time is over. Add a command for \"When its time is over\"."
                .to_owned(),
        );
        errors.commands[0].template = Field::refused(
            "lp user {plyer} parent add mvp",
            "There is no variable {plyer}. Did you mean {player}?",
        );
        errors.commands[0].dry_run = None;
        errors.commands[1].delay = Field::refused("soon", "Write whole seconds, such as 30.");
        errors.image_error = Some("This file is no picture. Use PNG, JPEG or WebP.".to_owned());
        let mut saved = usual.clone();
        saved.shell.notice = Some(Notice::good("Saved. The shop shows it already."));
        let mut more = usual.clone();
        more.can_be_timed = false;
        more.extras = Some(
            "This package also has a payment every month, 1 question for the buyer and metadata. They are edited over the API for now and stay as they are."
                .to_owned(),
        );
        vec![
            ("more", more),
            ("usual", usual),
            ("new", new),
            ("errors", errors),
            ("saved", saved),
        ]
    }
}
