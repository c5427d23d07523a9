//! Tests of the compiled-out library: guards and contexts have no size. The compiler makes the same code of a
//! function with instrumentation and of one without.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A package with these programs and one dependency of this workspace, without its features. It is built by a
/// cargo of its own: within this workspace, others switch recording on.
fn package(name: &str, dependency: &str, folder: &str, programs: &[&str]) -> PathBuf {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    fs::create_dir_all(package.join("src/bin")).unwrap();
    let folder = root.join(folder);
    let manifest = format!(
        "[package]\nname = \"probe\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{dependency} = {{ path = {folder:?}, default-features = false }}\n\n[profile.release]\ncodegen-units = 1\npanic = \"abort\"\n"
    );
    write(&package.join("Cargo.toml"), &manifest);
    // The same versions as here, so that nothing has to be fetched.
    write(&package.join("Cargo.lock"), &fs::read_to_string(root.join("Cargo.lock")).unwrap());
    for name in programs {
        let source = fs::read_to_string(root.join("tests/disabled/probe").join(name)).unwrap();
        write(&package.join("src/bin").join(name), &source);
    }
    package
}

/// Writes only a changed file, so that cargo does not rebuild without need.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|held| held == text) {
        return;
    }
    fs::write(path, text).unwrap();
}

/// Runs cargo in a package; returns its output.
fn cargo(package: &Path, arguments: &[&str]) -> String {
    let done = Command::new(env!("CARGO"))
        .current_dir(package)
        .env("CARGO_TARGET_DIR", package.join("target"))
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .args(arguments)
        .output()
        .unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// The instructions of `work` in one of the two programs.
fn instructions(package: &Path, program: &str) -> Vec<String> {
    let out = package.join(format!("{program}.s"));
    let assembly = format!("asm={}", out.display());
    cargo(package, &["rustc", "--release", "--offline", "--bin", program, "--", "--emit", &assembly]);
    body(&fs::read_to_string(&out).unwrap())
}

/// The assembly between the label of `work` and the end of the function, without directives, and with labels
/// renumbered.
fn body(assembly: &str) -> Vec<String> {
    let is_work = |line: &str| line.ends_with(':') && line.contains("4work");
    let mut labels: Vec<&str> = Vec::new();
    let lines = assembly.lines().skip_while(|line| !is_work(line)).skip(1);
    let lines = lines.take_while(|line| !line.starts_with(".Lfunc_end")).map(str::trim);
    let lines: Vec<&str> = lines
        .filter(|line| !line.starts_with('.') || line.ends_with(':'))
        .inspect(|line| labels.extend(line.strip_suffix(':')))
        .collect();
    lines
        .iter()
        .filter(|line| !line.starts_with('#') && !line.starts_with("//"))
        .map(|line| {
            let line = line.split('#').next().unwrap_or_default().trim();
            let number = |word: &str| labels.iter().position(|label| *label == word);
            let words = line.split_inclusive([' ', '\t', ',', ':']);
            words
                .map(|word| {
                    let bare = word.trim_end_matches([' ', '\t', ',', ':']);
                    number(bare)
                        .map_or_else(|| word.to_owned(), |at| word.replace(bare, &format!("label{at}")))
                })
                .collect()
        })
        .collect()
}

#[test]
fn the_compiler_makes_the_same_of_a_function_with_and_without_instrumentation() {
    let package = package("disabled", "quipu-sdk", "crates/agent/sdk", &["bare.rs", "instrumented.rs"]);
    let bare = instructions(&package, "bare");
    assert!(bare.len() > 5, "{bare:#?}");
    assert_eq!(instructions(&package, "instrumented"), bare);
}

#[test]
fn a_program_compiles_without_the_library_and_the_library_does_nothing() {
    let package = package("facade", "quipu-obs", "crates/agent/quipu", &["library.rs"]);
    let folder = package.join("data");
    let output = cargo(&package, &["run", "--quiet", "--offline", "--bin", "library", "--", "data"]);
    assert_eq!(
        output.lines().collect::<Vec<_>>(),
        ["running (false, false, false), problems 0", "advice None None, second call passes"]
    );
    assert!(!folder.exists(), "a library that is compiled out writes nothing");
}
