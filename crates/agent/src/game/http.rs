//! A game, or something that speaks for it, that takes commands as HTTP requests.
//!
//! A request goes out on a connection that was made, or used, a moment ago: one that had been idle
//! may be closed by the game just when the command is written to it, and nobody could tell.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::time::{Instant, sleep, timeout};
use url::Url;

use super::{Down, Ran, Seen};
use crate::config::HttpSettings;
use crate::message::{Command, Outcome, Player, Status};
use crate::net::Tls;

/// After so long a connection may be about to be closed.
const FRESH: Duration = Duration::from_secs(1);
const ANSWER_BYTES: usize = 1024 * 1024;
const RETRY_PAUSE: Duration = Duration::from_secs(2);

pub(crate) struct Http {
    settings: HttpSettings,
    url: Url,
    players_url: Option<Url>,
    bearer: Option<HeaderValue>,
    tls: Tls,
    link: Option<Link>,
}

struct Link {
    sender: SendRequest<Full<Bytes>>,
    connection: Pin<Box<dyn Future<Output = ()> + Send>>,
    used: Instant,
}

/// What the game answered.
struct Answer {
    status: StatusCode,
    text: String,
}

enum Lost {
    NotSent(String),
    Unknown(String),
}

/// What a game may say instead of a text.
#[derive(Deserialize)]
struct Said {
    status: Option<String>,
    output: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Online {
    players: Vec<Player>,
}

impl Http {
    pub(super) fn new(settings: HttpSettings, watch: bool, tls: Tls) -> Result<Self, String> {
        let parse = |text: &str| Url::parse(text).map_err(|cause| format!("{text}: {cause}"));
        let players_url = (watch && !settings.players_url.is_empty())
            .then(|| parse(&settings.players_url))
            .transpose()?;
        let bearer = (!settings.bearer.0.is_empty())
            .then(|| HeaderValue::try_from(format!("Bearer {}", settings.bearer.0)))
            .transpose()
            .map_err(|_| "http.bearer has characters that no header may have".to_owned())?;
        Ok(Self {
            url: parse(&settings.url)?,
            players_url,
            bearer,
            settings,
            tls,
            link: None,
        })
    }

    pub(super) fn watches(&self) -> bool {
        self.players_url.is_some()
    }

    pub(super) fn is_ready(&mut self) -> bool {
        let is_fresh = self.link.as_mut().is_some_and(Link::is_fresh);
        if !is_fresh {
            self.link = None;
        }
        is_fresh
    }

    pub(super) async fn ready(&mut self) -> Result<(), Down> {
        if self.is_ready() {
            return Ok(());
        }
        self.link = Some(connect(&self.tls, &self.url).await?);
        Ok(())
    }

    /// Gives the command; to a game that obeys keys again and again, until it answered.
    pub(super) async fn run(&mut self, command: &Command) -> Ran {
        let end = Instant::now() + Duration::from_secs(self.settings.retry_seconds);
        let mut may_have_run = false;
        loop {
            let given = self.give(command).await;
            let reason = match given {
                Ok(answer) if !answer.status.is_server_error() => return judge(&answer),
                Ok(answer) if !self.settings.obeys_keys => return judge(&answer),
                Ok(answer) => refused(&answer),
                Err(Lost::NotSent(reason)) if !may_have_run => return Ran::NotSent(reason),
                Err(Lost::Unknown(reason)) if !self.settings.obeys_keys => {
                    return Ran::Unknown(reason);
                }
                Err(Lost::NotSent(reason) | Lost::Unknown(reason)) => reason,
            };
            may_have_run = true;
            if Instant::now() >= end {
                return Ran::Unknown(format!("the game was asked again and again: {reason}"));
            }
            tracing::debug!(
                key = command.idempotency_key,
                reason,
                "the game is asked again"
            );
            sleep(RETRY_PAUSE).await;
            // Without a connection the next turn says so.
            self.ready().await.ok();
        }
    }

    pub(super) async fn look(&mut self) -> Result<Seen, Down> {
        let Some(url) = self.players_url.clone() else {
            return Ok(Seen::Nothing("no players_url is set".to_owned()));
        };
        let mut link = connect(&self.tls, &url).await?;
        let request = self.request(Method::GET, &url, Bytes::new());
        let time = Duration::from_secs(self.settings.answer_seconds);
        let answer = match timeout(time, link.exchange(request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(Lost::NotSent(reason) | Lost::Unknown(reason))) => {
                return Err(Down::new(format!("{url}: {reason}")));
            }
            Err(_) => return Err(Down::new(format!("{url} does not answer"))),
        };
        if !answer.status.is_success() {
            return Ok(Seen::Nothing(format!("{url}: {}", refused(&answer))));
        }
        Ok(match serde_json::from_str::<Online>(&answer.text) {
            Ok(online) => Seen::Players(online.players),
            Err(error) => {
                Seen::Nothing(format!("{url}: the answer is no list of players: {error}"))
            }
        })
    }

