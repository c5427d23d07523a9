//! Sources that are not read: kept in a file of the project, so that a restart does not forget them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use quipu_api::UnreadRecord;
use quipu_receiver::{Receiver, UnreadSource};

use super::listen::write_json;

/// The file in a project's folder.
pub const FILE: &str = "unread-sources.json";
/// How often changes are written.
const APART: Duration = Duration::from_secs(5);

/// What an earlier process stored; nothing where there is no file. A file that cannot be read costs no more than its list.
pub fn stored(file: &Path) -> Vec<UnreadSource> {
    let Ok(text) = std::fs::read(file) else { return Vec::new() };
    serde_json::from_slice(&text).unwrap_or_else(|error| {
        tracing::warn!(%error, "the list of unread sources begins anew: {} is damaged", file.display());
        Vec::new()
    })
}

/// Stores the list.
pub fn store(receiver: &Receiver, file: &Path) {
    let sources = receiver.unread_sources();
    if sources.is_empty() {
        return;
    }
    let written = serde_json::to_value(sources).map_err(Into::into).and_then(|list| write_json(&list, file));
    if let Err(error) = written {
        tracing::warn!(%error, "the list of unread sources could not be written to {}", file.display());
    }
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
            tracing::warn!("the list of unread sources could not be written");
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
