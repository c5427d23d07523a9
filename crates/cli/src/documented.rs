//! Tests of the documentation: each command line parses, each config block is read, each own metric and each
//! alert is in the runbook.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use clap::error::ErrorKind;
use quipu::metrics::SelfMetrics;

use crate::args::Args;
use crate::serve::Config;

/// Blocks with the keys of a table: the first key, and the path of the table.
const FRAGMENTS: [(&str, &[&str]); 2] =
    [("queue_records", &["delivery"]), ("signals", &["backend", "otlp", "rules"])];
/// First words of blocks for other programs: Cargo, Codex, price books.
const FOREIGN: [&str; 3] = ["[dependencies]", "[otel]", "[[price]]"];
/// Words before a command that do not belong to it.
const BEFORE: [&str; 4] = ["sudo", "exec", "time", "nohup"];

struct Block {
    place: String,
    language: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// README and guide, by their paths.
fn documents() -> Vec<(String, String)> {
    files(&["docs/guide", "docs/security.md", "README.md"], "md")
}

/// All files with this extension in some folders, by their paths.
fn files(places: &[&str], extension: &str) -> Vec<(String, String)> {
    let mut waiting: Vec<_> = places.iter().map(|place| root().join(place)).collect();
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|end| end == extension) {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            found.push((name, fs::read_to_string(path).unwrap()));
        }
    }
    found.sort();
    found
}

fn blocks() -> Vec<Block> {
    let mut blocks = Vec::new();
    for (name, source) in documents() {
        let mut open: Option<Block> = None;
        for (index, line) in source.lines().enumerate() {
            match (line.trim_start().strip_prefix("```"), open.take()) {
                (Some(_), Some(block)) => blocks.push(block),
                (Some(language), None) => {
                    let place = format!("{name}:{}", index + 1);
                    open = Some(Block { place, language: language.trim().to_owned(), text: String::new() });
                }
                (None, Some(mut block)) => {
                    block.text += line.trim_start();
                    block.text.push('\n');
                    open = Some(block);
                }
                (None, None) => {}
            }
        }
    }
    blocks
}

/// The command lines of `quipu` in a shell script.
fn commands(script: &str) -> Vec<Vec<String>> {
    let script = script.replace("\\\n", " ");
    let mut commands = Vec::new();
    for line in script.lines() {
        let line = line.strip_prefix("$ ").unwrap_or(line);
        // Not a shell: words of one line, without nested commands.
        let Some(words) = shlex::split(line) else { continue };
        for command in words.split(|word| ["|", "||", "&&", ";", "&"].contains(&word.as_str())) {
            commands.extend(quipu(command));
        }
    }
    commands
}

/// The arguments of `quipu`, if a command starts it.
fn quipu(command: &[String]) -> Option<Vec<String>> {
    let is_assignment =
        |word: &str| word.split_once('=').is_some_and(|(name, _)| name.to_uppercase() == name);
    let skipped = |word: &&String| BEFORE.contains(&word.as_str()) || is_assignment(word);
    let mut words = command.iter().skip_while(skipped).cloned();
    let program = words.next()?;
    if program == "cargo" {
        let rest: Vec<String> = words.collect();
        let is_binary = rest.first().is_some_and(|verb| verb == "run")
            && !rest.iter().any(|word| word == "-p" || word == "--bin");
        let split = rest.iter().position(|word| word == "--").filter(|_| is_binary)?;
        return Some(without_redirections(&rest[split + 1..]));
    }
    let name = Path::new(&program).file_name()?.to_str()?;
    let rest: Vec<String> = words.collect();
    (name == "quipu").then(|| without_redirections(&rest))
}

fn without_redirections(words: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let operator = word.trim_start_matches(|letter: char| letter.is_ascii_digit());
        if operator.starts_with(['>', '<']) {
            if operator.trim_matches(['>', '<', '&']).is_empty() {
                words.next();
            }
            continue;
        }
        kept.push(word.trim_end_matches(';').to_owned());
    }
    kept
}

