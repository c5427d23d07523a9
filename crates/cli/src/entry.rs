//! Entry of the command line.

use std::process::ExitCode;

use clap::Parser;
use quipu::Registry;

use crate::{args, command, ending};

/// Heaps (arenas) of the allocator besides one for each core. With more the server takes more memory. With
/// fewer its threads wait for each other's heap. `docs/adr/0037-memory.md` has the figures.
const MORE_HEAPS: usize = 4;

/// Runs the command line with plug-ins of other crates: the whole `main` of a distribution of one's own.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     quipu_cli::main_with(quipu_cli::Registry::new())
/// }
/// ```
pub fn main_with(plug_ins: Registry) -> ExitCode {
    // Before the first thread: heaps that are there stay.
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    quipu_heap::share(cores + MORE_HEAPS);
    if let Err(error) = quipu::install_plug_ins(plug_ins) {
        return ending::code(Err(error.into()));
    }
    ending::code(command::run(args::Args::parse()))
}
