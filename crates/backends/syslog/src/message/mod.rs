//! Messages: RFC 5424, <https://www.rfc-editor.org/rfc/rfc5424#section-6>.

mod ascii;
mod data;
mod event;
mod header;
mod span;
mod text;

use std::collections::HashMap;

use quipu_core::{Batch, Cost, Span, Timestamp};

use crate::Config;

/// Marks a message as UTF-8: RFC 5424, 6.4.
const BOM: &[u8] = b"\xEF\xBB\xBF";
/// The parameter with the number of bytes that were cut off a message.
const CUT: &str = "cut";
/// Space for that parameter with its number.
const CUT_ROOM: usize = 32;

/// Parts of a message.
pub(crate) struct MessageParts {
    header: String,
    data: data::Data,
    text: String,
}

/// The messages of a batch, spans first.
pub(crate) fn messages<'a>(config: &'a Config, batch: &'a Batch) -> impl Iterator<Item = MessageParts> + 'a {
    let mut rows: HashMap<_, &Cost> = HashMap::with_capacity(batch.costs.len());
    for row in &batch.costs {
        let newest = rows.entry((row.trace_id, row.span_id)).or_insert(row);
        if row.version >= newest.version {
            *newest = row;
        }
    }
    let row = move |span: &Span| rows.get(&(span.trace_id, span.span_id)).copied();
    let spans = batch.spans.iter().map(move |span| span::parts(config, span, row(span)));
    spans.chain(batch.events.iter().map(|event| event::parts(config, event)))
}

/// A message that is marked as a check.
pub(crate) fn check(config: &Config, time: Timestamp) -> MessageParts {
    let header = header::Header { severity: header::DEBUG, time, msgid: "quipu.check", ..Default::default() };
    MessageParts {
        header: header.text(config),
        data: data::Data::new(config),
        text: "quipu check".to_owned(),
    }
}

/// Appends a message after its length: RFC 6587, 3.4.1, as RFC 5425 requires too.
pub(crate) fn frame(out: &mut Vec<u8>, config: &Config, parts: MessageParts) {
    let one = written(config.max_bytes, parts);
    out.extend_from_slice(one.len().to_string().as_bytes());
    out.push(b' ');
    out.extend_from_slice(&one);
}

/// One message of at most `most` bytes: first parameters are dropped, then the text is cut.
fn written(most: usize, mut parts: MessageParts) -> Vec<u8> {
    let bom: &[u8] = if parts.text.is_ascii() { b"" } else { BOM };
    // Two spaces; half of the rest belongs to the text.
    let room = most.saturating_sub(parts.header.len() + bom.len() + 2 + CUT_ROOM);
    parts.data.fit(room.saturating_sub(parts.text.len().min(room / 2)));
    let room = room.saturating_sub(parts.data.len());
    if parts.text.len() > room {
        let end = parts.text.floor_char_boundary(room);
        parts.data.push(CUT, &(parts.text.len() - end).to_string());
        parts.text.truncate(end);
    }
    let data = parts.data.text();
    [parts.header.as_bytes(), b" ", data.as_bytes(), b" ", bom, parts.text.as_bytes()].concat()
}
