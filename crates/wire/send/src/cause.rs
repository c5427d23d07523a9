//! Innermost cause of an error.

/// The text of the innermost cause, which names the error and no address.
pub(crate) fn deepest(mut cause: &(dyn std::error::Error + 'static)) -> String {
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
