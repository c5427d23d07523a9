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
mod store;
mod table;
mod terminal;
mod trail;

use std::process::ExitCode;

use clap::Parser;

/// Done, failed, wrong use (clap's own), and "a check says no".
const FAILED: u8 = 1;
const SAYS_NO: u8 = 3;

fn main() -> ExitCode {
    // Before the first thread: heaps that are there stay.
    quipu_heap::share(std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    match command::run(args::Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(SAYS_NO),
        // The program that `quipu run` ran decides.
        Err(error) if error.downcast_ref::<run::Ended>().is_some() => {
            error.downcast_ref().map_or(ExitCode::from(FAILED), |ended: &run::Ended| ExitCode::from(ended.0))
        }
        // A reader that has seen enough, such as `head`, is no failure.
        Err(error) if error.downcast_ref().is_some_and(is_broken_pipe) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::debug!(?error, "failed");
            let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("quipu: {error:#}\n"));
            ExitCode::from(FAILED)
        }
    }
}

fn is_broken_pipe(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
}
