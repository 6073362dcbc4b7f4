//! What a store has behind it: finished orders and commands, written straight into the database.

use tradepost_app::App;
use tradepost_bench::store::Failure;
use tradepost_db::commands::{self, NewCommand};
use tradepost_db::orders;
use tradepost_model::clock::Ids;
use tradepost_model::commands::{Command, CommandOrigin, CommandStatus, CommandType};
use tradepost_model::ids::{OrderId, PackageId, ServerId, StoreId};
use tradepost_model::money::{Currency, Money};
use tradepost_model::orders::{Order, OrderStatus};
use tradepost_model::players::{Game, Player, Username};

/// How many are written in one transaction.
const BATCH: usize = 2000;

/// Writes so many orders, each with one completed command.
pub(super) async fn write(
    app: &App,
    store: StoreId,
    package: PackageId,
    servers: &[ServerId],
    count: usize,
) -> Result<(), Failure> {
    let euro = Currency::parse("EUR").ok_or("no euro")?;
    let now = app.now();
    for first in (0..count).step_by(BATCH) {
        let mut batch = Vec::with_capacity(BATCH);
        for number in first..count.min(first + BATCH) {
            let player = Player {
                username: Username::parse(&format!("Old{}", number % 50_000), Game::Minecraft)?,
                uuid: None,
            };
            let id: OrderId = Ids.next(now);
            let order = Order {
                id,
                // Numbers behind those that the measurement will give.
                number: 1_000_000_000 + i64::try_from(number)?,
                status: OrderStatus::Paid,
                player: player.clone(),
                gifter: None,
                email: None,
                total: Money::new(100, euro),
                tax: Money::zero(euro),
                coupon: None,
                gift_card: None,
                subscription: None,
                provider: "Manual".to_owned(),
                session: None,
                reason: None,
                created_at: now,
                updated_at: now,
                paid_at: Some(now),
            };
            let command = Command {
                id: Ids.next(now),
                order: id,
                order_number: order.number,
                item: None,
                origin: CommandOrigin::Package,
                redelivery: None,
                package,
                package_name: "Diamond".to_owned(),
                server: servers[number % servers.len()],
                kind: CommandType::Initial,
                text: "give Old diamond 1".to_owned(),
                player,
                require_online: false,
                required_slots: 0,
                status: CommandStatus::Completed,
                attempt: 1,
                failures: 0,
                due_at: now,
                sent_at: None,
                acked_at: None,
                finished_at: Some(now),
                last_error: None,
                output: None,
                duration_ms: None,
                created_at: now,
            };
            batch.push((order, command));
        }
        app.write(async move |tx| {
            for (order, command) in &batch {
                orders::insert(tx, store, order, &[]).await?;
                let command = NewCommand {
                    command: command.clone(),
                    lease: None,
                };
                commands::insert(tx, store, 0, &[command]).await?;
            }
            Ok(())
        })
        .await?;
    }
    Ok(())
}
