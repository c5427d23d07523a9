//! The guide as a site: pages, navigation and a search without a server.
//!
//! Verb: SHOW in a browser.
//! Takes: the Markdown files of `docs/guide`, embedded.
//! Gives: the files of the site, for the routes of a server and for a folder.
//! Never: serves HTTP itself, reads a disk at run time, or contacts another origin.

mod anchor;
mod page;
mod search;
mod site;

pub use anchor::Anchors;
pub use site::{SiteFile, file, files};
