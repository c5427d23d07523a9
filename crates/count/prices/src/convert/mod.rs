//! Conversion of published price lists to data files.
//!
//! It accepts two lists. One is that of genai-prices: `data.json` of its repository, or the export of the
//! Python package by `facts/export_genai_prices.py`. The other is that of LiteLLM:
//! `model_prices_and_context_window.json`, whole or reduced by [`reduce`].

mod error;
mod genai;
mod litellm;

use std::fmt::Write as _;

use bumpalo::Bump;
use quipu_core::sha256;

pub use self::error::ConvertError;
use crate::schema::{self, FORMAT, File, Info, Missing, Packed, SchemaError};

/// The supported published lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// genai-prices of Pydantic.
    GenaiPrices,
    /// LiteLLM of Berri AI.
    LiteLlm,
}

/// Origin of a list, as far as the list omits it.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'o> {
    /// Name of the file, for errors.
    pub file: &'o str,
    /// Version of the source, without spaces; `None` derives a name from the content.
    pub version: Option<&'o str>,
    /// Day of retrieval: `2026-11-21`. A list without dates is valid from then on.
    pub retrieved: &'o str,
}

impl List {
    /// Name of the source, as shown with prices.
    pub const fn source(self) -> &'static str {
        match self {
            Self::GenaiPrices => "genai-prices",
            Self::LiteLlm => "litellm",
        }
    }

    const fn license(self) -> &'static str {
        match self {
            Self::GenaiPrices => "MIT, Copyright (c) Pydantic Services Inc. 2025 to present",
            Self::LiteLlm => "MIT, Copyright (c) 2023 Berri AI",
        }
    }

    /// The first source lists every billed unit of a model. LiteLLM omits unknown prices.
    const fn missing(self) -> Missing {
        match self {
            Self::GenaiPrices => Missing::Uncharged,
            Self::LiteLlm => Missing::Unknown,
        }
    }

    /// Detects the list by its format.
    ///
    /// # Errors
    /// The text is neither list.
    pub fn of(text: &str, file: &str) -> Result<Self, ConvertError> {
        if genai::is_list(text) {
            return Ok(Self::GenaiPrices);
        }
        if litellm::is_list(text) {
            return Ok(Self::LiteLlm);
        }
        Err(ConvertError::new("neither a list of genai-prices nor of LiteLLM").in_file(file))
    }
}

/// Converts any supported list to a data file with one book.
///
/// # Errors
/// The text is neither list, or an entry of it cannot be converted. The error names file, entry and key. No
/// value is guessed.
pub fn file(bytes: &[u8], origin: &Origin<'_>) -> Result<Vec<u8>, ConvertError> {
    convert(bytes, origin).map_err(|error| error.in_file(origin.file))
}

fn convert(bytes: &[u8], origin: &Origin<'_>) -> Result<Vec<u8>, ConvertError> {
    let text =
        std::str::from_utf8(bytes).map_err(|error| ConvertError::new(format!("not UTF-8: {error}")))?;
    let list = List::of(text, origin.file)?;
    let sum = sha256(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let version = origin.version.unwrap_or(&sum[..12]);
    if version.is_empty() || version.contains(char::is_whitespace) {
        return Err(ConvertError::new(format!("{version:?} is not a version: it must not have spaces")));
    }
    if crate::edition::day(origin.retrieved).is_none() {
        return Err(ConvertError::new(format!("{:?} is not a day such as 2026-11-21", origin.retrieved)));
    }
    let arena = Arena::default();
    let rules = match list {
        List::GenaiPrices => genai::rules(text, &arena)?,
        List::LiteLlm => litellm::rules(text, &arena)?,
    };
    if rules.providers.iter().all(|provider| provider.rules.is_empty()) {
        return Err(ConvertError::new("it has no price"));
    }
    let rules = encode(&rules)?;
    let info = Info {
        source: list.source(),
        version,
        license: list.license(),
        sha256: &sum,
        retrieved: origin.retrieved,
        missing: list.missing(),
    };
    encode(&File { format: FORMAT, books: vec![Packed { info, rules: &rules }] })
}

/// Joins several data files into one. The books of an earlier file come first.
///
/// # Errors
/// One of the files is not a data file.
pub fn join(files: &[Vec<u8>]) -> Result<Vec<u8>, SchemaError> {
    let mut books = Vec::new();
    for file in files {
        books.extend(schema::decode(file)?.books);
    }
    schema::encode(&File { format: FORMAT, books })
}

/// LiteLLM's list reduced to the fields that the conversion reads, one model per line. Numbers keep their
/// original text.
///
/// # Errors
/// The text is not that list.
pub fn reduce(text: &str) -> Result<String, ConvertError> {
    litellm::reduce(text)
}

fn encode<T: serde::Serialize>(record: &T) -> Result<Vec<u8>, ConvertError> {
    schema::encode(record).map_err(|error| ConvertError::new(error.to_string()))
}

/// Owner of the text and bytes that records borrow during a conversion.
#[derive(Debug, Default)]
pub(crate) struct Arena(Bump);

impl Arena {
    fn text(&self, text: impl AsRef<str>) -> &str {
        self.0.alloc_str(text.as_ref())
    }

    fn bytes(&self, bytes: &[u8]) -> &[u8] {
        self.0.alloc_slice_copy(bytes)
    }
}
