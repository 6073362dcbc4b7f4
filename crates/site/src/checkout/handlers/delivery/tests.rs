//! An order of two packages as its receipt tells of it.

use tradepost_model::checkout::Entered;
use tradepost_model::commands::{Command, Transition};
use tradepost_model::ids::{CommandId, OrderId, OrderItemId, ServerId, StoreId};
use tradepost_model::money::{Currency, Money};
use tradepost_model::names::Slug;
use tradepost_model::orders::Order;
use tradepost_model::plans::{Plan, Subscribed};
use tradepost_model::players::{Game, Player, Username};
use uuid::Uuid;

use super::*;
use crate::checkout::StepState;

const VIP: PackageId = PackageId(Uuid::from_u128(1));
const COINS: PackageId = PackageId(Uuid::from_u128(2));

fn at(second: i64) -> Timestamp {
    "2026-11-20T18:04:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_secs(second)
}

fn player() -> Player {
    Player {
        username: Username::parse("Steve", Game::Minecraft).unwrap(),
        uuid: None,
    }
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::parse("EUR").unwrap())
}

fn store() -> Store {
    Store {
        id: StoreId(Uuid::nil()),
        short_id: "abcdefgh".to_owned(),
        subdomain: Slug::parse("demo").unwrap(),
        name: "Emberfall".to_owned(),
        tagline: String::new(),
        currency: Currency::parse("EUR").unwrap(),
        language: "en".to_owned(),
        game: Game::Minecraft,
        accent: "#d9480f".to_owned(),
        test_mode: true,
        plan: Subscribed::to(Plan::Pro),
        created_at: at(0),
    }
}

/// A command of a package that became all of these, one a second.
fn command(package: PackageId, history: &[CommandStatus], online: bool) -> CommandView {
    let steps = history.iter().zip(2..).map(|(status, second)| Transition {
        status: *status,
        attempt: 1,
        reason: String::new(),
        at: at(second),
    });
    CommandView {
        command: Command {
            id: CommandId(Uuid::nil()),
            order: OrderId(Uuid::nil()),
            order_number: 1042,
            item: None,
            origin: CommandOrigin::Package,
            redelivery: None,
            package,
            package_name: String::new(),
            server: ServerId(Uuid::nil()),
            kind: CommandType::Initial,
            text: "op Steve".to_owned(),
            player: player(),
            require_online: false,
            required_slots: 0,
            status: *history.last().unwrap(),
            attempt: 1,
            failures: 0,
            due_at: at(2),
            sent_at: history.contains(&CommandStatus::Delivered).then(|| at(3)),
            acked_at: None,
            finished_at: None,
            last_error: None,
            output: None,
            duration_ms: None,
            created_at: at(2),
        },
        server_name: "Survival".to_owned(),
        server_online: online,
        steps: steps.collect(),
    }
}

fn item(package: PackageId, name: &str) -> OrderItem {
    OrderItem {
        id: OrderItemId(Uuid::nil()),
        package,
        package_name: name.to_owned(),
        quantity: 1,
        unit_price: eur(999),
        discount: eur(0),
        total: eur(999),
        server: None,
        inputs: Entered::new(),
        expires_at: None,
        ended: None,
        limit_period: None,
    }
}

fn told(commands: Vec<CommandView>) -> Delivery {
    of(&details(commands), &store(), at(60))
}

fn details(commands: Vec<CommandView>) -> Details {
    let order = Order {
        id: OrderId(Uuid::nil()),
        number: 1042,
        status: OrderStatus::Paid,
        player: player(),
        gifter: None,
        email: None,
        total: eur(1998),
        tax: eur(0),
        coupon: None,
        gift_card: None,
        subscription: None,
        provider: "Test".to_owned(),
        session: None,
        reason: None,
        created_at: at(0),
        updated_at: at(0),
        paid_at: Some(at(2)),
    };
    let items = vec![item(VIP, "VIP"), item(COINS, "Coins"), item(VIP, "VIP")];
    Details {
        order,
        items,
        payments: Vec::new(),
        commands,
    }
}

fn steps(command: &DeliveryCommand) -> Vec<(StepState, &str, &str)> {
    let told = command.steps.iter().map(|step| {
        (
            step.state,
            step.text.as_str(),
            step.when.as_ref().map_or("", |when| &when.text),
        )
    });
    told.collect()
}

use CommandStatus as S;
use StepState as T;

