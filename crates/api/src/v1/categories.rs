//! `/categories`: the exemplar of a resource. CONTRIBUTING.md tells how to add another.

use serde::Serialize;
use tradepost_app::{App, categories};
use tradepost_model::categories::{
    Category, CategoryDraft, MAX_DESCRIPTION, MAX_NAME, MAX_SORT_ORDER,
};
use tradepost_model::ids::CategoryId;
use tradepost_model::permissions::{Access, Area};
use utoipa::ToSchema;

use crate::body::{Purpose, boolean, integer, members, paragraph, text, uuid};
use crate::call::{Call, Reply};
use crate::envelope::{Failure, Success};
use crate::openapi::{Routes, operation};
use crate::query::{List, query};
use crate::shape::{Id, Time};

pub(super) fn routes() -> Routes {
    let (view, edit, delete) = (
        (Area::Categories, Access::View),
        (Area::Categories, Access::Edit),
        (Area::Categories, Access::Delete),
    );
    Routes::of("Categories", "How a storefront groups its packages.")
        .get(
            "/categories",
            list,
            operation("listCategories", "List the categories", view)
                .about("All categories, by their place and then their name.")
                .lists::<CategoryQuery, CategoryView>(),
        )
        .post(
            "/categories",
            create,
            operation("createCategory", "Create a category", edit)
                .takes(CategoryBody, Purpose::Create)
                .gives::<CategoryView>(),
        )
        .get(
            "/categories/{id}",
            find,
            operation("getCategory", "Get a category", view).gives::<CategoryView>(),
        )
        .patch(
            "/categories/{id}",
            change,
            operation("updateCategory", "Change a category", edit)
                .takes(CategoryBody, Purpose::Change)
                .gives::<CategoryView>(),
        )
        .delete(
            "/categories/{id}",
            remove,
            operation("deleteCategory", "Delete a category", delete).about(
                "Its packages are in no category afterwards, and its subcategories at the top.",
            ),
        )
}

members! {
    /// What a category is made of, or changed by.
    pub(super) struct CategoryBody -> CategoryDraft {
        /// Its name. Its `slug` is made of its first one.
        name = text(1, MAX_NAME).required().example("Ranks"),
        /// A sentence or two about it.
        description = paragraph(MAX_DESCRIPTION).nullable().example("Perks that last."),
        /// Whether players see it, and what is below it.
        is_enabled = boolean().default(true).example(true),
        /// Its place among the others; smaller first.
        sort_order = integer(0..=MAX_SORT_ORDER).default(0).example(1),
        /// The category it is part of; null where it is at the top. At most 5 levels.
        parent_id = uuid().nullable().example(serde_json::Value::Null),
    }
    refuses {
        "slug" => "is not set: it is made of the name",
    }
}

query! {
    /// Categories have no filters.
    pub(super) struct CategoryQuery: WHOLE {}
}

/// A category.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CategoryView {
    id: Id,
    #[schema(example = "Ranks")]
    name: String,
    #[schema(example = "Perks that last.")]
    description: String,
    /// Its name in web addresses, unique in the store.
    #[schema(example = "ranks")]
    slug: String,
    #[schema(example = true)]
    is_enabled: bool,
    #[schema(example = 1)]
    sort_order: i32,
    /// The category it is part of.
    parent_id: Option<Id>,
    created_at: Time,
    updated_at: Time,
}

async fn list(call: Call) -> Result<Success<List<CategoryView>>, Failure> {
    let (part, CategoryQuery {}) = call.query()?;
    let all = categories::list(&call.app, &call.actor).await?;
    Ok(Success(List::of_all(part, all, |it| it.id.0)?.map(view)))
}

async fn find(call: Call) -> Result<Reply, Failure> {
    let category = categories::find(&call.app, &call.actor, call.id(WHAT)?).await?;
    Ok(reply(category))
}

async fn create(call: Call) -> Result<axum::response::Response, Failure> {
    call.create(CategoryBody, async move |app: App, tx, actor, draft| {
        Ok(reply(categories::create(&app, tx, &actor, draft).await?))
    })
    .await
}

async fn change(call: Call) -> Result<axum::response::Response, Failure> {
    let id: CategoryId = call.id(WHAT)?;
    call.change(
        CategoryBody,
        async move |app: App, tx, actor, draft, expect| {
            let changed = categories::update(&app, tx, &actor, id, draft, &expect).await?;
            Ok(reply(changed))
        },
    )
    .await
}

async fn remove(call: Call) -> Result<axum::response::Response, Failure> {
    let id: CategoryId = call.id(WHAT)?;
    call.remove(async move |app: App, tx, actor, expect| {
        categories::delete(&app, tx, &actor, id, &expect).await?;
        Ok(Reply::nothing())
    })
    .await
}

const WHAT: &str = "category";

fn reply(category: Category) -> Reply {
    Reply::versioned(category.version, &view(category))
}

fn view(category: Category) -> CategoryView {
    let Category {
        id,
        name,
        slug,
        description,
        is_enabled,
        sort_order,
        parent,
        version: _,
        created_at,
        updated_at,
    } = category;
    CategoryView {
        id: Id(id.0),
        name,
        description,
        slug: slug.to_string(),
        is_enabled,
        sort_order,
        parent_id: parent.map(|parent| Id(parent.0)),
        created_at: Time(created_at),
        updated_at: Time(updated_at),
    }
}
