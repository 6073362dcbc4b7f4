//! The listening side: connections with bounded patience, each request with its client's address, and
//! an orderly end.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Layer as _, Service};

/// How long a client may take to send the head of a request, and to begin with the next one.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many connections are held at a time.
const CONNECTIONS: usize = 50_000;
/// How long to wait where the system has no more room for connections.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers requests until `stop`, then lets those in flight end.
pub(crate) async fn answer<S>(
    listener: TcpListener,
    service: S,
    behind_proxy: bool,
    stop: CancellationToken,
) where
    S: Service<Request<Body>, Response = Response<Body>, Error = std::convert::Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    let connections = TaskTracker::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept(&listener, &room) => accepted,
        };
        let Some((stream, peer, place)) = accepted else {
            continue;
        };
        let with_address = tower::util::MapRequestLayer::new(move |request: Request<Incoming>| {
            let address = client(request.headers(), peer, behind_proxy);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(address));
            request
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(PATIENCE)
            .serve_connection(
                TokioIo::new(stream),
                TowerToHyperService::new(with_address.layer(service.clone())),
            )
            .with_upgrades();
        let stop = stop.clone();
        connections.spawn(async move {
            let mut connection = pin!(connection);
            // What goes wrong on one connection is its client's business.
            tokio::select! {
                ended = &mut connection => ended.ok(),
                () = stop.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await.ok()
                }
            };
            drop(place);
        });
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = room.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Commands and live pages are small and are not to wait for each other.
            stream.set_nodelay(true).ok();
            Some((stream, peer, place))
        }
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
            ) =>
        {
            None
        }
        Err(error) => {
            tracing::error!(error = %error, "a connection could not be accepted");
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

/// The client's address: behind a proxy the last one in `X-Forwarded-For`, which the proxy itself
/// wrote.
fn client(headers: &HeaderMap, peer: SocketAddr, behind_proxy: bool) -> SocketAddr {
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
    let last = forwarded
        .and_then(|value| value.to_str().ok())
        .and_then(|list| list.rsplit(',').next())
        .and_then(|address| address.trim().parse::<IpAddr>().ok());
    match last {
        Some(address) if behind_proxy => SocketAddr::new(address, 0),
        _ => peer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_proxys_own_word_counts_and_only_behind_one() {
        let peer = "127.0.0.1:5000".parse().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "6.6.6.6, 203.0.113.7".parse().unwrap());
        assert_eq!(client(&headers, peer, true).ip().to_string(), "203.0.113.7");
        assert_eq!(client(&headers, peer, false), peer);
        headers.insert("x-forwarded-for", "nonsense".parse().unwrap());
        assert_eq!(client(&headers, peer, true), peer);
    }
}
