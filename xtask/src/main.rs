//! Workspace tasks, for people and CI alike: `cargo xtask --help`. One file a verb; this one only dispatches.

// A task runner talks to its terminal.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks on its terminal")]

mod bench;
mod browser;
mod check;
mod integration;
mod new;
mod prices;
mod shell;
mod table;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Workspace tasks of Quipu.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Formatting, lints, spelling, licences, layers, sizes, room cards, freshness of what is generated
    Check(check::Args),
    /// Everything that `check` does, then all tests and the feature matrix
    Test(test::Args),
    /// Scaffolds a backend or an adapter
    New(new::Args),
    /// Suites against the running server and software that is not ours
    Integration(integration::Args),
    /// Figures of this machine against the stated aims
    Bench(bench::Args),
    /// The vendored price books
    Prices(prices::Args),
}

fn main() -> ExitCode {
    let done = match Cli::parse().verb {
        Verb::Check(args) => check::run(&args),
        Verb::Test(args) => test::run(&args),
        Verb::New(args) => new::run(&args),
        Verb::Integration(args) => integration::run(&args),
        Verb::Bench(args) => bench::run(&args),
        Verb::Prices(args) => prices::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
