//! The search index: one entry for each section, read by `search.js`.

use serde_json::{Value, json};

use crate::page::Page;

/// Characters of a section that are searched; most sections are shorter.
const MOST: usize = 4_000;

/// The index of pages with their paths in the site.
pub fn index<'a>(pages: impl Iterator<Item = (&'a str, &'a Page)>) -> String {
    let entries: Vec<Value> = pages
        .flat_map(|(path, page)| {
            page.sections.iter().map(move |section| {
                let text: String = section.text.split_whitespace().collect::<Vec<_>>().join(" ");
                let text: String = text.chars().take(MOST).collect();
                json!([format!("{path}#{}", section.anchor), page.title, section.title, text])
            })
        })
        .collect();
    Value::from(entries).to_string()
}
