//! The store behind TLS, with a certificate of its own.

use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::game::Game;
use crate::store::{Store, command};

const CERTIFICATE: &[u8] = include_bytes!("tls/certificate.pem");
const KEY: &[u8] = include_bytes!("tls/key.pem");

/// Takes TLS connections and passes on to the store what comes on them. Gives its port.
async fn start_proxy(store: &Store) -> u16 {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let target = store.url()["http://".len()..].to_owned();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let (acceptor, target) = (acceptor.clone(), target.clone());
            tokio::spawn(async move {
                let mut client = acceptor.accept(client).await.ok()?;
                let mut server = TcpStream::connect(target).await.ok()?;
                tokio::io::copy_bidirectional(&mut client, &mut server)
                    .await
                    .ok()
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_must_be_trusted() {
    let (store, game) = (Store::start().await, Game::start().await);
    let port = start_proxy(&store).await;
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, CERTIFICATE).unwrap();
    let checked = async |ca_file: &str| {
        let file = folder.path().join("agent.toml");
        let (token, game) = (crate::store::TOKEN, game.settings());
        let text = format!(
            "store = \"https://localhost:{port}\"\ntoken = \"{token}\"\nca_file = \"{ca_file}\"\n{game}"
        );
        std::fs::write(&file, text).unwrap();
        let config = tradepost_agent::load(Some(&file), std::iter::empty()).unwrap();
        let mut out = Vec::new();
        tradepost_agent::check(&config, &mut out).await.ok();
        (String::from_utf8(out).unwrap(), config)
    };
    let (text, _) = checked("").await;
    assert!(
        text.contains("WRONG  store and token") && text.contains("certificate"),
        "{text}"
    );
    let (text, config) = checked(ca.to_str().unwrap()).await;
    assert!(text.contains("this is the server Lobby of Shop"), "{text}");
    let hellos = store.calls("Hello").len();
    let agent = crate::store::Agent::with(config);
    store.until_called("Hello", hellos + 1).await;
    store.send(&[command("a", "say a")]);
    assert_eq!(store.result("a:1").await["status"], "completed");
    agent.stop().await;
}
