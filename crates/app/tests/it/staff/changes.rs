//! Commands that staff change or add.

use jiff::{SignedDuration, ToSpan as _};
use tradepost_app::commands::{Edit, NewCommand};
use tradepost_app::{Actor, commands, orders, servers};
use tradepost_model::commands::{CommandOrigin, CommandType, RunResult};

use super::{fields, find, mara, new_command, only, report};
use crate::shop::{Shop, code, new_store, on_both_engines};

on_both_engines!(
    what_was_not_sent_can_be_changed,
    every_field_of_a_change_that_fails_is_told,
    staff_add_commands,
);

async fn what_was_not_sent_can_be_changed(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let mara = mara(&shop).await;
    let lobby = servers::create(&shop.app, &mara, "Lobby", "", "")
        .await
        .unwrap();
    let details = shop.buys("Steve", vip).await;
    let command = only(&details);
    let before = find(&shop, command).await.0;
    let edit = Edit {
        text: Some("/give {player} diamond {quantity} # {server}".to_owned()),
        require_online: Some(true),
        required_slots: Some(2),
        due_at: Some(shop.app.now() + 90.minutes()),
        server: Some(lobby.server.id),
    };
    commands::edit(&shop.app, &mara, command, edit)
        .await
        .unwrap();
    let (changed, steps) = find(&shop, command).await;
    assert_eq!(changed.text, "give Steve diamond 1 # Lobby");
    assert!(changed.require_online && changed.required_slots == 2);
    assert_eq!((changed.server, changed.attempt), (lobby.server.id, 1));
    assert_eq!(changed.due_at, shop.app.now() + 90.minutes());
    let reason = &steps.last().unwrap().reason;
    for part in [
        "changed by Mara: ",
        "runs on Lobby",
        &before.text,
        "due at 2026-11-20 11:30:00",
    ] {
        assert!(reason.contains(part), "{part} in {reason}");
    }
    // Nothing different is no step.
    commands::edit(&shop.app, &mara, command, Edit::default())
        .await
        .unwrap();
    assert_eq!(find(&shop, command).await.1.len(), steps.len());
    // Back, and what lies behind us means now.
    let edit = Edit {
        due_at: Some(shop.app.now() - 1.hours()),
        server: Some(shop.survival),
        ..Edit::default()
    };
    commands::edit(&shop.app, &mara, command, edit)
        .await
        .unwrap();
    let (plugin, recorder) = shop.connect().await;
    let run = recorder.take().remove(0);
    assert_eq!(run.text, "give Steve diamond 1 # Lobby");
    let late = || Edit {
        text: Some("late".to_owned()),
        ..Edit::default()
    };
    for result in [None, Some(RunResult::AwaitingPlayer)] {
        if let Some(result) = result {
            report(&shop, plugin, &run, result).await;
        }
        let refused = commands::edit(&shop.app, &mara, command, late()).await;
        assert_eq!(code(refused), "command_not_editable");
    }
    commands::cancel(&shop.app, &mara, command).await.unwrap();
    let refused = commands::edit(&shop.app, &mara, command, late()).await;
    assert_eq!(code(refused), "command_not_editable");
}

async fn every_field_of_a_change_that_fails_is_told(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let details = shop.buys("Steve", vip).await;
    let other = new_store(&shop.app, "other").await;
    let stranger = Actor::operator(other.id);
    let foreign = servers::create(&shop.app, &stranger, "Theirs", "", "");
    let foreign = foreign.await.unwrap().server.id;
    let edit = Edit {
        text: Some("say {nobody}".to_owned()),
        require_online: None,
        required_slots: Some(37),
        due_at: Some(shop.app.now() + SignedDuration::from_hours(24 * 366)),
        server: Some(foreign),
    };
    let refused = commands::edit(&shop.app, &shop.actor, only(&details), edit).await;
    assert_eq!(
        fields(refused),
        ["serverId", "text", "requiredSlots", "dueAt"]
    );
    let new = NewCommand {
        server: foreign,
        text: "a\nb".to_owned(),
        kind: None,
        require_online: false,
        required_slots: 37,
        delay_seconds: 2_592_001,
        item: Some(shop.app.id()),
    };
    let refused = commands::add(&shop.app, &shop.actor, details.order.id, new).await;
    let expected = [
        "itemId",
        "serverId",
        "requiredSlots",
        "delaySeconds",
        "text",
    ];
    assert_eq!(fields(refused), expected);
}

async fn staff_add_commands(shop: Shop) {
    let vip = shop.package("VIP", "9.99").await;
    let mara = mara(&shop).await;
    let order = shop.buys("Steve", vip).await.order.id;
    let (plugin, recorder) = shop.connect().await;
    recorder.take();
    let new = || new_command(shop.survival, "/sorry {player} {price} {order_number}");
    let added = commands::add(&shop.app, &mara, order, new()).await.unwrap();
    let run = recorder.take().remove(0);
    assert_eq!((run.id, run.text.as_str()), (added, "sorry Steve 9.99 1"));
    let (command, steps) = find(&shop, added).await;
    assert_eq!(
        (command.origin, command.kind, steps[0].reason.as_str()),
        (CommandOrigin::Staff, CommandType::Initial, "added by Mara")
    );
    report(&shop, plugin, &run, RunResult::Completed).await;
    orders::refund_order(&shop.app, &mara, order, None)
        .await
        .unwrap();
    let goods = NewCommand {
        kind: Some(CommandType::Renewal),
        ..new()
    };
    assert_eq!(
        fields(commands::add(&shop.app, &mara, order, goods).await),
        ["type"]
    );
    let added = commands::add(&shop.app, &mara, order, new()).await.unwrap();
    assert_eq!(find(&shop, added).await.0.kind, CommandType::Refund);
    let session = shop.session("Alex", vip).await.unwrap();
    shop.start(&session).await.unwrap();
    let unpaid = shop.order(&session).await.order.id;
    let refused = commands::add(&shop.app, &mara, unpaid, new()).await;
    assert_eq!(code(refused), "order_not_paid");
}
