//! Sources that no adapter reads: kept in a file of the project, so a restart keeps the list.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use quipu_api::{ForgetUnread, UnreadRecord};
use quipu_receiver::{Receiver, UnreadSource};

use super::listen::write_json;

/// The file in a project's folder.
pub const FILE: &str = "unread-sources.json";
/// How often changes are written.
const APART: Duration = Duration::from_secs(5);

/// The list that an earlier process stored; empty without a file. An unreadable file costs only its list.
pub fn stored(file: &Path) -> Vec<UnreadSource> {
    let Ok(text) = std::fs::read(file) else { return Vec::new() };
    serde_json::from_slice(&text).unwrap_or_else(|error| {
        tracing::warn!(%error, "the list of unread sources starts empty: {} is damaged", file.display());
        Vec::new()
    })
}

/// Stores the list.
pub fn store(receiver: &Receiver, file: &Path) {
    if let Err(error) = write(&receiver.unread_sources(), file) {
        tracing::warn!(%error, "cannot write the list of unread sources to {}", file.display());
    }
}

/// Writes the list; an empty one only in place of another.
fn write(sources: &[UnreadSource], file: &Path) -> anyhow::Result<()> {
    if sources.is_empty() && !file.exists() {
        return Ok(());
    }
    write_json(&serde_json::to_value(sources)?, file)
}

/// Takes samples of forgotten traces out of the list and its file.
pub fn forgetting(receiver: Receiver, file: Option<PathBuf>) -> ForgetUnread {
    Arc::new(move |traces, dry_run| {
        let found = receiver.forget_unread(traces, dry_run);
        if let Some(file) = file.as_ref().filter(|_| !dry_run) {
            write(&receiver.unread_sources(), file).map_err(|error| format!("{error:#}"))?;
        }
        Ok(found as u64)
    })
}

/// The same without a server: in the file only.
pub fn forgetting_in(file: PathBuf) -> ForgetUnread {
    Arc::new(move |traces, dry_run| {
        let (gone, left): (Vec<_>, Vec<_>) =
            stored(&file).into_iter().partition(|source| traces.contains(&source.trace_id));
        if !gone.is_empty() && !dry_run {
            write(&left, &file).map_err(|error| format!("{error:#}"))?;
        }
        Ok(gone.len() as u64)
    })
}

/// Stores the list whenever it has changed.
pub async fn keep(receiver: Receiver, file: PathBuf) {
    let mut written = receiver.unread_sources();
    loop {
        tokio::time::sleep(APART).await;
        let now = receiver.unread_sources();
        if now == written {
            continue;
        }
        written = now;
        let (receiver, file) = (receiver.clone(), file.clone());
        if tokio::task::spawn_blocking(move || store(&receiver, &file)).await.is_err() {
            tracing::warn!("cannot write the list of unread sources");
        }
    }
}

/// The list as the HTTP interface asks for it.
pub fn listing(receiver: Receiver) -> Arc<dyn Fn() -> Vec<UnreadRecord> + Send + Sync> {
    Arc::new(move || receiver.unread_sources().into_iter().map(record).collect())
}

fn record(source: UnreadSource) -> UnreadRecord {
    UnreadRecord {
        scope: source.scope.into(),
        version: source.version.into(),
        service: source.service.map(Into::into),
        spans: source.spans,
        why: source.why.into(),
        first_seen: source.first_seen,
        last_seen: source.last_seen,
        trace_id: source.trace_id,
        span_id: source.span_id,
    }
}
