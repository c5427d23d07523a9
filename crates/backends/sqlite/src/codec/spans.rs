//! Columns of a span.

use compact_str::CompactString;
use quipu_core::{
    Arrival, Billing, Call, CallMarks, Kind, Meeting, Node, ScopeMark, Signal, Span, SpanId, Status,
    Timestamp, ToldRuns, TraceId, Usage, UsageEstimate, Usd,
};
use rusqlite::Row;
use serde::{Deserialize, Serialize};

use crate::codec::TextOf;
use crate::codec::extra::{self, Extra};
use crate::fault::{Fault, Result};

/// Maximum bytes of an error text stored in the span's row.
const ERROR_BYTES: usize = 300;

/// A span id as an integer with the same order as its bytes.
pub(crate) fn span_key(id: SpanId) -> i64 {
    (u64::from_be_bytes(*id.as_bytes()) ^ (1 << 63)).cast_signed()
}

/// The span id of such an integer.
pub(crate) fn span_of_key(key: i64) -> Result<SpanId> {
    let bytes = (key.cast_unsigned() ^ (1 << 63)).to_be_bytes();
    SpanId::from_bytes(bytes).map_err(|_| Fault::Damaged("a span id is zero"))
}

/// A trace id in a column.
pub(crate) fn trace_id(row: &Row<'_>, at: usize) -> Result<TraceId> {
    let bytes = row.get_ref(at)?.as_blob().map_err(rusqlite::Error::from)?;
    TraceId::from_slice(bytes).map_err(|_| Fault::Damaged("a trace id has a wrong form"))
}

pub(crate) fn status_number(status: Status) -> i64 {
    match status {
        Status::Unset => 0,
        Status::Ok => 1,
        Status::Error => 2,
    }
}

pub(crate) fn status_of(number: i64) -> Status {
    match number {
        1 => Status::Ok,
        2 => Status::Error,
        _ => Status::Unset,
    }
}

/// Added to the signal's number of an unsampled span.
pub(crate) const UNSAMPLED: u8 = 8;

/// The contribution of one span to its trace's row; names by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpanFacts {
    pub(crate) id: i64,
    pub(crate) root: bool,
    pub(crate) start: i64,
    pub(crate) duration: Option<i64>,
    pub(crate) status: Status,
    pub(crate) name: i64,
    pub(crate) service: Option<i64>,
    pub(crate) framework: Option<i64>,
    pub(crate) convention: Option<i64>,
    /// The agent of its own run. An agent named on other spans only counts once a ledger row names it.
    pub(crate) agent: Option<i64>,
    pub(crate) session: Option<i64>,
    pub(crate) user: Option<i64>,
    /// Whether it was made from another signal, or is unsampled.
    pub(crate) made: bool,
    /// Whether it is unsampled: it holds sums, and is hidden.
    pub(crate) unsampled: bool,
    /// Whether its ledger row counts.
    pub(crate) counted: bool,
}

impl SpanFacts {
    /// Columns to select from `spans s JOIN origins o ON o.id = s.origin`.
    pub(crate) const COLUMNS: &str = "s.id, s.parent IS NULL, s.start, s.dur, s.status, s.name, o.service, \
         o.framework, o.convention, CASE WHEN s.kind = 1 THEN s.agent END, s.session, s.user, s.signal != 0, s.signal >= 8, \
         EXISTS (SELECT 1 FROM calls c WHERE c.pk = s.pk AND c.marks & 16 != 0)";

    pub(crate) fn of_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let name = |at: usize| -> rusqlite::Result<Option<i64>> {
            Ok(row.get::<_, Option<i64>>(at)?.filter(|id| *id != 0))
        };
        Ok(Self {
            id: row.get(0)?,
            root: row.get(1)?,
            start: row.get(2)?,
            duration: row.get(3)?,
            status: status_of(row.get(4)?),
            name: row.get(5)?,
            service: name(6)?,
            framework: name(7)?,
            convention: name(8)?,
            agent: name(9)?,
            session: name(10)?,
            user: name(11)?,
            made: row.get(12)?,
            unsampled: row.get(13)?,
            counted: row.get(14)?,
        })
    }

    /// Whether it is one of the visible spans of its trace.
    pub(crate) const fn shown(&self) -> bool {
        !self.unsampled && (!self.made || self.counted)
    }

    /// Sort key: start, then id.
    pub(crate) const fn key(&self) -> (i64, i64) {
        (self.start, self.id)
    }

    pub(crate) fn end(&self) -> Option<i64> {
        self.duration.map(|duration| self.start.saturating_add(duration))
    }
}

/// The data of a call, a tool run, or a span with usage. The other fields of [`Call`] are in columns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Facts {
    #[serde(with = "super::usage")]
    pub(crate) usage: Option<Usage>,
    pub(crate) reported: Option<Usd>,
    pub(crate) never_count: bool,
    pub(crate) failed: bool,
    pub(crate) operation: Option<i64>,
    pub(crate) request_model: Option<i64>,
    pub(crate) response_model: Option<i64>,
    pub(crate) service_tier: Option<i64>,
    pub(crate) response_id: Option<CompactString>,
    #[serde(skip)]
    pub(crate) billing: Billing,
    #[serde(skip)]
    pub(crate) told: Option<Box<ToldRuns>>,
    #[serde(skip)]
    pub(crate) estimate: Option<Box<UsageEstimate>>,
    #[serde(skip)]
    pub(crate) marks: CallMarks,
}

