//! What staff do with commands: allowed where it fits, refused with the reason where it does not.

mod changes;
mod races;
mod views;

use jiff::ToSpan as _;
use tradepost_app::commands::{Edit, NewCommand};
use tradepost_app::delivery::{Plugin, Report};
use tradepost_app::orders::Details;
use tradepost_app::payments::Decision;
use tradepost_app::{Actor, Error, commands, delivery, identity, orders, payments};
use tradepost_model::commands::{Command, CommandStatus, CommandType, RunResult, Transition};
use tradepost_model::ids::{CommandId, ServerId};
use tradepost_model::permissions::Permissions;

use crate::shop::{Recorder, Shop, code, on_both_engines};

on_both_engines!(
    what_is_over_is_sent_again_as_a_new_attempt,
    what_is_under_way_is_not_sent_again,
    goods_that_were_taken_away_are_not_sent_again,
    what_takes_away_is_not_sent_again_while_it_is_held,
    a_command_without_a_text_is_not_sent_again,
    what_waits_can_be_cancelled,
);

/// A member of the staff called Mara.
pub(crate) async fn mara(shop: &Shop) -> Actor {
    let password = "a good password";
    let user = identity::add_user(&shop.app, "mara@example.com", "Mara", password)
        .await
        .unwrap();
    Actor::member(shop.store.id, user.id, Permissions::owner())
}

pub(crate) async fn find(shop: &Shop, command: CommandId) -> (Command, Vec<Transition>) {
    let found = commands::find(&shop.app, &shop.actor, command).await;
    let found = found.unwrap();
    (found.command, found.steps)
}

async fn last_reason(shop: &Shop, command: CommandId) -> String {
    let (command, steps) = find(shop, command).await;
    let last = steps.last().unwrap();
    assert_eq!(
        (last.status, last.attempt),
        (command.status, command.attempt)
    );
    last.reason.clone()
}

pub(crate) async fn report(
    shop: &Shop,
    plugin: Plugin,
    command: &Command,
    result: RunResult,
) -> usize {
    let report = Report {
        command: command.id,
        attempt: Some(command.attempt),
        result,
        output: Some("said".to_owned()),
        duration_ms: Some(3),
    };
    delivery::report_results(&shop.app, plugin, vec![report])
        .await
        .unwrap()
}

fn only(details: &Details) -> CommandId {
    assert_eq!(details.commands.len(), 1);
    details.commands[0].command.id
}

/// What is sent to the plugin now, one command.
async fn sent(shop: &Shop, recorder: &Recorder) -> Command {
    shop.wait(0).await;
    let mut sent = recorder.take();
    assert_eq!(sent.len(), 1);
    sent.remove(0)
}

async fn what_is_over_is_sent_again_as_a_new_attempt(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let mara = mara(&shop).await;
    let (plugin, recorder) = shop.connect().await;
    let command = only(&shop.buys("Steve", vip).await);
    let interrupted = || RunResult::Interrupted(None);
    for (attempt, result, status) in [
        (1, RunResult::Completed, CommandStatus::Completed),
        (2, interrupted(), CommandStatus::Failed),
        (3, RunResult::AwaitingPlayer, CommandStatus::AwaitingPlayer),
        (4, RunResult::Completed, CommandStatus::Completed),
    ] {
        let run = sent(&shop, &recorder).await;
        assert_eq!((run.id, run.attempt), (command, attempt));
        assert_eq!(report(&shop, plugin, &run, result).await, 1);
        assert_eq!(find(&shop, command).await.0.status, status);
        commands::resend(&shop.app, &mara, command).await.unwrap();
        let (again, steps) = find(&shop, command).await;
        assert_eq!((again.attempt, again.failures), (attempt + 1, 0));
        let resent = steps.iter().find(|it| it.attempt == attempt + 1).unwrap();
        assert_eq!(
            (resent.status, resent.reason.as_str()),
            (CommandStatus::Pending, "resent by Mara")
        );
        assert_eq!(report(&shop, plugin, &run, RunResult::Completed).await, 0);
    }
    // Cancelled, and not due yet.
    delivery::disconnect(&shop.app, plugin).await.unwrap();
    let other = only(&shop.buys("Alex", vip).await);
    commands::cancel(&shop.app, &mara, other).await.unwrap();
    commands::resend(&shop.app, &mara, other).await.unwrap();
    assert_eq!(last_reason(&shop, other).await, "resent by Mara");
    let later = Edit {
        due_at: Some(shop.app.now() + 2.hours()),
        ..Edit::default()
    };
    commands::edit(&shop.app, &mara, other, later)
        .await
        .unwrap();
    commands::resend(&shop.app, &mara, other).await.unwrap();
    let (again, _) = find(&shop, other).await;
    assert_eq!((again.attempt, again.due_at), (2, shop.app.now()));
    assert_eq!(last_reason(&shop, other).await, "sent early by Mara");
    let queued = commands::resend(&shop.app, &mara, other).await;
    assert_eq!(code(queued), "command_queued");
}

