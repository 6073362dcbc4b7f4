//! One order: who, what, money, commands.

use askama::Template;

use super::shell::{Section, Shell};
use crate::view::{Money, Sample, Status, Tone, When};

/// `GET {base}/orders/{id}`
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/order.html")]
pub struct Order {
    /// The frame.
    pub shell: Shell,
    /// "#1042".
    pub number: String,
    /// "Paid", "Refunded".
    pub status: Status,
    /// When it was made.
    pub when: When,
    /// Who gets it.
    pub player: String,
    /// Who pays for it, where it is a gift.
    pub gift_from: Option<String>,
    /// About the customer: UUID, masked e-mail, edition.
    pub facts: Vec<Fact>,
    /// Where it is refunded, for whom may do that with an order that can be.
    pub refund_url: Option<String>,
    /// The Test gateway's page of its payment, in a store that is in test mode.
    pub gateway_url: Option<String>,
    /// Where a command is added to it, for whom may do that.
    pub add_url: Option<String>,
    /// What was bought.
    pub lines: Vec<OrderLine>,
    /// Rows between lines and total.
    pub sums: Vec<(String, String)>,
    /// What it costs.
    pub total: Money,
    /// How that is paid, where a gift card pays a part.
    pub paid: Vec<PaidBy>,
    /// "Every month, next payment on 20 Dec 2026", where it belongs to a subscription.
    pub subscription: Option<Status>,
    /// The payment's history, oldest first.
    pub payments: Vec<Transition>,
    /// Its commands, live.
    pub commands: OrderCommands,
}

/// The commands of an order, as a fragment, also sent as the data of each event.
#[derive(Debug, Clone, Template)]
#[template(path = "dashboard/_commands.html")]
pub struct OrderCommands {
    /// One after the other.
    pub commands: Vec<OrderCommand>,
    /// The anti-forgery value of its forms.
    pub csrf: String,
    /// Whether more of the page has changed than this, so that it is loaded again.
    pub reload: bool,
    /// Address of the event stream that sends this again.
    pub live_url: String,
}

/// A word and its value.
#[derive(Debug, Clone)]
pub struct Fact {
    /// "UUID".
    pub label: String,
    /// The value.
    pub value: String,
}

/// One line of an order.
#[derive(Debug, Clone)]
pub struct OrderLine {
    /// The package.
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// "On Survival", may be empty.
    pub server: String,
    /// Price of all.
    pub total: Money,
    /// How the price comes about.
    pub explanation: Vec<String>,
    /// What the buyer was asked for with it, and the answers.
    pub answers: Vec<Fact>,
    /// Until when it is the player's, or when and why it ended; nothing where it is for ever.
    pub ends: Option<Status>,
}

/// A part of what an order costs, and what pays it.
#[derive(Debug, Clone)]
pub struct PaidBy {
    /// "Gift card", "Test payment".
    pub label: String,
    /// The gift card, for whom may see it.
    pub url: Option<String>,
    /// How much.
    pub amount: Money,
}

/// One command of an order.
#[derive(Debug, Clone)]
pub struct OrderCommand {
    /// Its id.
    pub id: String,
    /// "Refund command", "Added by staff"; empty for the usual one.
    pub kind: String,
    /// What staff can do with it; nothing for whom may only look.
    pub actions: Option<CommandActions>,
    /// The package it belongs to.
    pub package: String,
    /// The server it goes to.
    pub server: String,
    /// The text as it is sent.
    pub text: String,
    /// How it stands.
    pub status: Status,
    /// "Attempt 2 of 4, next at 18:05:32".
    pub attempts: String,
    /// What happened to it, oldest first.
    pub transitions: Vec<Transition>,
    /// What the server's console said.
    pub output: Option<String>,
}

