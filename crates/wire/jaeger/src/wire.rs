//! The supported wires, and the decoder for all of them.

use quipu_core::{Error, ErrorKind, Limits, Result, Timestamp};
use quipu_otlp::Decoded;

use crate::draft::Stop;
use crate::taker::Taker;
use crate::thrift::Protocol;
use crate::{proto, thrift, zipkin};

/// Format of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wire {
    /// One UDP packet: a call of `Agent.emitBatch`.
    Packet(Protocol),
    /// A Thrift `Batch` in the binary protocol, as sent to `/api/traces`.
    Batch,
    /// `jaeger.api_v2.PostSpansRequest`, protobuf.
    PostSpans,
    /// A list of Zipkin v2 spans, JSON.
    Zipkin,
}

impl Wire {
    const fn what(self) -> &'static str {
        match self {
            Self::Packet(Protocol::Compact) => "Jaeger packet in Thrift's compact protocol",
            Self::Packet(Protocol::Binary) => "Jaeger packet in Thrift's binary protocol",
            Self::Batch => "Jaeger batch in Thrift's binary protocol",
            Self::PostSpans => "Jaeger PostSpansRequest as protobuf",
            Self::Zipkin => "list of Zipkin v2 spans as JSON",
        }
    }
}

/// Decodes one packet or request.
///
/// Records are built one by one. Before their memory grows, `grow` gets the estimate for all of them in
/// bytes; if it returns `false`, decoding stops. Single bad spans do not fail a request: they are listed in
/// [`Decoded::rejected`]. If a packet breaks off, the earlier spans are kept, because its sender gets no
/// answer. The rest counts as one rejected span with reason `broken`.
///
/// # Errors
/// [`ErrorKind::Invalid`] if the body as a whole cannot be read, [`ErrorKind::Exhausted`] if `grow` returns
/// `false`.
pub fn decode(
    wire: Wire,
    body: &[u8],
    limits: &Limits,
    now: Timestamp,
    grow: &mut dyn FnMut(usize) -> bool,
) -> Result<Decoded> {
    let mut taker = Taker::new(limits, now, grow);
    let read = match wire {
        Wire::Packet(protocol) => thrift::packet(body, protocol, &mut taker),
        Wire::Batch => thrift::batch(body, &mut taker),
        Wire::PostSpans => proto::request(body, &mut taker),
        Wire::Zipkin => zipkin::list(body, &mut taker),
    };
    let failed = |kind, why: &str| Error::new(kind, "decode", format!("{}: {why}", wire.what()));
    match read {
        Ok(()) => Ok(taker.out),
        Err(Stop::Broken(why)) if matches!(wire, Wire::Packet(_)) && !taker.out.batch.is_empty() => {
            taker.refuse_rest(why);
            Ok(taker.out)
        }
        Err(Stop::Broken(why)) => Err(failed(ErrorKind::Invalid, &why)),
        Err(Stop::Full) => {
            Err(failed(ErrorKind::Exhausted, "the memory limit of decoded requests is reached"))
        }
    }
}
