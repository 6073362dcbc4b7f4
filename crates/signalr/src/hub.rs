//! What an application implements.

use crate::{Connection, Credentials, Refusal};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::future::Future;

/// The application's side of every connection to one path.
pub trait Hub: Send + Sync + 'static {
    /// Who a connection belongs to, decided once: at negotiation, or at the upgrade where
    /// negotiation is skipped.
    type Identity: Clone + PartialEq + Send + Sync + 'static;

    /// Says whose credentials these are.
    ///
    /// Called without a token too: a hub for everybody answers `Ok`. A request of an existing
    /// connection that repeats credentials is asked about again and must give an equal identity.
    fn authenticate(
        &self,
        credentials: Credentials,
    ) -> impl Future<Output = Result<Self::Identity, Refusal>> + Send;

    /// Called after the handshake, before the first [`invoke`](Self::invoke).
    fn connected(&self, connection: &Connection<Self::Identity>)
    -> impl Future<Output = ()> + Send;

    /// Calls the method the client named.
    ///
    /// The name is given as the client wrote it; clients rely on letter case not mattering, see
    /// [`resolve_method`]. The calls of one connection come one after the other. A call is never
    /// cancelled: where the client leaves meanwhile, its result is dropped.
    fn invoke(
        &self,
        connection: &Connection<Self::Identity>,
        method: &str,
        arguments: Vec<Value>,
    ) -> impl Future<Output = Result<Option<Value>, HubError>> + Send;

    /// Whether the method exists and could take these arguments.
    ///
    /// Asked only about a call that cannot be made, because it has to do with streams, which hubs do
    /// not have, or because its arguments cannot be read. Then the answer names the reason that
    /// comes first.
    ///
    /// # Errors
    /// What [`invoke`](Self::invoke) would answer.
    fn accepts(&self, method: &str, arguments: &[Value]) -> Result<(), HubError> {
        let _ = (method, arguments);
        Ok(())
    }

    /// Called exactly once for each [`connected`](Self::connected), after the last call of the
    /// connection has ended.
    fn disconnected(
        &self,
        connection: &Connection<Self::Identity>,
    ) -> impl Future<Output = ()> + Send;
}

/// Why a hub method gives no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// The hub has no such method.
    #[error("method does not exist")]
    MethodNotFound,
    /// The number or the types of the arguments do not fit.
    #[error("arguments do not fit the method")]
    BadArguments,
    /// Something unexpected happened, and the client is told no more than that.
    #[error("method failed")]
    Failed,
    /// A refusal whose text is meant for the client.
    #[error("{0}")]
    Message(String),
}

impl HubError {
    /// The sentence a client gets; clients compare these texts.
    pub(crate) fn sentence(&self, method: &str) -> String {
        match self {
            Self::MethodNotFound => format!(
                "Failed to invoke '{method}' due to an error on the server. \
                 HubException: Method does not exist."
            ),
            Self::BadArguments => {
                format!("Failed to invoke '{method}' due to an error on the server.")
            }
            Self::Failed => {
                format!("An unexpected error occurred invoking '{method}' on the server.")
            }
            Self::Message(text) => format!(
                "An unexpected error occurred invoking '{method}' on the server. \
                 HubException: {text}"
            ),
        }
    }
}

/// The known spelling of a method's name, whatever letter case the client used.
///
/// ```
/// # use signalr_server::resolve_method;
/// assert_eq!(resolve_method("echo", &["Echo", "Add"]), Some("Echo"));
/// assert_eq!(resolve_method("Ech", &["Echo", "Add"]), None);
/// ```
#[must_use]
pub fn resolve_method<'k>(sent: &str, known: &[&'k str]) -> Option<&'k str> {
    known
        .iter()
        .copied()
        .find(|name| name.eq_ignore_ascii_case(sent))
}

/// The arguments as a tuple, of exactly as many members as were sent.
///
/// ```
/// # use signalr_server::{HubError, parse_arguments};
/// # use serde_json::json;
/// let (a, b): (i64, i64) = parse_arguments(vec![json!(1), json!(2)])?;
/// assert_eq!(a + b, 3);
/// assert_eq!(parse_arguments::<(i64,)>(vec![]), Err(HubError::BadArguments));
/// let []: [i64; 0] = parse_arguments(vec![])?;
/// # Ok::<(), HubError>(())
/// ```
///
/// # Errors
/// [`HubError::BadArguments`] where the number or a type does not fit.
pub fn parse_arguments<T: DeserializeOwned>(arguments: Vec<Value>) -> Result<T, HubError> {
    serde_json::from_value(Value::Array(arguments)).map_err(|_| HubError::BadArguments)
}
