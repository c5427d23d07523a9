//! Format of an export, and the text of its records.

use bytes::Bytes;
use quipu_query::ParamError;

use super::rows::Exported;
use crate::csv;

/// Format of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Jsonl,
    /// One OTLP request in its JSON form per line.
    OtlpJson,
}

const FORMATS: [(&str, Format); 4] = [
    ("csv", Format::Csv),
    ("jsonl", Format::Jsonl),
    ("ndjson", Format::Jsonl),
    ("otlp-json", Format::OtlpJson),
];

/// Parameters of a request, without `format`.
type Pairs = Vec<(String, String)>;

impl Format {
    /// Takes the parameter `format` out of the others; CSV without it.
    pub(super) fn taken_from(pairs: Pairs) -> Result<(Self, Pairs), ParamError> {
        let (named, others): (Pairs, Pairs) = pairs.into_iter().partition(|(name, _)| name == "format");
        let format = match named.as_slice() {
            [] => Self::Csv,
            [(_, word)] => {
                FORMATS.iter().find(|(known, _)| known == word).map(|(_, format)| *format).ok_or_else(
                    || ParamError::value("format", word, FORMATS.map(|(word, _)| word).join(", ")),
                )?
            }
            _ => return Err(ParamError::Duplicate { name: "format" }),
        };
        Ok((format, others))
    }

    pub(super) const fn media(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Jsonl | Self::OtlpJson => "application/jsonl; charset=utf-8",
        }
    }

    pub(super) const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl | Self::OtlpJson => "jsonl",
        }
    }

    /// The first line; empty for formats without one.
    pub(super) fn head<T: Exported>(self) -> Bytes {
        if self == Self::Csv { csv::line(T::COLUMNS) } else { Bytes::new() }
    }

    /// A line for each record.
    pub(super) fn lines<T: Exported>(self, records: impl IntoIterator<Item = T>) -> Bytes {
        let mut text = Vec::new();
        for record in records {
            if self == Self::Csv {
                record.row().write(&mut text);
            } else {
                // A vector takes everything that is written.
                let _ = serde_json::to_writer(&mut text, &record);
                text.push(b'\n');
            }
        }
        text.into()
    }
}
