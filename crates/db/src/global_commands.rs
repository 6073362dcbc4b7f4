//! The store's global commands, which run once for every order.

use tradepost_model::commands::CommandType;
use tradepost_model::ids::StoreId;
use tradepost_model::packages::{Execute, PackageCommand, RunPer, Target};
use tradepost_model::templates::Template;

use crate::codec::word;
use crate::{Conn, Error, Result, Row, Tx, params};

crate::statements! {
    LIST = "SELECT id, template, kind, target, server_id, execute, delay_seconds, required_slots
        FROM store_commands
        WHERE store_id = $1
        ORDER BY position";
    CLEAR = "DELETE FROM store_commands WHERE store_id = $1";
    ADD = "INSERT INTO store_commands
        (id, store_id, position, template, kind, target, server_id, execute, delay_seconds, required_slots)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
}

/// A store's global commands, in their order.
pub async fn list(conn: &mut Conn, store: StoreId) -> Result<Vec<PackageCommand>> {
    conn.query(LIST, &params![store]).await?.iter().map(read).collect()
}

/// Replaces a store's global commands, in the order given.
pub async fn set(tx: &mut Tx, store: StoreId, commands: &[PackageCommand]) -> Result<()> {
    tx.exec(CLEAR, &params![store]).await?;
    for (position, command) in (0_i64..).zip(commands) {
        let (target, server) = match command.target {
            Target::Server(server) => ("server", Some(server)),
            Target::All | Target::CustomerChoice => ("all", None),
        };
        let values = params![
            command.id,
            store,
            position,
            command.template.source(),
            command.kind.word(),
            target,
            server,
            command.execute.word(),
            command.delay_seconds,
            command.required_slots,
        ];
        tx.exec(ADD, &values).await?;
    }
    Ok(())
}

fn read(row: &Row) -> Result<PackageCommand> {
    let template = Template::parse(row.text("template")?);
    Ok(PackageCommand {
        id: row.get("id")?,
        template: template.map_err(|_| Error::Decode { column: "template".to_owned() })?,
        kind: word(row, "kind", CommandType::parse)?,
        target: match row.get("server_id")? {
            Some(server) => Target::Server(server),
            None => Target::All,
        },
        execute: word(row, "execute", Execute::parse)?,
        delay_seconds: row.get("delay_seconds")?,
        required_slots: row.get("required_slots")?,
        run_per: RunPer::Line,
    })
}
