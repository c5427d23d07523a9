//! Code blocks of README and guide, and programs that take lines from them.
//!
//! A program of a suite names a block in a comment of its own line: `# guide: PAGE LANGUAGE N`, or with `//`.
//! PAGE is a path in the repository, N counts the page's blocks of that language from 1. The suite runs the
//! program with the block in place of the line. A guide and the program that proves it cannot differ.

mod block;
#[cfg(test)]
mod coverage;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};

use crate::shell;
pub use block::Block;
use block::{code_blocks, named};

/// Addresses of the guide: of the dashboard and API, of OTLP over HTTP, and of the gateway.
pub const ADDRESSES: [&str; 3] = ["http://127.0.0.1:8080", "http://127.0.0.1:4318", "http://127.0.0.1:8787"];

/// A program with its blocks in their places.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// The program.
    pub text: String,
    /// Shell blocks that a program in another language starts with.
    pub setup: String,
    /// Names of the blocks.
    pub blocks: Vec<String>,
}

/// Reads the blocks of a page.
///
/// # Errors
/// There is no such page.
pub fn blocks(page: &str) -> Result<Vec<Block>> {
    let source = fs::read_to_string(shell::root().join(page)).with_context(|| page.to_owned())?;
    Ok(code_blocks(page, &source))
}

/// Puts the blocks into a program. Shell blocks of a program in another language become its setup. Each of
/// [`ADDRESSES`] is replaced by the address at the same place of `addresses`.
///
/// # Errors
/// A named block does not exist.
pub fn fill(program: &str, is_shell: bool, addresses: [&str; 3]) -> Result<Filled> {
    let mut filled = Filled::default();
    for line in program.lines() {
        let Some(name) = named(line) else {
            filled.text += line;
            filled.text.push('\n');
            continue;
        };
        let block = find(name)?;
        let text = moved(&block.text, addresses);
        if block.language == "sh" && !is_shell {
            filled.setup += &text;
        } else {
            let indent = &line[..line.len() - line.trim_start().len()];
            let place = |line: &str| if line.is_empty() { "\n".into() } else { format!("{indent}{line}\n") };
            filled.text.extend(text.lines().map(place));
        }
        filled.blocks.push(block.name());
    }
    Ok(filled)
}

/// A block by its name, such as `README.md sh 1`.
///
/// # Errors
/// There is no such block.
pub fn find(name: &str) -> Result<Block> {
    let page = name.split(' ').next().unwrap_or_default();
    let found = blocks(page)?.into_iter().find(|block| block.name() == name);
    found.ok_or_else(|| anyhow!("there is no block {name}; its form is PAGE LANGUAGE N"))
}

/// The text with other addresses.
pub fn moved(text: &str, addresses: [&str; 3]) -> String {
    ADDRESSES.iter().zip(addresses).fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// README and the pages of the guide, as paths in the repository.
///
/// # Errors
/// The folder cannot be read.
pub fn pages() -> Result<Vec<String>> {
    let root = shell::root();
    let mut found = vec!["README.md".to_owned()];
    let mut folders = vec![root.join("docs/guide")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder)?.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                found.push(relative(&root, &path));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_have_their_numbers_and_lose_the_indent_of_their_list() {
        let source =
            "a\n\n1. b:\n\n   ```sh\n   x\n\n     y\n   ```\n\n```rust,no_run\nz\n```\n```sh\nw\n```\n";
        let found = code_blocks("p.md", source);
        let names: Vec<String> = found.iter().map(Block::name).collect();
        assert_eq!(names, ["p.md sh 1", "p.md rust 1", "p.md sh 2"]);
        assert_eq!((found[0].text.as_str(), found[0].line), ("x\n\n  y\n", 5));
    }

    #[test]
    fn a_program_gets_the_block_at_the_indent_of_its_line() {
        let page = "docs/guide/sources/langgraph.md";
        let program =
            format!("# guide: {page} sh 1\ndef f():\n    # guide: {page} python 2\n    return 1  # guide\n");
        let filled = fill(&program, false, ["h", "http://127.0.0.1:9", "g"]).unwrap();
        assert_eq!(filled.setup, "export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9\n");
        assert!(filled.text.contains("\n    from traceloop.sdk import Traceloop\n\n"), "{}", filled.text);
        assert!(filled.text.contains("api_endpoint=\"http://127.0.0.1:9\""), "{}", filled.text);
        assert_eq!(filled.blocks, [format!("{page} sh 1"), format!("{page} python 2")]);
        assert!(fill("# guide: docs/guide/run.md python 1", false, ADDRESSES).is_err());
    }

    #[test]
    fn a_shell_program_has_its_blocks_within() {
        let program = "set -eu\n# guide: docs/guide/sources/langgraph.md sh 1\n";
        let filled = fill(program, true, ADDRESSES).unwrap();
        assert_eq!(filled.text, "set -eu\nexport OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318\n");
        assert!(filled.setup.is_empty());
    }
}
