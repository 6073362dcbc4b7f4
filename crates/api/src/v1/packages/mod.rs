//! `/packages`: what a store sells.

mod bodies;
mod details;
mod views;

use axum::response::Response;
use tradepost_app::packages::{self, Listing};
use tradepost_app::{Actor, App, Error, Tx};
use tradepost_model::ids::PackageId;
use tradepost_model::packages::{Package, PackageCommand};
use tradepost_model::permissions::{Access, Area};

use crate::body::Purpose;
use crate::call::{Call, Reply};
use crate::envelope::{Failure, Success};
use crate::openapi::{Routes, operation};
use crate::query::{List, query};
use bodies::{NewPackage, PackageBody};
use views::{PackageView, view};

pub(super) fn routes() -> Routes {
    let (view, edit, delete) = (
        (Area::Packages, Access::View),
        (Area::Packages, Access::Edit),
        (Area::Packages, Access::Delete),
    );
    Routes::of("Packages", "What a store sells.")
        .get(
            "/packages",
            list,
            operation("listPackages", "List the packages", view)
                .about("All packages, also inactive ones, by their place and then their name.")
                .lists::<PackageQuery, PackageView>(),
        )
        .post(
            "/packages",
            create,
            operation("createPackage", "Create a package", edit)
                .about("Needs a `price`, unless buyers choose theirs. The `type` follows from `subscription`, `timed` or `customPrice` where it is left out. Answers 409 with `slug_taken` where another package has the slug asked for.")
                .takes(PackageBody, Purpose::Create)
                .gives::<PackageView>(),
        )
        .get(
            "/packages/{id}",
            find,
            operation("getPackage", "Get a package", view).gives::<PackageView>(),
        )
        .patch(
            "/packages/{id}",
            change,
            operation("updatePackage", "Change a package", edit)
                .about("Lists and objects that are given replace the whole of what was there. Once somebody has bought it, its `type` and the rhythm of a subscription stay: 409 with `pricing_shape_fixed`.")
                .takes(PackageBody, Purpose::Change)
                .gives::<PackageView>(),
        )
        .delete(
            "/packages/{id}",
            remove,
            operation("deletePackage", "Delete a package", delete)
                .about("It cannot be bought or found any more; what was bought of it stays as it is."),
        )
}

query! {
    /// Packages have no filters.
    pub(super) struct PackageQuery: WHOLE {}
}

async fn list(call: Call) -> Result<Success<List<PackageView>>, Failure> {
    let (part, PackageQuery {}) = call.query()?;
    let all = packages::listings(&call.app, &call.actor).await?;
    let page = List::of_all(part, all, |it| it.package.id.0)?;
    Ok(Success(page.map(|listing| view(&call.app, listing))))
}

async fn find(call: Call) -> Result<Reply, Failure> {
    let listing = packages::listing(&call.app, &call.actor, call.id(WHAT)?).await?;
    Ok(reply(&call.app, listing))
}

async fn create(call: Call) -> Result<Response, Failure> {
    call.create(
        PackageBody,
        async move |app: App, tx, actor, new: NewPackage| {
            let made = packages::create(&app, tx, &actor, new.into()).await?;
            told(&app, tx, &actor, made).await
        },
    )
    .await
}

async fn change(call: Call) -> Result<Response, Failure> {
    let id: PackageId = call.id(WHAT)?;
    call.change(
        PackageBody,
        async move |app: App, tx, actor, new: NewPackage, expect| {
            let changed = packages::update(&app, tx, &actor, id, new.into(), &expect).await?;
            told(&app, tx, &actor, changed).await
        },
    )
    .await
}

async fn remove(call: Call) -> Result<Response, Failure> {
    let id: PackageId = call.id(WHAT)?;
    call.remove(async move |app: App, tx, actor, expect| {
        packages::delete(&app, tx, &actor, id, &expect).await?;
        Ok(Reply::nothing())
    })
    .await
}

const WHAT: &str = "package";

async fn told(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    package: (Package, Vec<PackageCommand>),
) -> Result<Reply, Error> {
    let listing = packages::listed(app, tx, actor, package).await?;
    Ok(reply(app, listing))
}

fn reply(app: &App, listing: Listing) -> Reply {
    Reply::versioned(listing.package.version, &view(app, listing))
}