#[test]
fn packages_stand_in_the_orders_order_and_once() {
    let done = [S::Pending, S::Delivered, S::Completed];
    let told = told(vec![command(COINS, &done, true), command(VIP, &done, true)]);
    let packages: Vec<_> = told
        .packages
        .iter()
        .map(|it| (&*it.name, it.quantity, it.commands.len()))
        .collect();
    assert_eq!(packages, [("VIP", 2, 1), ("Coins", 1, 1)]);
    assert_eq!(told.status.text, "All done");
    assert_eq!(told.summary, "Everything is in the game. Have fun!");
    assert_eq!(
        steps(&told.packages[0].commands[0]),
        [
            (T::Done, "Paid", "18:04:02"),
            (T::Done, "Queued", "18:04:02"),
            (T::Done, "Sent to Survival", "18:04:03"),
            (T::Done, "Done", "18:04:04"),
        ]
    );
}

#[test]
fn a_player_is_told_to_join() {
    let waits = [S::Pending, S::Delivered, S::AwaitingPlayer];
    let told = told(vec![
        command(VIP, &[S::Pending, S::Delivered, S::Completed], true),
        command(COINS, &waits, true),
    ]);
    assert_eq!(told.status.text, "Waiting for you");
    assert_eq!(
        told.summary,
        "One of 2 is done. The rest is given to you when you join Survival."
    );
    let command = &told.packages[1].commands[0];
    assert_eq!(
        command.advice,
        "Join Survival and it is yours within a second."
    );
    assert_eq!(
        steps(command)[3..],
        [
            (T::Now, "Waiting for you to join Survival", "18:04:04"),
            (T::Next, "Done", "")
        ]
    );
}

#[test]
fn an_offline_server_is_no_reason_to_worry() {
    let told = told(vec![command(VIP, &[S::Pending], false)]);
    let text = "Survival is offline right now; it gets this as soon as it is back.";
    assert_eq!(
        (told.status.text.as_str(), told.summary.as_str()),
        ("On its way", text)
    );
    let command = &told.packages[0].commands[0];
    assert_eq!(command.advice, text);
    assert_eq!(
        steps(command)[1..],
        [
            (T::Now, "Queued", "18:04:02"),
            (T::Next, "Sent to Survival", ""),
            (T::Next, "Done", "")
        ]
    );
    assert!(told.packages[1].commands.is_empty());
}

#[test]
fn what_failed_is_held_up_and_says_who_knows() {
    let told = told(vec![command(
        VIP,
        &[S::Pending, S::Delivered, S::Failed],
        true,
    )]);
    assert_eq!(told.status.text, "Held up");
    assert_eq!(
        told.summary,
        "One command did not go through. The team of Emberfall sees this too and can help."
    );
    let command = &told.packages[0].commands[0];
    assert_eq!(
        steps(command)[3],
        (T::Failed, "Survival did not confirm it", "18:04:04")
    );
    assert!(
        command.advice.contains("You need not pay again."),
        "{}",
        command.advice
    );
}

#[test]
fn many_commands_that_went_the_same_way_are_one() {
    let mut commands: Vec<_> = (0..40)
        .map(|_| command(VIP, &[S::Pending, S::Delivered], true))
        .collect();
    commands.push(command(
        VIP,
        &[S::Pending, S::Delivered, S::Completed],
        true,
    ));
    let told = told(commands);
    let servers: Vec<_> = told.packages[0]
        .commands
        .iter()
        .map(|it| it.server.as_str())
        .collect();
    assert_eq!(servers, ["Survival × 40", "Survival"]);
    assert_eq!(
        told.summary,
        "One of 41 is done. The rest follows in a moment."
    );
}

#[test]
fn what_takes_goods_back_is_no_delivery() {
    let done = [S::Pending, S::Delivered, S::Completed];
    let mut refund = command(VIP, &done, true);
    refund.command.kind = CommandType::Refund;
    let mut global = command(VIP, &[S::Pending, S::Delivered, S::Failed], true);
    global.command.origin = CommandOrigin::Global;
    let taken_back = command(COINS, &[S::Pending, S::Cancelled], true);
    let mut details = details(vec![command(VIP, &done, true), taken_back, refund, global]);
    details.order.status = OrderStatus::Refunded;
    details.items[0].ended = Some((at(50), EndReason::Refunded));
    let told = of(&details, &store(), at(60));
    assert_eq!(told.packages[0].commands.len(), 1);
    assert_eq!(told.packages[0].note, "Ended on 20 Nov 2026.");
    assert_eq!(told.status.text, "Ended");
    assert_eq!(told.summary, "One of 2 had reached the game.");
}

#[test]
fn what_is_for_a_time_says_until_when() {
    let mut details = details(Vec::new());
    details.items[0].expires_at = Some(at(86_400 * 30));
    details.items[1].expires_at = Some(at(60));
    details.items[1].ended = Some((at(60), EndReason::Expired));
    let told = of(&details, &store(), at(70));
    let notes: Vec<_> = told.packages.iter().map(|it| it.note.as_str()).collect();
    assert_eq!(
        notes,
        [
            "Yours until 20 Dec 2026.",
            "Its time was over on 20 Nov 2026."
        ]
    );
}
