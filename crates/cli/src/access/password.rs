//! Passwords, read from the terminal or standard input: never an argument, which every process of the machine
//! can see.

use std::io::{BufRead as _, IsTerminal as _, Read as _};

use anyhow::{Context, Result, bail};
use quipu_access::HashedPassword;

/// Bytes that are read from standard input.
const MOST: u64 = 4_096;

/// Asks for a user's new password, twice, or reads a line of standard input where that is no terminal.
pub fn ask(user: &str) -> Result<HashedPassword> {
    let text = if std::io::stdin().is_terminal() { prompted(user)? } else { piped()? };
    Ok(HashedPassword::of_new(&text, user)?)
}

fn prompted(user: &str) -> Result<String> {
    let read = |what: String| rpassword::prompt_password(what).context("no password could be read");
    let text = read(format!("New password of {user}: "))?;
    if read("Repeat the password: ".into())? != text {
        bail!("the passwords differ; nothing was changed");
    }
    Ok(text)
}

fn piped() -> Result<String> {
    let mut line = String::new();
    let mut stdin = std::io::stdin().lock().take(MOST);
    stdin.read_line(&mut line).context("no password could be read from standard input")?;
    let text = line.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        bail!("standard input has no password; nothing was changed");
    }
    Ok(text.to_owned())
}
