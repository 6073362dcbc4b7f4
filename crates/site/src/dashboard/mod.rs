//! The owner's side: what sells, what is delivered, what needs a look.

mod calendar;
mod chart;
mod gift_card;
mod gift_card_form;
mod gift_cards;
mod global_commands;
mod handlers;
mod home;
mod key;
mod keys;
mod login;
mod order;
mod orders;
mod package_editor;
mod packages;
mod problem;
mod queue;
mod redelivery;
mod refund;
mod report;
mod server;
mod servers;
mod shell;
mod staff_command;

pub use calendar::{Calendar, Day, Entry};
pub use chart::{Bar, Chart};
pub use gift_card::{GiftCard, LedgerRow};
pub use gift_card_form::{EditGiftCard, GiftCardFields, NewGiftCard};
pub use gift_cards::{GiftCardRow, GiftCards};
pub use global_commands::GlobalCommands;
pub(crate) use handlers::routes;
pub use home::{Change, FirstStep, Home, Need, Period, Tile};
pub use key::{Cell, GridRow, Key, NewKey};
pub use keys::{KeyRow, Keys, PlanNote};
pub use login::Login;
pub use order::{
    CommandActions, Fact, Order, OrderCommand, OrderCommands, OrderLine, PaidBy, Transition,
};
pub use orders::{Chip, OrderRow, Orders};
pub use package_editor::{CommandRow, PackageEditor};
pub use packages::{PackageRow, Packages};
pub use problem::Problem;
pub use queue::{Queue, QueueRow, UnderWay};
pub use redelivery::{NewRedelivery, Preview, Progress, Redelivery};
pub use refund::{Effect, Refund};
pub use report::{Bucket, Report};
pub use server::{Connect, Server, ServerCommand, ServerState};
pub use servers::{NewServer, ServerRow, ServerTable, Servers};
pub use shell::{Paging, Section, Shell, StoreLink};
pub use staff_command::StaffCommand;
