//! Exit code of a command, and its error text.

use std::process::ExitCode;

use anyhow::Result;

use crate::run::Ended;

/// Done, failed, wrong use (clap's own), and "a check says no".
const FAILED: u8 = 1;
const SAYS_NO: u8 = 3;

/// Prints the error of a command, if any, and gives the exit code.
pub fn code(done: Result<bool>) -> ExitCode {
    let error = match done {
        Ok(true) => return ExitCode::SUCCESS,
        Ok(false) => return ExitCode::from(SAYS_NO),
        Err(error) => error,
    };
    // The program that `quipu run` ran decides.
    if let Some(Ended(code)) = error.downcast_ref() {
        return ExitCode::from(*code);
    }
    // A reader that has seen enough, such as `head`, is no failure.
    if error.downcast_ref().is_some_and(is_broken_pipe) {
        return ExitCode::SUCCESS;
    }
    tracing::debug!(?error, "failed");
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("quipu: {error:#}\n"));
    ExitCode::from(FAILED)
}

fn is_broken_pipe(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
}
