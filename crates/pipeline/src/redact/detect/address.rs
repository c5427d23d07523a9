//! Detectors of e-mail and IP addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::Site;

/// File extensions that look like top-level domains.
const FILES: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "css", "js", "jsx", "ts", "tsx", "json", "yaml",
    "yml", "toml", "html", "txt", "lock", "bak",
];
/// Length limits of the local part and of an address in bytes, by RFC 5321 section 4.5.3.1.
const LOCAL: usize = 64;
const ALL: usize = 254;

/// Recognises an e-mail address. Repository remotes, accounts in URLs and file names are none.
pub(super) fn email(site: &Site<'_>) -> Option<(usize, usize)> {
    // A leading quotation mark or dash does not belong to the address.
    let start = site.end
        - site.found().trim_start_matches(|letter: char| !letter.is_alphanumeric() && letter != '_').len();
    let site = &Site::new(site.text, (start, site.end), site.name);
    if site.previous().is_some_and(|letter| letter.is_alphanumeric() || letter == '_') {
        return None;
    }
    let (local, domain) = site.found().rsplit_once('@')?;
    let end = domain.rsplit('.').next()?.to_ascii_lowercase();
    let before = site.before();
    // The userinfo of a URL.
    let word = before
        .rsplit(|letter: char| letter.is_whitespace() || matches!(letter, '"' | '\'' | '<' | '('))
        .next()?;
    let in_url = word.ends_with("//") || (word.contains("//") && word.ends_with(':'));
    let remote = in_url || (local == "git" && site.after().starts_with(':'));
    let is_address = local.len() <= LOCAL
        && site.found().len() <= ALL
        && !local.contains("..")
        && !FILES.contains(&end.as_str())
        && !matches!(local, "this" | "super")
        && !remote
        && !site.after().starts_with(['@', '(']);
    site.when(is_address)
}

/// Words before version numbers that look like addresses.
const VERSIONS: &[&str] =
    &["version", "release", "chrome", "firefox", "safari", "build", "v", "ver", "upgrade", "semver"];

/// Recognises an IPv4 address of a host: no network mask, no loopback, unspecified or broadcast address.
pub(super) fn v4(site: &Site<'_>) -> Option<(usize, usize)> {
    let address: Ipv4Addr = site.found().parse().ok()?;
    let nobody = address.is_unspecified()
        || address.is_loopback()
        || address.is_broadcast()
        || address.octets()[0] == 255;
    let before = site.before();
    let mut back = before.chars().rev();
    // A product's version: Chrome/120.0.0.0.
    let product = back.next() == Some('/') && back.next().is_some_and(char::is_alphanumeric);
    let mut after = site.after().chars();
    let next = after.next();
    let runs_on = next == Some('.') && after.next().is_some_and(|letter| letter.is_ascii_digit());
    let joins = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '.' | '-');
    let apart = !site.previous().is_some_and(joins)
        && !next.is_some_and(|next| next.is_alphanumeric() || matches!(next, '_' | '-'));
    site.when(apart && !runs_on && !product && !nobody && !is_version(site))
}

/// Whether the preceding word or the value's name marks a version.
fn is_version(site: &Site<'_>) -> bool {
    let before = site.before().to_lowercase();
    let word = before.trim_end_matches(|letter: char| !letter.is_alphabetic());
    let word = word.rsplit(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default();
    let near = before.len() - before.trim_end_matches(|letter: char| !letter.is_alphabetic()).len() <= 3;
    (near && VERSIONS.contains(&word)) || site.name.to_lowercase().contains("version")
}

/// Recognises an IPv6 address that is global unicast, unique local or link-local. Paths in programs such as
/// `a::b` parse as addresses, but are in none of these ranges.
pub(super) fn v6(site: &Site<'_>) -> Option<(usize, usize)> {
    let found = site.found().trim_end_matches(':');
    let end =
        site.start + found.len() + usize::from(site.found().ends_with("::") && !found.contains("::")) * 2;
    let found = site.text.get(site.start..end)?;
    let address: Ipv6Addr = found.parse().ok()?;
    let first = address.segments()[0];
    let somebody = (0x2000..0x4000).contains(&first)
        || (0xfc00..0xfe00).contains(&first)
        || (0xfe80..0xfec0).contains(&first);
    let joins = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | ':');
    let after = site.text.get(end..)?.chars().next();
    let apart = !site.previous().is_some_and(joins)
        && !after.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    (apart && somebody && found.bytes().any(|byte| byte.is_ascii_digit())).then_some((site.start, end))
}

/// Canonical form of an address.
pub(super) fn same(text: &str) -> String {
    text.parse::<std::net::IpAddr>().map_or_else(|_| text.to_owned(), |address| address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at<'t>(text: &'t str, found: &str) -> Site<'t> {
        let start = text.find(found).unwrap();
        Site::new(text, (start, start + found.len()), "")
    }

    #[test]
    fn what_only_looks_like_an_address_is_none() {
        for (text, found, is) in [
            ("mail ann@example.com now", "ann@example.com", true),
            ("mailto:ann@example.com", "ann@example.com", true),
            ("git@github.com:quipu/quipu", "git@github.com", false),
            ("https://key@sentry.io/1", "key@sentry.io", false),
            ("postgres://me:word@db.example.com/x", "word@db.example.com", false),
            ("icon@2x.png", "icon@2x.png", false),
        ] {
            assert_eq!(email(&at(text, found)).is_some(), is, "{text}");
        }
        for (text, found, is) in [
            ("from 203.0.113.9:443", "203.0.113.9", true),
            ("http://10.0.0.7/x", "10.0.0.7", true),
            ("Chrome/120.0.0.0", "120.0.0.0", false),
            ("version 1.2.3.4", "1.2.3.4", false),
            ("1.2.3.4.5", "1.2.3.4", false),
            ("127.0.0.1", "127.0.0.1", false),
            ("mask 255.255.255.0", "255.255.255.0", false),
            ("seen at 8.8.8.8.", "8.8.8.8", true),
        ] {
            assert_eq!(v4(&at(text, found)).is_some(), is, "{text}");
        }
        for (text, found, is) in [
            ("2001:db8::1", "2001:db8::1", true),
            ("[fe80::1]:80", "fe80::1", true),
            ("abc::def", "abc::def", false),
            ("12:34:56", "12:34:56", false),
            ("::1", "::1", false),
        ] {
            assert_eq!(v6(&at(text, found)).is_some(), is, "{text}");
        }
    }
}
