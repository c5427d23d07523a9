//! SQL text: literals that no value can leave.

use std::fmt::Write as _;

/// A text as a literal.
pub(crate) fn text(value: &str) -> String {
    let mut literal = String::with_capacity(value.len() + 2);
    literal.push('\'');
    for letter in value.chars() {
        match letter {
            '\'' | '\\' => literal.extend(['\\', letter]),
            '\0' => literal.push_str("\\0"),
            letter => literal.push(letter),
        }
    }
    literal.push('\'');
    literal
}

/// Bytes as a literal.
pub(crate) fn bytes(value: &[u8]) -> String {
    let mut literal = String::with_capacity(4 * value.len() + 2);
    literal.push('\'');
    for byte in value {
        let _ = write!(literal, "\\x{byte:02X}");
    }
    literal.push('\'');
    literal
}

/// A list of literals in brackets.
pub(crate) fn list(literals: impl IntoIterator<Item = String>) -> String {
    let mut list = String::from("(");
    for (at, literal) in literals.into_iter().enumerate() {
        list.push_str(if at == 0 { "" } else { "," });
        list.push_str(&literal);
    }
    list.push(')');
    list
}

/// A name in backquotes.
pub(crate) fn identifier(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

/// The conditions joined by `AND`, with `WHERE`; empty without conditions.
pub(crate) fn filter(conditions: &[String]) -> String {
    if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_ends_its_literal() {
        assert_eq!(text("it's \\ ok\0"), r"'it\'s \\ ok\0'");
        assert_eq!(bytes(&[0, 39, 255]), r"'\x00\x27\xFF'");
        assert_eq!(list([text("a"), text("b")]), "('a','b')");
        assert_eq!(identifier("a`b\\"), r"`a\`b\\`");
        assert_eq!(filter(&[]), "");
        assert_eq!(filter(&["a = 1".into(), "b = 2".into()]), " WHERE a = 1 AND b = 2");
    }
}
