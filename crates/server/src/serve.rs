//! The running server: folder, database, routes, clockwork, and an orderly end.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{Request, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::{TcpListener, TcpSocket};
use tokio_util::sync::CancellationToken;
use tower::{Layer as _, ServiceBuilder};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::trace::TraceLayer;
use tradepost_api::PluginServer;
use tradepost_app::secrets::Secrets;
use tradepost_app::{App, Settings, delivery, idempotency, identity, jobs, nodes, rate};
use tradepost_db::{Db, Options};
use tradepost_model::clock::{Ids, SystemClock};

use crate::config::Config;
use crate::listen;

/// How long requests in flight and plugins have to end.
const DRAIN: Duration = Duration::from_secs(5);

pub(crate) const MASTER_KEY: &str = "master.key";

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error("cannot use the data folder {path}: {reason}")]
    Data { path: String, reason: String },
    /// Another process uses the data folder.
    #[error(
        "the data folder {path} is in use by another tradepost; stop that one, or choose another folder (demo: --data, serve: the setting data)"
    )]
    InUse { path: String },
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: {reason}; choose another address (demo: --listen, serve: the setting listen)"
    )]
    Listen { address: SocketAddr, reason: String },
    /// The database cannot be opened.
    #[error("cannot open the database: {0}")]
    Database(#[from] tradepost_db::Error),
    /// The database was made with another master key.
    #[error(
        "the database was made with another master key; copy master.key from the data folder it was made with"
    )]
    Key,
    /// An operation failed.
    #[error("{0}")]
    App(#[from] tradepost_app::Error),
}

/// The data folder, held by this process alone.
#[derive(Debug)]
pub struct DataFolder {
    pub path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder where needed, and locks it. Errors: not writable, in use.
    pub fn open(path: &Path) -> Result<Self, StartError> {
        let name = path.display().to_string();
        let unusable = |error: std::io::Error| StartError::Data {
            path: name.clone(),
            reason: error.to_string(),
        };
        std::fs::create_dir_all(path).map_err(unusable)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(std::fs::TryLockError::WouldBlock) => Err(StartError::InUse { path: name }),
            Err(std::fs::TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    /// The master key in the folder, made on the first start; readable by its owner alone.
    pub fn secrets(&self) -> Result<Secrets, StartError> {
        let path = self.path.join(MASTER_KEY);
        if !path.exists() {
            write_private(&path, &Ids.bytes::<32>()).map_err(|error| StartError::Data {
                path: path.display().to_string(),
                reason: error.to_string(),
            })?;
        }
        existing_secrets(&self.path)
    }

    /// This node's name, made on the first start: the next process of the folder is the same node, and
    /// knows what the last one left behind.
    fn node(&self) -> Result<String, StartError> {
        let path = self.path.join("node");
        let failed = |error: std::io::Error| StartError::Data {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        if !path.exists() {
            write_private(&path, Ids.short(12).as_bytes()).map_err(failed)?;
        }
        std::fs::read_to_string(&path).map_err(failed)
    }
}

/// The master key of a folder that another process may hold.
pub fn existing_secrets(data: &Path) -> Result<Secrets, StartError> {
    let path = data.join(MASTER_KEY);
    let failed = |reason: String| StartError::Data {
        path: path.display().to_string(),
        reason,
    };
    let key = std::fs::read(&path).map_err(|error| failed(error.to_string()))?;
    key.try_into()
        .map(Secrets::new)
        .map_err(|_| failed("the master key must have 32 bytes".to_owned()))
}

/// Writes a file that only its owner can read: whole, or not at all.
pub fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let draft = path.with_extension("new");
    std::fs::remove_file(&draft).or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })?;
    let mut file = File::options()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(draft, path)
}

/// A server that listens and has not begun to answer.
pub struct Ready {
    pub app: App,
    pub address: SocketAddr,
    listener: TcpListener,
    plugins: PluginServer,
    behind_proxy: bool,
    router: Router,
    // Held until the end.
    _data: DataFolder,
}

/// How many connections may wait to be accepted: after a restart all plugins come at once.
const BACKLOG: u32 = 4096;

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // As tokio's own bind does: a port just left can be taken again.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Listens, opens everything, and prepares the routes.
pub async fn prepare(config: &Config, metrics: PrometheusHandle) -> Result<Ready, StartError> {
    let data = DataFolder::open(&config.data)?;
    let secrets = data.secrets()?;
    let listener = listen(config.listen).map_err(|error| StartError::Listen {
        address: config.listen,
        reason: error.to_string(),
    })?;
    let address = listener.local_addr().map_err(|error| StartError::Listen {
        address: config.listen,
        reason: error.to_string(),
    })?;
    let node = data.node()?;
    let app = open_app(config, secrets, config.public_url(address), node).await?;
    delivery::prepare(&app).await?;
    let (api, plugins) = tradepost_api::router(app.clone());
    let site = tradepost_site::router(app.clone());
    let router = Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready).with_state(app.clone()))
        .route(
            "/metrics",
            get(render_metrics).with_state((app.clone(), metrics)),
        )
        .merge(api)
        .merge(site);
    Ok(Ready {
        app,
        address,
        listener,
        plugins,
        behind_proxy: config.behind_proxy,
        router: layered(router),
        _data: data,
    })
}

