//! Quipu with Acme's plug-ins.

use std::process::ExitCode;

fn main() -> ExitCode {
    quipu_cli::main_with(acme_quipu::plug_ins())
}
