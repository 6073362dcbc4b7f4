//! The rules of packages: what is asked for is laid over what there is, and all that does not fit is
//! told at once. One way for a new package and for a change.

use uuid::Uuid;

use crate::fields::{FieldErrors, Given};
use crate::ids::{CategoryId, PackageCommandId, PackageId, ServerId};
use crate::images::image_url;
use crate::money::{Currency, Money};
use crate::names::{self, NameError, Slug};

use super::draft::PackageDraft;
use super::{
    MAX_DESCRIPTION, MAX_LIMIT, MAX_METADATA, MAX_REQUIRED, Package, PackageCommand, commands,
    details,
};

/// What of its store a package can name.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The store's currency.
    pub currency: Currency,
    /// Its categories.
    pub categories: &'a [CategoryId],
    /// Its servers.
    pub servers: &'a [ServerId],
    /// Its packages, without those that are archived.
    pub packages: &'a [PackageId],
}

impl Package {
    /// Lays what is asked for over this package and its commands; commands that are given replace all
    /// there were, with ids of `new_id`. Where errors were noted, neither may be used any more.
    pub fn apply(
        &mut self,
        package_commands: &mut Vec<PackageCommand>,
        draft: PackageDraft,
        around: Surroundings<'_>,
        new_id: &mut dyn FnMut() -> PackageCommandId,
        errors: &mut FieldErrors,
    ) {
        let PackageDraft {
            name,
            slug,
            description,
            price,
            image_url,
            is_active,
            sort_order,
            category_id,
            server_ids,
            user_server_selection_enabled,
            kind,
            allow_custom_price,
            custom_price,
            subscription,
            timed,
            tiers,
            global_limit,
            per_user_limit,
            limit_period,
            is_cumulative,
            required_package_ids,
            require_any,
            visible_from,
            visible_until,
            inputs,
            metadata,
            commands,
        } = draft;
        name.check("name", errors, |text| names::line(&text, 1, 128))
            .set(&mut self.name, "name", errors);
        slug.check("slug", errors, |text| Slug::parse(&text))
            .set(&mut self.slug, "slug", errors);
        match description.check("description", errors, |text| {
            names::paragraph(&text, MAX_DESCRIPTION)
        }) {
            Given::Null => self.description.clear(),
            given => given.set(&mut self.description, "description", errors),
        }
        price
            .check("price", errors, |text| Money::parse(&text, around.currency))
            .set(&mut self.price, "price", errors);
        image_url
            .check("imageUrl", errors, |text| picture(&text))
            .clear_or_set(&mut self.image_url);
        is_active.set(&mut self.is_active, "isActive", errors);
        sort_order
            .check("sortOrder", errors, |place| {
                whole(place, -1_000_000, 1_000_000)
            })
            .set(&mut self.sort_order, "sortOrder", errors);
        category_id
            .check("categoryId", errors, |text| known(&text, around.categories))
            .clear_or_set(&mut self.category);
        if let Some(ids) = list(server_ids, "serverIds", errors) {
            self.servers = references(&ids, "serverIds", around.servers, errors);
            self.servers.sort_unstable();
        }
        user_server_selection_enabled.set(
            &mut self.server_selection,
            "userServerSelectionEnabled",
            errors,
        );
        let asked = details::Asked {
            kind,
            allow_custom_price,
            custom_price,
            subscription,
            timed,
        };
        self.kind = asked.over(self.kind, around.currency, errors);
        self.apply_limits(
            Limits {
                global_limit,
                per_user_limit,
                limit_period,
                is_cumulative,
            },
            errors,
        );
        if let Some(tiers) = list(tiers, "tiers", errors) {
            self.tiers = details::tiers(&tiers, around.currency, errors);
        }
        if !self.tiers.is_empty() && !self.kind.can_have_tiers() {
            let word = self.kind.word();
            errors.add("tiers", format!("must be empty where type is {word}"));
        }
        if let Some(ids) = list(required_package_ids, "requiredPackageIds", errors) {
            self.require(&ids, around, errors);
        }
        require_any.set(&mut self.require_any, "requireAny", errors);
        visible_from.clear_or_set(&mut self.visible_from);
        visible_until.clear_or_set(&mut self.visible_until);
        if let (Some(from), Some(until)) = (self.visible_from, self.visible_until)
            && until <= from
        {
            errors.add("visibleUntil", "must be after visibleFrom");
        }
        let asks_anew = matches!(inputs, Given::Value(_));
        if let Some(inputs) = list(inputs, "inputs", errors) {
            self.inputs = details::inputs(inputs, errors);
        }
        self.apply_metadata(metadata, errors);
        match list(commands, "commands", errors) {
            Some(drafts) => {
                *package_commands = commands::check(self, &drafts, around.servers, new_id, errors);
            }
            None => commands::still_fit(self, package_commands, asks_anew, errors),
        }
    }

