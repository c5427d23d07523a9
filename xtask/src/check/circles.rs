//! Circles check: the modules of a crate use each other in one direction.
//!
//! A circle is a set of top-level modules of which each reaches each other by `use` or by path. The list
//! `xtask/circles.toml` has the circles that are left; it only shrinks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::shrinking::{Complaint, Shrinking};
use super::{Outcome, files_with};

/// Circles that are left, relative to the root.
const LIST: Shrinking = Shrinking {
    path: "xtask/circles.toml",
    head: "# Circles between modules that a crate still has. The list only shrinks: `cargo xtask check circles --fix`\n\
        # removes modules that have left a circle.\n",
};

/// The modules of each circle, by the crate's folder.
type Circles = BTreeMap<String, Vec<BTreeSet<String>>>;
/// The modules that each module uses.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// No crate has a circle that is not on the list, and the list has none that is gone.
pub fn circles(root: &Path, fix: bool) -> Result<Outcome> {
    let found = found(root)?;
    let complaints = compare(&found, &LIST.listed(root)?);
    let modules: usize = found.values().flatten().map(BTreeSet::len).sum();
    LIST.judge(root, fix, &found, complaints, format!("{modules} modules in circles are left"))
}

fn compare(found: &Circles, listed: &Circles) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let none = Vec::new();
    for (folder, circles) in found {
        let known = listed.get(folder).unwrap_or(&none);
        for circle in circles.iter().filter(|circle| !known.iter().any(|known| circle.is_subset(known))) {
            let text = format!("{folder}: {} use each other in a circle", words(circle));
            complaints.push(Complaint { grew: true, text });
        }
    }
    for (folder, circles) in listed {
        let there = found.get(folder).unwrap_or(&none);
        for circle in circles.iter().filter(|circle| !there.contains(circle)) {
            let text =
                format!("{folder}: the circle of {} is smaller or gone; run with --fix", words(circle));
            complaints.push(Complaint { grew: false, text });
        }
    }
    complaints
}

fn words(circle: &BTreeSet<String>) -> String {
    circle.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn found(root: &Path) -> Result<Circles> {
    let mut circles = Circles::new();
    for manifest in files_with(root, &["crates"], "toml") {
        let Some(folder) = manifest.parent().filter(|_| manifest.ends_with("Cargo.toml")) else { continue };
        let uses = uses(&root.join(folder).join("src"))?;
        let found = in_circles(&uses);
        if !found.is_empty() {
            circles.insert(folder.to_string_lossy().replace('\\', "/"), found);
        }
    }
    Ok(circles)
}

/// The uses between the top-level modules of a crate.
fn uses(source: &Path) -> Result<Uses> {
    let files = files_with(source, &["."], "rs");
    let module = |file: &Path| {
        let first = file.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned());
        let name = first.unwrap_or_default();
        let name = name.strip_suffix(".rs").unwrap_or(&name).to_owned();
        (!["lib", "main", "tests"].contains(&name.as_str())).then_some(name)
    };
    let modules: BTreeSet<String> = files.iter().filter_map(|file| module(file)).collect();
    let mut uses = Uses::new();
    for file in &files {
        let Some(name) = module(file) else { continue };
        if file.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(source.join(file)).with_context(|| format!("{}", file.display()))?;
        let used = paths_of_root(&code(&text), depth(file));
        let others = used.into_iter().filter(|other| *other != name && modules.contains(other));
        uses.entry(name.clone()).or_default().extend(others);
    }
    Ok(uses)
}

/// The number of `super` that lead from a file to the root of its crate.
fn depth(file: &Path) -> usize {
    file.components().count() - usize::from(file.ends_with("mod.rs"))
}