/// Facts of a call that were added after [`Extra`].
type Last = (Option<Box<ToldRuns>>, Option<Box<UsageEstimate>>);

impl Facts {
    /// Packs the data for the span's row.
    pub(crate) fn pack(&self) -> Result<Vec<u8>> {
        let later = Extra::of(self.billing, self.usage.as_ref());
        extra::pack(self, (&later, &self.last(), &self.marks))
    }

    fn last(&self) -> Last {
        (self.told.clone(), self.estimate.clone())
    }

    fn unpack(bytes: &[u8]) -> Result<Self> {
        let (mut facts, later, last, marks) = extra::unpack::<Self, Extra, Last, CallMarks>(bytes)?;
        facts.marks = marks;
        facts.billing = later.billing;
        (facts.told, facts.estimate) = last;
        if let Some(usage) = &mut facts.usage {
            usage.units = later.units;
        }
        Ok(facts)
    }
}

/// Columns for [`node_of`], to select from `spans s JOIN origins o ON o.id = s.origin`.
pub(crate) const NODE_COLUMNS: &str = "s.id, s.parent, s.kind, s.start, s.dur, s.status, s.agent, s.tool, \
     s.provider, o.service, o.framework, o.convention, s.facts, s.signal, s.meeting, s.moment, s.scope, s.sender, s.arrived";
/// Number of these columns.
pub(crate) const NODE_WIDTH: usize = 19;

/// The ledger's node of the span in a row.
pub(crate) fn node_of(row: &Row<'_>, names: &impl TextOf) -> Result<Node> {
    let text = |at: usize| names.text(row.get(at)?);
    let facts: Option<Vec<u8>> = row.get(12)?;
    let call = match facts {
        None => None,
        Some(bytes) => {
            let facts = Facts::unpack(&bytes)?;
            Some(Box::new(Call {
                usage: facts.usage,
                reported: facts.reported,
                never_count: facts.never_count,
                failed: facts.failed,
                convention: text(11)?.unwrap_or_default(),
                framework: text(10)?,
                service: text(9)?,
                operation: names.text(facts.operation)?,
                provider: text(8)?,
                request_model: names.text(facts.request_model)?,
                response_model: names.text(facts.response_model)?,
                response_id: facts.response_id,
                service_tier: names.text(facts.service_tier)?,
                billing: facts.billing,
                moment: row.get::<_, Option<i64>>(15)?.map(Meeting::from_number),
                scope: row.get::<_, Option<i64>>(16)?.map(ScopeMark::from_number).unwrap_or_default(),
                told: facts.told,
                estimate: facts.estimate,
                marks: facts.marks,
            }))
        }
    };
    let start = Timestamp::from_nanos(row.get(3)?);
    Ok(Node {
        span_id: span_of_key(row.get(0)?)?,
        parent_id: row.get::<_, Option<i64>>(1)?.map(span_of_key).transpose()?,
        kind: Kind::from_number(row.get(2)?),
        signal: Signal::from_number(row.get::<_, u8>(13)? & !UNSAMPLED),
        meeting: row.get::<_, Option<i64>>(14)?.map(Meeting::from_number),
        start,
        duration: row.get(4)?,
        status: status_of(row.get(5)?),
        agent: text(6)?,
        tool: text(7)?,
        call,
        arrival: arrival_of(text(17)?.as_deref(), row.get(18)?, start),
    })
}

/// The short error text of a span: its status message, otherwise the kind of error.
pub(crate) fn error_text(span: &Span) -> Option<String> {
    let said = Some(span.status_message.as_str()).filter(|text| !text.is_empty());
    let text = said.or(span.canonical.error_type.as_deref())?;
    Some(text[..text.floor_char_boundary(ERROR_BYTES)].to_owned())
}

/// The arrival of a span from its columns.
fn arrival_of(sender: Option<&str>, after: Option<i64>, start: Timestamp) -> Arrival {
    let sender = sender.and_then(|text| u64::from_str_radix(text, 16).ok());
    match (sender, after) {
        (Some(sender), Some(after)) => Arrival { sender, millisecond: start.millis().saturating_add(after) },
        _ => Arrival::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_like_ids() {
        let ids = ["0000000000000001", "7fffffffffffffff", "8000000000000000", "ffffffffffffffff"];
        let ids: Vec<SpanId> = ids.iter().map(|id| id.parse().unwrap()).collect();
        let keys: Vec<i64> = ids.iter().map(|id| span_key(*id)).collect();
        assert!(keys.is_sorted());
        assert_eq!(keys.iter().map(|key| span_of_key(*key).unwrap()).collect::<Vec<_>>(), ids);
    }
}
