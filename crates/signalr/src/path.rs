//! Letter case of the hub's path.

use axum::{
    Router,
    extract::Request,
    http::{Uri, uri::PathAndQuery},
};
use tower::{Layer as _, util::MapRequestLayer};

/// Lets `path` and everything below it be asked for in any letter case.
///
/// A router compares paths exactly, so this wraps the finished application and rewrites the path
/// before anything is routed. Everything else is passed on as it is.
///
/// ```
/// # use signalr_server::ignore_path_case;
/// let app = axum::Router::new(); // with the hub's router merged into it
/// let app = ignore_path_case(app, "/chat");
/// ```
pub fn ignore_path_case(app: Router, path: &str) -> Router {
    let path: std::sync::Arc<str> = path.trim_end_matches('/').into();
    let rewrite = MapRequestLayer::new(move |mut request: Request| {
        if let Some(uri) = respelled(request.uri(), &path) {
            *request.uri_mut() = uri;
        }
        request
    });
    Router::new().fallback_service(rewrite.layer(app))
}

/// The same address with the path spelled as configured, where that differs.
fn respelled(uri: &Uri, path: &str) -> Option<Uri> {
    let (start, rest) = uri.path().split_at_checked(path.len())?;
    let below = rest.is_empty() || rest.starts_with('/');
    if !below || start == path || !start.eq_ignore_ascii_case(path) {
        return None;
    }
    let query = uri
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let spelled = PathAndQuery::try_from(format!("{path}{rest}{query}")).ok()?;
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(spelled);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hubs_own_path_is_respelled() {
        let respell = |uri: &str| respelled(&uri.parse().unwrap(), "/a/hub").map(|u| u.to_string());
        assert_eq!(respell("/A/Hub?X=Y").unwrap(), "/a/hub?X=Y");
        assert_eq!(respell("/a/HUB/Negotiate").unwrap(), "/a/hub/Negotiate");
        assert_eq!(respell("/a/hub"), None);
        assert_eq!(respell("/A/Hubs"), None);
        assert_eq!(respell("/a"), None);
        assert_eq!(respell("/a/hü%41"), None);
    }
}
