//! A browser as far as the tests need one: it keeps cookies, and sends forms with the hidden value
//! of the page it last saw.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use axum::response::Response;
use tower::ServiceExt as _;
use url::form_urlencoded::Serializer;

const BOUNDARY: &str = "tradepost-test-boundary";

pub(crate) struct Browser {
    site: Router,
    cookies: BTreeMap<String, String>,
    csrf: String,
}

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Page {
    pub(crate) fn location(&self) -> &str {
        self.headers[header::LOCATION].to_str().unwrap()
    }

    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        assert!(
            self.body.contains(text),
            "no {text:?} in {}: {}",
            self.status,
            self.body
        );
    }

    #[track_caller]
    pub(crate) fn shows_not(&self, text: &str) {
        assert!(
            !self.body.contains(text),
            "{text:?} in {}: {}",
            self.status,
            self.body
        );
    }

    #[track_caller]
    pub(crate) fn is(self, status: StatusCode) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }
}

impl Browser {
    pub(crate) fn new(site: Router) -> Self {
        Self {
            site,
            cookies: BTreeMap::new(),
            csrf: String::new(),
        }
    }

    /// Keeps a cookie that no page gave.
    pub(crate) fn keep(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        let response = self.open(path).await;
        self.read(response).await
    }

    /// Sends a form of the page last seen.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.csrf.clone();
        self.post_bare(path, &[fields, &[("csrf", csrf.as_str())]].concat())
            .await
    }

    /// Sends a form without the hidden value.
    pub(crate) async fn post_bare(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = "application/x-www-form-urlencoded";
        let request = Request::post(path).header(header::CONTENT_TYPE, kind);
        let response = self.send(request.body(Body::from(body)).unwrap()).await;
        self.read(response).await
    }

    /// Sends a form as one with files.
    pub(crate) async fn post_parts(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        file: Option<&[u8]>,
    ) -> Page {
        let mut body = Vec::new();
        let csrf = self.csrf.clone();
        for (name, value) in fields.iter().chain(&[("csrf", csrf.as_str())]) {
            let part = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend(part.as_bytes());
        }
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"image\"; filename=\"x\"\r\n\r\n"
        );
        body.extend(head.as_bytes());
        body.extend(file.unwrap_or_default());
        body.extend(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let request = Request::post(path).header(header::CONTENT_TYPE, kind);
        let response = self.send(request.body(Body::from(body)).unwrap()).await;
        self.read(response).await
    }

    /// The answer to a request, not read yet.
    pub(crate) async fn open(&self, path: &str) -> Response {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    async fn send(&self, mut request: Request<Body>) -> Response {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request
                .headers_mut()
                .insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        self.site.clone().oneshot(request).await.unwrap()
    }

    async fn read(&mut self, response: Response) -> Page {
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let (value, attributes) = rest.split_once(';').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.keep(name, value);
            }
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        let hidden = body.split_once("name=\"csrf\" value=\"");
        let csrf = hidden.and_then(|(_, rest)| rest.split('"').next());
        // Pages outside all areas have none.
        if let Some(csrf) = csrf.filter(|csrf| !csrf.is_empty()) {
            self.csrf = csrf.to_owned();
        }
        Page {
            status,
            headers,
            body,
        }
    }
}