async fn what_is_under_way_is_not_sent_again(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let (plugin, recorder) = shop.connect().await;
    let command = only(&shop.buys("Steve", vip).await);
    let run = recorder.take().remove(0);
    let refused = commands::resend(&shop.app, &shop.actor, command).await;
    assert!(
        matches!(&refused, Err(Error::Conflict { message, .. }) if message == "It was sent and its answer is awaited.")
    );
    // The connection is gone, but what it was sent may run yet.
    delivery::disconnect(&shop.app, plugin).await.unwrap();
    shop.wait(61).await;
    delivery::sweep(&shop.app).await.unwrap();
    let (returned, _) = find(&shop, command).await;
    assert_eq!(returned.status, CommandStatus::Pending);
    assert!(returned.sent_at.is_some());
    let refused = commands::resend(&shop.app, &shop.actor, command).await;
    assert_eq!(code(refused), "command_under_way");
    // Taking it back is allowed, and says so; what comes after is ignored.
    commands::cancel(&shop.app, &shop.actor, command)
        .await
        .unwrap();
    let reason = "cancelled by the operator: it was sent before and may have run";
    assert_eq!(last_reason(&shop, command).await, reason);
    assert_eq!(report(&shop, plugin, &run, RunResult::Completed).await, 0);
}

async fn goods_that_were_taken_away_are_not_sent_again(shop: Shop) {
    let vip = shop.package_with("VIP", "9.99", |package| {
        let mut refund = shop.command("take {username}");
        refund.kind = "refund".to_owned();
        package.timed_hours = "5".to_owned();
        package.commands.push(refund);
    });
    let vip = vip.await;
    let refunded = shop.buys("Steve", vip).await;
    let expired = shop.buys("Alex", vip).await;
    let disputed = shop.buys("Herobrine", vip).await;
    let (app, actor) = (&shop.app, &shop.actor);
    orders::refund_order(app, actor, refunded.order.id, None)
        .await
        .unwrap();
    let reference = &disputed.payments[0].payment.reference;
    let told = shop.told(reference, Decision::Dispute).await;
    payments::settle_now(app, &told).await.unwrap();
    let expired = only(&expired);
    commands::cancel(app, actor, expired).await.unwrap();
    shop.wait(6 * 3600).await;
    for command in [only(&refunded), only(&disputed), expired] {
        let (found, _) = find(&shop, command).await;
        assert_eq!(found.status, CommandStatus::Cancelled);
        assert_eq!(
            code(commands::resend(app, actor, command).await),
            "goods_taken_away"
        );
    }
    // What takes away can be sent again.
    let order = orders::find(app, actor, refunded.order.id).await.unwrap();
    let refund = order.commands.iter().map(|it| &it.command);
    let refund = refund
        .clone()
        .find(|it| it.kind == CommandType::Refund)
        .unwrap()
        .id;
    commands::cancel(app, actor, refund).await.unwrap();
    commands::resend(app, actor, refund).await.unwrap();
}

