//! Reads spans of the Model Context Protocol, of clients and of servers.
//!
//! Verb: NORMALISE.
//! Takes: spans that name a method of the protocol, or are of one of its libraries.
//! Gives: their canonical values and messages.
//! Never: reads a message of the protocol as a tool run unless it runs a tool.

mod adapter;

pub use adapter::Mcp;