    async fn give(&mut self, command: &Command) -> Result<Answer, Lost> {
        let Some(mut link) = self.link.take() else {
            return Err(Lost::NotSent("there is no connection".to_owned()));
        };
        let body = serde_json::to_vec(command).expect("a command is plain data");
        let mut request = self.request(Method::POST, &self.url, Bytes::from(body));
        // A key that is no header is in the body still.
        if let Ok(key) = HeaderValue::try_from(&command.idempotency_key) {
            request.headers_mut().insert("idempotency-key", key);
        }
        let time = Duration::from_secs(self.settings.answer_seconds);
        let answer = timeout(time, link.exchange(request)).await.map_err(|_| {
            Lost::Unknown(format!(
                "the game gave no answer within {} seconds",
                time.as_secs()
            ))
        })??;
        link.used = Instant::now();
        self.link = Some(link);
        Ok(answer)
    }

    fn request(&self, method: Method, url: &Url, body: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        let (path, query) = (url.path(), url.query());
        let target = query.map_or(path.to_owned(), |query| format!("{path}?{query}"));
        *request.uri_mut() = target.parse().expect("the address was parsed");
        let host = match (url.host_str().unwrap_or_default(), url.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        };
        let headers = request.headers_mut();
        if let Ok(host) = HeaderValue::try_from(host) {
            headers.insert(HOST, host);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, */*"));
        headers.insert(USER_AGENT, HeaderValue::from_static("tradepost-agent"));
        if let Some(bearer) = &self.bearer {
            headers.insert(AUTHORIZATION, bearer.clone());
        }
        request
    }
}

async fn connect(tls: &Tls, url: &Url) -> Result<Link, Down> {
    let host = url.host_str().unwrap_or_default();
    let down = |cause: &dyn std::fmt::Display| {
        Down::new(format!("no connection to the game at {host}: {cause}"))
    };
    let stream = tls.connect(url).await.map_err(|cause| down(&cause))?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|cause| down(&cause))?;
    Ok(Link {
        sender,
        connection: Box::pin(connection.map(drop)),
        used: Instant::now(),
    })
}

impl Link {
    fn is_fresh(&mut self) -> bool {
        let ended = (&mut self.connection).now_or_never().is_some();
        !ended && !self.sender.is_closed() && self.used.elapsed() < FRESH
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, Lost> {
        let unknown = |cause: &dyn std::fmt::Display| {
            Lost::Unknown(format!(
                "the connection to the game ended before it answered ({cause})"
            ))
        };
        let sender = &mut self.sender;
        let call = async move {
            let answer = sender
                .try_send_request(request)
                .await
                .map_err(|mut error| {
                    // Given back, it has not left.
                    if error.take_message().is_some() {
                        return Lost::NotSent(error.into_error().to_string());
                    }
                    unknown(error.error())
                })?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), ANSWER_BYTES)
                .collect()
                .await;
            let body = body.map_err(|cause| unknown(&cause))?.to_bytes();
            let text = String::from_utf8_lossy(&body).into_owned();
            Ok(Answer { status, text })
        };
        tokio::pin!(call);
        tokio::select! {
            answer = &mut call => return answer,
            // What was read before the end is in the answer.
            () = &mut self.connection => {}
        }
        // It must not be polled again.
        self.connection = Box::pin(std::future::pending());
        call.await
    }
}

fn refused(answer: &Answer) -> String {
    format!(
        "the game answered {}: {}",
        answer.status,
        answer.text.trim()
    )
}

fn judge(answer: &Answer) -> Ran {
    if !answer.status.is_success() {
        // The game may have done half of it, and a proxy before the game does not know.
        let outcome = if answer.status.is_server_error() {
            Outcome::interrupted(&refused(answer))
        } else {
            Outcome::failed(&refused(answer))
        };
        return Ran::Ended(outcome.with_output(&answer.text));
    }
    let Ok(said) = serde_json::from_str::<Said>(&answer.text) else {
        return Ran::Answered(answer.text.clone());
    };
    if said.status.is_none() && said.output.is_none() {
        return Ran::Answered(answer.text.clone());
    }
    let output = said.output.unwrap_or_default();
    let outcome = match said.status.as_deref() {
        Some("failed") => {
            Outcome::failed(said.error.as_deref().unwrap_or("the game gave no reason"))
        }
        Some("awaitingPlayer") => Outcome::new(Status::AwaitingPlayer),
        Some("interrupted") => {
            Outcome::interrupted(said.error.as_deref().unwrap_or("the game does not know"))
        }
        _ => return Ran::Answered(output),
    };
    Ran::Ended(outcome.with_output(&output))
}
