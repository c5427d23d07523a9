//! JSON in ASCII. Other text would need a byte order mark, which breaks JSON readers.

use std::fmt::Write as _;

/// Escapes every non-ASCII character: RFC 8259, 7. In JSON these occur only within strings.
pub(crate) fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut units = [0; 2];
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut units) {
            // Writing to memory cannot fail.
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}
