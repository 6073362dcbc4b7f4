//! The visitor of a page: who a form must come back from, and which colours they like.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use tradepost_app::App;
use tradepost_app::rate::address_key;

use super::answer::Told;
use super::cookies::{Cookie, cookie};
use super::host::StoreHost;
use crate::view::{Document, Theme};

const VISITOR: &str = "tp_visitor";
const THEME: &str = "tp_theme";
pub(crate) const SESSION: &str = "tp_session";

/// Who looks at a page.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// The anti-forgery value of this visitor's forms.
    pub(crate) csrf: String,
    /// The colours they chose.
    pub(crate) theme: Theme,
    /// The secret of their session in the dashboard, where there is one.
    pub(crate) session: Option<String>,
    /// Path and query of the request.
    pub(crate) here: String,
    /// What stands for the place they come from, in limits.
    pub(crate) address: String,
    /// Where their browser is.
    pub(crate) ip: Option<IpAddr>,
}

impl Visitor {
    /// What every document needs.
    pub(crate) fn document(&self, lang: &str) -> Document {
        Document {
            lang: lang.to_owned(),
            theme: self.theme,
            csrf: self.csrf.clone(),
            here: self.here.clone(),
        }
    }

    /// The cookie that remembers a choice of colours.
    pub(crate) fn theme_cookie(theme: Theme) -> Cookie {
        Cookie::new(THEME, theme.word(), 365)
    }
}

/// Gives every visitor a cookie on their first page, which their forms are bound to, and makes a page
/// of what went wrong where no area did.
pub(crate) async fn remember_visitor(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Response {
    let known = cookie(request.headers(), VISITOR)
        .filter(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_alphanumeric()))
        .map(str::to_owned);
    let is_new = known.is_none();
    let id = known.unwrap_or_else(|| app.ids.token(32));
    let session = cookie(request.headers(), SESSION).map(str::to_owned);
    let here = match request.extensions().get::<StoreHost>() {
        Some(host) => host.here.clone(),
        None => original_path(&request),
    };
    let remote = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let ip = remote.map(|info| info.0.ip());
    let visitor = Visitor {
        csrf: app.secrets.sign(
            "csrf",
            &format!("{id}:{}", session.as_deref().unwrap_or_default()),
        ),
        theme: Theme::from_word(cookie(request.headers(), THEME).unwrap_or_default()),
        here,
        address: address_key(ip),
        ip,
        session,
    };
    request.extensions_mut().insert(visitor.clone());
    let mut response = next.run(request).await;
    if let Some(Told(text)) = response.extensions_mut().remove() {
        response = crate::problem_page(response.status(), text, visitor.document("en"));
    }
    if is_new {
        let secure = app.settings.public_url.starts_with("https://");
        response.headers_mut().append(
            header::SET_COOKIE,
            Cookie::new(VISITOR, id, 365).secure(secure).header(),
        );
    }
    response
}

fn original_path(request: &Request) -> String {
    let uri = request
        .extensions()
        .get::<axum::extract::OriginalUri>()
        .map_or(request.uri(), |uri| &uri.0);
    uri.path_and_query()
        .map_or_else(|| "/".to_owned(), ToString::to_string)
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = StatusCode;
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}
