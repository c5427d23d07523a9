//! OTLP's JSON: a lenient reader into the wire structs, and a strict writer from them.
//!
//! The mapping is protobuf's (<https://protobuf.dev/programming-guides/json/>) with OTLP's changes
//! (<https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>). Real senders deviate from both:
//! names for enums, `null` for nothing, numbers as strings and strings as numbers, base64 ids, snake case.
//! The reader accepts all of it.

mod id;
mod messages;
mod repair;
mod scalar;
mod value;
mod write;

use std::borrow::Cow;

use quipu_core::{Error, ErrorKind, Result};
use serde::Deserializer;
use serde_json::error::Category;

use crate::Signal;
use crate::decoded::Tally;

pub(crate) use id::NOT_HEX;
pub(crate) use write::{ToJson, write};

/// A type that can be read from JSON. Serde's own trait cannot be implemented for foreign types.
pub(crate) trait FromJson: Sized {
    fn from_json<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;
}

/// Reads a request of a signal. Text that is not UTF-8, and escapes of half a surrogate pair, are repaired.
pub(crate) fn request<R: FromJson>(body: &[u8], signal: Signal, mended: &mut Tally) -> Result<R> {
    let failed = match parse(body) {
        Ok(request) => return Ok(request),
        Err(failed) => failed,
    };
    let mut texts = 0;
    let text = match String::from_utf8_lossy(body) {
        Cow::Borrowed(_) => Cow::Borrowed(body),
        Cow::Owned(text) => {
            texts += 1;
            Cow::Owned(text.into_bytes())
        }
    };
    let mut text = text.into_owned();
    texts += repair::lone_surrogates(&mut text);
    if texts > 0
        && let Ok(request) = parse(&text)
    {
        mended.add("utf8", texts);
        return Ok(request);
    }
    Err(Error::new(ErrorKind::Invalid, "decode", explain(signal.as_str(), &failed)))
}

fn parse<R: FromJson>(body: &[u8]) -> Result<R, serde_json::Error> {
    let mut from = serde_json::Deserializer::from_slice(body);
    let request = R::from_json(&mut from)?;
    from.end()?;
    Ok(request)
}

/// Describes the error and its position without a quote of the body, which serde's own texts contain.
fn explain(signal: &str, error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let what = match error.classify() {
        Category::Eof => "the body ends too early".to_owned(),
        Category::Data => match error.to_string().rsplit_once(", expected ") {
            // The expected form is this crate's own wording and ends in the position; the found value is the
            // sender's.
            Some((_, expected)) => {
                format!("wrong type, expected {}", expected.split(" at line ").next().unwrap_or_default())
            }
            None => "a value is not allowed here".to_owned(),
        },
        Category::Syntax if error.to_string().starts_with("recursion limit") => {
            "nested deeper than 128 levels".to_owned()
        }
        Category::Syntax | Category::Io => "not JSON".to_owned(),
    };
    format!("OTLP {signal} as JSON: {what} at line {line} column {column}")
}