/// Opens the database and puts the application together, without listening.
pub async fn open_app(
    config: &Config,
    secrets: Secrets,
    public_url: String,
    node: String,
) -> Result<App, StartError> {
    let db = Db::open(&config.database_url(), Options::default()).await?;
    let settings = Settings {
        public_url,
        base_domain: (!config.base_domain.is_empty()).then(|| config.base_domain.clone()),
        dev: config.dev,
        requests_per_minute: config.api.limit(),
        member_requests_per_minute: config.api.member_requests_per_minute,
        default_plan: config.default_plan,
        node,
    };
    let app = App::new(db, Arc::new(SystemClock), secrets, settings);
    if !app.owns_database().await? {
        return Err(StartError::Key);
    }
    Ok(app)
}

impl Ready {
    /// Answers until `end`, then drains: no new requests, those in flight end, plugins are sent away
    /// in a way that brings them back.
    pub async fn run(self, end: impl Future<Output = ()> + Send) {
        let Self {
            app,
            listener,
            plugins,
            router,
            address: _,
            behind_proxy,
            _data,
        } = self;
        app.tasks.spawn(delivery::run(app.clone()));
        app.tasks.spawn(delivery::keep_leases(app.clone()));
        app.tasks.spawn(jobs::run(app.clone()));
        app.tasks.spawn(nodes::run(app.clone()));
        app.tasks.spawn(idempotency::run(app.clone()));
        app.tasks.spawn(rate::run(app.clone()));
        app.tasks.spawn(identity::keep_key_uses(app.clone()));
        let base_domain = app.settings.base_domain.clone();
        let service = tower::util::MapRequestLayer::new(move |request: Request<_>| {
            tradepost_site::rewrite_store_host(request, base_domain.as_deref())
        })
        .layer(signalr_server::ignore_path_case(
            router,
            tradepost_api::HUB_PATH,
        ));
        let closing = CancellationToken::new();
        let answering = listen::answer(listener, service, behind_proxy, closing.clone());
        tokio::pin!(answering);
        tokio::select! {
            () = &mut answering => {}
            () = end => {}
        }
        tracing::info!("stopping");
        app.stop.cancel();
        if let Err(error) = delivery::shut_down(&app).await {
            tracing::warn!(error = ?error, "connections could not be released");
        }
        closing.cancel();
        let drained = async {
            tokio::join!(answering, plugins.shutdown(DRAIN / 5));
        };
        if tokio::time::timeout(DRAIN, drained).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
        app.tasks.close();
        tokio::time::timeout(DRAIN, app.tasks.wait()).await.ok();
        if let Err(error) = identity::write_key_uses(&app).await {
            tracing::warn!(error = ?error, "could not write when keys were used");
        }
        app.db.close().await;
    }
}

fn layered(router: Router) -> Router {
    let compress = CompressionLayer::new().compress_when(
        DefaultPredicate::new().and(NotForContentType::const_new("text/event-stream")),
    );
    let trace = TraceLayer::new_for_http().make_span_with(|request: &Request<_>| {
        let id = request.headers().get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
        tracing::info_span!("request", id, method = %request.method(), path = shape(request.uri().path()))
    });
    // Around the router and not around each of its routes, which would be one more box for each of these.
    let service = ServiceBuilder::new()
        .layer(tower_http::catch_panic::CatchPanicLayer::new())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(trace)
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(compress)
        .service(router);
    Router::new().fallback_service(service)
}

/// A path as it is logged: without what follows a checkout, a receipt or a payment, which is the
/// buyer's secret, and without the query, which carries tokens.
fn shape(path: &str) -> &str {
    let secret = ["/checkout/", "/receipt/", "/pay/test/"]
        .iter()
        .find(|prefix| path.starts_with(**prefix));
    secret.copied().unwrap_or(path)
}

async fn ready(State(app): State<App>) -> impl IntoResponse {
    match tradepost_app::jobs::next_due(&app).await {
        Ok(_) if !app.stop.is_cancelled() => (StatusCode::OK, "ready"),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    }
}

async fn render_metrics(
    State((app, metrics)): State<(App, PrometheusHandle)>,
) -> impl IntoResponse {
    let connected = u32::try_from(app.delivery.connected()).unwrap_or(u32::MAX);
    metrics::gauge!("tradepost_servers_connected").set(f64::from(connected));
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        metrics.render(),
    )
}
