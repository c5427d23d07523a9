//! The configuration file `quipu.toml`.

use std::path::Path;

use quipu_core::{Error, ErrorKind, Result};

use super::layer::Layer;
use crate::syntax::parse;

/// Reads a file.
///
/// # Errors
/// The file cannot be read or is invalid: the text names file, line and key.
pub(crate) fn read(path: &Path) -> Result<Layer> {
    let text = std::fs::read_to_string(path).map_err(|cause| {
        Error::new(ErrorKind::Invalid, "read configuration", path.display().to_string()).caused_by(cause)
    })?;
    parse(&text, &path.display().to_string())
}
