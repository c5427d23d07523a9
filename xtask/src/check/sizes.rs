//! Sizes of files, and `lib.rs` without code. Clippy measures functions (`too_many_lines`).

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::{Outcome, sources, verdict};

const FILE: usize = 400;
const MAIN: usize = 60;

/// Suffixes that a type's name must not have: they do not describe the type.
const EMPTY_NAMES: [&str; 5] = ["Manager", "Helper", "Util", "Base", "Impl"];

/// Files within their bounds.
pub fn sizes(root: &Path) -> Result<Outcome> {
    let mut complaints = Vec::new();
    let mut longest = (0, String::new());
    for file in sources(root).iter().filter(|file| !is_test(file)) {
        let text = fs::read_to_string(root.join(file)).with_context(|| format!("{}", file.display()))?;
        let name = file.display().to_string();
        let body = without_tests(&text);
        let lines = body.lines().count();
        let is = |wanted: &str| file.ends_with(Path::new("src").join(wanted));
        let most = if is("main.rs") { MAIN } else { FILE };
        if lines > most {
            complaints.push(format!("{name}: {lines} lines without tests; at most {most}"));
        }
        if let (true, Some((number, line))) = (is("lib.rs"), code_in(body)) {
            complaints.push(format!(
                "{name}:{number}: lib.rs holds documentation, mod and pub use only, not `{line}`"
            ));
        }
        complaints
            .extend(empty_name(body).map(|found| format!("{name}: `{found}` says nothing of what it is")));
        if lines > longest.0 {
            longest = (lines, name);
        }
    }
    verdict(&complaints, format!("longest: {} with {} lines", longest.1, longest.0))
}

fn is_test(file: &Path) -> bool {
    let mut parts = file.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    parts.any(|part| part == "tests" || part == "tests.rs" || part == "benches")
}

/// The text up to the inline test module.
fn without_tests(text: &str) -> &str {
    match text.find("\n#[cfg(test)]\nmod tests {").or_else(|| text.find("\n#[cfg(test)]\n#[allow(")) {
        Some(end) => &text[..=end],
        None => text,
    }
}

/// The first line that is neither documentation, an attribute, `mod` nor `use`. From the first procedural
/// macro on everything goes: the language wants them in the crate's root.
fn code_in(text: &str) -> Option<(usize, &str)> {
    let text = text.split("\n#[proc_macro").next().unwrap_or(text);
    let mut within = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if within {
            within = !line.ends_with(';');
            continue;
        }
        let open = ["mod ", "pub mod ", "pub(crate) mod ", "use ", "pub use ", "pub(crate) use "];
        if open.iter().any(|word| line.starts_with(word)) {
            within = !line.ends_with(';');
        } else if !line.is_empty() && !line.starts_with("//") && !line.starts_with('#') {
            return Some((number + 1, line));
        }
    }
    None
}

fn empty_name(text: &str) -> Option<&str> {
    let named = text.lines().filter_map(|line| {
        let line = line.trim().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
        let name = ["struct ", "enum ", "trait ", "type "].iter().find_map(|word| line.strip_prefix(word))?;
        name.split(|letter: char| !letter.is_alphanumeric()).next()
    });
    named.into_iter().find(|name| EMPTY_NAMES.iter().any(|empty| name.ends_with(empty)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_do_not_count() {
        assert_eq!(without_tests("a\n\n#[cfg(test)]\nmod tests {\n}\n"), "a\n\n");
        assert_eq!(without_tests("a\nb\n"), "a\nb\n");
    }

    #[test]
    fn code_in_lib_is_found() {
        assert_eq!(
            code_in("//! x\n\nmod a;\npub use a::{\n    B,\n    C,\n};\n#[cfg(test)]\nmod tests;\n"),
            None
        );
        assert_eq!(code_in("//! x\nmod a;\nfn f() {}\n"), Some((3, "fn f() {}")));
        assert_eq!(code_in("//! x\nmod a;\n#[proc_macro_attribute]\npub fn f() {}\n"), None);
    }

    #[test]
    fn empty_names_are_found() {
        assert_eq!(empty_name("pub struct SpanManager {\n"), Some("SpanManager"));
        assert_eq!(empty_name("pub struct Database(u8);\nimpl X for Y {}\n"), None);
    }
}