/// What staff can do with a command: addresses, absent where it does not fit.
#[derive(Debug, Clone, Default)]
pub struct CommandActions {
    /// Posted to, it is sent again, or now where it is delayed: the address and the words for it.
    pub resend: Option<(String, &'static str)>,
    /// Posted to, it is taken back.
    pub cancel: Option<String>,
    /// The page on which its text is changed.
    pub edit: Option<String>,
}

/// Something that happened at a time, for a reason.
#[derive(Debug, Clone)]
pub struct Transition {
    /// What happened.
    pub text: String,
    /// How it feels.
    pub tone: Tone,
    /// The reason or a reference, may be empty.
    pub detail: String,
    /// When.
    pub when: When,
}

impl Transition {
    /// Something that happened, as the samples use it.
    #[must_use]
    pub fn sample(tone: Tone, text: &str, detail: &str, time: &str) -> Self {
        Self {
            text: text.to_owned(),
            tone,
            detail: detail.to_owned(),
            when: When::new(&format!("2026-11-20T{time}Z"), time),
        }
    }
}

impl Order {
    /// The sample after its money went back.
    fn ended(mut self, word: &str, tone: Tone) -> Self {
        let refunded = tone == Tone::Calm;
        self.status = Status::new(tone, word);
        self.refund_url = None;
        self.lines[0].ends = Some(Status::new(
            Tone::Calm,
            &format!("Ended on 23 Nov 2026: {}", word.to_lowercase()),
        ));
        let (what, reason) = if refunded {
            ("Why it was refunded", "Bought twice by mistake.")
        } else {
            (
                "Why it was charged back",
                "The buyer's bank asks for the money back: fraudulent",
            )
        };
        self.facts.push(Fact {
            label: what.to_owned(),
            value: reason.to_owned(),
        });
        self.payments.push(Transition::sample(
            tone,
            if refunded {
                "39.96 EUR sent back"
            } else {
                "Disputed: the bank asks for 39.96 EUR"
            },
            "Test payment",
            "18:10:02",
        ));
        let kind = if refunded {
            "Refund command"
        } else {
            "Chargeback command"
        };
        let mut taken = self.commands.commands[0].clone();
        kind.clone_into(&mut taken.kind);
        "lp user Steve parent remove mvp".clone_into(&mut taken.text);
        taken.output = None;
        self.commands.commands.push(taken);
        self
    }
}

impl Sample for Order {
    fn sample() -> Self {
        let fact = |label: &str, value: &str| Fact {
            label: label.to_owned(),
            value: value.to_owned(),
        };
        let at = Transition::sample;
        let done = OrderCommand {
            id: "0197f0aa-0000-7000-8000-00000000000a".to_owned(),
            kind: String::new(),
            actions: Some(CommandActions {
                resend: Some((
                    "/dashboard/demo/orders/1042/commands/a/resend".to_owned(),
                    "Send again",
                )),
                ..CommandActions::default()
            }),
            package: "MVP+".to_owned(),
            server: "Survival".to_owned(),
            text: "lp user Steve parent add mvp".to_owned(),
            status: Status::new(Tone::Good, "Done"),
            attempts: "1 attempt".to_owned(),
            transitions: vec![
                at(Tone::Calm, "Queued", "", "18:04:02.104"),
                at(Tone::Busy, "Sent to Survival", "", "18:04:02.109"),
                at(Tone::Good, "Done", "ran in 12 ms", "18:04:02.141"),
            ],
            output: Some("[LuckPerms] Steve now inherits permissions from mvp.".to_owned()),
        };
        let waiting = OrderCommand {
            id: "0197f0aa-0000-7000-8000-00000000000b".to_owned(),
            actions: Some(CommandActions {
                resend: Some((
                    "/dashboard/demo/orders/1042/commands/b/resend".to_owned(),
                    "Send again",
                )),
                cancel: Some("/dashboard/demo/orders/1042/commands/b/cancel".to_owned()),
                edit: None,
            }),
            package: "1,000 Coins".to_owned(),
            text: "eco give Steve 1000".to_owned(),
            status: Status::new(Tone::Busy, "Waiting for the player to join"),
            transitions: vec![
                at(Tone::Calm, "Queued", "", "18:04:02.104"),
                at(Tone::Busy, "Sent to Survival", "", "18:04:02.109"),
                at(
                    Tone::Busy,
                    "Waiting for Steve to join Survival",
                    "",
                    "18:04:02.120",
                ),
            ],
            output: None,
            ..done.clone()
        };
        Self {
            shell: Shell::sample(Section::Orders),
            number: "#1042".to_owned(),
            status: Status::new(Tone::Good, "Paid"),
            when: When::new("2026-11-20T18:04:02Z", "20 November 2026, 18:04"),
            player: "Steve".to_owned(),
            gift_from: None,
            facts: vec![
                fact("UUID", "8667ba71-b85a-4004-af54-457a9734eed7"),
                fact("E-mail", "s•••e@m•••.example"),
                fact("Came from", "Storefront"),
            ],
            refund_url: Some("/dashboard/demo/orders/1042/refund".to_owned()),
            gateway_url: Some("/pay/test/tp_7f3kQ2".to_owned()),
            add_url: Some("/dashboard/demo/orders/1042/commands/new".to_owned()),
            lines: vec![
                OrderLine {
                    name: "MVP+".to_owned(),
                    quantity: 1,
                    server: "On Survival".to_owned(),
                    total: Money::new("24.99", "EUR"),
                    explanation: vec!["34.99 EUR, 10.00 EUR less in the Autumn sale".to_owned()],
                    answers: Vec::new(),
                    ends: Some(Status::new(Tone::Calm, "Until 20 Dec 2026")),
                },
                OrderLine {
                    name: "1,000 Coins".to_owned(),
                    quantity: 3,
                    server: String::new(),
                    total: Money::new("14.97", "EUR"),
                    explanation: vec!["3 × 4.99 EUR".to_owned()],
                    answers: Vec::new(),
                    ends: None,
                },
            ],
            sums: vec![
                ("Subtotal".to_owned(), "49.96 EUR".to_owned()),
                ("Autumn sale".to_owned(), "-10.00 EUR".to_owned()),
            ],
            total: Money::new("39.96", "EUR"),
            paid: Vec::new(),
            subscription: None,
            payments: vec![
                at(Tone::Calm, "Order made", "", "18:03:10"),
                at(Tone::Busy, "Test payment started", "tp_7f3kQ2", "18:03:41"),
                at(Tone::Good, "39.96 EUR received", "Test payment", "18:04:02"),
            ],
            commands: OrderCommands {
                commands: vec![done, waiting],
                csrf: "sample-csrf".to_owned(),
                reload: false,
                live_url: "/dashboard/demo/orders/1042/live".to_owned(),
            },
        }
    }

    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self::sample();
        let mut failed = usual.clone();
        let command = &mut failed.commands.commands[0];
        command.status = Status::new(Tone::Bad, "Failed");
        command.attempts = "4 of 4 attempts".to_owned();
        command.output = Some("Unknown command. Type \"/help\" for help.".to_owned());
        command.text = format!(
            "lp user Steve parent add {}",
            "a-group-with-a-very-long-name-".repeat(6)
        );
        if let Some(last) = command.transitions.last_mut() {
            *last = Transition::sample(
                Tone::Bad,
                "Failed",
                "The server answered: Unknown command",
                "18:07:32.010",
            );
        }
        let mut offline = usual.clone();
        let command = &mut offline.commands.commands[1];
        command.status = Status::new(Tone::Busy, "Waiting for the server");
        command.attempts = "1 of 4 tries failed, sent when Survival is back".to_owned();
        if let Some(actions) = &mut command.actions {
            actions.edit = Some("/dashboard/demo/orders/1042/commands/b".to_owned());
        }
        let pending = Self {
            refund_url: None,
            gateway_url: None,
            add_url: None,
            status: Status::new(Tone::Busy, "Awaiting payment"),
            facts: vec![Fact {
                label: "E-mail".to_owned(),
                value: "Not given".to_owned(),
            }],
            payments: usual.payments[..1].to_vec(),
            commands: OrderCommands {
                commands: Vec::new(),
                ..usual.commands.clone()
            },
            sums: Vec::new(),
            ..usual.clone()
        };
        let mut rich = usual.clone();
        rich.gift_from = Some("BlockyQueen".to_owned());
        rich.subscription = Some(Status::new(
            Tone::Good,
            "Every month, the next payment is due on 20 Dec 2026",
        ));
        rich.lines[0].explanation = vec!["5.00 EUR less with LAUNCH20".to_owned()];
        rich.lines[0].answers = vec![
            Fact {
                label: "Colour of your name".to_owned(),
                value: "Ember red".to_owned(),
            },
            Fact {
                label: "Title before it".to_owned(),
                value: "Keeper of the flame".to_owned(),
            },
        ];
        rich.sums = vec![
            ("Subtotal".to_owned(), "44.96\u{a0}EUR".to_owned()),
            ("Coupon LAUNCH20".to_owned(), "-5.00\u{a0}EUR".to_owned()),
            ("Tax".to_owned(), "7.59\u{a0}EUR".to_owned()),
        ];
        rich.total = Money::new("47.55", "EUR");
        rich.paid = vec![
            PaidBy {
                label: "Gift card".to_owned(),
                url: Some("/dashboard/demo/gift-cards/g1".to_owned()),
                amount: Money::new("25.00", "EUR"),
            },
            PaidBy {
                label: "Test payment".to_owned(),
                url: None,
                amount: Money::new("22.55", "EUR"),
            },
        ];
        vec![
            ("rich", rich),
            ("refunded", usual.clone().ended("Refunded", Tone::Calm)),
            ("charged-back", usual.clone().ended("Disputed", Tone::Bad)),
            ("usual", usual),
            ("failed", failed),
            ("offline", offline),
            ("pending", pending),
        ]
    }
}
