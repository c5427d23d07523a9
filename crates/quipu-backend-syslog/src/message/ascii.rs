//! JSON in ASCII: a byte order mark before it would break its readers, and ASCII needs none.

use std::fmt::Write as _;

/// Escapes every character beyond ASCII: RFC 8259, 7. They can stand within texts of JSON only.
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
