//! The MCP server: coding agents ask about their own traces and costs.
//!
//! Verb: ANSWER AGENTS.
//! Takes: JSON-RPC messages of the Model Context Protocol, by lines or by HTTP, and a source of API answers.
//! Gives: answers as text that keep the caller's token limit, with recorded data fenced as untrusted.
//! Never: changes data, computes a figure that the HTTP interface does not have, or checks the caller. The
//! guard before the route does that.
//!
//! Protocol: <https://modelcontextprotocol.io/specification>, versions 2025-03-26, 2025-06-18, 2025-11-25 and
//! 2026-07-28.

mod answer;
mod arguments;
mod ask;
mod http;
mod jsonrpc;
mod own;
mod server;
mod shape;
mod stdio;
mod tools;

pub use ask::{AskError, Asker, Question, RouterAsker};
pub use http::{ToolsCalled, routes};
pub use own::SelfKnowledge;
pub use server::{McpServer, VERSIONS};
pub use stdio::serve_lines;
pub use tools::listed;