/// The text without comments and inline tests.
fn code(text: &str) -> String {
    let body = text.split("\n#[cfg(test)]").next().unwrap_or(text);
    body.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// The first names of paths from the crate's root.
fn paths_of_root(code: &str, depth: usize) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for start in ["crate::".to_owned(), "super::".repeat(depth)] {
        for (at, _) in code.match_indices(&start) {
            let before = code[..at].chars().next_back();
            let within = before.is_some_and(|letter| letter.is_alphanumeric() || "_:".contains(letter));
            // `pub(in crate::a)` names who may see an item, not a use.
            if !within && !code[..at].ends_with("pub(in ") {
                names.extend(first_names(&code[at + start.len()..]));
            }
        }
    }
    names
}

/// The first name of a path, or the first names of a group in braces.
fn first_names(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else { return name(rest).into_iter().collect() };
    let (mut open, mut from, mut names) = (0_usize, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => open += 1,
            '}' if open > 0 => open -= 1,
            ',' | '}' if open == 0 => {
                names.extend(name(group[from..at].trim_start()));
                from = at + 1;
                if letter == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

fn name(text: &str) -> Option<String> {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

/// The sets of modules that reach each other.
fn in_circles(uses: &Uses) -> Vec<BTreeSet<String>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        uses.keys().map(|module| (module.as_str(), reached(uses, module))).collect();
    let reaches = |from: &str, to: &str| reached.get(from).is_some_and(|modules| modules.contains(to));
    let mut circles: Vec<BTreeSet<String>> = Vec::new();
    for module in uses.keys().filter(|module| reaches(module, module)) {
        if !circles.iter().any(|circle| circle.contains(module)) {
            let together = uses.keys().filter(|other| reaches(module, other) && reaches(other, module));
            circles.push(together.cloned().collect());
        }
    }
    circles
}

fn reached<'u>(uses: &'u Uses, from: &str) -> BTreeSet<&'u str> {
    let mut seen = BTreeSet::new();
    let mut next: Vec<&str> = vec![from];
    while let Some(module) = next.pop() {
        for other in uses.get(module).into_iter().flatten() {
            if seen.insert(other.as_str()) {
                next.push(other);
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(words: &str) -> BTreeSet<String> {
        words.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn uses_are_read_in_every_form() {
        let text = "use crate::{a::{B, c}, d, e as f};\nfn g() -> crate::h::I { super::super::j::k() }\n\
            // crate::l\npub(in crate::m) fn n() {}\nuse super::o;\nxcrate::p::q();\n\
            #[cfg(test)]\nuse crate::r;";
        assert_eq!(paths_of_root(&code(text), 2), set("a d e h j"));
        assert_eq!(depth(Path::new("a.rs")), 1);
        assert_eq!(depth(Path::new("a/mod.rs")), 1);
        assert_eq!(depth(Path::new("a/b.rs")), 2);
    }

    #[test]
    fn modules_that_reach_each_other_are_a_circle() {
        let uses = |edges: &[(&str, &str)]| -> Uses {
            edges.iter().map(|(from, to)| ((*from).to_owned(), set(to))).collect()
        };
        let three = uses(&[("a", "b"), ("b", "c d"), ("c", "a"), ("d", ""), ("e", "a")]);
        assert_eq!(in_circles(&three), [set("a b c")]);
        assert!(in_circles(&uses(&[("a", "b"), ("b", "c"), ("c", "")])).is_empty());
        assert_eq!(
            in_circles(&uses(&[("a", "b"), ("b", "a"), ("c", "d"), ("d", "c a")])),
            [set("a b"), set("c d")]
        );
    }

    #[test]
    fn the_list_only_shrinks() {
        let circles =
            |list: &[&str]| Circles::from([("x".to_owned(), list.iter().map(|words| set(words)).collect())]);
        let grew = |found: &[&str], listed: &[&str]| -> Vec<bool> {
            compare(&circles(found), &circles(listed)).iter().map(|complaint| complaint.grew).collect()
        };
        assert_eq!(grew(&["a b"], &["a b"]), [false; 0]);
        assert_eq!(grew(&["a b c"], &["a b"]), [true, false]);
        assert_eq!(grew(&["a b"], &["a b c"]), [false]);
        assert_eq!(grew(&[], &["a b"]), [false]);
        assert_eq!(grew(&["c d"], &[]), [true]);
    }
}
