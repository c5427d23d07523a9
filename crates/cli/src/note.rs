//! Notes to the user, next to the answer of a command.

/// A line on standard error, where it does not mix with the answer.
pub fn note(text: &str) {
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("quipu: {text}\n"));
}
