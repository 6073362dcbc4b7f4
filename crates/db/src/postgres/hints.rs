//! Hints from node to node: NOTIFY and LISTEN. Nothing rests on them: one that is lost costs time.

use std::{future::poll_fn, pin::pin, time::Duration};

use futures_util::future::{Either, select};
use tokio::time::{sleep, timeout};
use tokio_postgres::{
    AsyncMessage, Client, Config, Connection, Error as PgError, NoTls, Socket, tls::NoTlsStream,
};

use super::WAIT;

/// How long to wait before another try to connect: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(30);

type Wire = Connection<Socket, NoTlsStream>;

/// What is heard of other nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// From here on everything is heard; before it anything may have been missed.
    Missed,
    /// What a node told, this one included.
    Told(String),
}

/// Listens for hints, on a connection of its own that is made again for ever.
pub struct Hints {
    config: Config,
    channel: String,
    open: Option<(Client, Wire)>,
    pause: Duration,
}

impl Hints {
    pub(super) fn new(config: Config, channel: String) -> Self {
        Self {
            config,
            channel,
            open: None,
            pause: Duration::ZERO,
        }
    }

    /// The next hint.
    pub async fn next(&mut self) -> Hint {
        loop {
            let Some((_client, wire)) = &mut self.open else {
                if self.connect().await {
                    return Hint::Missed;
                }
                continue;
            };
            match message(wire).await {
                Some(Ok(AsyncMessage::Notification(told))) => {
                    return Hint::Told(told.payload().to_owned());
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => {
                    tracing::warn!("the connection for hints of other nodes was lost");
                    self.open = None;
                    self.pause = FIRST_PAUSE;
                }
            }
        }
    }

    async fn connect(&mut self) -> bool {
        sleep(self.pause).await;
        match timeout(WAIT, listen(&self.config, &self.channel)).await {
            Ok(Ok(open)) => {
                self.open = Some(open);
                self.pause = FIRST_PAUSE;
                return true;
            }
            Ok(Err(error)) => {
                let error = super::error("postgres::connect", &error);
                tracing::warn!(error = %error, "cannot listen for hints of other nodes");
            }
            Err(_elapsed) => tracing::warn!("cannot listen for hints of other nodes in time"),
        }
        self.pause = (2 * self.pause).clamp(FIRST_PAUSE, LAST_PAUSE);
        false
    }
}

async fn listen(config: &Config, channel: &str) -> Result<(Client, Wire), PgError> {
    let (client, mut wire) = config.connect(NoTls).await?;
    // The channel's name consists of a-z, 0-9 and _.
    let statement = format!("LISTEN {channel}");
    {
        let mut listening = pin!(client.batch_execute(&statement));
        loop {
            match select(listening.as_mut(), pin!(message(&mut wire))).await {
                Either::Left((done, _)) => break done?,
                Either::Right((Some(Err(error)), _)) => return Err(error),
                // It has ended, and the statement says so itself.
                Either::Right((None, _)) => break listening.await?,
                Either::Right((Some(Ok(_)), _)) => {}
            }
        }
    }
    Ok((client, wire))
}

async fn message(wire: &mut Wire) -> Option<Result<AsyncMessage, PgError>> {
    poll_fn(|context| wire.poll_message(context)).await
}
