-- What a store has subscribed to at its operator's.
ALTER TABLE stores ADD COLUMN plan text NOT NULL DEFAULT 'pro';
ALTER TABLE stores ADD COLUMN plan_expires_at bigint;

ALTER TABLE api_keys ADD COLUMN last_used_at bigint;

-- Answers to requests that carried an Idempotency-Key. The row is written first in the operation's own
-- transaction, so that a twin waits for it.
CREATE TABLE idempotency_keys (
    store_id uuid NOT NULL REFERENCES stores (id),
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status bigint,
    etag text,
    body text,
    created_at bigint NOT NULL,
    PRIMARY KEY (store_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Requests per caller and minute, where several nodes count together. Not worth a log: a crash forgives a minute.
CREATE UNLOGGED TABLE rate_windows (
    caller text NOT NULL PRIMARY KEY,
    minute bigint NOT NULL,
    used bigint NOT NULL
);

-- What can be bought, and how.
ALTER TABLE categories ADD COLUMN parent_id uuid REFERENCES categories (id);
ALTER TABLE categories ADD COLUMN version bigint NOT NULL DEFAULT 1;
CREATE INDEX categories_by_parent ON categories (parent_id);

ALTER TABLE packages ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE packages ADD COLUMN kind text NOT NULL DEFAULT 'oneTime';
UPDATE packages SET kind = 'timed' WHERE timed_hours IS NOT NULL;
ALTER TABLE packages ADD COLUMN billing_interval text;
ALTER TABLE packages ADD COLUMN billing_count bigint;
ALTER TABLE packages ADD COLUMN trial_days bigint;
ALTER TABLE packages ADD COLUMN custom_min bigint;
ALTER TABLE packages ADD COLUMN custom_max bigint;
ALTER TABLE packages ADD COLUMN custom_suggested bigint;
ALTER TABLE packages ADD COLUMN tiers text;
ALTER TABLE packages ADD COLUMN inputs text;
ALTER TABLE packages ADD COLUMN required_packages text;
ALTER TABLE packages ADD COLUMN require_any boolean NOT NULL DEFAULT false;
ALTER TABLE packages ADD COLUMN is_cumulative boolean NOT NULL DEFAULT false;
ALTER TABLE packages ADD COLUMN limit_every bigint;
ALTER TABLE packages ADD COLUMN limit_unit text;
-- What was sold or reserved in the period of its limits that runs, or ran last.
ALTER TABLE packages ADD COLUMN period bigint NOT NULL DEFAULT 0;
ALTER TABLE packages ADD COLUMN period_taken bigint NOT NULL DEFAULT 0;
ALTER TABLE packages ADD COLUMN visible_from bigint;
ALTER TABLE packages ADD COLUMN visible_until bigint;
ALTER TABLE packages ADD COLUMN metadata text;
ALTER TABLE player_limits ADD COLUMN period bigint NOT NULL DEFAULT 0;
ALTER TABLE player_limits ADD COLUMN period_used bigint NOT NULL DEFAULT 0;

-- What changes prices.
CREATE TABLE coupons (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    code text NOT NULL,
    code_key text NOT NULL,
    discount_type text NOT NULL,
    discount_value bigint NOT NULL,
    application_scope text NOT NULL,
    package_scope text,
    package_ids text NOT NULL,
    category_ids text NOT NULL,
    max_uses bigint,
    max_uses_per_user bigint,
    uses bigint NOT NULL,
    reserved bigint NOT NULL,
    valid_from bigint,
    valid_until bigint,
    is_active boolean NOT NULL,
    override_sales boolean NOT NULL,
    minimum_purchase bigint,
    maximum_discount bigint,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    UNIQUE (store_id, code_key)
);
CREATE INDEX coupons_by_store ON coupons (store_id, id);

-- How often one customer has used a coupon, or holds a use of it.
CREATE TABLE coupon_uses (
    coupon_id uuid NOT NULL REFERENCES coupons (id),
    customer_key text NOT NULL,
    store_id uuid NOT NULL REFERENCES stores (id),
    used bigint NOT NULL,
    PRIMARY KEY (coupon_id, customer_key)
);
CREATE INDEX coupon_uses_by_store ON coupon_uses (store_id);

CREATE TABLE sales (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    name text NOT NULL,
    discount_percentage bigint NOT NULL,
    application_scope text NOT NULL,
    package_ids text NOT NULL,
    category_ids text NOT NULL,
    is_enabled boolean NOT NULL,
    start_date bigint NOT NULL,
    end_date bigint,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE INDEX sales_by_store ON sales (store_id, id);
CREATE INDEX sales_enabled ON sales (store_id, start_date) WHERE is_enabled;

-- `balance` is what can be spent now; what payments under way hold is in `held`.
CREATE TABLE gift_cards (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    code_hash bytea NOT NULL,
    code_sealed bytea NOT NULL,
    amount bigint NOT NULL,
    balance bigint NOT NULL,
    held bigint NOT NULL,
    currency text NOT NULL,
    application_scope text NOT NULL,
    package_ids text NOT NULL,
    category_ids text NOT NULL,
    recipient_name text,
    recipient_email text,
    message text,
    expires_at bigint,
    voided_at bigint,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    UNIQUE (store_id, code_hash)
);
CREATE INDEX gift_cards_by_store ON gift_cards (store_id, id);

-- The ledger of gift cards: every movement goes from one account to another, so that nothing appears or
-- vanishes. Accounts: `issued` (given out by the store), `card`, `held`, `spent`, `void`.
CREATE TABLE gift_card_entries (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    gift_card_id uuid NOT NULL REFERENCES gift_cards (id),
    order_id uuid REFERENCES orders (id),
    debit text NOT NULL,
    credit text NOT NULL,
    amount bigint NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX gift_card_entries_by_card ON gift_card_entries (gift_card_id, id);
CREATE INDEX gift_card_entries_by_store ON gift_card_entries (store_id);
CREATE INDEX gift_card_entries_by_order ON gift_card_entries (order_id);

-- Who has read the code of a gift card.
CREATE TABLE gift_card_readings (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    gift_card_id uuid NOT NULL REFERENCES gift_cards (id),
    user_id uuid NOT NULL REFERENCES users (id),
    read_at bigint NOT NULL
);
CREATE INDEX gift_card_readings_by_card ON gift_card_readings (gift_card_id, id);
CREATE INDEX gift_card_readings_by_store ON gift_card_readings (store_id);
CREATE INDEX gift_card_readings_by_user ON gift_card_readings (user_id);

-- Who must not buy. An address is a range, from its first to its last, 16 bytes each.
CREATE TABLE bans (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    username text,
    username_key text,
    uuid uuid,
    ip_address text,
    ip_first bytea,
    ip_last bytea,
    reason text,
    expires_at bigint,
    is_active boolean NOT NULL,
    version bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE INDEX bans_by_store ON bans (store_id, id);
CREATE INDEX bans_by_username ON bans (store_id, username_key) WHERE username_key IS NOT NULL;
CREATE INDEX bans_by_uuid ON bans (store_id, uuid) WHERE uuid IS NOT NULL;
CREATE INDEX bans_by_address ON bans (store_id, ip_first, ip_last) WHERE ip_first IS NOT NULL;
-- Networks are few beside single addresses, and all that begin before an address are looked at.
CREATE INDEX bans_by_network ON bans (store_id, ip_first, ip_last) WHERE ip_first < ip_last;

-- What a checkout comes to, and what was entered on it.
ALTER TABLE checkout_sessions ADD COLUMN subtotal bigint NOT NULL DEFAULT 0;
ALTER TABLE checkout_sessions ADD COLUMN discount bigint NOT NULL DEFAULT 0;
ALTER TABLE checkout_sessions ADD COLUMN tax bigint NOT NULL DEFAULT 0;
ALTER TABLE checkout_sessions ADD COLUMN coupon_id uuid;
ALTER TABLE checkout_sessions ADD COLUMN coupon_code text;
ALTER TABLE checkout_sessions ADD COLUMN gift_card_id uuid;
ALTER TABLE checkout_sessions ADD COLUMN gift_card_amount bigint NOT NULL DEFAULT 0;
ALTER TABLE checkout_sessions ADD COLUMN gift_username text;
UPDATE checkout_sessions SET subtotal = total;
CREATE INDEX checkout_sessions_by_store ON checkout_sessions (store_id, created_at, id);
CREATE INDEX checkout_sessions_by_status ON checkout_sessions (store_id, status, created_at, id);
CREATE INDEX checkout_sessions_by_reference ON checkout_sessions (store_id, client_reference, created_at, id)
    WHERE client_reference IS NOT NULL;

ALTER TABLE orders ADD COLUMN tax bigint NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN gifter text;
ALTER TABLE orders ADD COLUMN gifter_uuid uuid;
ALTER TABLE orders ADD COLUMN coupon_id uuid;
ALTER TABLE orders ADD COLUMN coupon_code text;
ALTER TABLE orders ADD COLUMN coupon_discount bigint;
ALTER TABLE orders ADD COLUMN gift_card_id uuid;
ALTER TABLE orders ADD COLUMN gift_card_amount bigint;
ALTER TABLE orders ADD COLUMN subscription_id uuid;
CREATE INDEX orders_by_uuid ON orders (store_id, uuid, id) WHERE uuid IS NOT NULL;
CREATE INDEX orders_by_subscription ON orders (subscription_id, id) WHERE subscription_id IS NOT NULL;
ALTER TABLE order_items ADD COLUMN discount bigint NOT NULL DEFAULT 0;
ALTER TABLE order_items ADD COLUMN inputs text;
-- The period of the package's limits it was counted in.
ALTER TABLE order_items ADD COLUMN limit_period bigint;

-- What is paid for again and again. `item_id` is the line of the order that pays for the time that runs.
CREATE TABLE subscriptions (
    id uuid NOT NULL PRIMARY KEY,
    store_id uuid NOT NULL REFERENCES stores (id),
    order_id uuid NOT NULL REFERENCES orders (id),
    item_id uuid NOT NULL REFERENCES order_items (id),
    username text NOT NULL,
    username_key text NOT NULL,
    uuid uuid,
    package_id uuid NOT NULL REFERENCES packages (id),
    package_name text NOT NULL,
    server_id uuid,
    status text NOT NULL,
    billing_interval text NOT NULL,
    billing_count bigint NOT NULL,
    price bigint NOT NULL,
    currency text NOT NULL,
    gateway text NOT NULL,
    gateway_reference text NOT NULL,
    -- The Test gateway's buyer decides that the next payments fail.
    declines boolean NOT NULL,
    -- What periods are counted from, so that the 31st stays the 31st.
    anchor bigint NOT NULL,
    trial_end bigint,
    period_start bigint NOT NULL,
    current_period_end bigint NOT NULL,
    -- When something is to be done about it next; nothing once it has ended.
    due_at bigint,
    cancel_at_period_end boolean NOT NULL,
    renewal_count bigint NOT NULL,
    failures bigint NOT NULL,
    ended_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    UNIQUE (gateway, gateway_reference)
);
CREATE INDEX subscriptions_by_store ON subscriptions (store_id, id);
CREATE INDEX subscriptions_by_player ON subscriptions (store_id, username_key, id);
CREATE INDEX subscriptions_by_order ON subscriptions (order_id);
CREATE INDEX subscriptions_by_item ON subscriptions (item_id);
CREATE INDEX subscriptions_by_package ON subscriptions (package_id);

-- Customers are searched by any part of their name, and listed by what they spent. Names are compared
-- by their bytes, whatever language the database sorts in, so that an index finds how they begin.
ALTER TABLE customers ADD COLUMN username_key text COLLATE "C" NOT NULL DEFAULT '';
UPDATE customers SET username_key = lower(username COLLATE "C");
CREATE INDEX customers_by_age ON customers (store_id, created_at, id);
CREATE INDEX customers_by_spending ON customers (store_id, total_spent, id);
-- Who never bought comes before 1970, which is last where the latest are first.
CREATE INDEX customers_by_purchase ON customers (store_id, COALESCE(last_purchase_at, 0), id);
CREATE INDEX customers_by_name ON customers (store_id, username_key, id);

-- Where the extension cannot be had, a part of a name is looked for in all names of the store. It belongs
-- to the whole database and may be there already, in whichever schema; two starts may add it at once.
DO $$
DECLARE
    place text;
BEGIN
    BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
    EXCEPTION WHEN OTHERS THEN
        RAISE NOTICE 'pg_trgm: %', SQLERRM;
    END;
    SELECT quote_ident(n.nspname) INTO place
    FROM pg_extension e
    JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'pg_trgm';
    IF place IS NOT NULL THEN
        BEGIN
            EXECUTE 'CREATE INDEX customers_by_part ON customers USING gin (username_key ' || place || '.gin_trgm_ops)';
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE 'pg_trgm: %', SQLERRM;
        END;
    END IF;
END
$$;
