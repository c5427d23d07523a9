//! Licences of everything in the binary, as their texts require.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use super::linked::{Crate, Linked};
use quipu_trials::shell;

/// Bytes of a text; what is longer is no licence.
const MOST: u64 = 128 << 10;
/// How the names of files with licences begin, in lower case.
const NAMES: [&str; 6] = ["license", "licence", "copying", "notice", "unlicense", "copyright"];

/// The file of notices.
pub struct Notices {
    /// Its text.
    pub text: Vec<u8>,
    /// How many texts are in it.
    pub texts: usize,
    /// Crates that bring no text along.
    pub without: Vec<String>,
}

/// Collects the texts of all crates in the binary and of the dashboard, each text once.
///
/// # Errors
/// A file cannot be read.
pub fn text(linked: &Linked) -> Result<Notices> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut without = Vec::new();
    for one in linked.inside() {
        let found = of_crate(one)?;
        if found.is_empty() {
            without.push(name(one));
        }
        for text in found {
            texts.entry(text).or_default().push(name(one));
        }
    }
    // Those of the most crates first; BTreeMap and a stable sort keep the order the same.
    let mut sorted: Vec<(&String, &Vec<String>)> = texts.iter().collect();
    sorted.sort_by_key(|(_, of)| std::cmp::Reverse(of.len()));
    let mut text =
        String::from("Quipu contains works of others. Their licences, and whose works they are:\n");
    for (licence, of) in sorted {
        text += &format!("\n{}\n\n{}\n\n{}\n", "=".repeat(100), of.join("\n"), licence.trim_end());
    }
    if !without.is_empty() {
        text += &format!("\n{}\n\nWithout a text of their own:\n\n{}\n", "=".repeat(100), without.join("\n"));
    }
    let web = std::fs::read_to_string(shell::root().join("crates/server/web/ui/public/licenses.txt"))?;
    text += &format!("\n{}\n\nThe dashboard:\n\n{web}", "=".repeat(100));
    Ok(Notices { text: text.into_bytes(), texts: texts.len(), without })
}

fn name(one: &Crate) -> String {
    let licence = one.package.license.as_deref().unwrap_or("licence in its file");
    format!("{} {} ({licence})", one.package.name, one.package.version)
}

fn of_crate(one: &Crate) -> Result<Vec<String>> {
    let folder = one.package.manifest_path.parent().context("a crate without a folder")?;
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| folder.to_string())? {
        let entry = entry?;
        let lower = entry.file_name().to_string_lossy().to_lowercase();
        let metadata = entry.metadata()?;
        if metadata.is_file() && metadata.len() <= MOST && NAMES.iter().any(|name| lower.starts_with(name)) {
            files.push(entry.path());
        }
    }
    files.sort();
    files.iter().filter(|file| !is_code(file)).map(|file| read(file)).collect()
}

fn is_code(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "rs" || extension == "toml")
}

/// The text with one sort of line ends, so that the same one is seen as the same.
fn read(file: &Path) -> Result<String> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    Ok(text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned())
}
