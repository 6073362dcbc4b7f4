//! Game servers, and the one live connection that each may have.

use tradepost_model::Timestamp;
use tradepost_model::ids::{ConnectionId, ServerId, StoreId};
use tradepost_model::servers::{Server, Transport};

use crate::codec::word;
use crate::{Conn, Result, Row, Tx, params};

crate::statements! {
    INSERT = "INSERT INTO servers
        (id, store_id, name, address, game, token_hash, software, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, '', $7, $7)";
    FIND = "SELECT id, name, address, game, software, first_seen_at, last_seen_at, created_at
        FROM servers WHERE store_id = $1 AND id = $2";
    LIST = "SELECT id, name, address, game, software, first_seen_at, last_seen_at, created_at
        FROM servers WHERE store_id = $1 ORDER BY created_at, id";
    UPDATE = "UPDATE servers SET name = $3, address = $4, game = $5, updated_at = $6
        WHERE store_id = $1 AND id = $2";
    BY_TOKEN = "SELECT store_id, token_hash FROM servers WHERE id = $1";
    SET_TOKEN = "UPDATE servers SET token_hash = $3, updated_at = $4 WHERE store_id = $1 AND id = $2";
    LOCK = "UPDATE servers SET updated_at = updated_at WHERE store_id = $1 AND id = $2";
    SEEN = "UPDATE servers
        SET last_seen_at = $3, first_seen_at = COALESCE(first_seen_at, $3)
        WHERE store_id = $1 AND id = $2";
    SET_SOFTWARE = "UPDATE servers SET software = $3 WHERE store_id = $1 AND id = $2";
    CONNECT = "INSERT INTO server_connections
        (server_id, store_id, connection_id, instance_id, node, since, until, transport)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'hub')
        ON CONFLICT (server_id) DO UPDATE
        SET connection_id = excluded.connection_id, instance_id = excluded.instance_id, node = excluded.node,
            since = excluded.since, until = excluded.until, transport = excluded.transport";
    CONNECTION = "SELECT connection_id, instance_id, since, transport FROM server_connections
        WHERE store_id = $1 AND server_id = $2 AND until > $3";
    CONNECTIONS = "SELECT server_id, connection_id, since, transport FROM server_connections
        WHERE store_id = $1 AND until > $2";
    SET_INSTANCE = "UPDATE server_connections SET instance_id = $4
        WHERE store_id = $1 AND server_id = $2 AND connection_id = $3";
    RENEW = "UPDATE server_connections SET until = $4
        WHERE store_id = $1 AND server_id = $2 AND connection_id = $3";
    HOLDER = "SELECT connection_id, transport, until FROM server_connections
        WHERE store_id = $1 AND server_id = $2";
    OF_NODE = "SELECT store_id, server_id, connection_id FROM server_connections
        WHERE node = $1 AND transport = 'hub'";
    DROP_CONNECTION = "DELETE FROM server_connections WHERE store_id = $1 AND server_id = $2";
    DISCONNECT = "DELETE FROM server_connections WHERE store_id = $1 AND server_id = $2 AND connection_id = $3";
    FORGET_NODE = "DELETE FROM server_connections WHERE node = $1 AND transport = 'hub'";
}

/// Adds a server.
pub async fn insert(tx: &mut Tx, store: StoreId, server: &Server, token_hash: &[u8]) -> Result<()> {
    let Server { id, name, address, game, first_seen_at: _, last_seen_at: _, software: _, created_at } = server;
    tx.exec(INSERT, &params![*id, store, name, address, game, token_hash, *created_at]).await.map(|_| ())
}

/// A server by identity.
pub async fn find(conn: &mut Conn, store: StoreId, server: ServerId) -> Result<Option<Server>> {
    conn.query_opt(FIND, &params![store, server]).await?.map(|row| read(&row)).transpose()
}

/// A store's servers, oldest first.
pub async fn list(conn: &mut Conn, store: StoreId) -> Result<Vec<Server>> {
    conn.query(LIST, &params![store]).await?.iter().map(read).collect()
}

/// Changes what the owner says of a server; `false` where it does not exist.
pub async fn update(
    tx: &mut Tx,
    store: StoreId,
    server: ServerId,
    [name, address, game]: [&str; 3],
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(UPDATE, &params![store, server, name, address, game, now]).await? == 1)
}

/// Whose server it is, and the hash of its token's secret.
pub async fn by_token(conn: &mut Conn, server: ServerId) -> Result<Option<(StoreId, Vec<u8>)>> {
    let Some(row) = conn.query_opt(BY_TOKEN, &params![server]).await? else { return Ok(None) };
    Ok(Some((row.get("store_id")?, row.get("token_hash")?)))
}

/// Replaces the token and ends the server's connection, on whatever node. Tells whether there was one;
/// `None` where the server does not exist.
pub async fn set_token(
    tx: &mut Tx,
    store: StoreId,
    server: ServerId,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<bool>> {
    if tx.exec(SET_TOKEN, &params![store, server, token_hash, now]).await? == 0 {
        return Ok(None);
    }
    Ok(Some(tx.exec(DROP_CONNECTION, &params![store, server]).await? == 1))
}

/// Notes what the plugin says it is.
pub async fn set_software(tx: &mut Tx, store: StoreId, server: ServerId, software: &str) -> Result<()> {
    tx.exec(SET_SOFTWARE, &params![store, server, software]).await.map(|_| ())
}

/// Locks a server. Who changes which connection it has does so first: what it finds then is true until
/// it commits.
pub async fn lock(tx: &mut Tx, store: StoreId, server: ServerId) -> Result<()> {
    tx.exec(LOCK, &params![store, server]).await.map(|_| ())
}

/// Notes that a plugin was heard of. Locks the server as well.
pub async fn seen(tx: &mut Tx, store: StoreId, server: ServerId, now: Timestamp) -> Result<()> {
    tx.exec(SEEN, &params![store, server, now]).await.map(|_| ())
}

/// A live connection of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConnection {
    /// The server.
    pub server: ServerId,
    /// The connection.
    pub connection: ConnectionId,
    /// Since when.
    pub since: Timestamp,
    /// How its plugin speaks.
    pub transport: Transport,
}

