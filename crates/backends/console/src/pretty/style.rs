//! Colours of kinds, levels and traces.

use anstyle::{Ansi256Color, AnsiColor, Color, Style};
use quipu_core::{Kind, Level, TraceId};

pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const NAME: Style = Style::new().bold();
pub(crate) const TOKENS: Style = AnsiColor::Cyan.on_default();
pub(crate) const MONEY: Style = AnsiColor::Green.on_default();
pub(crate) const UNKNOWN: Style = AnsiColor::Yellow.on_default();
pub(crate) const FAILED: Style = AnsiColor::Red.on_default();
pub(crate) const FAILED_NAME: Style = AnsiColor::Red.on_default().bold();

/// Colours of the 256-colour palette that are readable on dark and light backgrounds, and distinct.
const TRACES: [u8; 12] = [33, 37, 71, 97, 130, 134, 136, 161, 166, 172, 69, 101];

/// A trace's colour, the same on every line.
pub(crate) fn of_trace(id: TraceId) -> Style {
    let sum = id.as_bytes().iter().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte));
    let colour = TRACES[usize::from(sum) % TRACES.len()];
    Style::new().fg_color(Some(Color::Ansi256(Ansi256Color(colour))))
}

pub(crate) const fn of_kind(kind: Kind) -> Style {
    match kind {
        Kind::Llm | Kind::Embedding | Kind::Rerank => AnsiColor::Magenta.on_default(),
        Kind::Tool | Kind::Retrieval | Kind::Memory => AnsiColor::Blue.on_default(),
        Kind::Agent | Kind::Workflow => AnsiColor::Cyan.on_default(),
        Kind::Guardrail | Kind::Evaluator => AnsiColor::Yellow.on_default(),
        Kind::Other | Kind::Task | Kind::Planning => DIM,
    }
}

pub(crate) const fn of_level(level: Level) -> Style {
    match level {
        Level::Trace | Level::Debug => DIM,
        Level::Info => AnsiColor::Blue.on_default(),
        Level::Success => AnsiColor::Green.on_default(),
        Level::Warning => AnsiColor::Yellow.on_default(),
        Level::Error => FAILED,
        Level::Critical => FAILED_NAME,
    }
}
