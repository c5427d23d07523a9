//! The `quipu` binary and its entry point.
//!
//! Verb: WIRE.
//! Takes: flags, a config file, the environment.
//! Gives: a server, answers, and exit codes.
//! Never: holds logic that a room below could hold.

#![allow(clippy::print_stdout, reason = "a command prints to standard output")]

mod access;
mod args;
mod ask;
mod audit;
mod check;
mod client;
mod command;
mod dead;
mod ending;
mod folder;
mod forget;
mod gateway;
mod generate;
mod import;
mod key;
mod mcp;
mod note;
mod private;
mod retention;
mod run;
mod serve;
mod sql;
mod store;
mod table;
mod terminal;
mod trail;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // Before the first thread: heaps that are there stay.
    quipu_heap::share(std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    ending::code(command::run(args::Args::parse()))
}
