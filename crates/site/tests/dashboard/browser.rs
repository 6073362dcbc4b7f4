//! A browser as far as the tests need one: it keeps cookies, and sends forms with the hidden value
//! of the page it last saw.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use tower::ServiceExt as _;

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

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    /// Sends a form of the page last seen.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = self.csrf.clone();
        self.post_bare(path, &[fields, &[("csrf", csrf.as_str())]].concat())
            .await
    }

    /// Sends a form without the hidden value.
    pub(crate) async fn post_bare(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body: Vec<_> = fields
            .iter()
            .map(|(name, value)| {
                format!(
                    "{name}={}",
                    value
                        .replace('%', "%25")
                        .replace('&', "%26")
                        .replace('+', "%2B")
                )
            })
            .collect();
        let kind = "application/x-www-form-urlencoded";
        let request = Request::post(path).header(header::CONTENT_TYPE, kind);
        self.send(request.body(Body::from(body.join("&"))).unwrap())
            .await
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
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn open(&mut self, path: &str) -> axum::response::Response {
        let request = self.with_cookies(Request::get(path).body(Body::empty()).unwrap());
        self.site.clone().oneshot(request).await.unwrap()
    }

    async fn send(&mut self, request: Request<Body>) -> Page {
        let request = self.with_cookies(request);
        let response = self.site.clone().oneshot(request).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let (value, attributes) = rest.split_once(';').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        if let Some((_, rest)) = body.split_once("name=\"csrf\" value=\"") {
            self.csrf = rest.split_once('"').unwrap().0.to_owned();
        }
        Page {
            status,
            headers,
            body,
        }
    }

    fn with_cookies(&self, mut request: Request<Body>) -> Request<Body> {
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
        request
    }
}
