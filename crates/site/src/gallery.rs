//! Every page with every sample: the tests render them, the gallery shows them.

use askama::Template;

use crate::view::Sample;
use crate::{checkout, dashboard, storefront};

/// A rendered sample.
#[derive(Debug)]
pub struct Shot {
    /// `storefront/home.usual`
    pub name: String,
    /// The whole document.
    pub html: String,
}

/// All samples of all pages.
///
/// # Errors
/// When a template cannot be rendered.
pub fn shots() -> askama::Result<Vec<Shot>> {
    let mut shots = Vec::new();
    add::<storefront::Home>(&mut shots, "storefront/home")?;
    add::<storefront::Category>(&mut shots, "storefront/category")?;
    add::<storefront::PackagePage>(&mut shots, "storefront/package")?;
    add::<storefront::Basket>(&mut shots, "storefront/basket")?;
    add::<storefront::PlayerPage>(&mut shots, "storefront/player")?;
    add::<storefront::Problem>(&mut shots, "storefront/problem")?;
    add::<checkout::Checkout>(&mut shots, "checkout/session")?;
    add::<checkout::Ended>(&mut shots, "checkout/ended")?;
    add::<checkout::TestGateway>(&mut shots, "checkout/test-gateway")?;
    add::<checkout::Receipt>(&mut shots, "checkout/receipt")?;
    add::<dashboard::Login>(&mut shots, "dashboard/login")?;
    add::<dashboard::Home>(&mut shots, "dashboard/home")?;
    add::<dashboard::Packages>(&mut shots, "dashboard/packages")?;
    add::<dashboard::PackageEditor>(&mut shots, "dashboard/package-editor")?;
    add::<dashboard::Orders>(&mut shots, "dashboard/orders")?;
    add::<dashboard::Order>(&mut shots, "dashboard/order")?;
    add::<dashboard::Refund>(&mut shots, "dashboard/refund")?;
    add::<dashboard::StaffCommand>(&mut shots, "dashboard/staff-command")?;
    add::<dashboard::Queue>(&mut shots, "dashboard/queue")?;
    add::<dashboard::NewRedelivery>(&mut shots, "dashboard/redelivery-new")?;
    add::<dashboard::Redelivery>(&mut shots, "dashboard/redelivery")?;
    add::<dashboard::Calendar>(&mut shots, "dashboard/calendar")?;
    add::<dashboard::GlobalCommands>(&mut shots, "dashboard/global-commands")?;
    add::<dashboard::GiftCards>(&mut shots, "dashboard/gift-cards")?;
    add::<dashboard::NewGiftCard>(&mut shots, "dashboard/gift-card-new")?;
    add::<dashboard::EditGiftCard>(&mut shots, "dashboard/gift-card-edit")?;
    add::<dashboard::GiftCard>(&mut shots, "dashboard/gift-card")?;
    add::<dashboard::Keys>(&mut shots, "dashboard/keys")?;
    add::<dashboard::NewKey>(&mut shots, "dashboard/key-new")?;
    add::<dashboard::Key>(&mut shots, "dashboard/key")?;
    add::<dashboard::Servers>(&mut shots, "dashboard/servers")?;
    add::<dashboard::NewServer>(&mut shots, "dashboard/server-new")?;
    add::<dashboard::Server>(&mut shots, "dashboard/server")?;
    add::<dashboard::Problem>(&mut shots, "dashboard/problem")?;
    Ok(shots)
}

fn add<P: Sample + Template>(shots: &mut Vec<Shot>, page: &str) -> askama::Result<()> {
    for (sample, context) in P::samples() {
        shots.push(Shot {
            name: format!("{page}.{sample}"),
            html: context.render()?,
        });
    }
    Ok(())
}

/// The accents of the samples: the base of a shop and its colour.
#[must_use]
pub fn accents() -> Vec<(String, &'static str)> {
    [
        ("/s/demo", "#d9480f"),
        ("/s/new", "#7a3cff"),
        ("/s/long", "#12b886"),
        ("/s/quiet", "#2463eb"),
        ("/s/sun", "#ffd43b"),
        ("", crate::accent::DEFAULT),
    ]
    .map(|(base, accent)| (base.to_owned(), accent))
    .to_vec()
}
