//! What the HTTP library alone can do: a server that answers every request with bytes it has ready. It
//! answers connections as the program does.

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{MethodFilter, on};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tradepost_bench::store::Failure;

use super::cases::{ENDPOINTS, Endpoint};

/// What the server is told.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Where to listen
    #[arg(long)]
    listen: SocketAddr,
    /// The folder with what to answer
    #[arg(long)]
    bodies: PathBuf,
}

/// Answers until it is killed.
#[expect(
    clippy::disallowed_methods,
    reason = "connections end with the process"
)]
pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    let mut router = Router::new();
    for endpoint in ENDPOINTS {
        let Endpoint { path, post, .. } = *endpoint;
        let body = Bytes::from(std::fs::read(args.bodies.join(endpoint.file()))?);
        let method = if post {
            MethodFilter::POST
        } else {
            MethodFilter::GET
        };
        let answer = async move |_: Bytes| ([(CONTENT_TYPE, "application/json")], body.clone());
        router = router.route(path, on(method, answer));
    }
    let listener = TcpListener::bind(args.listen).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(
                TokioIo::new(stream),
                TowerToHyperService::new(router.clone()),
            );
        tokio::spawn(connection);
    }
}
