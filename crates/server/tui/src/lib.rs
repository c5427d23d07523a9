//! The terminal monitor: live views of traces, conversations, costs, budgets and alerts.
//!
//! Verb: SHOW in a terminal.
//! Takes: a [`Source`] that answers requests to the HTTP interface, and [`Options`].
//! Gives: frames on a terminal, or plain text; the formats of figures in [`figure`].
//! Never: computes a figure that the HTTP interface has, opens a connection or a file, or writes a control
//! character of recorded text to the terminal.

pub mod figure;

mod app;
mod form;
mod page;
mod place;
mod screen;
mod source;
mod still;
mod view;
mod words;

pub use form::{Glyphs, Look};
pub use place::Place;
pub use screen::{Handle, Options, ScreenError, read_range, run};
pub use source::{AskError, Request, Source, Verb};
pub use still::Still;
pub use view::Limits;
pub use words::Lang;
