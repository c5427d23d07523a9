//! The table of `docs/guide/samples.md`.

use std::fs;
use std::path::{Path, PathBuf};

use super::rows::{Here, ROWS, Row};

/// Sources of the blocks.
const SOURCES: [(&str, &str); 4] = [
    ("costs.rs", include_str!("costs.rs")),
    ("observed.rs", include_str!("observed.rs")),
    ("operations.rs", include_str!("operations.rs")),
    ("started.rs", include_str!("started.rs")),
];
const FOLDER: &str = "examples/tests/it/samples";
const PAGE: &str = "docs/guide/samples.md";
const HEAD: &str = "| | Sample | Lines | With Quipu | Shown by |\n|---|---|---|---|---|\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// File and lines of a block.
fn block(name: &str) -> (&'static str, usize) {
    let begin = format!("// sample: {name}\n");
    let of = |source: &str| {
        let text = source.split_once(&begin)?.1.split_once("// end")?.0;
        Some(text.lines().filter(|line| !line.trim().is_empty()).count())
    };
    let found = SOURCES.iter().find_map(|(file, source)| Some((*file, of(source)?)));
    found.unwrap_or_else(|| panic!("no block is called {name}"))
}

/// Lines with Quipu, and the places that show them.
fn shown(here: &Here) -> (usize, String) {
    match here {
        Here::Block(name) => {
            let (file, lines) = block(name);
            (lines, format!("[{file}](../../{FOLDER}/{file})"))
        }
        Here::Elsewhere(lines, tests) => {
            let links = tests.iter().map(|(file, name)| format!("[`{name}`](../../{file})"));
            (*lines, links.collect::<Vec<_>>().join(", "))
        }
    }
}

fn line(row: &Row) -> String {
    let Row { document, sample, lines: there, .. } = row;
    let (lines, links) = shown(&row.here);
    let reason = if row.reason.is_empty() { String::new() } else { format!(": {}", row.reason) };
    format!("| {document} | {sample} | {there} | {lines}{reason} | {links} |\n")
}

#[test]
fn the_page_has_each_sample_with_its_lines() {
    let table: String = ROWS.iter().map(line).collect();
    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    assert!(page.contains(&format!("{HEAD}{table}")), "{PAGE} needs this table:\n{HEAD}{table}");
}

#[test]
fn no_sample_is_longer_with_quipu_without_a_reason() {
    for row in &ROWS {
        let (lines, _) = shown(&row.here);
        let needs_reason = lines > row.lines;
        assert_eq!(needs_reason, !row.reason.is_empty(), "{}: {lines} lines", row.sample);
    }
}

#[test]
fn each_test_elsewhere_exists() {
    for row in &ROWS {
        let Here::Elsewhere(_, tests) = &row.here else { continue };
        for (file, name) in *tests {
            let source = fs::read_to_string(root().join(file)).unwrap();
            let (test, suite) = (format!("fn {name}("), format!("(\"{name}\", "));
            assert!(source.contains(&test) || source.contains(&suite), "{file} has no {name}");
        }
    }
}
