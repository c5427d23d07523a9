//! Sources of the master key: a file, an environment variable or a command.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use quipu_core::{Error, ErrorKind, Result, Retry};
use serde::{Deserialize, Serialize};

use crate::crypto::Zeroizing;
use crate::key::MasterKey;

/// Time limit of the key command.
const COMMAND_TIME: Duration = Duration::from_secs(30);
/// Bytes read at most from a key source.
const MOST_BYTES: u64 = 4_096;

/// Source of a store's key: exactly one of these fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeySource {
    /// A file with the key.
    pub key_file: Option<PathBuf>,
    /// An environment variable with the key.
    pub key_env: Option<String>,
    /// A program and its arguments, without a shell, that writes the key to standard output within 30 s.
    pub key_command: Option<Vec<String>>,
}

fn refused(text: String) -> Error {
    Error::new(ErrorKind::Invalid, "read key", text).with_retry(Retry::No)
}

impl KeySource {
    /// Reads the key.
    ///
    /// # Errors
    /// No source or several sources are set, the source cannot be read, or its content is not a key. The
    /// error names the source and never its content.
    pub fn load(&self) -> Result<MasterKey> {
        let (place, text) = match (&self.key_file, &self.key_env, &self.key_command) {
            (Some(file), None, None) => (file.display().to_string(), of_file(file)?),
            (None, Some(name), None) => (format!("variable {name}"), of_env(name)?),
            (None, None, Some(command)) => {
                (command.first().cloned().unwrap_or_default(), of_command(command)?)
            }
            _ => {
                return Err(refused(
                    "encryption needs exactly one of key_file, key_env and key_command".into(),
                ));
            }
        };
        MasterKey::parse(&text).map_err(|error| {
            Error::new(error.kind(), "read key", format!("{place}: {}", error.context()))
                .with_retry(Retry::No)
        })
    }
}

fn of_file(file: &Path) -> Result<Zeroizing<String>> {
    let failed = |error: std::io::Error| {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::PermissionDenied => ErrorKind::Denied,
            _ => ErrorKind::Io,
        };
        Error::new(kind, "read key", file.display().to_string()).with_retry(Retry::No).caused_by(error)
    };
    let opened = std::fs::File::open(file).map_err(failed)?;
    warn_if_open_to_all(file, &opened);
    text_of(opened).map_err(failed)
}

#[cfg(unix)]
fn warn_if_open_to_all(file: &Path, opened: &std::fs::File) {
    use std::os::unix::fs::PermissionsExt;
    // Secrets that an orchestrator mounts are often readable by the whole container, so warn instead of
    // refuse.
    if opened.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o007 != 0) {
        tracing::warn!(file = %file.display(), "all users of this machine can read the key file: restrict its permissions");
    }
}

#[cfg(not(unix))]
fn warn_if_open_to_all(_: &Path, _: &std::fs::File) {}

fn text_of(from: impl Read) -> std::io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    from.take(MOST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

fn of_env(name: &str) -> Result<Zeroizing<String>> {
    std::env::var(name).map(Zeroizing::new).map_err(|_| {
        Error::new(ErrorKind::NotFound, "read key", format!("variable {name} is not set"))
            .with_retry(Retry::No)
    })
}

fn of_command(command: &[String]) -> Result<Zeroizing<String>> {
    let [program, arguments @ ..] = command else {
        return Err(refused("key_command is empty: it is a list of the program and its arguments".into()));
    };
    let failed = |why: String| {
        Error::new(ErrorKind::Unavailable, "read key", format!("{program}: {why}")).with_retry(Retry::No)
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let Some(out) = child.stdout.take() else { return Err(failed("it has no standard output".into())) };
    let (told, answer) = std::sync::mpsc::channel();
    std::thread::spawn(move || drop(told.send(text_of(out))));
    let answer = answer.recv_timeout(COMMAND_TIME);
    if answer.is_err() {
        // The command may still be writing; kill it so that its thread ends too.
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| failed(error.to_string()))?;
    let text = answer.map_err(|_| failed(format!("no output within {} s", COMMAND_TIME.as_secs())))?;
    if !status.success() {
        return Err(failed(format!("it ended with {status}")));
    }
    text.map_err(|error| failed(error.to_string()))
}

#[cfg(test)]
#[cfg(feature = "encryption")]
mod tests {
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn key() -> MasterKey {
        MasterKey::parse(HEX).unwrap()
    }

    #[test]
    fn a_key_comes_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, format!("{HEX}\n")).unwrap();
        let source = KeySource { key_file: Some(file.clone()), ..KeySource::default() };
        assert_eq!(source.load().unwrap(), key());
        std::fs::write(&file, "hunter2").unwrap();
        let error = source.load().unwrap_err().to_string();
        assert!(error.contains("key") && error.contains("32 bytes") && !error.contains("hunter2"), "{error}");
        std::fs::remove_file(&file).unwrap();
        assert_eq!(source.load().unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_comes_from_a_command() {
        let of = |words: &[&str]| KeySource {
            key_command: Some(words.iter().map(|word| (*word).to_owned()).collect()),
            ..KeySource::default()
        };
        assert_eq!(of(&["echo", HEX]).load().unwrap(), key());
        assert!(of(&["false"]).load().unwrap_err().to_string().contains("ended with"));
        assert!(of(&["/no/such/program"]).load().is_err());
        assert_eq!(of(&[]).load().unwrap_err().kind(), ErrorKind::Invalid);
    }

    #[test]
    fn there_is_one_source() {
        assert_eq!(KeySource::default().load().unwrap_err().kind(), ErrorKind::Invalid);
        let two = KeySource { key_env: Some("A".into()), key_file: Some("b".into()), key_command: None };
        assert_eq!(two.load().unwrap_err().kind(), ErrorKind::Invalid);
        let unset = KeySource { key_env: Some("QUIPU_NO_SUCH_VARIABLE".into()), ..KeySource::default() };
        assert_eq!(unset.load().unwrap_err().kind(), ErrorKind::NotFound);
    }
}
