//! The files of the site.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::OnceLock;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use rust_embed::RustEmbed;

use crate::page::{Page, path_of};
use crate::search;

const STYLE: &str = include_str!("../assets/style.css");
const SCRIPT: &str = include_str!("../assets/search.js");
/// The helpers for other languages, so a user without the repository can download them.
const HELPERS: [(&str, &str); 2] = [
    ("quipu.py", include_str!("../clients/python/quipu.py")),
    ("quipu.ts", include_str!("../clients/typescript/quipu.ts")),
];
/// The list of all pages by chapter.
const CONTENTS: &str = "README.md";
/// The path of the site on a server.
const SERVED: &str = "docs";

#[derive(RustEmbed)]
#[folder = "guide/"]
struct Guide;

/// A file of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteFile {
    /// Its text.
    pub text: String,
    /// Value of the `Content-Type` header.
    pub content_type: &'static str,
    /// Strong entity tag, quotes included: a hash of the text.
    pub etag: String,
}

impl SiteFile {
    fn new(text: String, content_type: &'static str) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self { etag: format!("\"{:016x}\"", hasher.finish()), text, content_type }
    }
}

/// The file at a path of a server: `/docs`, `/docs/budgets`, `/docs/budgets.html` and `/docs/budgets.md` are
/// pages. `None` for other paths and for pages that do not exist.
pub fn file(path: &str) -> Option<&'static SiteFile> {
    static FILES: OnceLock<BTreeMap<String, SiteFile>> = OnceLock::new();
    let path = path.trim_start_matches('/').strip_prefix(SERVED)?;
    let path = if path.is_empty() { "" } else { path.strip_prefix('/')? };
    let files = FILES.get_or_init(|| build(|_| format!("/{SERVED}/")));
    let stem = path.strip_suffix(".md").unwrap_or(path).trim_end_matches('/');
    let stem = stem.strip_suffix("README").unwrap_or(stem).trim_end_matches('/');
    let index = if stem.is_empty() { "index.html".to_owned() } else { format!("{stem}/index.html") };
    files.get(path).or_else(|| files.get(&format!("{stem}.html"))).or_else(|| files.get(&index))
}

/// All files by their paths, with relative links: a folder of them needs no server.
pub fn files() -> BTreeMap<String, SiteFile> {
    build(|path| "../".repeat(path.matches('/').count()))
}

fn build(root_of: impl Fn(&str) -> String) -> BTreeMap<String, SiteFile> {
    let sources: BTreeMap<String, String> = Guide::iter()
        .filter(|name| name.ends_with(".md"))
        .filter_map(|name| {
            Some((name.to_string(), String::from_utf8(Guide::get(&name)?.data.into_owned()).ok()?))
        })
        .collect();
    let chapters = chapters(sources.get(CONTENTS).map_or("", String::as_str));
    let pages: BTreeMap<String, Page> = sources
        .iter()
        .map(|(name, source)| (path_of(name), Page::of(source, name, &root_of(&path_of(name)))))
        .collect();
    let mut files: BTreeMap<String, SiteFile> = pages
        .iter()
        .map(|(path, page)| {
            let html = framed(page, &navigation(&chapters, path, &root_of(path)), &root_of(path));
            (path.clone(), SiteFile::new(html, "text/html; charset=utf-8"))
        })
        .collect();
    let index = search::index(pages.iter().map(|(path, page)| (path.as_str(), page)));
    files.insert("search.json".to_owned(), SiteFile::new(index, "application/json; charset=utf-8"));
    files.insert("style.css".to_owned(), SiteFile::new(STYLE.to_owned(), "text/css; charset=utf-8"));
    files.insert("search.js".to_owned(), SiteFile::new(SCRIPT.to_owned(), "text/javascript; charset=utf-8"));
    for (name, text) in HELPERS {
        files.insert(name.to_owned(), SiteFile::new(text.to_owned(), "text/plain; charset=utf-8"));
    }
    files
}

/// A chapter: its title, and the texts and documents of its links.
type Chapter = (String, Vec<(String, String)>);

/// The chapters of the contents: second-level headings, and the links below each.
fn chapters(source: &str) -> Vec<Chapter> {
    let mut chapters: Vec<Chapter> = Vec::new();
    let mut text: Option<String> = None;
    let mut link: Option<String> = None;
    for event in Parser::new(source) {
        match event {
            Event::Start(Tag::Heading { .. }) => text = Some(String::new()),
            Event::End(TagEnd::Heading(level)) => {
                let title = text.take().unwrap_or_default();
                if level as usize == 2 {
                    chapters.push((title, Vec::new()));
                }
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                (text, link) = (Some(String::new()), Some(dest_url.into_string()));
            }
            Event::End(TagEnd::Link) => {
                if let (Some(text), Some(link), Some((_, links))) =
                    (text.take(), link.take(), chapters.last_mut())
                {
                    let document = link.split('#').next().unwrap_or_default();
                    if document.ends_with(".md") && !document.starts_with("..") {
                        links.push((text, document.to_owned()));
                    }
                }
            }
            Event::Text(piece) | Event::Code(piece) => {
                text.iter_mut().for_each(|text| text.push_str(&piece));
            }
            _ => {}
        }
    }
    chapters.retain(|(_, links)| !links.is_empty());
    chapters
}

