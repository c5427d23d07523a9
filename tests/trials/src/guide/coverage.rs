//! Tests that every code block of README and guide is used by a program, or checked in another way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Block, blocks, named, pages};
use crate::shell;

/// Blocks that no program uses, with the reasons.
const EXCEPTIONS: &str = "tests/trials/guide/exceptions.json";
/// Languages whose blocks a program of a suite has to use.
const USED: [&str; 2] = ["python", "js"];
/// Languages that the tests of the command line check in full (`crates/cli/src/documented.rs`).
const READ: [&str; 1] = ["toml"];
/// Output, which is no code.
const OUTPUT: [&str; 1] = ["text"];

fn all() -> Vec<Block> {
    pages().unwrap().iter().flat_map(|page| blocks(page).unwrap()).collect()
}

fn exceptions() -> BTreeMap<String, String> {
    serde_json::from_str(&fs::read_to_string(shell::root().join(EXCEPTIONS)).unwrap()).unwrap()
}

/// Calls `read` with each file below a folder that has one of these endings.
fn files(folder: &Path, ends: &[&str], read: &mut impl FnMut(&str)) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let is_build = path.file_name().is_some_and(|name| name == "target" || name == "node_modules");
        if path.is_dir() && !is_build {
            files(&path, ends, read);
        } else if path.extension().is_some_and(|end| ends.iter().any(|one| end == *one)) {
            read(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// Folders with programs that name blocks: agents and programs of the suites, those that the tests of the
/// examples compile, and tests that read a block.
const PROGRAMS: [&str; 5] = [
    "crates/cli/tests/it",
    "examples/tests/guide",
    "tests/trials/frameworks",
    "tests/trials/src/integration",
    "tests/trials/suites",
];

/// Blocks that programs name.
fn used() -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for folder in PROGRAMS {
        files(&shell::root().join(folder), &["py", "mjs", "ts", "sh", "rs"], &mut |text| {
            used.extend(text.lines().filter_map(named).map(str::to_owned));
        });
    }
    used
}

/// Pages whose blocks of Rust are documentation tests.
fn compiled() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in ["crates", "examples", "tests"] {
        files(&shell::root().join(folder), &["rs"], &mut |text| {
            let paths =
                text.split("#[doc = include_str!(\"").skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(paths.map(|path| path.trim_start_matches("../").to_owned()));
        });
    }
    found
}

/// Programs on Rust frameworks, which the suite `rust-frameworks` compiles and runs.
const QUOTED: &str = "tests/rust-frameworks/src";

/// Sources of the programs that pages quote, without the indentation of their lines.
fn quoted() -> String {
    let mut sources = String::new();
    files(&shell::root().join(QUOTED), &["rs"], &mut |text| sources += &without_indent(text));
    sources
}

fn without_indent(text: &str) -> String {
    text.lines().map(|line| format!("\n{}", line.trim())).collect()
}

/// The fault of a block; `None` if it is run or checked.
fn fault(block: &Block, used: &BTreeSet<String>, compiled: &BTreeSet<String>) -> Option<String> {
    let language = block.language.as_str();
    let is_quoted = || language == "rust" && quoted().contains(&without_indent(&block.text));
    let is_used = used.contains(&block.name()) || is_quoted();
    match language {
        _ if is_used || READ.contains(&language) || OUTPUT.contains(&language) => None,
        language if USED.contains(&language) => Some("no program of a suite uses it".to_owned()),
        "rust" if compiled.contains(&block.page) && !block.options.contains("ignore") => None,
        "rust" => Some("no test compiles it".to_owned()),
        "json" => serde_json::from_str::<serde_json::Value>(&block.text).err().map(|error| error.to_string()),
        "sh" => syntax(&block.text),
        "console" => {
            let typed: String = block.text.lines().filter_map(|line| line.strip_prefix("$ ")).fold(
                String::new(),
                |mut all, line| {
                    all += line;
                    all.push('\n');
                    all
                },
            );
            if typed.is_empty() { Some("no line begins with `$ `".to_owned()) } else { syntax(&typed) }
        }
        "" => Some("the fence names no language; output is `text`".to_owned()),
        other => Some(format!("no program uses it, and no test knows the language {other}")),
    }
}

fn syntax(script: &str) -> Option<String> {
    shell::capture(Command::new("sh").args(["-nc", script])).err().map(|error| format!("{error:#}"))
}

#[test]
fn every_code_block_is_run_or_checked_or_an_exception_with_a_reason() {
    let (used, compiled, exceptions) = (used(), compiled(), exceptions());
    let (mut wrong, mut excused) = (Vec::new(), BTreeSet::new());
    let all = all();
    for block in &all {
        let Some(fault) = fault(block, &used, &compiled) else { continue };
        if exceptions.contains_key(&block.name()) {
            excused.insert(block.name());
        } else {
            wrong.push(format!("{}:{}: {}: {fault}", block.page, block.line, block.name()));
        }
    }
    for name in exceptions.keys().filter(|name| !excused.contains(*name)) {
        wrong.push(format!("{EXCEPTIONS}: {name} needs no exception"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(all.len() > 300, "{} blocks", all.len());
}

#[test]
fn every_block_that_a_program_names_exists() {
    let names: BTreeSet<String> = all().iter().map(Block::name).collect();
    let used = used();
    let lost: Vec<&String> = used.iter().filter(|name| !names.contains(*name)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(used.len() > 40, "{} blocks", used.len());
}
