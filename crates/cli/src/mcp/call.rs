//! One call of a tool from the command line, with the answer that an agent gets over the protocol.

use std::io::Write as _;

use anyhow::{Context, Result, anyhow, bail};
use quipu_mcp::McpServer;
use serde_json::{Map, Value, json};

use super::{SourceAsker, own};
use crate::args::{McpCall, McpSource};

/// Calls the tool with the arguments of the command line.
///
/// # Errors
/// An argument has no name, or the tool gives no answer.
pub fn run(what: &McpCall) -> Result<()> {
    let mut arguments = Map::new();
    for argument in &what.arguments {
        let (name, value) = argument.split_once('=').with_context(|| {
            format!("an argument has the form NAME=VALUE, such as since=-7d, got `{argument}`")
        })?;
        // Some arguments are numbers, and no text of the others is one.
        let number = value.parse::<u64>().ok().filter(|_| NUMBERS.contains(&name)).map(Value::from);
        arguments.insert(name.to_owned(), number.unwrap_or_else(|| value.into()));
    }
    print(&what.place, &what.tool, arguments.into())
}

/// Arguments with a number. `from` is a number for the tool `trace` only, where no text is valid.
const NUMBERS: [&str; 4] = ["from", "limit", "top", "max_tokens"];

/// Prints the answer of a tool.
///
/// # Errors
/// The tool or an argument is unknown, or the source gives no answer.
pub fn print(place: &McpSource, tool: &str, arguments: Value) -> Result<()> {
    let params = json!({"name": tool, "arguments": arguments});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    let (asker, own) = (SourceAsker(place.clone()), own());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let answer = runtime.block_on(McpServer::new(&asker, &own).handle(&message));
    let answer = answer.ok_or_else(|| anyhow!("the tool gives no answer"))?;
    if let Some(error) = answer["error"]["message"].as_str() {
        bail!("{error}");
    }
    let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_default();
    if answer["result"]["isError"] == true {
        bail!("{text}");
    }
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}