fn parsed(arguments: &[String]) -> Result<Args, clap::Error> {
    Args::try_parse_from(std::iter::once("quipu".to_owned()).chain(arguments.iter().cloned()))
}

#[test]
fn every_documented_command_line_parses() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for block in blocks().iter().filter(|block| ["sh", "bash", "console"].contains(&block.language.as_str()))
    {
        for arguments in commands(&block.text) {
            count += 1;
            match parsed(&arguments) {
                Ok(_) => {}
                Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {}
                Err(error) => wrong.push(format!("{}: quipu {}\n{error}", block.place, arguments.join(" "))),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 120, "{count} command lines");
}

#[test]
fn every_command_in_a_sentence_or_table_exists() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (name, source) in documents() {
        for (index, line) in source.lines().enumerate() {
            for span in line.split('`').skip(1).step_by(2).filter(|span| span.starts_with("quipu ")) {
                // `list|replay`, `[--flag]` and `…` stand for several commands.
                if span.contains(['|', '[', '…', '<', '*', '(']) {
                    continue;
                }
                let Some(arguments) = shlex::split(span).and_then(|words| quipu(&words)) else { continue };
                count += 1;
                let Err(error) = parsed(&arguments) else { continue };
                if matches!(error.kind(), ErrorKind::InvalidSubcommand | ErrorKind::UnknownArgument) {
                    wrong.push(format!("{name}:{}: {span}\n{error}", index + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 150, "{count} commands");
}

#[test]
fn every_documented_config_block_is_read() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for block in blocks().iter().filter(|block| block.language == "toml") {
        if FOREIGN.iter().any(|word| block.text.trim_start().starts_with(word)) {
            assert!(toml::from_str::<toml::Table>(&block.text).is_ok(), "{}", block.place);
            continue;
        }
        count += 1;
        let text = with_variables(&whole(&block.text));
        if let Err(error) = quipu_runtime::parse_config::<Config>(&text, &block.place) {
            wrong.push(format!("{error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 40, "{count} blocks");
}

/// The block as a config: keys of an inner table get their place.
fn whole(block: &str) -> String {
    let fragment = FRAGMENTS.iter().find(|(key, _)| block.starts_with(&format!("{key} =")));
    let Some((_, path)) = fragment else { return block.to_owned() };
    let table: toml::Table = toml::from_str(block).unwrap();
    let around = |inner: toml::Table, name: &&str| {
        toml::Table::from_iter([((*name).to_owned(), toml::Value::Table(inner))])
    };
    toml::to_string(&path.iter().rev().fold(table, around)).unwrap()
}

/// The text with a value for each `${NAME}`, which the environment would give.
fn with_variables(text: &str) -> String {
    let mut parts = text.split("${");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out += "value";
        out += part.split_once('}').map_or(part, |(_, rest)| rest);
    }
    out
}

#[test]
fn every_own_metric_has_a_help_text() {
    let mut recorded = 0;
    for (place, source) in files(&["crates"], "rs") {
        let calls = [".add(", ".set(", ".observe("].into_iter().flat_map(|call| source.split(call).skip(1));
        let names = calls.filter_map(|call| call.trim_start().strip_prefix('"')?.split('"').next());
        for name in names.filter(|name| name.starts_with("quipu_")) {
            recorded += 1;
            assert!(SelfMetrics::HELP.iter().any(|(known, _)| *known == name), "{place}: {name}");
        }
    }
    assert!(recorded > 40, "{recorded} calls");
}

#[test]
fn the_runbook_has_every_own_metric_and_every_alert() {
    let runbook = fs::read_to_string(root().join("docs/guide/runbook.md")).unwrap();
    for (name, _) in SelfMetrics::HELP {
        assert!(runbook.contains(&format!("| `{name}` |")), "{name} is not in the runbook");
    }
    let alarms = fs::read_to_string(root().join("crates/server/provision/src/alarms.rs")).unwrap();
    let alerts: Vec<&str> =
        alarms.split("name: \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(alerts.len() >= 9, "{alerts:?}");
    for name in alerts {
        assert!(runbook.contains(&format!("| `{name}` |")), "the alert {name} is not in the runbook");
    }
}
