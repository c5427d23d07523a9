//! The command line of Quipu, for the binary `quipu` and for binaries with further plug-ins.
//!
//! Verb: WIRE.
//! Takes: flags, a config file, the environment; adapters and backends of other crates.
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
pub use quipu;
pub use quipu::Registry;

/// Runs the command line with plug-ins of other crates: the whole `main` of a distribution of one's own.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     quipu_cli::main_with(quipu_cli::Registry::new())
/// }
/// ```
pub fn main_with(plug_ins: Registry) -> ExitCode {
    // Before the first thread: heaps that are there stay.
    quipu_heap::share(std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    if let Err(error) = quipu::install_plug_ins(plug_ins) {
        return ending::code(Err(error.into()));
    }
    ending::code(command::run(args::Args::parse()))
}
