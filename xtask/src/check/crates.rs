//! Crates check: the number of crates that a build of the library compiles.
//!
//! Each crate costs the build of an agent time, and its users trust. The list `xtask/crates.toml` has the
//! number for some sets of features; the numbers only shrink.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use quipu_trials::shell;

use super::Outcome;
use super::shrinking::{Complaint, Shrinking};

/// Numbers of crates, by set of features.
const LIST: Shrinking = Shrinking {
    path: "xtask/crates.toml",
    head: "# Crates that a build of the library compiles, itself included, by its cargo features. The numbers only\n\
        # shrink: `cargo xtask check crates --fix` writes lower ones.\n",
};
/// The package of the library.
const LIBRARY: &str = "quipu-obs";
/// Some crates are for one system only, so the numbers are those of this one.
const TARGET: &str = "x86_64-unknown-linux-gnu";
/// Sets of features: their name, and the options of cargo.
const SETS: [(&str, &[&str]); 5] = [
    ("none", &["--no-default-features"]),
    ("enable", &["--no-default-features", "--features", "enable"]),
    ("backend-file", &["--no-default-features", "--features", "backend-file"]),
    ("default", &[]),
    ("full", &["--features", "full"]),
];

type Numbers = BTreeMap<String, usize>;

/// The number of crates of each set is that on the list.
pub fn crates(root: &Path, fix: bool) -> Result<Outcome> {
    let found = SETS.iter().map(|(name, options)| Ok(((*name).to_owned(), count(options)?)));
    let found = found.collect::<Result<Numbers>>()?;
    let complaints = compare(&found, &LIST.listed(root)?);
    let numbers: Vec<String> = found.iter().map(|(name, number)| format!("{name} {number}")).collect();
    LIST.judge(root, fix, &found, complaints, numbers.join(", "))
}

fn compare(found: &Numbers, listed: &Numbers) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (name, number) in found {
        let limit = listed.get(name).copied().unwrap_or_default();
        let text = match number.cmp(&limit) {
            std::cmp::Ordering::Equal => continue,
            std::cmp::Ordering::Greater => {
                format!("{LIBRARY} with the features `{name}` compiles {number} crates, the limit is {limit}")
            }
            std::cmp::Ordering::Less => {
                format!("{name}: {number} crates are fewer than the limit {limit}; run with --fix")
            }
        };
        complaints.push(Complaint { grew: *number > limit, text });
    }
    for name in listed.keys().filter(|name| !found.contains_key(*name)) {
        complaints
            .push(Complaint { grew: false, text: format!("{name} is no set of features of this check") });
    }
    complaints
}

/// Crates that cargo compiles, each version for itself: dependencies, macros and build scripts.
fn count(options: &[&str]) -> Result<usize> {
    let mut command = shell::cargo();
    command.args(["tree", "--package", LIBRARY, "--target", TARGET, "--edges", "normal,build"]);
    command.args(["--prefix", "none", "--format", "{p}"]).args(options);
    Ok(distinct(&shell::capture(&mut command)?))
}

/// The number of packages in the output of `cargo tree`, which repeats a package at each of its users.
fn distinct(tree: &str) -> usize {
    let package = |line: &str| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.to_owned()))
    };
    tree.lines().filter_map(package).collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_counted_once_and_two_versions_twice() {
        let tree = "a v1.0.0 (/folder/a)\nserde v1.0.1\nsyn v2.0.1\nsyn v3.0.0\n\
                    derive v1.0.1 (proc-macro)\nserde v1.0.1 (*)\n\nderive v1.0.1 (proc-macro) (*)\n";
        assert_eq!(distinct(tree), 5);
    }

    #[test]
    fn numbers_grow_with_a_complaint_and_shrink_with_another() {
        let numbers = |all: &[(&str, usize)]| -> Numbers {
            all.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect()
        };
        let grown = |found: &[(&str, usize)], listed: &[(&str, usize)]| -> Vec<bool> {
            compare(&numbers(found), &numbers(listed)).iter().map(|complaint| complaint.grew).collect()
        };
        assert!(grown(&[("none", 19)], &[("none", 19)]).is_empty());
        assert_eq!(grown(&[("none", 20), ("full", 8)], &[("none", 19), ("full", 9)]), [false, true]);
        assert_eq!(grown(&[("new", 1)], &[("gone", 1)]), [true, false]);
    }
}
