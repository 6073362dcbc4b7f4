//! The product's schema, step by step: `migrations/{sqlite,postgres}/<number>_<name>.sql`.

use crate::Migration;

macro_rules! migrations {
    ($($version:literal $name:literal;)*) => {
        &[$(Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        }),*]
    };
}

/// Every migration, oldest first, as in `1 "0001_stores";`.
pub const MIGRATIONS: &[Migration] = migrations! {
    1 "0001_stores_to_delivery";
    2 "0002_delivery_complete";
    3 "0003_management_api";
};
