//! The `quipu` binary.
//!
//! Verb: WIRE.
//! Takes: flags, a config file, the environment.
//! Gives: a server, answers, and exit codes.
//! Never: holds logic that a room below could hold.

#![allow(clippy::print_stdout, reason = "a command line speaks on standard output")]

mod args;
mod ask;
mod check;
mod dead;
mod generate;
mod import;
mod proxy;
mod serve;
mod table;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

/// Done, failed, wrong use (clap's own), and "a check says no".
const FAILED: u8 = 1;
const SAYS_NO: u8 = 3;

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(SAYS_NO),
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

/// Runs a command; `false` when a check says no.
fn run(args: Args) -> anyhow::Result<bool> {
    match args.command {
        Command::Serve(serve) => serve::run(&serve).map(|()| true),
        Command::Proxy(what) => proxy::run(&what).map(|()| true),
        Command::Check(what) => check::run(&what),
        Command::Generate(what) => generate::run(&what.what).map(|()| true),
        Command::DeadLetters(what) => dead::run(&what.what).map(|()| true),
        Command::Import(what) => import::run(&what).map(|()| true),
        Command::Completions { shell } => Ok(args::complete(shell)),
        command => ask::run(&command),
    }
}
