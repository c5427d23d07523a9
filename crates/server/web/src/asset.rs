//! Lookup of an embedded file by a request's path.

use std::borrow::Cow;

use rust_embed::{EmbeddedFile, RustEmbed};

const INDEX: &str = "index.html";
/// Vite puts every file whose name carries a hash of its content in here.
const HASHED_FOLDER: &str = "assets/";

#[derive(RustEmbed)]
#[folder = "dist/"]
struct Dist;

/// One file of the dashboard, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// The whole file.
    pub bytes: Cow<'static, [u8]>,
    /// Value of the `Content-Type` header, with the charset where it is text.
    pub content_type: String,
    /// Strong entity tag, quotes included: a prefix of the SHA-256 of the bytes.
    pub etag: String,
    /// True when the name changes with the content, so that it may be cached for ever. Others want
    /// revalidation.
    pub immutable: bool,
}

/// The file at `path`, with or without a leading slash and without a query.
///
/// A path that names no file and has no extension is a page of the dashboard, which routes in the browser:
/// it gives `index.html`. An unknown path with an extension gives `None`.
///
/// A page's path may hold ids with dots. So a dot starts an extension only if one to five letters or digits
/// follow it. The dashboard's pages with ids (`/traces/…`, `/sessions/…`) have no extensions.
pub fn asset(path: &str) -> Option<Asset> {
    let path = path.strip_prefix('/').unwrap_or(path);
    if let Some(file) = Dist::get(path) {
        return Some(from_file(path, file));
    }
    if names_a_file(path) {
        return None;
    }
    Dist::get(INDEX).map(|file| from_file(INDEX, file))
}

fn names_a_file(path: &str) -> bool {
    if path.starts_with("traces/") || path.starts_with("sessions/") {
        return false;
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with(HASHED_FOLDER)
        || name.rsplit_once('.').is_some_and(|(_, extension)| {
            (1..=5).contains(&extension.len()) && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

fn from_file(path: &str, file: EmbeddedFile) -> Asset {
    Asset {
        content_type: content_type(file.metadata.mimetype()),
        etag: etag(&file.metadata.sha256_hash()),
        immutable: path.starts_with(HASHED_FOLDER),
        bytes: file.data,
    }
}

fn content_type(mime: &str) -> String {
    let text = mime.starts_with("text/") || mime == "application/json" || mime == "image/svg+xml";
    if text { format!("{mime}; charset=utf-8") } else { mime.to_owned() }
}

fn etag(sha256: &[u8; 32]) -> String {
    let hex: String = sha256.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str) -> Asset {
        asset(path).unwrap_or_else(|| panic!("no asset at {path}"))
    }

    #[test]
    fn the_root_and_every_page_are_the_index() {
        let index = found("/index.html");
        assert_eq!(index.content_type, "text/html; charset=utf-8");
        assert!(!index.immutable);
        for page in
            ["", "/", "/traces", "/traces/0af7651916cd43dd8448eb211c80319c", "/sessions/a.user@example.test"]
        {
            assert_eq!(found(page), index, "{page}");
        }
    }

    #[test]
    fn unknown_files_are_none() {
        for path in
            ["/nothing.js", "/favicon.ico", "/assets/index", "/assets/gone-12345678.js", "/../Cargo.toml"]
        {
            assert_eq!(asset(path), None, "{path}");
        }
    }

    #[test]
    fn every_file_that_the_index_names_exists_and_hashed_ones_are_immutable() {
        let index = found("index.html");
        let html = std::str::from_utf8(&index.bytes).unwrap();
        let names: Vec<&str> = html.split('"').filter(|part| part.starts_with('/')).collect();
        assert!(
            names.iter().any(|name| name.ends_with(".js")) && names.iter().any(|name| name.ends_with(".css"))
        );
        for name in names {
            let file = found(name);
            assert_eq!(file.immutable, name.starts_with("/assets/"), "{name}");
            assert!(!file.bytes.is_empty(), "{name}");
        }
    }

    #[test]
    fn the_index_asks_no_other_origin_and_holds_nothing_inline() {
        let index = found("index.html");
        let html = std::str::from_utf8(&index.bytes).unwrap();
        for forbidden in ["http://", "https://", "style=", "<style", "onclick", "<script>"] {
            assert!(!html.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn entity_tags_differ_by_content_and_are_quoted() {
        let (index, icon) = (found("index.html"), found("favicon.svg"));
        assert_ne!(index.etag, icon.etag);
        assert_eq!(index.etag.len(), 34);
        assert!(index.etag.starts_with('"') && index.etag.ends_with('"'));
        assert_eq!(icon.content_type, "image/svg+xml; charset=utf-8");
    }

    #[test]
    fn the_build_is_stamped_with_its_sources() {
        let stamp = found("BUILD.json");
        let text = std::str::from_utf8(&stamp.bytes).unwrap();
        assert!(text.contains("\"sources_sha256\":\""), "{text}");
    }

    #[test]
    fn scripts_styles_and_fonts_have_their_types() {
        let types: Vec<String> = Dist::iter().map(|path| found(&path).content_type).collect();
        for wanted in ["text/javascript", "text/css", "font/woff2"] {
            assert!(types.iter().any(|kind| kind.starts_with(wanted)), "{wanted} in {types:?}");
        }
    }
}