/// What is kept of a new connection.
#[derive(Clone, Debug)]
pub struct NewConnection<'a> {
    /// The connection.
    pub connection: ConnectionId,
    /// The plugin's own name for its process, where it told one.
    pub instance: Option<&'a str>,
    /// The node that holds it.
    pub node: &'a str,
    /// Now.
    pub now: Timestamp,
    /// How long it counts as live unless renewed.
    pub until: Timestamp,
}

/// Makes this the server's live connection, whatever was before.
pub async fn connect(tx: &mut Tx, store: StoreId, server: ServerId, new: &NewConnection<'_>) -> Result<()> {
    let values = params![server, store, new.connection, new.instance, new.node, new.now, new.until];
    tx.exec(CONNECT, &values).await?;
    seen(tx, store, server, new.now).await
}

/// The live connection of a server, with the plugin's name for its process.
pub async fn connection(
    conn: &mut Conn,
    store: StoreId,
    server: ServerId,
    now: Timestamp,
) -> Result<Option<(ServerConnection, Option<String>)>> {
    let Some(row) = conn.query_opt(CONNECTION, &params![store, server, now]).await? else { return Ok(None) };
    Ok(Some((read_connection(server, &row)?, row.get("instance_id")?)))
}

/// The live connections of a store's servers.
pub async fn connections(conn: &mut Conn, store: StoreId, now: Timestamp) -> Result<Vec<ServerConnection>> {
    let rows = conn.query(CONNECTIONS, &params![store, now]).await?;
    rows.iter().map(|row| read_connection(row.get("server_id")?, row)).collect()
}

/// Notes the plugin's name for its process; `false` where the connection is no longer the live one.
pub async fn set_instance(
    tx: &mut Tx,
    store: StoreId,
    server: ServerId,
    connection: ConnectionId,
    instance: Option<&str>,
) -> Result<bool> {
    Ok(tx.exec(SET_INSTANCE, &params![store, server, connection, instance]).await? == 1)
}

/// Lets these connections count as live until `until`, also those whose time ran out while their node
/// was asleep and that no other has replaced.
pub async fn renew(
    tx: &mut Tx,
    connections: &[(StoreId, ServerId, ConnectionId)],
    until: Timestamp,
) -> Result<()> {
    let rows = connections
        .iter()
        .map(|(store, server, connection)| params![*store, *server, *connection, until].to_vec());
    tx.exec_many(RENEW, rows.collect()).await.map(|_| ())
}

/// The connection that a server's row names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The connection.
    pub connection: ConnectionId,
    /// How its plugin speaks.
    pub transport: Transport,
    /// How long it counts as live.
    pub until: Timestamp,
}

impl Holder {
    /// Whether a live hub connection has the server.
    pub fn is_live_hub(&self, now: Timestamp) -> bool {
        self.transport == Transport::Hub && self.until > now
    }
}

/// The connection that a server's row names, live or lapsed.
pub async fn holder(conn: &mut Conn, store: StoreId, server: ServerId) -> Result<Option<Holder>> {
    let Some(row) = conn.query_opt(HOLDER, &params![store, server]).await? else { return Ok(None) };
    Ok(Some(Holder {
        connection: row.get("connection_id")?,
        transport: word(&row, "transport", Transport::parse)?,
        until: row.get("until")?,
    }))
}

/// The hub connections that a node holds, as the database has them: `(store, server, connection)`.
pub async fn of_node(conn: &mut Conn, node: &str) -> Result<Vec<(StoreId, ServerId, ConnectionId)>> {
    let rows = conn.query(OF_NODE, &params![node]).await?;
    rows.iter()
        .map(|row| Ok((row.get("store_id")?, row.get("server_id")?, row.get("connection_id")?)))
        .collect()
}

/// Ends a connection; `false` where it was no longer the live one.
pub async fn disconnect(
    tx: &mut Tx,
    store: StoreId,
    server: ServerId,
    connection: ConnectionId,
    now: Timestamp,
) -> Result<bool> {
    let ended = tx.exec(DISCONNECT, &params![store, server, connection]).await? == 1;
    if ended {
        seen(tx, store, server, now).await?;
    }
    Ok(ended)
}

/// Ends all hub connections of a node, which starts or stops. A plugin that polls may ask any node next.
pub async fn forget_node(tx: &mut Tx, node: &str) -> Result<u64> {
    tx.exec(FORGET_NODE, &params![node]).await
}

fn read_connection(server: ServerId, row: &Row) -> Result<ServerConnection> {
    Ok(ServerConnection {
        server,
        connection: row.get("connection_id")?,
        since: row.get("since")?,
        transport: word(row, "transport", Transport::parse)?,
    })
}

fn read(row: &Row) -> Result<Server> {
    Ok(Server {
        id: row.get("id")?,
        name: row.get("name")?,
        address: row.get("address")?,
        game: row.get("game")?,
        software: row.get("software")?,
        first_seen_at: row.get("first_seen_at")?,
        last_seen_at: row.get("last_seen_at")?,
        created_at: row.get("created_at")?,
    })
}
