//! Tools of the server: their list, and the call of one.

mod budget;
mod compare;
mod cost;
mod errors;
mod overview;
mod query;
mod schema;
mod search;
mod trace;
mod whoami;

use serde_json::Value;

use crate::answer::{Answer, result};
use crate::arguments::Arguments;
use crate::ask::{AskError, Asker};
use crate::jsonrpc::RpcError;
use crate::own::SelfKnowledge;

pub use schema::listed;

/// Reason for a call without an answer.
pub(crate) enum CallError {
    /// The arguments are wrong: an error of the protocol.
    Rpc(RpcError),
    /// The interface gives no answer: a result with the reason.
    Ask(AskError),
}

impl From<RpcError> for CallError {
    fn from(error: RpcError) -> Self {
        Self::Rpc(error)
    }
}

impl From<AskError> for CallError {
    fn from(error: AskError) -> Self {
        Self::Ask(error)
    }
}

/// Answer of a tool.
type Called = Result<Answer, CallError>;

/// Calls the tool that the parameters name.
pub(crate) async fn call(asker: &dyn Asker, own: &SelfKnowledge, params: &Value) -> Result<Value, RpcError> {
    let named = params["name"].as_str().unwrap_or_default();
    let Some(known) = schema::arguments(named) else {
        let short: String = named.chars().take(40).collect();
        return Err(RpcError::invalid_params(format!("unknown tool {short:?}: tools/list names them")));
    };
    let arguments = Arguments::of(&params["arguments"], &known)?;
    let most = arguments.max_tokens()?;
    let answer = match named {
        "overview" => overview::call(asker, &arguments).await,
        "search" => search::call(asker, &arguments).await,
        "trace" => trace::call(asker, &arguments).await,
        "compare" => compare::call(asker, &arguments).await,
        "cost" => cost::call(asker, &arguments).await,
        "errors" => errors::call(asker, &arguments).await,
        "query" => query::call(asker, &arguments).await,
        "whoami" => whoami::call(asker, &arguments, own, &params["_meta"]).await,
        _ => budget::call(asker, &arguments).await,
    };
    let (answer, failed) = match answer {
        Ok(answer) => (answer, false),
        Err(CallError::Rpc(error)) => return Err(error),
        Err(CallError::Ask(AskError(why))) => {
            (Answer::new("The question has no answer. The interface says:", vec![why]), true)
        }
    };
    // Counting tokens can take a tenth of a second.
    let fitted = tokio::task::spawn_blocking(move || answer.fitted(most)).await;
    fitted.map(|text| result(&text, failed)).map_err(|_| RpcError::new(-32_603, "the answer failed"))
}
