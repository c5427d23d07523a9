//! Source of a record: its scope, and its place in the code.

use quipu_sdk::Field;
use tracing::Metadata;

/// Scope of records from `tracing`.
pub(crate) const SCOPE: &str = "tracing";

/// Source location of a span or event.
pub(crate) fn say_location(metadata: &Metadata<'_>, mut say: impl FnMut(&str, Field<'_>)) {
    if let Some(file) = metadata.file() {
        say("code.file.path", file.into());
    }
    if let Some(line) = metadata.line() {
        say("code.line.number", line.into());
    }
    if let Some(module) = metadata.module_path() {
        say("code.module.name", module.into());
    }
}
