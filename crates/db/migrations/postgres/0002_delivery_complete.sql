-- What was bought for a time, and when it ended.
ALTER TABLE packages ADD COLUMN timed_hours bigint;
ALTER TABLE order_items ADD COLUMN starts_at bigint;
ALTER TABLE order_items ADD COLUMN expires_at bigint;
ALTER TABLE order_items ADD COLUMN ended_at bigint;
ALTER TABLE order_items ADD COLUMN end_reason text;
-- The condition, which always holds, keeps SQLite from walking these for statements that other indexes answer.
CREATE INDEX order_items_by_store ON order_items (store_id, id) WHERE position >= 0;
CREATE INDEX order_items_by_expiry ON order_items (store_id, expires_at) WHERE ended_at IS NULL AND expires_at IS NOT NULL;

-- Which dispute a gateway's notification is about.
ALTER TABLE gateway_events ADD COLUMN dispute_id text;
ALTER TABLE gateway_events ADD COLUMN dispute_reason text;
CREATE INDEX gateway_events_by_payment ON gateway_events (payment_id);

-- Where a command comes from: a package, the store's global commands, staff, a redelivery.
ALTER TABLE commands ADD COLUMN item_id uuid;
ALTER TABLE commands ADD COLUMN origin text NOT NULL DEFAULT 'package';
ALTER TABLE commands ADD COLUMN redelivery_id uuid;
CREATE INDEX commands_by_store ON commands (store_id, id) WHERE position >= 0;
CREATE INDEX commands_by_redelivery ON commands (redelivery_id) WHERE redelivery_id IS NOT NULL;

-- Commands that run for every order of a store, once per order.
CREATE TABLE store_commands (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    position bigint NOT NULL,
    template text NOT NULL,
    kind text NOT NULL,
    target text NOT NULL,
    server_id uuid REFERENCES servers (id),
    execute text NOT NULL,
    delay_seconds bigint NOT NULL,
    required_slots bigint NOT NULL
);
CREATE INDEX store_commands_by_store ON store_commands (store_id, position);
CREATE INDEX store_commands_by_server ON store_commands (server_id);

-- How a server is spoken to: `hub` or `poll`. A polling plugin's connection lasts from poll to poll.
ALTER TABLE server_connections ADD COLUMN transport text NOT NULL DEFAULT 'hub';
CREATE TABLE server_polls (
    server_id uuid NOT NULL PRIMARY KEY REFERENCES servers (id),
    store_id uuid NOT NULL REFERENCES stores (id),
    connection_id uuid NOT NULL,
    next_check bigint NOT NULL,
    hasty bigint NOT NULL,
    polled_at bigint,
    busy_until bigint NOT NULL
);
CREATE INDEX server_polls_by_store ON server_polls (store_id);

-- Commands or entitlements that staff send again in bulk: a filter, a pace, and how far it has come.
CREATE TABLE redeliveries (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    kind text NOT NULL,
    server_id uuid REFERENCES servers (id),
    filter text NOT NULL,
    per_minute bigint NOT NULL,
    state text NOT NULL,
    total bigint NOT NULL,
    seen bigint NOT NULL,
    queued bigint NOT NULL,
    place uuid,
    requested_by text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    finished_at bigint
);
CREATE INDEX redeliveries_by_store ON redeliveries (store_id, id);
CREATE INDEX redeliveries_by_server ON redeliveries (server_id);

-- Until now every member was an owner: they may do what is new, too.
UPDATE memberships
SET permissions = '{"Packages":["View","Edit","Delete"],"Categories":["View","Edit","Delete"],"Coupons":["View","Edit","Delete"],"Sales":["View","Edit","Delete"],"GiftCards":["View","Edit","Delete"],"Orders":["View","Edit","Delete"],"Customers":["View","Edit","Delete"],"Bans":["View","Edit","Delete"],"Subscriptions":["View","Edit","Delete"],"Stores":["View","Edit","Delete"],"Servers":["View","Edit","Delete"],"Commands":["View","Edit","Delete"],"Flags":["IssueRefunds","ShowCustomerPII"]}';
