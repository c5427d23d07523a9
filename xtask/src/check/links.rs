//! Links between documents: each file and heading must exist.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use quipu_docs::Anchors;

use super::{Outcome, files_with, verdict};

/// A document's links with their lines, and the anchors of its headings.
struct Document {
    links: Vec<(usize, String)>,
    anchors: Vec<String>,
}

/// Every relative link of a Markdown file leads to a file, and to a heading that it has.
///
/// # Errors
/// A link leads nowhere, or a file cannot be read.
pub fn links(root: &Path) -> Result<Outcome> {
    let mut documents = BTreeMap::new();
    for file in files_with(root, &["."], "md") {
        let source = fs::read_to_string(root.join(&file)).with_context(|| file.display().to_string())?;
        documents.insert(file, Document::of(&source));
    }
    let mut complaints = Vec::new();
    let mut count = 0;
    for (file, document) in &documents {
        for (line, link) in document.links.iter().filter(|(_, link)| is_relative(link)) {
            count += 1;
            if let Some(why) = broken(root, &documents, file, link) {
                complaints.push(format!("{}:{line}: {link}: {why}", file.display()));
            }
        }
    }
    verdict(&complaints, format!("{count} links in {} files", documents.len()))
}

fn broken(
    root: &Path,
    documents: &BTreeMap<PathBuf, Document>,
    file: &Path,
    link: &str,
) -> Option<&'static str> {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let folder = file.parent().unwrap_or(Path::new(""));
    let target = if path.is_empty() { file.to_path_buf() } else { plain(&folder.join(path)) };
    if !root.join(&target).exists() {
        return Some("no such file");
    }
    let known = documents.get(&target)?;
    (!anchor.is_empty() && !known.anchors.iter().any(|one| one == anchor)).then_some("no such heading")
}

fn is_relative(link: &str) -> bool {
    !link.contains("://") && !link.starts_with("mailto:") && !link.starts_with('/')
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

impl Document {
    fn of(source: &str) -> Self {
        let mut document = Self { links: Vec::new(), anchors: Vec::new() };
        let mut anchors = Anchors::default();
        let mut heading: Option<String> = None;
        for (event, range) in Parser::new_ext(source, Options::ENABLE_TABLES).into_offset_iter() {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    let before = source.get(..range.start).unwrap_or_default();
                    document.links.push((before.matches('\n').count() + 1, dest_url.into_string()));
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(text) | Event::Code(text) => {
                    heading.iter_mut().for_each(|heading| heading.push_str(&text));
                }
                Event::End(TagEnd::Heading(_)) => {
                    document.anchors.push(anchors.next(&heading.take().unwrap_or_default()));
                }
                _ => {}
            }
        }
        document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_the_anchors_of_github() {
        let document = Document::of("# A `b_c` title, or two\n\n## A `b_c` title, or two\n\n[x](y.md#z)\n");
        assert_eq!(document.anchors, ["a-b_c-title-or-two", "a-b_c-title-or-two-1"]);
        assert_eq!(document.links, [(5, "y.md#z".to_owned())]);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("docs")).unwrap();
        fs::write(
            folder.path().join("a.md"),
            "# Here\n[1](docs/b.md#there) [2](docs/c.md) [3](#here) [4](#gone)",
        )
        .unwrap();
        fs::write(folder.path().join("docs/b.md"), "# There\n[5](../a.md#here) [6](https://example.com/x)")
            .unwrap();
        let error = links(folder.path()).err().unwrap().to_string();
        assert_eq!(error, "\n  a.md:2: docs/c.md: no such file\n  a.md:2: #gone: no such heading");
    }
}
