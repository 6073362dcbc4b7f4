-- What a store has subscribed to at its operator's.
ALTER TABLE stores ADD COLUMN plan TEXT NOT NULL DEFAULT 'pro';
ALTER TABLE stores ADD COLUMN plan_expires_at INTEGER;

ALTER TABLE api_keys ADD COLUMN last_used_at INTEGER;

-- Answers to requests that carried an Idempotency-Key. The row is written first in the operation's own
-- transaction, so that a twin waits for it.
CREATE TABLE idempotency_keys (
    store_id BLOB NOT NULL REFERENCES stores (id),
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    status INTEGER,
    etag TEXT,
    body TEXT,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (store_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Requests per caller and minute, where several nodes count together. Not worth a log: a crash forgives a minute.
CREATE TABLE rate_windows (
    caller TEXT NOT NULL PRIMARY KEY,
    minute INTEGER NOT NULL,
    used INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What can be bought, and how.
ALTER TABLE categories ADD COLUMN parent_id BLOB REFERENCES categories (id);
ALTER TABLE categories ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
CREATE INDEX categories_by_parent ON categories (parent_id);

ALTER TABLE packages ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE packages ADD COLUMN kind TEXT NOT NULL DEFAULT 'oneTime';
UPDATE packages SET kind = 'timed' WHERE timed_hours IS NOT NULL;
ALTER TABLE packages ADD COLUMN billing_interval TEXT;
ALTER TABLE packages ADD COLUMN billing_count INTEGER;
ALTER TABLE packages ADD COLUMN trial_days INTEGER;
ALTER TABLE packages ADD COLUMN custom_min INTEGER;
ALTER TABLE packages ADD COLUMN custom_max INTEGER;
ALTER TABLE packages ADD COLUMN custom_suggested INTEGER;
ALTER TABLE packages ADD COLUMN tiers TEXT;
ALTER TABLE packages ADD COLUMN inputs TEXT;
ALTER TABLE packages ADD COLUMN required_packages TEXT;
ALTER TABLE packages ADD COLUMN require_any INTEGER NOT NULL DEFAULT 0;
ALTER TABLE packages ADD COLUMN is_cumulative INTEGER NOT NULL DEFAULT 0;
ALTER TABLE packages ADD COLUMN limit_every INTEGER;
ALTER TABLE packages ADD COLUMN limit_unit TEXT;
-- What was sold or reserved in the period of its limits that runs, or ran last.
ALTER TABLE packages ADD COLUMN period INTEGER NOT NULL DEFAULT 0;
ALTER TABLE packages ADD COLUMN period_taken INTEGER NOT NULL DEFAULT 0;
ALTER TABLE packages ADD COLUMN visible_from INTEGER;
ALTER TABLE packages ADD COLUMN visible_until INTEGER;
ALTER TABLE packages ADD COLUMN metadata TEXT;
ALTER TABLE player_limits ADD COLUMN period INTEGER NOT NULL DEFAULT 0;
ALTER TABLE player_limits ADD COLUMN period_used INTEGER NOT NULL DEFAULT 0;

-- What changes prices.
CREATE TABLE coupons (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    code TEXT NOT NULL,
    code_key TEXT NOT NULL,
    discount_type TEXT NOT NULL,
    discount_value INTEGER NOT NULL,
    application_scope TEXT NOT NULL,
    package_scope TEXT,
    package_ids TEXT NOT NULL,
    category_ids TEXT NOT NULL,
    max_uses INTEGER,
    max_uses_per_user INTEGER,
    uses INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    valid_from INTEGER,
    valid_until INTEGER,
    is_active INTEGER NOT NULL,
    override_sales INTEGER NOT NULL,
    minimum_purchase INTEGER,
    maximum_discount INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (store_id, code_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX coupons_by_store ON coupons (store_id, id);

-- How often one customer has used a coupon, or holds a use of it.
CREATE TABLE coupon_uses (
    coupon_id BLOB NOT NULL REFERENCES coupons (id),
    customer_key TEXT NOT NULL,
    store_id BLOB NOT NULL REFERENCES stores (id),
    used INTEGER NOT NULL,
    PRIMARY KEY (coupon_id, customer_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX coupon_uses_by_store ON coupon_uses (store_id);

CREATE TABLE sales (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    name TEXT NOT NULL,
    discount_percentage INTEGER NOT NULL,
    application_scope TEXT NOT NULL,
    package_ids TEXT NOT NULL,
    category_ids TEXT NOT NULL,
    is_enabled INTEGER NOT NULL,
    start_date INTEGER NOT NULL,
    end_date INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sales_by_store ON sales (store_id, id);
CREATE INDEX sales_enabled ON sales (store_id, start_date) WHERE is_enabled;

-- `balance` is what can be spent now; what payments under way hold is in `held`.
CREATE TABLE gift_cards (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    code_hash BLOB NOT NULL,
    code_sealed BLOB NOT NULL,
    amount INTEGER NOT NULL,
    balance INTEGER NOT NULL,
    held INTEGER NOT NULL,
    currency TEXT NOT NULL,
    application_scope TEXT NOT NULL,
    package_ids TEXT NOT NULL,
    category_ids TEXT NOT NULL,
    recipient_name TEXT,
    recipient_email TEXT,
    message TEXT,
    expires_at INTEGER,
    voided_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (store_id, code_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX gift_cards_by_store ON gift_cards (store_id, id);

-- The ledger of gift cards: every movement goes from one account to another, so that nothing appears or
-- vanishes. Accounts: `issued` (given out by the store), `card`, `held`, `spent`, `void`.
CREATE TABLE gift_card_entries (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    gift_card_id BLOB NOT NULL REFERENCES gift_cards (id),
    order_id BLOB REFERENCES orders (id),
    debit TEXT NOT NULL,
    credit TEXT NOT NULL,
    amount INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX gift_card_entries_by_card ON gift_card_entries (gift_card_id, id);
CREATE INDEX gift_card_entries_by_store ON gift_card_entries (store_id);
CREATE INDEX gift_card_entries_by_order ON gift_card_entries (order_id);

-- Who has read the code of a gift card.
CREATE TABLE gift_card_readings (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    gift_card_id BLOB NOT NULL REFERENCES gift_cards (id),
    user_id BLOB NOT NULL REFERENCES users (id),
    read_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX gift_card_readings_by_card ON gift_card_readings (gift_card_id, id);
CREATE INDEX gift_card_readings_by_store ON gift_card_readings (store_id);
CREATE INDEX gift_card_readings_by_user ON gift_card_readings (user_id);

-- Who must not buy. An address is a range, from its first to its last, 16 bytes each.
CREATE TABLE bans (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    username TEXT,
    username_key TEXT,
    uuid BLOB,
    ip_address TEXT,
    ip_first BLOB,
    ip_last BLOB,
    reason TEXT,
    expires_at INTEGER,
    is_active INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX bans_by_store ON bans (store_id, id);
CREATE INDEX bans_by_username ON bans (store_id, username_key) WHERE username_key IS NOT NULL;
CREATE INDEX bans_by_uuid ON bans (store_id, uuid) WHERE uuid IS NOT NULL;
CREATE INDEX bans_by_address ON bans (store_id, ip_first, ip_last) WHERE ip_first IS NOT NULL;
-- Networks are few beside single addresses, and all that begin before an address are looked at.
CREATE INDEX bans_by_network ON bans (store_id, ip_first, ip_last) WHERE ip_first < ip_last;

-- What a checkout comes to, and what was entered on it.
ALTER TABLE checkout_sessions ADD COLUMN subtotal INTEGER NOT NULL DEFAULT 0;
ALTER TABLE checkout_sessions ADD COLUMN discount INTEGER NOT NULL DEFAULT 0;
ALTER TABLE checkout_sessions ADD COLUMN tax INTEGER NOT NULL DEFAULT 0;
ALTER TABLE checkout_sessions ADD COLUMN coupon_id BLOB;
ALTER TABLE checkout_sessions ADD COLUMN coupon_code TEXT;
ALTER TABLE checkout_sessions ADD COLUMN gift_card_id BLOB;
ALTER TABLE checkout_sessions ADD COLUMN gift_card_amount INTEGER NOT NULL DEFAULT 0;
ALTER TABLE checkout_sessions ADD COLUMN gift_username TEXT;
UPDATE checkout_sessions SET subtotal = total;
CREATE INDEX checkout_sessions_by_store ON checkout_sessions (store_id, created_at, id);
CREATE INDEX checkout_sessions_by_status ON checkout_sessions (store_id, status, created_at, id);
CREATE INDEX checkout_sessions_by_reference ON checkout_sessions (store_id, client_reference, created_at, id)
    WHERE client_reference IS NOT NULL;

ALTER TABLE orders ADD COLUMN tax INTEGER NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN gifter TEXT;
ALTER TABLE orders ADD COLUMN gifter_uuid BLOB;
ALTER TABLE orders ADD COLUMN coupon_id BLOB;
ALTER TABLE orders ADD COLUMN coupon_code TEXT;
ALTER TABLE orders ADD COLUMN coupon_discount INTEGER;
ALTER TABLE orders ADD COLUMN gift_card_id BLOB;
ALTER TABLE orders ADD COLUMN gift_card_amount INTEGER;
ALTER TABLE orders ADD COLUMN subscription_id BLOB;
CREATE INDEX orders_by_uuid ON orders (store_id, uuid, id) WHERE uuid IS NOT NULL;
CREATE INDEX orders_by_subscription ON orders (subscription_id, id) WHERE subscription_id IS NOT NULL;
ALTER TABLE order_items ADD COLUMN discount INTEGER NOT NULL DEFAULT 0;
ALTER TABLE order_items ADD COLUMN inputs TEXT;
-- The period of the package's limits it was counted in.
ALTER TABLE order_items ADD COLUMN limit_period INTEGER;

-- What is paid for again and again. `item_id` is the line of the order that pays for the time that runs.
CREATE TABLE subscriptions (
    id BLOB NOT NULL PRIMARY KEY,
    store_id BLOB NOT NULL REFERENCES stores (id),
    order_id BLOB NOT NULL REFERENCES orders (id),
    item_id BLOB NOT NULL REFERENCES order_items (id),
    username TEXT NOT NULL,
    username_key TEXT NOT NULL,
    uuid BLOB,
    package_id BLOB NOT NULL REFERENCES packages (id),
    package_name TEXT NOT NULL,
    server_id BLOB,
    status TEXT NOT NULL,
    billing_interval TEXT NOT NULL,
    billing_count INTEGER NOT NULL,
    price INTEGER NOT NULL,
    currency TEXT NOT NULL,
    gateway TEXT NOT NULL,
    gateway_reference TEXT NOT NULL,
    -- The Test gateway's buyer decides that the next payments fail.
    declines INTEGER NOT NULL,
    -- What periods are counted from, so that the 31st stays the 31st.
    anchor INTEGER NOT NULL,
    trial_end INTEGER,
    period_start INTEGER NOT NULL,
    current_period_end INTEGER NOT NULL,
    -- When something is to be done about it next; nothing once it has ended.
    due_at INTEGER,
    cancel_at_period_end INTEGER NOT NULL,
    renewal_count INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    ended_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (gateway, gateway_reference)
) STRICT, WITHOUT ROWID;
CREATE INDEX subscriptions_by_store ON subscriptions (store_id, id);
CREATE INDEX subscriptions_by_player ON subscriptions (store_id, username_key, id);
CREATE INDEX subscriptions_by_order ON subscriptions (order_id);
CREATE INDEX subscriptions_by_item ON subscriptions (item_id);
CREATE INDEX subscriptions_by_package ON subscriptions (package_id);

-- Customers are searched by any part of their name, and listed by what they spent.
ALTER TABLE customers ADD COLUMN username_key TEXT NOT NULL DEFAULT '';
UPDATE customers SET username_key = lower(username);
CREATE INDEX customers_by_age ON customers (store_id, created_at, id);
CREATE INDEX customers_by_spending ON customers (store_id, total_spent, id);
-- Who never bought comes before 1970, which is last where the latest are first.
CREATE INDEX customers_by_purchase ON customers (store_id, COALESCE(last_purchase_at, 0), id);
CREATE INDEX customers_by_name ON customers (store_id, username_key, id);

-- Every three letters in a row of every name. Shorter names are found by how they begin.
CREATE VIRTUAL TABLE customer_names USING fts5 (
    username_key,
    customer_id UNINDEXED,
    store_id UNINDEXED,
    tokenize = 'trigram case_sensitive 1'
);
INSERT INTO customer_names (username_key, customer_id, store_id)
SELECT username_key, id, store_id FROM customers WHERE length(username_key) >= 3;
CREATE TRIGGER customers_added AFTER INSERT ON customers WHEN length(new.username_key) >= 3 BEGIN
    INSERT INTO customer_names (username_key, customer_id, store_id)
    VALUES (new.username_key, new.id, new.store_id);
END;
-- The old name leads to the row that goes: the table has no other index. `=` means MATCH, which a trigger
-- must not call.
CREATE TRIGGER customers_renamed AFTER UPDATE OF username_key ON customers
WHEN old.username_key <> new.username_key BEGIN
    DELETE FROM customer_names
    WHERE customer_names = '"' || replace(old.username_key, '"', '""') || '"' AND customer_id = old.id;
    INSERT INTO customer_names (username_key, customer_id, store_id)
    SELECT new.username_key, new.id, new.store_id WHERE length(new.username_key) >= 3;
END;
CREATE TRIGGER customers_removed AFTER DELETE ON customers BEGIN
    DELETE FROM customer_names
    WHERE customer_names = '"' || replace(old.username_key, '"', '""') || '"' AND customer_id = old.id;
END;
