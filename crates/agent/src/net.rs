//! Connections to other machines: TCP, and TLS where the address asks for it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Url;

/// How long a connection may take to come about.
pub(crate) const CONNECT_TIME: Duration = Duration::from_secs(10);

/// A connection, encrypted or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Whose certificates are trusted.
#[derive(Clone)]
pub(crate) struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Those of the operating system, and of a file where one is named.
    pub(crate) fn new(ca_file: &str) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if !ca_file.is_empty() {
            let cannot = |cause: &dyn std::fmt::Display| format!("ca_file {ca_file}: {cause}");
            let file = CertificateDer::pem_file_iter(ca_file).map_err(|cause| cannot(&cause))?;
            for certificate in file {
                let certificate = certificate.map_err(|cause| cannot(&cause))?;
                roots.add(certificate).map_err(|cause| cannot(&cause))?;
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|cause| cause.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    /// Connects to the host of an address; `https` and `wss` are encrypted.
    pub(crate) async fn connect(&self, url: &Url) -> io::Result<Box<dyn Stream>> {
        timeout(CONNECT_TIME, self.connect_now(url))
            .await
            .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer")))
    }

    async fn connect_now(&self, url: &Url) -> io::Result<Box<dyn Stream>> {
        let no_host = || io::Error::new(io::ErrorKind::InvalidInput, "the address names no host");
        let host = url.host_str().ok_or_else(no_host)?.trim_matches(['[', ']']);
        let is_tls = matches!(url.scheme(), "https" | "wss");
        let port = url.port().unwrap_or(if is_tls { 443 } else { 80 });
        let tcp = TcpStream::connect((host, port)).await?;
        tcp.set_nodelay(true)?;
        if !is_tls {
            return Ok(Box::new(tcp));
        }
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let connector = TlsConnector::from(self.0.clone());
        Ok(Box::new(connector.connect(name, tcp).await?))
    }
}