async fn what_takes_away_is_not_sent_again_while_it_is_held(shop: Shop) {
    let vip = shop.package_with("VIP", "9.99", |package| {
        package.timed_hours = "5".to_owned();
        for kind in ["expiry", "chargeback"] {
            let mut take = shop.command(&format!("{kind} {{player}}"));
            take.kind = kind.to_owned();
            package.commands.push(take);
        }
    });
    let vip = vip.await;
    let (app, actor) = (&shop.app, &shop.actor);
    let refused = async |command| code(commands::resend(app, actor, command).await);
    let of_kind = async |details: &Details, kind| {
        let found = shop.commands(details).await.into_iter();
        let mut found = found.map(|it| it.command);
        found.rfind(|it| it.kind == kind).unwrap().id
    };
    // A dispute: while it lasts, and after it was won.
    let disputed = shop.buys("Steve", vip).await;
    let reference = &disputed.payments[0].payment.reference;
    let told = shop.told(reference, Decision::Dispute).await;
    payments::settle_now(app, &told).await.unwrap();
    let take = of_kind(&disputed, CommandType::Chargeback).await;
    commands::cancel(app, actor, take).await.unwrap();
    commands::resend(app, actor, take).await.unwrap();
    let told = shop.told(reference, Decision::WinDispute).await;
    payments::settle_now(app, &told).await.unwrap();
    assert_eq!(find(&shop, take).await.0.status, CommandStatus::Cancelled);
    assert_eq!(refused(take).await, "goods_still_held");
    // What staff added: its time is not over.
    let mut early = new_command(shop.survival, "take {player}");
    early.kind = Some(CommandType::Expiry);
    early.item = Some(disputed.items[0].id);
    let early = commands::add(app, actor, disputed.order.id, early)
        .await
        .unwrap();
    commands::cancel(app, actor, early).await.unwrap();
    assert_eq!(refused(early).await, "goods_still_held");
    // Time: over, and bought again.
    let expired = shop.buys("Alex", vip).await;
    shop.wait(6 * 3600).await;
    let take = of_kind(&expired, CommandType::Expiry).await;
    commands::cancel(app, actor, take).await.unwrap();
    commands::resend(app, actor, take).await.unwrap();
    commands::cancel(app, actor, take).await.unwrap();
    shop.buys("Alex", vip).await;
    assert_eq!(refused(take).await, "goods_still_held");
}

async fn a_command_without_a_text_is_not_sent_again(shop: Shop) {
    let name = "x".repeat(128);
    let vip = shop.package_with(&name, "9.99", |package| {
        package.commands = vec![shop.command(&"{package}".repeat(40))];
    });
    let command = only(&shop.buys("Steve", vip.await).await);
    assert_eq!(find(&shop, command).await.0.status, CommandStatus::Failed);
    let refused = commands::resend(&shop.app, &shop.actor, command).await;
    assert_eq!(code(refused), "command_without_text");
}

async fn what_waits_can_be_cancelled(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let mara = mara(&shop).await;
    let command = only(&shop.buys("Steve", vip).await);
    commands::cancel(&shop.app, &mara, command).await.unwrap();
    assert_eq!(last_reason(&shop, command).await, "cancelled by Mara");
    let again = commands::cancel(&shop.app, &mara, command).await;
    assert_eq!(code(again), "command_over");
    let (plugin, recorder) = shop.connect().await;
    assert!(recorder.take().is_empty(), "it is not sent");
    let other = only(&shop.buys("Alex", vip).await);
    let run = recorder.take().remove(0);
    let under_way = commands::cancel(&shop.app, &mara, other).await;
    assert_eq!(code(under_way), "command_under_way");
    report(&shop, plugin, &run, RunResult::AwaitingPlayer).await;
    commands::cancel(&shop.app, &mara, other).await.unwrap();
    assert_eq!(find(&shop, other).await.0.status, CommandStatus::Cancelled);
}

pub(crate) fn fields<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<String> {
    match result.unwrap_err() {
        Error::Invalid(errors) => errors.0.into_iter().map(|error| error.field).collect(),
        other => panic!("not about fields: {other:?}"),
    }
}

fn new_command(server: ServerId, text: &str) -> NewCommand {
    NewCommand {
        server,
        text: text.to_owned(),
        kind: None,
        require_online: false,
        required_slots: 0,
        delay_seconds: 0,
        item: None,
    }
}
