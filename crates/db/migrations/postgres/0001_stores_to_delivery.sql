-- Facts about the installation as a whole: the fingerprint of its master key.
CREATE TABLE installation (
    name text NOT NULL PRIMARY KEY,
    value text NOT NULL
);

-- Stores and who may enter them.

CREATE TABLE stores (
    id uuid NOT NULL PRIMARY KEY,
    short_id text NOT NULL UNIQUE,
    subdomain text NOT NULL UNIQUE,
    name text NOT NULL,
    tagline text NOT NULL,
    currency text NOT NULL,
    language text NOT NULL,
    game text NOT NULL,
    accent text NOT NULL,
    test_mode boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

-- Sequences of a store: order numbers, event sequence.
CREATE TABLE counters (
    store_id uuid NOT NULL REFERENCES stores (id),
    name text NOT NULL,
    value bigint NOT NULL,
    PRIMARY KEY (store_id, name)
);

CREATE TABLE checkout_origins (
    store_id uuid NOT NULL REFERENCES stores (id),
    origin text NOT NULL,
    PRIMARY KEY (store_id, origin)
);

CREATE TABLE users (
    id uuid NOT NULL PRIMARY KEY,
    email text NOT NULL,
    email_key text NOT NULL UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,
    token_epoch bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

CREATE TABLE memberships (
    store_id uuid NOT NULL REFERENCES stores (id),
    user_id uuid NOT NULL REFERENCES users (id),
    permissions text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (store_id, user_id)
);
CREATE INDEX memberships_by_user ON memberships (user_id);

CREATE TABLE web_sessions (
    token_hash bytea NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id),
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX web_sessions_by_user ON web_sessions (user_id);
CREATE INDEX web_sessions_by_expiry ON web_sessions (expires_at);

CREATE TABLE api_keys (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    name text NOT NULL,
    prefix text NOT NULL,
    secret_hash bytea NOT NULL UNIQUE,
    permissions text NOT NULL,
    expires_at bigint,
    revoked_at bigint,
    created_at bigint NOT NULL
);
CREATE INDEX api_keys_by_store ON api_keys (store_id, created_at);

-- What a store sells, and where it is delivered.

CREATE TABLE categories (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    name text NOT NULL,
    slug text NOT NULL,
    description text NOT NULL,
    is_enabled boolean NOT NULL,
    sort_order bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    UNIQUE (store_id, slug)
);

CREATE TABLE images (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    content_type text NOT NULL,
    content bytea NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE servers (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    name text NOT NULL,
    address text NOT NULL,
    game text NOT NULL,
    token_hash bytea NOT NULL,
    software text NOT NULL,
    first_seen_at bigint,
    last_seen_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE INDEX servers_by_store ON servers (store_id, created_at);

-- The one live connection of a server. A command's lease is worth as much as this row: it names the
-- connection, and lasts while the row names the same one and `until` lies ahead.
CREATE TABLE server_connections (
    server_id uuid NOT NULL PRIMARY KEY REFERENCES servers (id),
    store_id uuid NOT NULL REFERENCES stores (id),
    connection_id uuid NOT NULL,
    instance_id text,
    node text NOT NULL,
    since bigint NOT NULL,
    until bigint NOT NULL
);
CREATE INDEX server_connections_by_store ON server_connections (store_id);
CREATE INDEX server_connections_by_node ON server_connections (node);

CREATE TABLE packages (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    category_id uuid REFERENCES categories (id),
    name text NOT NULL,
    slug text NOT NULL,
    description text NOT NULL,
    price bigint NOT NULL,
    image_url text,
    is_active boolean NOT NULL,
    sort_order bigint NOT NULL,
    global_limit bigint,
    per_user_limit bigint,
    server_selection boolean NOT NULL,
    sold bigint NOT NULL,
    reserved bigint NOT NULL,
    archived_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    UNIQUE (store_id, slug)
);
CREATE INDEX packages_by_category ON packages (category_id);

CREATE TABLE package_servers (
    package_id uuid NOT NULL REFERENCES packages (id),
    server_id uuid NOT NULL REFERENCES servers (id),
    store_id uuid NOT NULL REFERENCES stores (id),
    PRIMARY KEY (package_id, server_id)
);
CREATE INDEX package_servers_by_store ON package_servers (store_id);

CREATE TABLE package_commands (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    package_id uuid NOT NULL REFERENCES packages (id),
    position bigint NOT NULL,
    template text NOT NULL,
    kind text NOT NULL,
    target text NOT NULL,
    server_id uuid REFERENCES servers (id),
    execute text NOT NULL,
    delay_seconds bigint NOT NULL,
    required_slots bigint NOT NULL,
    run_per text NOT NULL
);
CREATE INDEX package_commands_by_package ON package_commands (package_id, position);
CREATE INDEX package_commands_by_server ON package_commands (server_id);

-- Buying.

CREATE TABLE customers (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    customer_key text NOT NULL,
    username text NOT NULL,
    uuid uuid,
    total_spent bigint NOT NULL,
    orders_count bigint NOT NULL,
    last_purchase_at bigint,
    created_at bigint NOT NULL,
    UNIQUE (store_id, customer_key)
);

-- How much of a limited package one player has bought or reserved.
CREATE TABLE player_limits (
    package_id uuid NOT NULL REFERENCES packages (id),
    customer_key text NOT NULL,
    store_id uuid NOT NULL REFERENCES stores (id),
    used bigint NOT NULL,
    PRIMARY KEY (package_id, customer_key)
);

CREATE TABLE checkout_sessions (
    id text NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    status text NOT NULL,
    success_url text,
    cancel_url text,
    username text NOT NULL,
    uuid uuid,
    email text,
    items text NOT NULL,
    total bigint NOT NULL,
    currency text NOT NULL,
    client_reference text,
    metadata text,
    idempotency_key text,
    order_id uuid,
    expires_at bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    UNIQUE (store_id, idempotency_key)
);

CREATE TABLE orders (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    number bigint NOT NULL,
    status text NOT NULL,
    username text NOT NULL,
    username_key text NOT NULL,
    uuid uuid,
    email text,
    total bigint NOT NULL,
    currency text NOT NULL,
    provider text NOT NULL,
    session_id text UNIQUE REFERENCES checkout_sessions (id),
    reason text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    paid_at bigint,
    UNIQUE (store_id, number)
);
CREATE INDEX orders_by_store ON orders (store_id, id);
CREATE INDEX orders_by_status ON orders (store_id, status, id);
CREATE INDEX orders_by_player ON orders (store_id, username_key, id);
CREATE INDEX orders_by_payment ON orders (store_id, paid_at);

CREATE TABLE order_items (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    order_id uuid NOT NULL REFERENCES orders (id),
    position bigint NOT NULL,
    package_id uuid NOT NULL REFERENCES packages (id),
    package_name text NOT NULL,
    quantity bigint NOT NULL,
    unit_price bigint NOT NULL,
    total bigint NOT NULL,
    server_id uuid
);
CREATE INDEX order_items_by_order ON order_items (order_id, position);
CREATE INDEX order_items_by_package ON order_items (package_id);

-- What is scarce and held for an order while its payment is under way: held, used or released.
CREATE TABLE reservations (
    order_id uuid NOT NULL PRIMARY KEY REFERENCES orders (id),
    store_id uuid NOT NULL REFERENCES stores (id),
    state text NOT NULL,
    expires_at bigint NOT NULL
);

CREATE TABLE payments (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    order_id uuid NOT NULL REFERENCES orders (id),
    gateway text NOT NULL,
    reference text NOT NULL,
    status text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    note text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    UNIQUE (gateway, reference)
);
CREATE INDEX payments_by_order ON payments (order_id, id);
-- At most one attempt to pay an order is under way.
CREATE UNIQUE INDEX payments_one_pending ON payments (order_id) WHERE status = 'pending';

-- What gateways told us, kept before anything is done with it.
CREATE TABLE gateway_events (
    gateway text NOT NULL,
    event_id text NOT NULL,
    store_id uuid NOT NULL REFERENCES stores (id),
    payment_id uuid NOT NULL REFERENCES payments (id),
    outcome text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    received_at bigint NOT NULL,
    processed_at bigint,
    result text,
    PRIMARY KEY (gateway, event_id)
);

-- Delivery.

CREATE TABLE commands (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    order_id uuid NOT NULL REFERENCES orders (id),
    order_number bigint NOT NULL,
    package_id uuid NOT NULL REFERENCES packages (id),
    package_name text NOT NULL,
    server_id uuid NOT NULL REFERENCES servers (id),
    position bigint NOT NULL,
    kind text NOT NULL,
    content text NOT NULL,
    username text NOT NULL,
    username_key text NOT NULL,
    uuid uuid,
    require_online boolean NOT NULL,
    required_slots bigint NOT NULL,
    status text NOT NULL,
    attempt bigint NOT NULL,
    failures bigint NOT NULL,
    due_at bigint NOT NULL,
    lease_connection uuid,
    sent_at bigint,
    acked_at bigint,
    finished_at bigint,
    last_error text,
    output text,
    duration_ms bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE INDEX commands_by_order ON commands (order_id, position);
CREATE INDEX commands_by_server ON commands (server_id, id);
CREATE INDEX commands_due ON commands (server_id, due_at, position) WHERE status = 'Pending';
CREATE INDEX commands_sent ON commands (server_id) WHERE status = 'Delivered';
CREATE INDEX commands_awaiting ON commands (server_id, username_key) WHERE status = 'AwaitingPlayer';
CREATE INDEX commands_awaiting_uuid ON commands (server_id, uuid) WHERE status = 'AwaitingPlayer';
CREATE INDEX commands_failed ON commands (store_id, id) WHERE status = 'Failed';

CREATE TABLE command_transitions (
    command_id uuid NOT NULL REFERENCES commands (id),
    position bigint NOT NULL,
    store_id uuid NOT NULL REFERENCES stores (id),
    status text NOT NULL,
    attempt bigint NOT NULL,
    reason text NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (command_id, position)
);

-- What happened, in order; and what is to do.

CREATE TABLE events (
    store_id uuid NOT NULL REFERENCES stores (id),
    seq bigint NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    data text NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (store_id, seq)
);

CREATE TABLE jobs (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    subject text NOT NULL,
    store_id uuid NOT NULL REFERENCES stores (id),
    due_at bigint NOT NULL,
    attempts bigint NOT NULL,
    lease_until bigint,
    last_error text,
    created_at bigint NOT NULL,
    UNIQUE (kind, subject)
);
CREATE INDEX jobs_due ON jobs (due_at);
