//! Patterns of secrets that another value names, in texts of any notation: JSON within a text, YAML, XML, and
//! what languages print.
//!
//! JSON and values with members are read by their structure. These patterns are for texts around them.

/// The end of a name that marks a secret.
macro_rules! name {
    () => {
        r"(?:password|passwd|passphrase|pwd|api[_-]?(?:key|token)|secret(?:[_-]?(?:access[_-]?)?key)?|(?:access|refresh|auth|bearer|session)[_-]?token|(?:private|access)[_-]?key|authorization|cookie)(?-u:\b)"
    };
}
/// A quotation mark, also an escaped one, or none.
macro_rules! quote {
    () => {
        r#"\\*["'`]?"#
    };
}
/// The sign between a member and its value; in XML, the end of a tag.
macro_rules! sign {
    () => {
        r"\s*(?:[:=]>?|>)\s*"
    };
}
/// A member whose text names another member.
macro_rules! label {
    () => {
        r"(?-u:\b)(?:name|key|header|field|variable|option)"
    };
}
/// The member that is named so.
macro_rules! labelled {
    () => {
        r"(?-u:\b)(?:value|val|values|data)"
    };
}
/// Between both: other members of the same object and line, or marks only.
macro_rules! gap {
    () => {
        r#"(?:[^{}\n]{0,120}?|[\s,;&}<"'`\\-]*)"#
    };
}
/// The secret.
macro_rules! secret {
    () => {
        r#"([^\s"'`,;&\\<>]{8,})"#
    };
}

/// A secret behind its name: `name: DB_PASSWORD, value: …`, `["X-Api-Key", "…"]`, `password: {value: …}`.
pub(super) const BEHIND: &str = concat!(
    "(?i)(?:",
    label!(),
    quote!(),
    sign!(),
    quote!(),
    "[A-Za-z0-9_.-]*",
    name!(),
    quote!(),
    gap!(),
    labelled!(),
    quote!(),
    sign!(),
    r#"|["'`][A-Za-z0-9_.-]*"#,
    name!(),
    r#"\\*["'`]\s*,\s*|"#,
    name!(),
    quote!(),
    sign!(),
    r"(?:\{\s*|\n[\t ]+)",
    quote!(),
    "[A-Za-z0-9_-]{1,32}",
    quote!(),
    sign!(),
    ")",
    quote!(),
    secret!(),
);

/// A secret before its name: `value: …, key: api_key`.
pub(super) const BEFORE: &str = concat!(
    "(?i)",
    labelled!(),
    quote!(),
    sign!(),
    quote!(),
    secret!(),
    quote!(),
    gap!(),
    label!(),
    quote!(),
    sign!(),
    quote!(),
    "[A-Za-z0-9_.-]*",
    name!(),
);
