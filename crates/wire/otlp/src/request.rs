//! Reads request bodies into the wire structs, with repairs for errors that would fail a whole request.

use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};
use prost::Message;
use quipu_core::{Error, ErrorKind, Result};

use crate::decoded::Tally;
use crate::encoding::NESTING;
use crate::json::{self, FromJson};
use crate::schema::{Visited, Walk};
use crate::{Encoding, Signal};

/// An unused field number, as the tag of a length-delimited field.
const UNKNOWN_TAG: u8 = 15 << 3 | 2;

/// One signal's export request.
pub(crate) trait Request: Message + Default + FromJson {
    const SIGNAL: Signal;
}

impl Request for ExportTraceServiceRequest {
    const SIGNAL: Signal = Signal::Traces;
}

impl Request for ExportMetricsServiceRequest {
    const SIGNAL: Signal = Signal::Metrics;
}

impl Request for ExportLogsServiceRequest {
    const SIGNAL: Signal = Signal::Logs;
}

/// Reads a body. Text that is not UTF-8 is repaired; broken framing, syntax or types are errors.
pub(crate) fn read<R: Request>(body: &[u8], encoding: Encoding, mended: &mut Tally) -> Result<R> {
    match encoding {
        Encoding::Protobuf => protobuf(body, mended),
        Encoding::Json => json::request(body, R::SIGNAL, mended),
    }
}

fn protobuf<R: Request>(body: &[u8], mended: &mut Tally) -> Result<R> {
    let failed = match R::decode(body) {
        Ok(request) => return Ok(request),
        Err(failed) => failed,
    };
    if let Some((body, texts)) = repair(body, R::SIGNAL)
        && let Ok(request) = R::decode(body.as_slice())
    {
        mended.add("utf8", texts);
        return Ok(request);
    }
    // Decoders name the path to the field and the error, never the content.
    Err(Error::new(ErrorKind::Invalid, "decode", format!("OTLP {} as protobuf", R::SIGNAL.as_str()))
        .caused_by(failed))
}

/// Returns a copy without the two errors that make a decoder reject a whole well-framed request. The wrong
/// bytes of text that is not UTF-8 become `?`. Values nested beyond the decoder's recursion limit are tagged
/// as an unknown field and skipped. Both repairs keep every length. `None` if nothing needs repair. Also
/// returns the number of wrong texts.
fn repair(body: &[u8], signal: Signal) -> Option<(Vec<u8>, u64)> {
    let (mut texts, mut tags) = (Vec::new(), Vec::new());
    let see = |seen| match seen {
        Visited::Text(at) if body.get(at.clone()).is_some_and(|text| std::str::from_utf8(text).is_err()) => {
            texts.push(at)
        }
        Visited::TooDeep(at) => tags.push(at),
        _ => {}
    };
    Walk { body, levels: NESTING + 1, see }.request(signal)?;
    if texts.is_empty() && tags.is_empty() {
        return None;
    }
    let mut copy = body.to_vec();
    for at in &texts {
        mask(copy.get_mut(at.clone())?);
    }
    for tag in tags {
        *copy.get_mut(tag)? = UNKNOWN_TAG;
    }
    Some((copy, texts.len() as u64))
}

/// Overwrites each byte that is not part of UTF-8 text.
fn mask(mut text: &mut [u8]) {
    while let Err(error) = std::str::from_utf8(text) {
        let good = error.valid_up_to();
        let bad = error.error_len().unwrap_or(text.len() - good);
        let (head, tail) = text.split_at_mut(good + bad);
        head[good..].fill(b'?');
        text = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mask_keeps_what_is_good() {
        let mut text = b"a\xffb\xe2\x82c\xc3\xa4\xf0\x9f".to_vec();
        mask(&mut text);
        assert_eq!(text, "a?b??cä??".as_bytes());
    }
}
