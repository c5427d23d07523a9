//! Encoding of records between threads and the drain: a fixed head, then fields, in words of 64 bits.
//!
//! ```text
//! head    type u8 · flags u8 · kind or level u8 · OpenTelemetry span kind + 1 u8 · 4 unused
//!         start · end (ticks of the clock) · trace id (2) · span id · parent id (0: none)
//! field   key u8 · type u8 · bytes of the key's text u16 · bytes of the value, or members u32
//!         the key's text, where the key is 0 · the value
//! ```
//! A number is one word. Text fills whole words, the first byte lowest. Encoding consists of word stores
//! without intermediate copies. The encoding never leaves the process, so it has no version.
#![cfg_attr(not(feature = "enable"), allow(unused_imports, reason = "the recording code is compiled out"))]

mod bound;
mod decode;
mod head;
mod key;
mod kinds;
mod read;
mod value;
mod words;
mod write;

pub(crate) use bound::bound;
pub(crate) use decode::Decoder;
pub(crate) use head::{EVENT, HEAD, Head, SPAN};
pub(crate) use key::Key;
pub(crate) use kinds::{FOREIGN, number, subject};
pub(crate) use write::{Writer, level_number};
