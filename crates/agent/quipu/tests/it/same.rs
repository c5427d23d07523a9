//! Test of the program that also compiles without the library.

use tempfile::TempDir;

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a program prints")]
#[path = "../../../../../tests/disabled/probe/library.rs"]
mod library;

#[test]
fn a_program_that_compiles_without_the_library_runs_with_it() {
    let folder = TempDir::new().unwrap();
    // Each of two readings of the status has one problem: no backend is open.
    assert_eq!(
        library::run(folder.path()).unwrap(),
        ["running (true, true, true), problems 2", "advice None None, second call rejected"]
    );
}
