//! Room cards: verb, input, output and limits of each crate; and the opening line of every file.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::{Outcome, files_with, sources, verdict};

const LINES: [&str; 4] = ["Verb:", "Takes:", "Gives:", "Never:"];

/// Every crate under `crates/` has a room card of four lines.
pub fn cards(root: &Path) -> Result<Outcome> {
    let mut complaints = Vec::new();
    let mut rooms = 0;
    let mut manifests = files_with(root, &["crates"], "toml");
    manifests.retain(|file| file.ends_with("Cargo.toml"));
    for folder in manifests.iter().filter_map(|manifest| manifest.parent()) {
        let name = folder.display();
        let open = ["src/lib.rs", "src/main.rs"].map(|file| root.join(folder).join(file));
        let Some(file) = open.iter().find(|file| file.is_file()) else {
            complaints.push(format!("{name}: has neither src/lib.rs nor src/main.rs"));
            continue;
        };
        rooms += 1;
        let text = fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
        if let Some(missing) = missing(&text) {
            complaints.push(format!("{name}: the crate's documentation lacks the line `//! {missing} …`"));
        }
    }
    verdict(&complaints, format!("{rooms} rooms"))
}

fn missing(text: &str) -> Option<&'static str> {
    let docs: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("//! ")).collect();
    LINES.into_iter().find(|line| {
        !docs.iter().any(|doc| doc.strip_prefix(line).is_some_and(|rest| !rest.trim().is_empty()))
    })
}

/// Every Rust file describes its contents in its first line.
pub fn openings(root: &Path) -> Result<Outcome> {
    let mut complaints = Vec::new();
    let files = sources(root);
    for file in &files {
        let text = fs::read_to_string(root.join(file)).with_context(|| format!("{}", file.display()))?;
        if !text.starts_with("//! ") {
            complaints.push(format!("{}: does not open with `//! what it holds`", file.display()));
        }
    }
    verdict(&complaints, format!("{} files", files.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_needs_all_four_lines() {
        let card = "//! Thing.\n//!\n//! Verb: x\n//! Takes: x\n//! Gives: x\n//! Never: x\n";
        assert_eq!(missing(card), None);
        assert_eq!(missing(&card.replace("Gives: x", "Gives:")), Some("Gives:"));
        assert_eq!(missing("fn main() {}"), Some("Verb:"));
    }
}
