//! Style sheets, scripts and icons: embedded, bundled per area, addressed by content.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use rust_embed::RustEmbed;

/// A file as it is sent.
#[derive(Debug, Clone)]
pub struct Asset {
    /// The bytes.
    pub body: Cow<'static, [u8]>,
    /// Its media type.
    pub content_type: &'static str,
    /// The value of `v` in its address: it changes with the content.
    pub version: String,
}

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Files;

/// One style sheet per area, made of the files a reader edits.
const BUNDLES: &[(&str, &[&str])] = &[
    (
        "shop.css",
        &["tokens.css", "base.css", "components.css", "storefront.css"],
    ),
    (
        "pay.css",
        &["tokens.css", "base.css", "components.css", "checkout.css"],
    ),
    (
        "dash.css",
        &["tokens.css", "base.css", "components.css", "dashboard.css"],
    ),
];

static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(load);

/// The file behind `/assets/{name}`.
#[must_use]
pub fn get(name: &str) -> Option<&'static Asset> {
    ASSETS.get(name)
}

/// Every file that is served, for the gallery.
pub fn all() -> impl Iterator<Item = (&'static str, &'static Asset)> {
    ASSETS.iter().map(|(name, asset)| (name.as_str(), asset))
}

/// The address of a file, with a version that lets browsers keep it for ever.
#[must_use]
pub fn asset_url(name: &str) -> String {
    match get(name) {
        Some(asset) => format!("/assets/{name}?v={}", asset.version),
        None => format!("/assets/{name}"),
    }
}

fn load() -> HashMap<String, Asset> {
    let mut assets = HashMap::new();
    for name in Files::iter() {
        if let Some(file) = Files::get(&name) {
            assets.insert(name.to_string(), asset(&name, file.data));
        }
    }
    for (name, parts) in BUNDLES {
        let body: Vec<u8> = parts
            .iter()
            .filter_map(|part| Files::get(part))
            .flat_map(|f| f.data.into_owned())
            .collect();
        assets.insert((*name).to_owned(), asset(name, Cow::Owned(body)));
    }
    assets
}

fn asset(name: &str, body: Cow<'static, [u8]>) -> Asset {
    let version = format!("{:016x}", fingerprint(&body))[..10].to_owned();
    Asset {
        content_type: content_type(name),
        version,
        body,
    }
}

/// FNV-1a: a cache key, not a defence.
pub(crate) fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundle_holds_all_its_parts() {
        for (name, parts) in BUNDLES {
            let body = &get(name).unwrap().body;
            let length: usize = parts.iter().map(|part| get(part).unwrap().body.len()).sum();
            assert_eq!(body.len(), length, "{name}");
        }
    }

    #[test]
    fn an_address_changes_with_the_content() {
        assert_ne!(
            asset("a.css", Cow::Borrowed(b"a")).version,
            asset("a.css", Cow::Borrowed(b"b")).version
        );
        assert!(asset_url("shop.css").starts_with("/assets/shop.css?v="));
    }
}