fn navigation(chapters: &[Chapter], path: &str, root: &str) -> String {
    let mut html = String::new();
    for (title, links) in chapters {
        html += &format!("<h2>{}</h2>\n<ul>\n", escaped(title));
        for (text, document) in links {
            let target = path_of(document);
            let here = if target == path { " aria-current=\"page\"" } else { "" };
            html += &format!("<li><a href=\"{root}{target}\"{here}>{}</a></li>\n", escaped(text));
        }
        html += "</ul>\n";
    }
    html
}

fn framed(page: &Page, navigation: &str, root: &str) -> String {
    let title = escaped(&page.title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{title} · Quipu</title>\n<link rel=\"stylesheet\" \
         href=\"{root}style.css\">\n<script src=\"{root}search.js\" defer></script>\n</head>\n<body>\n<header>\n<a \
         class=\"home\" href=\"{root}index.html\">Quipu guide</a>\n<search>\n<input id=\"search\" type=\"search\" \
         placeholder=\"Search\" aria-label=\"Search the guide\" data-root=\"{root}\">\n<ol id=\"found\" \
         hidden></ol>\n</search>\n</header>\n<nav aria-label=\"Pages\">\n{navigation}</nav>\n<main>\n{body}</main>\n\
         </body>\n</html>\n",
        body = page.body
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
        let mark = format!(" {name}=\"");
        html.split(&mark).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    #[test]
    fn every_link_of_the_site_leads_to_a_page_and_a_heading() {
        let site = files();
        assert!(site.len() > 100, "{} files", site.len());
        let mut count = 0;
        for (path, file) in site.iter().filter(|(path, _)| path.ends_with(".html")) {
            let depth = path.matches('/').count();
            for link in attributes(&file.text, "href").into_iter().chain(attributes(&file.text, "src")) {
                if link.contains("://") || link.starts_with("mailto:") {
                    continue;
                }
                let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
                let target = if target.is_empty() { path.as_str() } else { &target["../".len() * depth..] };
                let found = site.get(target).unwrap_or_else(|| panic!("{path}: {link} leads nowhere"));
                let is_there = anchor.is_empty() || attributes(&found.text, "id").contains(&anchor);
                assert!(is_there, "{path}: {link} has no such heading");
                count += 1;
            }
        }
        assert!(count > 5_000, "{count} links");
    }

    #[test]
    fn every_page_is_in_the_contents_or_linked_from_a_page_there() {
        let site = files();
        let index = &site["index.html"].text;
        for chapter in ["Start", "Send data", "Run a server"] {
            assert!(index.contains(&format!("<h2>{chapter}</h2>")), "{chapter}");
        }
        let linked: Vec<&str> = site
            .iter()
            .filter(|(path, _)| path.ends_with(".html"))
            .flat_map(|(_, file)| attributes(&file.text, "href"))
            .map(|link| link.trim_start_matches("../").split('#').next().unwrap_or_default())
            .collect();
        for path in site.keys().filter(|path| path.ends_with(".html")) {
            assert!(linked.contains(&path.as_str()), "no page links to {path}");
        }
    }

    #[test]
    fn a_server_finds_a_page_by_each_of_its_names() {
        let page = file("/docs/budgets.html").unwrap();
        for name in ["docs/budgets", "/docs/budgets.md"] {
            assert_eq!(file(name), Some(page), "{name}");
        }
        assert_eq!(file("/docs"), file("/docs/index.html"));
        assert_eq!(file("/docs/"), file("/docs/README.md"));
        assert_eq!(file("/docs/sources"), file("/docs/sources/README.md"));
        assert!(page.text.contains("href=\"/docs/index.html\""));
        for other in ["/docs/none.html", "/docs/../Cargo.toml", "/docsx", "/traces", "/doc"] {
            assert_eq!(file(other), None, "{other}");
        }
    }

    #[test]
    fn a_server_has_the_helpers_as_text() {
        let helper = file("/docs/quipu.py").unwrap();
        assert!(helper.text.contains("def init(") && helper.content_type.starts_with("text/plain"));
        assert!(file("/docs/quipu.ts").unwrap().text.contains("export function init("));
    }

    #[test]
    fn nothing_is_inline_and_no_other_origin_is_loaded() {
        for (path, file) in files().iter().filter(|(path, _)| path.ends_with(".html")) {
            for forbidden in ["<script>", "<style", " style=", "onclick", "<img", "<iframe"] {
                assert!(!file.text.contains(forbidden), "{path}: {forbidden}");
            }
            assert!(attributes(&file.text, "src").iter().all(|src| !src.contains("://")), "{path}");
        }
    }

    #[test]
    fn the_index_names_every_section_and_stays_small() {
        let site = files();
        let index = &site["search.json"].text;
        let entries: Vec<[String; 4]> = serde_json::from_str(index).unwrap();
        assert!(entries.iter().any(|entry| entry[0] == "budgets.html#budgets"));
        assert!(entries.iter().any(|entry| entry[3].contains("quipu serve")));
        assert!(index.len() < 2 << 20, "{} bytes", index.len());
    }
}
