//! The reader of each format.

use std::path::Path;

use crate::Format;
use crate::claude_code::ClaudeCode;
use crate::codex::Codex;
use crate::langfuse::Langfuse;
use crate::otlp::Otlp;
use crate::phoenix::Phoenix;
use crate::reader::Reader;

/// Creates the reader of a format.
pub(crate) fn reader(format: Format, path: &Path) -> Box<dyn Reader> {
    match format {
        Format::ClaudeCode => Box::new(ClaudeCode::new(path)),
        Format::Codex => Box::new(Codex::default()),
        Format::Otlp => Box::new(Otlp),
        Format::Phoenix => Box::new(Phoenix::default()),
        Format::Langfuse => Box::new(Langfuse::default()),
    }
}
