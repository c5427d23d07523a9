//! Test that each public item of the facade has an example in its documentation.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Crates whose items the facade exports by name, with the folders that define these items.
const CRATES: [(&str, &[&str]); 2] = [
    ("quipu_sdk", &["agent/sdk", "agent/metrics", "model/core"]),
    ("quipu_runtime", &["agent/runtime", "count/budget", "pipeline", "model/core", "agent/sdk"]),
];
/// Words before the name of an item.
const WORDS: [&str; 6] = ["fn", "struct", "enum", "trait", "type", "mod"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &Path, all: &mut Vec<(PathBuf, String)>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs")
            && !path.display().to_string().contains("_off")
        {
            let text = fs::read_to_string(&path).unwrap();
            all.push((path, text));
        }
    }
}

/// Names that a crate root exports from a crate, or from its own modules.
fn exported(root: &str, from: &str) -> Vec<String> {
    let mut names = Vec::new();
    for statement in root.split("pub use ").skip(1).filter_map(|rest| rest.split(';').next()) {
        let path = statement.trim();
        let is_wanted = if from.is_empty() { !path.starts_with("quipu_") } else { path.starts_with(from) };
        if !is_wanted {
            continue;
        }
        let list =
            path.rsplit_once("::{").map_or(path.rsplit("::").next().unwrap_or_default(), |(_, list)| list);
        for name in
            list.trim_end_matches('}').split(',').map(|name| name.split(" as ").next().unwrap_or_default())
        {
            let name = name.trim();
            if !name.is_empty() && name != "*" {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// Whether an item has an example: `None` if the sources do not define it.
fn has_example(name: &str, sources: &[(PathBuf, String)]) -> Option<bool> {
    let mut found = None;
    for (path, text) in sources.iter().filter(|(_, text)| text.contains(name)) {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in
            lines.iter().enumerate().filter(|(_, line)| line.contains(name) && defines(line, name))
        {
            let above = lines[..at].iter().rev().map(|line| line.trim());
            let docs =
                above.take_while(|line| line.starts_with("///") || line.starts_with('#') || *line == ")]");
            let is_shown = docs.into_iter().any(|line| line.contains("```") || line.starts_with("#[r#"));
            let is_module = line.trim_start().starts_with("pub mod ") && has_inner(path, name, sources);
            found = Some(found.unwrap_or(false) || is_shown || is_module);
        }
    }
    found
}

/// Whether a line defines an item. Constructors of guards and instruments are lines of a macro.
fn defines(line: &str, name: &str) -> bool {
    let line = line.trim_start();
    let item = WORDS.iter().find_map(|word| {
        let rest = line.strip_prefix("pub ")?.trim_start_matches("const ").trim_start_matches("async ");
        rest.strip_prefix(word)?.strip_prefix(' ')
    });
    let is_name = |rest: &str| {
        let after = rest.strip_prefix(name).and_then(|rest| rest.chars().next());
        after.is_some_and(|next| !next.is_alphanumeric() && next != '_')
    };
    let is_constructor = line.contains(") -> ") && line.starts_with(&format!("{name}("));
    item.is_some_and(is_name)
        || is_constructor
        || (line.starts_with(&format!("{name}, ")) && line.ends_with(';'))
}

/// Whether the file of a module begins with an example.
fn has_inner(root: &Path, name: &str, sources: &[(PathBuf, String)]) -> bool {
    let folder = root.parent().unwrap();
    let files = [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")];
    let text = sources.iter().find(|(path, _)| files.contains(path)).map(|(_, text)| text.as_str());
    let is_hidden = |text: &str| text.contains("#![doc(hidden)]");
    text.is_some_and(|text| is_hidden(text) || text.lines().any(|line| line.starts_with("//! ```")))
}

#[test]
fn each_public_item_of_the_facade_has_an_example() {
    let root = include_str!("../../src/lib.rs");
    let sdk = fs::read_to_string(crates().join("agent/sdk/src/lib.rs")).unwrap();
    let wanted = [("quipu_sdk", exported(&sdk, "")), ("quipu_runtime", exported(root, "quipu_runtime"))];
    let wanted: BTreeMap<&str, Vec<String>> = wanted.into();
    let kinds = fs::read_to_string(crates().join("agent/sdk/src/guard/kind.rs")).unwrap();
    assert!(kinds.contains("stringify!($guard)"), "aliases of guards have the example of their macro");
    let mut lacking = Vec::new();
    for (name, folders) in CRATES {
        let mut all = Vec::new();
        folders.iter().for_each(|folder| sources(&crates().join(folder).join("src"), &mut all));
        for item in &wanted[name] {
            let is_alias = kinds.contains(&format!(", {item}, "));
            if !is_alias && item != "Unobserved" && has_example(item, &all) != Some(true) {
                lacking.push(item.clone());
            }
        }
    }
    let mut own = Vec::new();
    sources(&crates().join("agent/quipu/src"), &mut own);
    // A build without recording has the same items, documented where they do something.
    own.retain(|(path, _)| !path.parent().is_some_and(|folder| folder.ends_with("off")));
    let facade = exported(root, "");
    assert!(facade.len() > 20, "{facade:?}");
    let is_lacking = |item: &String| has_example(item, &own) == Some(false);
    lacking.extend(facade.into_iter().filter(is_lacking));
    assert!(lacking.is_empty(), "items without an example: {lacking:?}");
}
