//! Workspace tasks, for developers and CI alike: `cargo xtask --help`. Each verb has its own file; this one
//! only dispatches.

// A task runner talks to its terminal.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command prints to its terminal")]

mod check;
mod ci;
mod dist;
mod docs;
mod fuzz;
mod new;
mod prices;
mod test;
mod verb;

use std::process::ExitCode;

use clap::Parser;

/// Workspace tasks of Quipu.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    verb: verb::Verb,
}

fn main() -> ExitCode {
    match Cli::parse().verb.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
