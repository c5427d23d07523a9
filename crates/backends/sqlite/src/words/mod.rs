//! Words of a search: their form in the full text index, and the spans that have them.

mod postings;
mod terms;

#[cfg(test)]
pub(crate) use postings::BLOCK;
pub(crate) use postings::Postings;
pub(crate) use terms::{Term, Tokenizer, spaced};
