//! Encoding of records in the files.

mod body;
mod dictionary;
mod dims;
mod extra;
mod figures;
mod labels;
mod ledger;
mod money;
mod onto;
mod picks;
mod spans;
mod usage;
mod vocabulary;

pub(crate) use body::{SpanTexts, ValueIn, decode_event, decode_span, encode_event, encode_span, span_texts};
pub(crate) use dictionary::{Dictionaries, Dictionary, Packer, header, plain, unpacked_len};
pub(crate) use dims::{DimKind, Dims, Names, TextOf, find};
pub(crate) use figures::Figures;
pub(crate) use labels::{LABELS, Labels};
pub(crate) use ledger::{CallRow, MARK_CALL, MARK_COUNTS, MARK_FAILED, MARK_INFERRED, MARK_TOOL, MARK_USAGE};
pub(crate) use money::{money, usd};
pub(crate) use picks::{Picks, trace_status_number, trace_status_of};
pub(crate) use spans::{
    Facts, NODE_COLUMNS, NODE_WIDTH, SpanFacts, UNSAMPLED, error_text, node_of, span_key, span_of_key,
    status_number, status_of, trace_id,
};
pub(crate) use vocabulary::{Vocabulary, hash_of};
