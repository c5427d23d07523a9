//! A generated file: its path and its text.

use crate::{ProvisionConfig, grafana, prometheus};

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below the folder of its program, with `/` between folders.
    pub path: String,
    /// Its text, with a newline at the end.
    pub text: String,
}

impl File {
    pub(crate) fn new(path: impl Into<String>, text: String) -> Self {
        Self { path: path.into(), text }
    }
}

/// Returns all files of both programs, each below a folder with the program's name.
pub fn files(settings: &ProvisionConfig) -> Vec<File> {
    let below =
        |folder: &'static str| move |file: File| File { path: format!("{folder}/{}", file.path), ..file };
    let prometheus = prometheus::files(settings).into_iter().map(below("prometheus"));
    prometheus.chain(grafana::files(settings).into_iter().map(below("grafana"))).collect()
}
