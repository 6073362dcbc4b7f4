-- Facts about the installation as a whole: the fingerprint of its master key.
CREATE TABLE installation (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Stores and who may enter them.

CREATE TABLE stores (
    id BLOB NOT NULL PRIMARY KEY,
    short_id TEXT NOT NULL UNIQUE,
    subdomain TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    tagline TEXT NOT NULL,
    currency TEXT NOT NULL,
    language TEXT NOT NULL,
    game TEXT NOT NULL,
    accent TEXT NOT NULL,
    test_mode INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Sequences of a store: order numbers, event sequence.
CREATE TABLE counters (
    store_id BLOB NOT NULL REFERENCES stores (id),
    name TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (store_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkout_origins (
    store_id BLOB NOT NULL REFERENCES stores (id),
    origin TEXT NOT NULL,
    PRIMARY KEY (store_id, origin)
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    token_epoch INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE memberships (
    store_id BLOB NOT NULL REFERENCES stores (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    permissions TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (store_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_by_user ON memberships (user_id);

CREATE TABLE web_sessions (
    token_hash BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX web_sessions_by_user ON web_sessions (user_id);
CREATE INDEX web_sessions_by_expiry ON web_sessions (expires_at);

CREATE TABLE api_keys (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    secret_hash BLOB NOT NULL UNIQUE,
    permissions TEXT NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_by_store ON api_keys (store_id, created_at);

-- What a store sells, and where it is delivered.

CREATE TABLE categories (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    description TEXT NOT NULL,
    is_enabled INTEGER NOT NULL,
    sort_order INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (store_id, slug)
) STRICT, WITHOUT ROWID;

CREATE TABLE images (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    content_type TEXT NOT NULL,
    content BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE servers (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    game TEXT NOT NULL,
    token_hash BLOB NOT NULL,
    software TEXT NOT NULL,
    first_seen_at INTEGER,
    last_seen_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX servers_by_store ON servers (store_id, created_at);

-- The one live connection of a server. A command's lease is worth as much as this row: it names the
-- connection, and lasts while the row names the same one and `until` lies ahead.
CREATE TABLE server_connections (
    server_id BLOB NOT NULL PRIMARY KEY REFERENCES servers (id),
    store_id BLOB NOT NULL REFERENCES stores (id),
    connection_id BLOB NOT NULL,
    instance_id TEXT,
    node TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX server_connections_by_store ON server_connections (store_id);
CREATE INDEX server_connections_by_node ON server_connections (node);

CREATE TABLE packages (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    category_id BLOB REFERENCES categories (id),
    name TEXT NOT NULL,
    slug TEXT NOT NULL,
    description TEXT NOT NULL,
    price INTEGER NOT NULL,
    image_url TEXT,
    is_active INTEGER NOT NULL,
    sort_order INTEGER NOT NULL,
    global_limit INTEGER,
    per_user_limit INTEGER,
    server_selection INTEGER NOT NULL,
    sold INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    archived_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (store_id, slug)
) STRICT, WITHOUT ROWID;
CREATE INDEX packages_by_category ON packages (category_id);

CREATE TABLE package_servers (
    package_id BLOB NOT NULL REFERENCES packages (id),
    server_id BLOB NOT NULL REFERENCES servers (id),
    store_id BLOB NOT NULL REFERENCES stores (id),
    PRIMARY KEY (package_id, server_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX package_servers_by_store ON package_servers (store_id);

CREATE TABLE package_commands (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    package_id BLOB NOT NULL REFERENCES packages (id),
    position INTEGER NOT NULL,
    template TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    server_id BLOB REFERENCES servers (id),
    execute TEXT NOT NULL,
    delay_seconds INTEGER NOT NULL,
    required_slots INTEGER NOT NULL,
    run_per TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX package_commands_by_package ON package_commands (package_id, position);
CREATE INDEX package_commands_by_server ON package_commands (server_id);

-- Buying.

CREATE TABLE customers (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    customer_key TEXT NOT NULL,
    username TEXT NOT NULL,
    uuid BLOB,
    total_spent INTEGER NOT NULL,
    orders_count INTEGER NOT NULL,
    last_purchase_at INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (store_id, customer_key)
) STRICT, WITHOUT ROWID;

-- How much of a limited package one player has bought or reserved.
CREATE TABLE player_limits (
    package_id BLOB NOT NULL REFERENCES packages (id),
    customer_key TEXT NOT NULL,
    store_id BLOB NOT NULL REFERENCES stores (id),
    used INTEGER NOT NULL,
    PRIMARY KEY (package_id, customer_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkout_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    status TEXT NOT NULL,
    success_url TEXT,
    cancel_url TEXT,
    username TEXT NOT NULL,
    uuid BLOB,
    email TEXT,
    items TEXT NOT NULL,
    total INTEGER NOT NULL,
    currency TEXT NOT NULL,
    client_reference TEXT,
    metadata TEXT,
    idempotency_key TEXT,
    order_id BLOB,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (store_id, idempotency_key)
) STRICT;

CREATE TABLE orders (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    number INTEGER NOT NULL,
    status TEXT NOT NULL,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL,
    uuid BLOB,
    email TEXT,
    total INTEGER NOT NULL,
    currency TEXT NOT NULL,
    provider TEXT NOT NULL,
    session_id TEXT UNIQUE REFERENCES checkout_sessions (id),
    reason TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    paid_at INTEGER,
    UNIQUE (store_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_by_store ON orders (store_id, id);
CREATE INDEX orders_by_status ON orders (store_id, status, id);
CREATE INDEX orders_by_player ON orders (store_id, username_key, id);
CREATE INDEX orders_by_payment ON orders (store_id, paid_at);

CREATE TABLE order_items (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    order_id BLOB NOT NULL REFERENCES orders (id),
    position INTEGER NOT NULL,
    package_id BLOB NOT NULL REFERENCES packages (id),
    package_name TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    unit_price INTEGER NOT NULL,
    total INTEGER NOT NULL,
    server_id BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX order_items_by_order ON order_items (order_id, position);
CREATE INDEX order_items_by_package ON order_items (package_id);

-- What is scarce and held for an order while its payment is under way: held, used or released.
CREATE TABLE reservations (
    order_id BLOB NOT NULL PRIMARY KEY REFERENCES orders (id),
    store_id BLOB NOT NULL REFERENCES stores (id),
    state TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE payments (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    order_id BLOB NOT NULL REFERENCES orders (id),
    gateway TEXT NOT NULL,
    reference TEXT NOT NULL,
    status TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    note TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (gateway, reference)
) STRICT, WITHOUT ROWID;
CREATE INDEX payments_by_order ON payments (order_id, id);
-- At most one attempt to pay an order is under way.
CREATE UNIQUE INDEX payments_one_pending ON payments (order_id) WHERE status = 'pending';

-- What gateways told us, kept before anything is done with it.
CREATE TABLE gateway_events (
    gateway TEXT NOT NULL,
    event_id TEXT NOT NULL,
    store_id BLOB NOT NULL REFERENCES stores (id),
    payment_id BLOB NOT NULL REFERENCES payments (id),
    outcome TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    processed_at INTEGER,
    result TEXT,
    PRIMARY KEY (gateway, event_id)
) STRICT, WITHOUT ROWID;

-- Delivery.

CREATE TABLE commands (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    order_id BLOB NOT NULL REFERENCES orders (id),
    order_number INTEGER NOT NULL,
    package_id BLOB NOT NULL REFERENCES packages (id),
    package_name TEXT NOT NULL,
    server_id BLOB NOT NULL REFERENCES servers (id),
    position INTEGER NOT NULL,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    username TEXT NOT NULL,
    username_key TEXT NOT NULL,
    uuid BLOB,
    require_online INTEGER NOT NULL,
    required_slots INTEGER NOT NULL,
    status TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    lease_connection BLOB,
    sent_at INTEGER,
    acked_at INTEGER,
    finished_at INTEGER,
    last_error TEXT,
    output TEXT,
    duration_ms INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX commands_by_order ON commands (order_id, position);
CREATE INDEX commands_by_server ON commands (server_id, id);
CREATE INDEX commands_due ON commands (server_id, due_at, position) WHERE status = 'Pending';
CREATE INDEX commands_sent ON commands (server_id) WHERE status = 'Delivered';
CREATE INDEX commands_awaiting ON commands (server_id, username_key) WHERE status = 'AwaitingPlayer';
CREATE INDEX commands_awaiting_uuid ON commands (server_id, uuid) WHERE status = 'AwaitingPlayer';
CREATE INDEX commands_failed ON commands (store_id, id) WHERE status = 'Failed';

CREATE TABLE command_transitions (
    command_id BLOB NOT NULL REFERENCES commands (id),
    position INTEGER NOT NULL,
    store_id BLOB NOT NULL REFERENCES stores (id),
    status TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (command_id, position)
) STRICT, WITHOUT ROWID;

-- What happened, in order; and what is to do.

CREATE TABLE events (
    store_id BLOB NOT NULL REFERENCES stores (id),
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (store_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    store_id BLOB NOT NULL REFERENCES stores (id),
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    lease_until INTEGER,
    last_error TEXT,
    created_at INTEGER NOT NULL,
    UNIQUE (kind, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_due ON jobs (due_at);
