//! Prose: openings, length and width of the sentences in documents and comments, folder by folder.
//!
//! A folder is judged by the limits below. A folder that was worse when the check was added has its own
//! ceilings in `xtask/prose.toml`, which only go down. The command `cargo xtask check prose --fix` lowers
//! them to the present figures.

mod text;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::{Outcome, files_with, sources};
use text::Sentence;

/// Words that no sentence opens with; a question may.
const OPENINGS: [&str; 9] =
    ["What", "Who", "Whoever", "Whatever", "Whichever", "Whose", "Of", "Where", "Wherever"];
/// Words for people in place of "the caller", "the user" or "an operator".
const PEOPLE: [&str; 3] = ["whoever", "somebody", "nobody"];
/// Words that a sentence may have.
const LONGEST: usize = 30;
/// Columns that a line of prose may have.
const WIDEST: usize = 110;
/// Words that the first line of a file has at least.
const FIRST_LINE: usize = 3;
/// Findings that are listed when the check fails.
const LISTED: usize = 60;

/// Figures of a folder, or its ceilings.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Figures {
    #[serde(skip)]
    sentences: usize,
    #[serde(skip_serializing_if = "is_zero")]
    openings: usize,
    #[serde(skip_serializing_if = "is_zero")]
    long: usize,
    #[serde(skip_serializing_if = "is_zero")]
    people: usize,
    #[serde(skip_serializing_if = "is_zero")]
    wide: usize,
    #[serde(skip_serializing_if = "is_zero")]
    first_lines: usize,
}

impl Figures {
    /// The limits of a folder with this many sentences.
    const fn limits(sentences: usize) -> Self {
        Self {
            sentences,
            openings: sentences / 100,
            long: sentences * 3 / 100,
            people: 20,
            wide: 0,
            first_lines: 0,
        }
    }

    fn pairs(&self, other: &Self) -> [(&'static str, usize, usize); 5] {
        [
            ("openings", self.openings, other.openings),
            ("long", self.long, other.long),
            ("people", self.people, other.people),
            ("wide", self.wide, other.wide),
            ("first_lines", self.first_lines, other.first_lines),
        ]
    }

    /// The greater of both, figure by figure.
    fn or_more(&self, other: &Self) -> Self {
        Self {
            sentences: self.sentences,
            openings: self.openings.max(other.openings),
            long: self.long.max(other.long),
            people: self.people.max(other.people),
            wide: self.wide.max(other.wide),
            first_lines: self.first_lines.max(other.first_lines),
        }
    }

    /// Ceilings lowered to these figures; none where the limit is kept.
    fn lowered(&self, ceilings: &Self) -> Self {
        let limits = Self::limits(self.sentences);
        let lower =
            |now: usize, ceiling: usize, limit: usize| if now <= limit { 0 } else { now.min(ceiling) };
        Self {
            sentences: 0,
            openings: lower(self.openings, ceilings.openings, limits.openings),
            long: lower(self.long, ceilings.long, limits.long),
            people: lower(self.people, ceilings.people, limits.people),
            wide: lower(self.wide, ceilings.wide, limits.wide),
            first_lines: lower(self.first_lines, ceilings.first_lines, limits.first_lines),
        }
    }
}

/// Whether a ceiling is not needed.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Figures and findings of a folder.
#[derive(Default)]
struct Folder {
    figures: Figures,
    findings: Vec<(&'static str, String)>,
}

/// Judges every folder; with `fix`, lowers the ceilings instead.
///
/// # Errors
/// A folder is over its limits, or a file cannot be read.
pub fn prose(root: &Path, fix: bool) -> Result<Outcome> {
    let list = root.join("xtask/prose.toml");
    let mut ceilings: BTreeMap<String, Figures> =
        toml::from_str(&fs::read_to_string(&list)?).with_context(|| list.display().to_string())?;
    let folders = measured(root)?;
    if fix {
        for (name, folder) in &folders {
            let lowered = folder.figures.lowered(ceilings.get(name).unwrap_or(&Figures::default()));
            ceilings.insert(name.clone(), lowered);
        }
        ceilings.retain(|_, figures| *figures != Figures::default());
        fs::write(&list, format!("{HEAD}{}", toml::to_string(&ceilings)?))?;
    }
    let mut complaints = String::new();
    for (name, folder) in &folders {
        let allowed = Figures::limits(folder.figures.sentences)
            .or_more(ceilings.get(name).unwrap_or(&Figures::default()));
        for (what, has, may) in folder.figures.pairs(&allowed).into_iter().filter(|(_, has, may)| has > may) {
            write!(complaints, "\n  {name}: {what} {has}, at most {may}")?;
            let of_kind = folder.findings.iter().filter(|(kind, _)| *kind == what);
            for (_, finding) in of_kind.take(LISTED) {
                write!(complaints, "\n    {finding}")?;
            }
        }
    }
    if complaints.is_empty() { Ok(Outcome::Good(summary(&folders))) } else { bail!("{complaints}") }
}

const HEAD: &str = "# Findings above the limits of `cargo xtask check prose` that a folder may still have.\n\
                    # Numbers only decrease; `cargo xtask check prose --fix` lowers them.\n\n";

fn summary(folders: &BTreeMap<String, Folder>) -> String {
    let all = folders.values().map(|folder| &folder.figures);
    let (sentences, openings, long) =
        all.fold((0, 0, 0), |sum, one| (sum.0 + one.sentences, sum.1 + one.openings, sum.2 + one.long));
    let share = |count: usize| 100.0 * count as f64 / sentences.max(1) as f64;
    format!(
        "{sentences} sentences, {:.1} % open with a relative clause, {:.1} % long",
        share(openings),
        share(long)
    )
}

fn measured(root: &Path) -> Result<BTreeMap<String, Folder>> {
    let mut folders: BTreeMap<String, Folder> = BTreeMap::new();
    let read = |file: &Path| fs::read_to_string(root.join(file)).with_context(|| file.display().to_string());
    for file in files_with(root, &["docs"], "md").into_iter().chain(at_the_root(root)) {
        let source = read(&file)?;
        let code = text::code_lines(&source);
        let lines = source.lines().enumerate();
        let lines = lines.filter(|(index, line)| !code.contains(index) && is_prose(line));
        folders.entry(folder_of(&file)).or_default().add(&file, text::of_markdown(&source), lines);
    }
    for file in sources(root) {
        let source = read(&file)?;
        let lines = source
            .lines()
            .enumerate()
            .filter(|(_, line)| text::comment(line).is_some_and(|(_, text)| is_prose(text)));
        let folder = folders.entry(folder_of(&file)).or_default();
        folder.add(&file, text::of_comments(&source), lines);
        folder.first_line(&file, &source);
    }
    Ok(folders)
}

impl Folder {
    fn add<'a>(
        &mut self,
        file: &Path,
        sentences: Vec<Sentence>,
        lines: impl Iterator<Item = (usize, &'a str)>,
    ) {
        let file = file.display();
        for one in sentences {
            self.figures.sentences += 1;
            let place = format!("{file}:{}", one.line);
            if opens_badly(&one.text) {
                self.figures.openings += 1;
                self.findings.push(("openings", format!("{place}: {}", begin(&one.text))));
            }
            let words = one.text.split_whitespace().count();
            if words > LONGEST {
                self.figures.long += 1;
                self.findings.push(("long", format!("{place}: {words} words: {}", begin(&one.text))));
            }
            for word in people(&one.text) {
                self.figures.people += 1;
                self.findings.push(("people", format!("{place}: {word}")));
            }
        }
        for (index, line) in lines.filter(|(_, line)| line.chars().count() > WIDEST) {
            self.figures.wide += 1;
            let columns = line.chars().count();
            self.findings.push(("wide", format!("{file}:{}: {columns} columns", index + 1)));
        }
    }

