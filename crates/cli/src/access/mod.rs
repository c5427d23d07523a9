//! `quipu keys` and `quipu users`: access, written into the data folder. A server that has the folder open
//! applies changes at once.

mod keys;
mod password;
mod users;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use quipu::core::{ErrorKind, SystemClock};
use quipu_access::{FILE, Register};
use quipu_audit::Entry;
use serde::Serialize;

use crate::args::AccessPlace;
use crate::folder::default_folder;
use crate::note::note;
use crate::trail::{actor, write};

pub use keys::run as keys;
pub use users::run as users;

/// The access database of a data folder, and its audit log.
struct Desk {
    register: Register,
    folder: PathBuf,
}

impl Desk {
    /// Opens the database; `make` creates a missing one.
    fn open(at: &AccessPlace, make: bool) -> Result<Self> {
        let folder = at.data_dir.clone().map_or_else(default_folder, Ok)?;
        if make {
            std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        } else if !folder.join(FILE).is_file() {
            bail!("there are no keys and users in {}: is --data-dir the server's folder?", folder.display());
        }
        Ok(Self { register: Register::open(&folder, Arc::new(SystemClock))?, folder })
    }

    /// Opens it, made when it is not there; a damaged one is moved aside first.
    fn open_anew(at: &AccessPlace) -> Result<Self> {
        match Self::open(at, true) {
            Err(error) if is_damaged(&error) => {
                let folder = at.data_dir.clone().map_or_else(default_folder, Ok)?;
                let aside = Register::set_aside(&folder)?;
                note(&format!("the damaged register is now {}", aside.display()));
                Self::open(at, true)
            }
            opened => opened,
        }
    }

    /// Warns when a change left no user who can log in.
    fn warn_if_shut(&self) -> Result<()> {
        if self.register.is_required()? && !self.register.lets_in(true)? {
            let command = self.register.remedy()?;
            note(&format!(
                "no user can log in any more, so a server without a bootstrap key does not start; run \
                 `{command}`"
            ));
        }
        Ok(())
    }

    /// Writes the action to the audit log.
    fn note(&self, action: &'static str, object: &str, detail: Vec<(&'static str, String)>) -> Result<()> {
        let entry = Entry { detail, ..Entry::new(actor(), action).on(object) };
        write(&self.folder, entry).context("done, but cannot write the audit entry")
    }
}

fn is_damaged(error: &anyhow::Error) -> bool {
    let kind = |cause: &quipu::Error| cause.kind() == ErrorKind::Damaged;
    error.chain().any(|cause| cause.downcast_ref().is_some_and(kind))
}

fn show<T: Serialize>(at: &AccessPlace, answer: &T, print: impl FnOnce() -> String) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let said = if at.json { serde_json::to_string_pretty(answer)? } else { print() };
    Ok(writeln!(out, "{said}")?)
}

/// A second of a time in an answer, for a table.
fn second(time: Option<&String>) -> String {
    time.and_then(|time| time.get(..19)).map_or_else(|| "–".into(), |time| time.replace('T', " "))
}
