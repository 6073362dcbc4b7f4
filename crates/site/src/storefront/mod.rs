//! The shop of one store: `/s/{subdomain}`, or the root of the store's own host.

mod basket;
mod category;
mod handlers;
mod home;
mod offer;
mod package;
mod player;
mod problem;
mod shop;

pub use basket::{Basket, BasketLine};
pub use category::Category;
pub(crate) use handlers::{LANGUAGE, forget_bought, free, rhythm, routes};
pub use home::{CategoryCard, GameServer, Home, Purchase};
pub use offer::{BuyerInput, Control, OwnPrice, TierRow};
pub use package::{Delivered, PackagePage, ServerChoice};
pub use player::{Edition, PlayerPage};
pub use problem::Problem;
pub use shop::{Buyer, NavCategory, PackageCard, Picture, Shop};