    fn require(&mut self, ids: &[String], around: Surroundings<'_>, errors: &mut FieldErrors) {
        const FIELD: &str = "requiredPackageIds";
        if ids.len() > MAX_REQUIRED {
            errors.add(FIELD, format!("must be at most {MAX_REQUIRED}"));
        }
        self.required_packages = references(ids, FIELD, around.packages, errors);
        if let Some(place) = self.required_packages.iter().position(|id| *id == self.id) {
            errors.add(format!("{FIELD}[{place}]"), "is the package itself");
        }
    }

    fn apply_limits(&mut self, limits: Limits, errors: &mut FieldErrors) {
        let limit = |limit| whole(limit, 1, MAX_LIMIT);
        limits
            .global_limit
            .check("globalLimit", errors, limit)
            .clear_or_set(&mut self.global_limit);
        limits
            .per_user_limit
            .check("perUserLimit", errors, limit)
            .clear_or_set(&mut self.per_user_limit);
        match limits.limit_period {
            Given::Absent => {}
            Given::Null => self.limit_period = None,
            Given::Value(draft) => self.limit_period = details::limit_period(&draft, errors),
        }
        limits
            .is_cumulative
            .set(&mut self.is_cumulative, "isCumulative", errors);
    }

    fn apply_metadata(&mut self, metadata: Given<super::Metadata>, errors: &mut FieldErrors) {
        match metadata {
            Given::Absent => {}
            Given::Null => self.metadata.clear(),
            Given::Value(metadata) => {
                let size = serde_json::to_string(&metadata).map_or(usize::MAX, |json| json.len());
                if size > MAX_METADATA {
                    errors.add(
                        "metadata",
                        format!("must be at most {MAX_METADATA} bytes of JSON"),
                    );
                }
                self.metadata = metadata;
            }
        }
    }
}

struct Limits {
    global_limit: Given<i64>,
    per_user_limit: Given<i64>,
    limit_period: Given<super::LimitPeriodDraft>,
    is_cumulative: Given<bool>,
}

impl PackageDraft {
    /// Notes what a new package cannot be without: a name, and a price that is not the buyer's own.
    pub fn require_all(&self, errors: &mut FieldErrors) {
        if matches!(self.name, Given::Absent) {
            errors.add("name", "is required");
        }
        let is_custom = matches!(self.custom_price, Given::Value(_))
            || matches!(self.allow_custom_price, Given::Value(true))
            || matches!(&self.kind, Given::Value(word) if word == "custom");
        if matches!(self.price, Given::Absent) && !is_custom {
            errors.add("price", "is required");
        }
    }
}

/// A picture: `https://...`, or `/media/...` for an uploaded one.
fn picture(text: &str) -> Result<String, NameError> {
    let text = text.trim();
    let uploaded = text
        .strip_prefix("/media/")
        .is_some_and(|id| Uuid::try_parse(id).is_ok());
    if uploaded {
        Ok(text.to_owned())
    } else {
        image_url(text)
    }
}

/// A whole number in a range.
pub(super) fn whole<T: TryFrom<i64>>(value: i64, min: i64, max: i64) -> Result<T, NameError> {
    Some(value)
        .filter(|value| (min..=max).contains(value))
        .and_then(|value| T::try_from(value).ok())
        .ok_or_else(|| NameError::new(format!("must be a whole number from {min} to {max}")))
}

/// The id in a text, where it is a known one.
pub(super) fn known<T: From<Uuid> + PartialEq + Copy>(
    text: &str,
    all: &[T],
) -> Result<T, NameError> {
    Uuid::try_parse(text)
        .ok()
        .map(T::from)
        .filter(|id| all.contains(id))
        .ok_or_else(|| NameError::new("does not exist"))
}

/// The ids in a list; notes those that are unknown or stand there twice.
fn references<T: From<Uuid> + PartialEq + Copy>(
    texts: &[String],
    field: &str,
    all: &[T],
    errors: &mut FieldErrors,
) -> Vec<T> {
    let mut ids = Vec::with_capacity(texts.len());
    for (place, text) in texts.iter().enumerate() {
        let field = format!("{field}[{place}]");
        match errors.check(&field, known(text, all)) {
            Some(id) if ids.contains(&id) => errors.add(field, "stands in the list already"),
            Some(id) => ids.push(id),
            None => {}
        }
    }
    ids
}

/// A list, where one was given.
fn list<T>(given: Given<Vec<T>>, field: &str, errors: &mut FieldErrors) -> Option<Vec<T>> {
    match given {
        Given::Absent => None,
        Given::Null => {
            errors.add(field, "cannot be null; give [] to empty it");
            None
        }
        Given::Value(list) => Some(list),
    }
}
