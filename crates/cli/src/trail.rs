//! Audit entries of commands, written into the data folder.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use quipu::core::SystemClock;
use quipu_audit::{Actor, ActorKind, Audit, AuditConfig, Entry, FOLDER, Outcome};

/// The user at the command line, by the system's account name: a hint, not a proof.
pub fn actor() -> Actor {
    let named = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    Actor::new(ActorKind::Cli, named.unwrap_or_default())
}

/// Notes a change that was made over the files of a data folder.
pub fn note(folder: &Path, action: &'static str, object: &str) -> Result<()> {
    note_with(folder, action, object, Vec::new())
}

/// The same, with further details.
pub fn note_with(
    folder: &Path,
    action: &'static str,
    object: &str,
    detail: Vec<(&'static str, String)>,
) -> Result<()> {
    write(folder, Entry { detail, ..Entry::new(actor(), action).on(object) })
        .context("done, but cannot write the audit entry")
}

/// Notes a change over the files of a data folder that failed.
pub fn note_failed(folder: &Path, action: &'static str, object: &str) -> Result<()> {
    write(folder, Entry::new(actor(), action).on(object).ended(Outcome::Failed))
        .context("cannot write the failure into the audit log")
}

/// Writes an entry.
pub fn write(folder: &Path, entry: Entry) -> Result<()> {
    let audit = Audit::open(&folder.join(FOLDER), AuditConfig::default(), Arc::new(SystemClock))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let noted = audit.note(entry).await;
        audit.close().await;
        Ok(noted?)
    })
}
