//! Configuration of the library; precedence: code, environment, file, preset.

mod env;
mod file;
mod layer;
mod settled;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use quipu_core::Result;

use crate::syntax::FILE_NAME;
use crate::variables::Variables;

pub use layer::Preset;
pub(crate) use layer::{Layer, Over};
pub(crate) use settled::{Config, Tail as TailConfig};

/// Backends that code names by their URI.
#[derive(Debug, Clone, Default)]
pub(crate) struct CodeBackends {
    pub added: Vec<String>,
    /// Whether those of the environment, the file and the preset are not opened.
    pub only: bool,
}

/// Sources of the configuration other than code.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sources {
    /// File named in code; it must exist.
    pub file: Option<PathBuf>,
    /// Whether the search for a file is disabled.
    pub no_file: bool,
    /// Whether the environment is ignored.
    pub no_env: bool,
    /// Backends named in code.
    pub backends: CodeBackends,
    /// Variables to use instead of the environment.
    pub variables: Option<BTreeMap<String, String>>,
}

/// Reads all sources.
///
/// # Errors
/// A named file does not exist or is invalid.
pub(crate) fn settle(code: Layer, sources: &Sources) -> Result<Config> {
    let variables = match (&sources.variables, sources.no_env) {
        (Some(variables), _) => variables.clone(),
        (None, true) => BTreeMap::new(),
        (None, false) => std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("QUIPU_") || name.starts_with("OTEL_"))
            .collect(),
    };
    let (said, problems) = env::read(&variables);
    let lookup = match (&sources.variables, sources.no_env) {
        (Some(given), _) => Variables::of(given.clone()),
        (None, true) => Variables::default(),
        (None, false) => Variables::of_process(),
    };
    let named = sources.file.clone().or_else(|| variables.get(env::FILE).map(PathBuf::from));
    let (text, filed) = match named {
        _ if sources.no_file => (None, Layer::default()),
        Some(path) => (Some(path.clone()), file::read(&path)?),
        None if Path::new(FILE_NAME).is_file() => {
            (Some(PathBuf::from(FILE_NAME)), file::read(Path::new(FILE_NAME))?)
        }
        None => (None, Layer::default()),
    };
    Config::of(code.over(said).over(filed), &sources.backends, text, lookup, problems)
}

/// Config of a test from a file's text and variables, without the machine's environment.
#[cfg(test)]
pub(crate) fn settle_text(code: Layer, text: &str, variables: &[(&str, &str)]) -> Result<Config> {
    let variables: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let (said, problems) = env::read(&variables);
    Config::of(
        code.over(said).over(crate::syntax::parse::<Layer>(text, FILE_NAME)?),
        &CodeBackends::default(),
        None,
        Variables::of(variables),
        problems,
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
mod tests;
