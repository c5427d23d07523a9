//! The binary `quipu`.

use std::process::ExitCode;

fn main() -> ExitCode {
    quipu_cli::main_with(quipu_cli::Registry::new())
}
