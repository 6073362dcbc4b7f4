//! The owner's side: what sells, what is delivered, what needs a look.

mod chart;
mod handlers;
mod home;
mod login;
mod order;
mod orders;
mod package_editor;
mod packages;
mod problem;
mod server;
mod servers;
mod shell;

pub use chart::{Bar, Chart};
pub(crate) use handlers::routes;
pub use home::{Change, FirstStep, Home, Need, Period, Tile};
pub use login::Login;
pub use order::{Fact, Order, OrderCommand, OrderCommands, OrderLine, Transition};
pub use orders::{Chip, OrderRow, Orders};
pub use package_editor::{CommandRow, PackageEditor};
pub use packages::{PackageRow, Packages};
pub use problem::Problem;
pub use server::{Connect, Server, ServerCommand, ServerState};
pub use servers::{NewServer, ServerRow, ServerTable, Servers};
pub use shell::{Paging, Section, Shell, StoreLink};
