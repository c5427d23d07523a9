//! File change notifications of the platform, to avoid constant polling.

use std::path::PathBuf;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use quipu_core::{Error, ErrorKind, Result};

/// Calls back on a change in the paths. The caller then runs a pass to find the change; events carry no
/// details.
pub struct Wake {
    _watcher: RecommendedWatcher,
}

impl Wake {
    /// Watches files and folders, recursively.
    ///
    /// # Errors
    /// The platform cannot watch one of the paths, or not that many.
    pub fn new(paths: &[PathBuf], on_change: impl Fn() + Send + 'static) -> Result<Self> {
        let failed =
            |cause: notify::Error| Error::new(ErrorKind::Unavailable, "watch files", "").caused_by(cause);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // A read access is not a change.
            if !event.is_ok_and(|event| event.kind.is_access()) {
                on_change();
            }
        })
        .map_err(failed)?;
        for path in paths {
            let (path, mode) = match path.is_dir() {
                true => (path.as_path(), RecursiveMode::Recursive),
                // Watch the folder, because a file may be replaced by another one of the same name.
                false => (path.parent().unwrap_or(path), RecursiveMode::NonRecursive),
            };
            let path = if path.as_os_str().is_empty() { std::path::Path::new(".") } else { path };
            watcher.watch(path, mode).map_err(failed)?;
        }
        Ok(Self { _watcher: watcher })
    }
}