    fn first_line(&mut self, file: &Path, source: &str) {
        let line = source.lines().next().unwrap_or_default().trim_start_matches("//!");
        if line.split_whitespace().count() < FIRST_LINE {
            self.figures.first_lines += 1;
            self.findings.push(("first_lines", format!("{}:1: {line}", file.display())));
        }
    }
}

/// Whether a line could be broken: it is neither a table nor a link of its own, nor HTML.
fn is_prose(line: &str) -> bool {
    let text = line.trim_start();
    text.contains(' ') && !text.starts_with(['|', '<', '`']) && !text.starts_with("![")
}

fn opens_badly(sentence: &str) -> bool {
    let first = sentence.split(|letter: char| !letter.is_alphanumeric()).find(|word| !word.is_empty());
    first.is_some_and(|word| OPENINGS.contains(&word)) && !sentence.ends_with('?')
}

fn people(sentence: &str) -> impl Iterator<Item = &str> {
    let words = sentence.split(|letter: char| !letter.is_alphanumeric());
    words.filter(|word| PEOPLE.iter().any(|people| word.eq_ignore_ascii_case(people)))
}

fn begin(sentence: &str) -> String {
    sentence.chars().take(90).collect()
}

/// The folder that a file is judged in.
fn folder_of(file: &Path) -> String {
    let parts: Vec<_> = file.iter().map(|part| part.to_string_lossy()).collect();
    match parts.as_slice() {
        [top, second, _, ..] if top == "docs" => format!("{top}/{second}"),
        [top, _, ..] => top.clone().into_owned(),
        _ => ".".to_owned(),
    }
}

fn at_the_root(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let names = entries.map(|entry| PathBuf::from(entry.file_name()));
    names.filter(|name| name.extension().is_some_and(|ending| ending == "md")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openings_are_seen_and_questions_are_not() {
        assert!(opens_badly("What it is."));
        assert!(opens_badly("**Of** each tool"));
        assert!(!opens_badly("What is it?"));
        assert!(!opens_badly("Often so."));
    }

    #[test]
    fn a_ceiling_only_goes_down() {
        let ceilings = Figures { openings: 10, long: 4, ..Figures::default() };
        let now = Figures { sentences: 100, openings: 7, long: 9, wide: 2, ..Figures::default() };
        assert_eq!(now.lowered(&ceilings), Figures { openings: 7, long: 4, ..Figures::default() });
        let good = Figures { sentences: 100, openings: 1, ..Figures::default() };
        assert_eq!(good.lowered(&ceilings), Figures::default());
    }

    #[test]
    fn folders_are_the_parts_of_the_repository() {
        for (file, folder) in [
            ("README.md", "."),
            ("docs/style.md", "docs"),
            ("docs/adr/0001.md", "docs/adr"),
            ("docs/guide/sources/x.md", "docs/guide"),
            ("crates/model/core/src/lib.rs", "crates"),
        ] {
            assert_eq!(folder_of(Path::new(file)), folder, "{file}");
        }
    }

    #[test]
    fn findings_are_counted_by_kind() {
        let source = "Whoever reads this may know that nobody knows.\n";
        let mut folder = Folder::default();
        folder.add(Path::new("a.md"), text::of_markdown(source), source.lines().enumerate());
        let want = Figures { sentences: 1, openings: 1, people: 2, ..Figures::default() };
        assert_eq!(folder.figures, want);
    }
}
