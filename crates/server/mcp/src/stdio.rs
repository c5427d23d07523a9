//! Messages as lines on standard input and output.

use std::io::{BufRead, Read as _, Write};

use serde_json::Value;

use crate::ask::Asker;
use crate::jsonrpc::{RpcError, reply};
use crate::own::SelfKnowledge;
use crate::server::McpServer;

/// Longest message in bytes.
const LINE_BYTES: u64 = 4 << 20;

/// Answers messages line by line until the input ends. It blocks while it waits for a line.
///
/// # Errors
/// The input or output fails, or a line is longer than 4 MiB.
pub async fn serve_lines(
    asker: &dyn Asker,
    own: &SelfKnowledge,
    mut input: impl BufRead,
    mut output: impl Write,
) -> std::io::Result<()> {
    let server = McpServer::new(asker, own);
    loop {
        let mut line = Vec::new();
        input.by_ref().take(LINE_BYTES).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(());
        }
        if !line.ends_with(b"\n") && line.len() as u64 == LINE_BYTES {
            return Err(std::io::Error::other("a message has more than 4 MiB"));
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let answer = match serde_json::from_slice::<Value>(&line) {
            Ok(message) => server.handle(&message).await,
            Err(_) => Some(reply(&Value::Null, Err(RpcError::parse()))),
        };
        if let Some(answer) = answer {
            writeln!(output, "{answer}")?;
            output.flush()?;
        }
    }
}
