//! Being told by the platform that files have changed, so that nobody needs to look all the time.

use std::path::PathBuf;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use quipu_core::{Error, ErrorKind, Result};

/// Calls back when something in the paths changes. What has changed is to be seen by looking: events only wake.
pub struct Wake {
    _watcher: RecommendedWatcher,
}

impl Wake {
    /// Watches files and folders, and all folders below those.
    ///
    /// # Errors
    /// The platform cannot watch one of them, or not so many.
    pub fn new(paths: &[PathBuf], on_change: impl Fn() + Send + 'static) -> Result<Self> {
        let failed =
            |cause: notify::Error| Error::new(ErrorKind::Unavailable, "watch files", "").caused_by(cause);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // To look at a file is no change of it.
            if !event.is_ok_and(|event| event.kind.is_access()) {
                on_change();
            }
        })
        .map_err(failed)?;
        for path in paths {
            let (path, mode) = match path.is_dir() {
                true => (path.as_path(), RecursiveMode::Recursive),
                // A file may be replaced by another one of its name.
                false => (path.parent().unwrap_or(path), RecursiveMode::NonRecursive),
            };
            let path = if path.as_os_str().is_empty() { std::path::Path::new(".") } else { path };
            watcher.watch(path, mode).map_err(failed)?;
        }
        Ok(Self { _watcher: watcher })
    }
}
