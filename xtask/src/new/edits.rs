//! Changes to texts that plug-ins share, line by line.

use anyhow::{Result, anyhow, bail};

/// Whether a plug-in can have the name.
pub fn is_name(name: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.split('-').all(word)
}

/// Puts the name into a template, as it is, as an identifier, and as a type.
pub fn fill(template: &str, name: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    let kind: String = name.split('-').map(word).collect();
    template.replace("@name@", name).replace("@ident@", &name.replace('-', "_")).replace("@Type@", &kind)
}

/// The facade's manifest with the feature, its place among all of its kind, and the optional dependency.
///
/// # Errors
/// It has no `[features]` with `full` and `adapters`, or no `[dependencies]`.
pub fn manifest(text: &str, kind: &str, group: &str, name: &str) -> Result<String> {
    let (feature, package) = (format!("{kind}-{name}"), format!("quipu-{kind}-{name}"));
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let all = if kind == "adapter" { "adapters" } else { "full" };
    let list = lines.iter_mut().find(|line| line.starts_with(&format!("{all} = [")));
    let list = list.ok_or_else(|| anyhow!("the facade's manifest has no line `{all} = […]`"))?;
    *list = list.replacen(']', &format!(", \"{feature}\"]"), 1).replacen("[, ", "[", 1);
    // A backend switches recording on.
    let enables = if kind == "backend" { "\"enable\", " } else { "" };
    let entry = format!("{feature} = [{enables}\"dep:{package}\"]");
    insert(&mut lines, "[features]", &format!("{kind}-"), &entry)?;
    let dependency =
        format!("{package} = {{ path = \"../../{group}/{name}\", version = \"0.1.0\", optional = true }}");
    insert(&mut lines, "[dependencies]", &format!("quipu-{kind}-"), &dependency)?;
    Ok(lines.join("\n") + "\n")
}

/// Puts a line into a section, among the lines that start with `family` if there are any, in order; else at
/// its end.
fn insert(lines: &mut Vec<String>, section: &str, family: &str, line: &str) -> Result<()> {
    let start =
        lines.iter().position(|line| line == section).ok_or_else(|| anyhow!("no section {section}"))? + 1;
    let length = lines[start..].iter().take_while(|line| !line.is_empty() && !line.starts_with('[')).count();
    let within = &lines[start..start + length];
    let later = within.iter().position(|other| other.starts_with(family) && other.as_str() > line);
    let last = within.iter().rposition(|other| other.starts_with(family)).map(|at| at + 1);
    lines.insert(start + later.or(last).unwrap_or(length), line.to_owned());
    Ok(())
}

/// The facade's table with the entry, first in it: a newcomer is the most particular.
///
/// # Errors
/// The marker is missing.
pub fn table(text: &str, marker: &str, kind: &str, name: &str, line: &str) -> Result<String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let Some(at) = lines.iter().position(|line| line.trim() == marker) else {
        bail!("the facade's table has no line `{marker}`");
    };
    let indent: String = lines[at].chars().take_while(|c| c.is_whitespace()).collect();
    let entry = [format!("#[cfg(feature = \"{kind}-{name}\")]"), fill(line, name)];
    lines.splice(at + 1..=at, entry.map(|line| format!("{indent}{line}")));
    Ok(lines.join("\n") + "\n")
}

/// The changelog with a line under Unreleased, Added.
///
/// # Errors
/// It has no section `Unreleased` with an `Added`.
pub fn changelog(text: &str, kind: &str, name: &str) -> Result<String> {
    let unreleased =
        text.find("## [Unreleased]").ok_or_else(|| anyhow!("the changelog has no `## [Unreleased]`"))?;
    let added = text[unreleased..]
        .find("### Added\n\n")
        .ok_or_else(|| anyhow!("nothing `### Added` is unreleased"))?;
    let at = unreleased + added + "### Added\n\n".len();
    let article = if kind == "adapter" { "An" } else { "A" };
    Ok(format!("{}- {article} {kind} for {name} (`quipu-{kind}-{name}`).\n{}", &text[..at], &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_joined_by_hyphens() {
        assert!(["foo", "foo-bar2"].into_iter().all(is_name));
        assert!(!["", "Foo", "2foo", "foo_bar", "-foo", "foo--bar", "foo-"].into_iter().any(is_name));
        assert_eq!(fill("@name@ @ident@ @Type@", "foo-bar"), "foo-bar foo_bar FooBar");
    }

    const MANIFEST: &str = "[features]
full = [\"default\", \"backend-memory\"]
adapters = [\"adapter-genai\"]
backend-memory = [\"dep:quipu-backend-memory\"]
adapter-genai = [\"dep:quipu-adapter-genai\"]

[dependencies]
quipu-adapter-genai = { workspace = true, optional = true }
quipu-core.workspace = true

[lints]
workspace = true
";

    #[test]
    fn the_manifest_gains_a_feature_and_a_dependency() {
        let want = "[features]
full = [\"default\", \"backend-memory\"]
adapters = [\"adapter-genai\", \"adapter-foo\"]
backend-memory = [\"dep:quipu-backend-memory\"]
adapter-foo = [\"dep:quipu-adapter-foo\"]
adapter-genai = [\"dep:quipu-adapter-genai\"]

[dependencies]
quipu-adapter-foo = { path = \"../../read/adapters/foo\", version = \"0.1.0\", optional = true }
quipu-adapter-genai = { workspace = true, optional = true }
quipu-core.workspace = true

[lints]
workspace = true
";
        assert_eq!(manifest(MANIFEST, "adapter", "read/adapters", "foo").unwrap(), want);
        assert!(manifest("[features]\n", "adapter", "read/adapters", "foo").is_err());
    }

    #[test]
    fn the_table_gains_an_entry_after_its_marker() {
        let text = "const T: &[u8] = &[\n    // things: one line each\n    A,\n];\n";
        let want = "const T: &[u8] = &[\n    // things: one line each\n    #[cfg(feature = \"thing-foo\")]\n    Foo,\n    A,\n];\n";
        assert_eq!(table(text, "// things: one line each", "thing", "foo", "@Type@,").unwrap(), want);
        assert!(table("", "// things: one line each", "thing", "foo", "x").is_err());
    }

    #[test]
    fn the_changelog_gains_a_line() {
        let text = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Old.\n";
        let want = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A backend for foo (`quipu-backend-foo`).\n- Old.\n";
        assert_eq!(changelog(text, "backend", "foo").unwrap(), want);
        assert!(changelog("# Changelog\n", "backend", "foo").is_err());
    }
}
