//! Reads spans of the Model Context Protocol, of clients and of servers.
//!
//! Verb: NORMALISE.
//! Takes: spans that name a method of the protocol, or are of a library of it.
//! Gives: what they mean and what was said in them.
//! Never: takes a message of the protocol for a tool's run unless it runs one.

mod adapter;

pub use adapter::Mcp;
