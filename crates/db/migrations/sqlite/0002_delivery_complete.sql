-- What was bought for a time, and when it ended.
ALTER TABLE packages ADD COLUMN timed_hours INTEGER;
ALTER TABLE order_items ADD COLUMN starts_at INTEGER;
ALTER TABLE order_items ADD COLUMN expires_at INTEGER;
ALTER TABLE order_items ADD COLUMN ended_at INTEGER;
ALTER TABLE order_items ADD COLUMN end_reason TEXT;
-- The condition, which always holds, keeps SQLite from walking these for statements that other indexes answer.
CREATE INDEX order_items_by_store ON order_items (store_id, id) WHERE position >= 0;
CREATE INDEX order_items_by_expiry ON order_items (store_id, expires_at) WHERE ended_at IS NULL AND expires_at IS NOT NULL;

-- Which dispute a gateway's notification is about.
ALTER TABLE gateway_events ADD COLUMN dispute_id TEXT;
ALTER TABLE gateway_events ADD COLUMN dispute_reason TEXT;
CREATE INDEX gateway_events_by_payment ON gateway_events (payment_id);

-- Where a command comes from: a package, the store's global commands, staff, a redelivery.
ALTER TABLE commands ADD COLUMN item_id BLOB;
ALTER TABLE commands ADD COLUMN origin TEXT NOT NULL DEFAULT 'package';
ALTER TABLE commands ADD COLUMN redelivery_id BLOB;
CREATE INDEX commands_by_store ON commands (store_id, id) WHERE position >= 0;
CREATE INDEX commands_by_redelivery ON commands (redelivery_id) WHERE redelivery_id IS NOT NULL;

-- Commands that run for every order of a store, once per order.
CREATE TABLE store_commands (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    position INTEGER NOT NULL,
    template TEXT NOT NULL,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    server_id BLOB REFERENCES servers (id),
    execute TEXT NOT NULL,
    delay_seconds INTEGER NOT NULL,
    required_slots INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX store_commands_by_store ON store_commands (store_id, position);
CREATE INDEX store_commands_by_server ON store_commands (server_id);

-- How a server is spoken to: `hub` or `poll`. A polling plugin's connection lasts from poll to poll.
ALTER TABLE server_connections ADD COLUMN transport TEXT NOT NULL DEFAULT 'hub';
CREATE TABLE server_polls (
    server_id BLOB NOT NULL PRIMARY KEY REFERENCES servers (id),
    store_id BLOB NOT NULL REFERENCES stores (id),
    connection_id BLOB NOT NULL,
    next_check INTEGER NOT NULL,
    hasty INTEGER NOT NULL,
    polled_at INTEGER,
    busy_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX server_polls_by_store ON server_polls (store_id);

-- Commands or entitlements that staff send again in bulk: a filter, a pace, and how far it has come.
CREATE TABLE redeliveries (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    kind TEXT NOT NULL,
    server_id BLOB REFERENCES servers (id),
    filter TEXT NOT NULL,
    per_minute INTEGER NOT NULL,
    state TEXT NOT NULL,
    total INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    queued INTEGER NOT NULL,
    place BLOB,
    requested_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    finished_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX redeliveries_by_store ON redeliveries (store_id, id);
CREATE INDEX redeliveries_by_server ON redeliveries (server_id);

-- Until now every member was an owner: they may do what is new, too.
UPDATE memberships
SET permissions = '{"Packages":["View","Edit","Delete"],"Categories":["View","Edit","Delete"],"Coupons":["View","Edit","Delete"],"Sales":["View","Edit","Delete"],"GiftCards":["View","Edit","Delete"],"Orders":["View","Edit","Delete"],"Customers":["View","Edit","Delete"],"Bans":["View","Edit","Delete"],"Subscriptions":["View","Edit","Delete"],"Stores":["View","Edit","Delete"],"Servers":["View","Edit","Delete"],"Commands":["View","Edit","Delete"],"Flags":["IssueRefunds","ShowCustomerPII"]}';
