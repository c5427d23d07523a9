//! A page: HTML of a Markdown document, with links that work within the site.

use pulldown_cmark::{Alignment, CowStr, Event, Options, Parser, Tag, TagEnd, html};

use crate::anchor::Anchors;

/// Folder of the guide in the repository, for links to files outside the site.
const REPOSITORY: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/guide/");

/// A rendered document.
pub struct Page {
    /// Text of its first heading.
    pub title: String,
    /// HTML of its body.
    pub body: String,
    /// Its sections for the search.
    pub sections: Vec<Section>,
}

/// The text below one heading.
pub struct Section {
    /// The heading.
    pub title: String,
    /// The heading's anchor.
    pub anchor: String,
    /// Plain text without the heading.
    pub text: String,
}

/// Path of a document's page within the site: `sources/README.md` is at `sources/index.html`.
pub fn path_of(document: &str) -> String {
    let stem = document.strip_suffix(".md").unwrap_or(document);
    let stem = stem.strip_suffix("README").map_or_else(|| stem.to_owned(), |folder| format!("{folder}index"));
    format!("{stem}.html")
}

impl Page {
    /// Renders a document, which stands at `path` in the guide. Links to other documents start with `root`.
    pub fn of(source: &str, path: &str, root: &str) -> Self {
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        let mut events: Vec<Event<'_>> = Parser::new_ext(source, options).collect();
        let sections = sections(&mut events);
        for event in &mut events {
            match event {
                Event::Start(Tag::Link { dest_url, .. }) => *dest_url = target(dest_url, path, root).into(),
                // An alignment would be an inline style, which the security policy of the server forbids.
                Event::Start(Tag::Table(alignments)) => alignments.fill(Alignment::None),
                _ => {}
            }
        }
        let mut body = String::new();
        html::push_html(&mut body, without_images(events).into_iter());
        let title = sections.first().map(|section| section.title.clone()).unwrap_or_default();
        Self { title, body, sections }
    }
}

/// Cuts a document at its headings, and gives each heading its anchor.
fn sections(events: &mut [Event<'_>]) -> Vec<Section> {
    let mut anchors = Anchors::default();
    let mut sections: Vec<Section> = Vec::new();
    let mut heading: Option<(usize, String)> = None;
    for index in 0..events.len() {
        match &events[index] {
            Event::Start(Tag::Heading { .. }) => heading = Some((index, String::new())),
            Event::End(TagEnd::Heading(_)) => {
                let Some((start, title)) = heading.take() else { continue };
                let anchor = anchors.next(&title);
                if let Some(Event::Start(Tag::Heading { id, .. })) = events.get_mut(start) {
                    *id = Some(CowStr::from(anchor.clone()));
                }
                sections.push(Section { title, anchor, text: String::new() });
            }
            Event::Text(text) | Event::Code(text) => match (&mut heading, sections.last_mut()) {
                (Some((_, title)), _) => title.push_str(text),
                (None, Some(section)) => section.text.push_str(text),
                _ => {}
            },
            Event::SoftBreak | Event::HardBreak | Event::End(_) => {
                if let (None, Some(section)) = (&heading, sections.last_mut()) {
                    section.text.push(' ');
                }
            }
            _ => {}
        }
    }
    sections
}

/// Images are not in the site: their texts stay.
fn without_images(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let is_image =
        |event: &Event<'_>| matches!(event, Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image));
    events.into_iter().filter(|event| !is_image(event)).collect()
}

/// The address of a link from the document at `path`.
fn target(link: &str, path: &str, root: &str) -> String {
    if link.contains("://") || link.starts_with(['#', '/']) || link.starts_with("mailto:") {
        return link.to_owned();
    }
    let (file, anchor) =
        link.split_once('#').map_or((link, String::new()), |(file, anchor)| (file, format!("#{anchor}")));
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    match plain(&format!("{folder}/{file}")) {
        Some(document) if document.ends_with(".md") => format!("{root}{}{anchor}", path_of(&document)),
        Some(other) => format!("{REPOSITORY}{other}{anchor}"),
        None => {
            // Outside of the guide.
            let up = folder.split('/').filter(|part| !part.is_empty()).count();
            let from: String = file.splitn(up + 1, "../").last().unwrap_or_default().to_owned();
            format!("{REPOSITORY}{from}{anchor}")
        }
    }
}

/// The path without `.` and `..`; `None` if it leaves the guide.
fn plain(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_within_the_site_or_to_the_repository() {
        let of = |link: &str| target(link, "sources/codex.md", "/docs/");
        assert_eq!(of("../import.md#x"), "/docs/import.html#x");
        assert_eq!(of("README.md"), "/docs/sources/index.html");
        assert_eq!(of("../README.md"), "/docs/index.html");
        assert_eq!(of("https://example.com"), "https://example.com");
        assert_eq!(of("#here"), "#here");
        assert_eq!(of("../webhook.schema.json"), format!("{REPOSITORY}webhook.schema.json"));
        assert_eq!(of("../../security.md#y"), format!("{REPOSITORY}../security.md#y"));
        assert_eq!(
            target("../../examples/README.md", "run.md", ""),
            format!("{REPOSITORY}../../examples/README.md")
        );
    }

    #[test]
    fn a_page_has_its_title_sections_and_anchors() {
        let source = "# One `a`\n\nfirst\nline ![x](y.png)\n\n## Two\n\n| a |\n|---|\n| <b> |\n";
        let page = Page::of(source, "a.md", "");
        assert_eq!(page.title, "One a");
        assert!(
            page.body.contains("<h2 id=\"two\">Two</h2>") && page.body.contains("<table>"),
            "{}",
            page.body
        );
        assert!(!page.body.contains("<img"), "{}", page.body);
        assert_eq!(page.sections[0].text.split_whitespace().collect::<Vec<_>>(), ["first", "line", "x"]);
        assert_eq!(page.sections[1].anchor, "two");
    }
}
