//! Columns of a ledger row.

use quipu_core::{
    Billing, Cost, InferredRun, Kind, PriceRef, Rule, Signal, SpanId, Timestamp, TraceId, Usage,
    UsageEstimate,
};
use rusqlite::types::Value;
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};

use crate::codec::extra::{self, Extra};
use crate::codec::figures::{reason_number, reason_of};
use crate::codec::{DimKind, Dims, TextOf, money, usd};
use crate::fault::Result;

/// The row adds to usage.
pub(crate) const MARK_USAGE: i64 = 1;
/// The row is an LLM call.
pub(crate) const MARK_CALL: i64 = 2;
/// The row is a tool run.
pub(crate) const MARK_TOOL: i64 = 4;
/// The call or run failed.
pub(crate) const MARK_FAILED: i64 = 8;
/// The row is part of the totals.
pub(crate) const MARK_COUNTS: i64 = 16;
/// First bit of the signal's number: 0 for a span, as in rows from before other signals.
const SIGNAL_BIT: u32 = 5;
/// Bits that the number of the signal has.
const SIGNAL_BITS: i64 = 0xff;
/// The row has tool runs that only messages tell of.
pub(crate) const MARK_INFERRED: i64 = 1 << 16;

/// The fields of a row that are only read as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rest {
    pub(crate) version: u64,
    /// The number of the store's opening that wrote it. Versions are comparable only within one process.
    pub(crate) epoch: u64,
    rule: Rule,
    request_model: Option<i64>,
    response_model: Option<i64>,
    service_tier: Option<i64>,
    #[serde(with = "super::usage")]
    pub(crate) usage: Option<Usage>,
    price: Option<(i64, i64, i64)>,
    #[serde(skip)]
    billing: Billing,
    #[serde(skip)]
    /// With the number of each tool's name.
    pub(crate) inferred: Vec<(i64, InferredRun)>,
    #[serde(skip)]
    estimate: Option<Box<UsageEstimate>>,
}

/// Fields of a ledger row that were added after [`Extra`].
type Last = (Vec<(i64, InferredRun)>, Option<Box<UsageEstimate>>);

impl Rest {
    fn pack(&self) -> Result<Vec<u8>> {
        extra::pack(self, (&Extra::of(self.billing, self.usage.as_ref()), &self.last(), &()))
    }

    fn last(&self) -> Last {
        (self.inferred.clone(), self.estimate.clone())
    }

    fn unpack(bytes: &[u8]) -> Result<Self> {
        let (mut rest, later, last, ()) = extra::unpack::<Self, Extra, Last, ()>(bytes)?;
        rest.billing = later.billing;
        (rest.inferred, rest.estimate) = last;
        if let Some(usage) = &mut rest.usage {
            usage.units = later.units;
        }
        Ok(rest)
    }
}

/// A ledger row with its names as numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CallRow {
    pub(crate) time: i64,
    pub(crate) duration: Option<i64>,
    pub(crate) kind: i64,
    pub(crate) marks: i64,
    pub(crate) service: Option<i64>,
    pub(crate) framework: Option<i64>,
    pub(crate) convention: Option<i64>,
    pub(crate) agent: Option<i64>,
    pub(crate) tool: Option<i64>,
    pub(crate) provider: Option<i64>,
    pub(crate) model: Option<i64>,
    pub(crate) amount: Value,
    pub(crate) unpriced: Option<i64>,
    pub(crate) reported: Value,
    pub(crate) rest: Vec<u8>,
}

fn marks(cost: &Cost) -> i64 {
    let says_something = cost.usage.is_some() || cost.reported.is_some() || cost.amount.is_some();
    let mark = |when: bool, mark: i64| if when { mark } else { 0 };
    mark(cost.counts() && (cost.is_call() || says_something), MARK_USAGE)
        | mark(cost.is_call(), MARK_CALL)
        | mark(cost.is_tool_run(), MARK_TOOL)
        | mark(cost.failed, MARK_FAILED)
        | mark(cost.counts(), MARK_COUNTS)
        | mark(!cost.inferred.is_empty(), MARK_INFERRED)
        | i64::from(cost.signal as u8) << SIGNAL_BIT
}

impl CallRow {
    /// Columns to select or insert, in this order.
    pub(crate) const COLUMNS: &str = "time, dur, kind, marks, service, framework, convention, agent, tool, provider, \
         model, amount, unpriced, reported, rest";

    /// The row of a cost, with names as numbers.
    pub(crate) fn of(cost: &Cost, epoch: u64, conn: &Connection, dims: &mut Dims) -> Result<Self> {
        let price = match &cost.price {
            None => None,
            Some(price) => Some((
                dims.id(conn, DimKind::Book, &price.source)?,
                dims.id(conn, DimKind::Book, &price.version)?,
                dims.id(conn, DimKind::Book, &price.id)?,
            )),
        };
        let rest = Rest {
            version: cost.version,
            epoch,
            rule: cost.rule,
            request_model: dims.maybe(conn, DimKind::Model, cost.request_model.as_ref())?,
            response_model: dims.maybe(conn, DimKind::Model, cost.response_model.as_ref())?,
            service_tier: dims.maybe(conn, DimKind::Tier, cost.service_tier.as_ref())?,
            usage: cost.usage.clone(),
            price,
            billing: cost.billing,
            inferred: cost
                .inferred
                .iter()
                .map(|run| Ok((dims.id(conn, DimKind::Tool, &run.tool)?, run.clone())))
                .collect::<Result<_>>()?,
            estimate: cost.estimate.clone(),
        };
        let convention = Some(&cost.convention).filter(|name| !name.is_empty());
        Ok(Self {
            time: cost.time.nanos(),
            duration: cost.duration,
            kind: cost.kind as i64,
            marks: marks(cost),
            service: dims.maybe(conn, DimKind::Service, cost.service.as_ref())?,
            framework: dims.maybe(conn, DimKind::Framework, cost.framework.as_ref())?,
            convention: dims.maybe(conn, DimKind::Convention, convention)?,
            agent: dims.maybe(conn, DimKind::Agent, cost.agent.as_ref())?,
            tool: dims.maybe(conn, DimKind::Tool, cost.tool.as_ref())?,
            provider: dims.maybe(conn, DimKind::Provider, cost.provider.as_ref())?,
            model: rest.response_model.or(rest.request_model),
            amount: money(cost.amount),
            unpriced: cost.unpriced.map(|reason| i64::try_from(reason_number(reason)).unwrap_or(0)),
            reported: money(cost.reported),
            rest: rest.pack()?,
        })
    }

    /// Reads [`Self::COLUMNS`] from column `at` on.
    pub(crate) fn of_row(row: &Row<'_>, at: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            time: row.get(at)?,
            duration: row.get(at + 1)?,
            kind: row.get(at + 2)?,
            marks: row.get(at + 3)?,
            service: row.get(at + 4)?,
            framework: row.get(at + 5)?,
            convention: row.get(at + 6)?,
            agent: row.get(at + 7)?,
            tool: row.get(at + 8)?,
            provider: row.get(at + 9)?,
            model: row.get(at + 10)?,
            amount: row.get(at + 11)?,
            unpriced: row.get(at + 12)?,
            reported: row.get(at + 13)?,
            rest: row.get(at + 14)?,
        })
    }

    /// Tool runs that only messages tell of, by the number of the tool's name.
    pub(crate) fn inferred(&self) -> Result<Vec<(i64, InferredRun)>> {
        if self.marks & MARK_INFERRED == 0 { Ok(Vec::new()) } else { Ok(self.rest()?.inferred) }
    }

    pub(crate) fn rest(&self) -> Result<Rest> {
        Rest::unpack(&self.rest)
    }

    /// The ledger row as written, with the names from `names`.
    pub(crate) fn cost(&self, trace_id: TraceId, span_id: SpanId, names: &impl TextOf) -> Result<Cost> {
        let rest = self.rest()?;
        let name = |id: i64| names.text(Some(id)).map(Option::unwrap_or_default);
        let price = match rest.price {
            None => None,
            Some((source, version, id)) => {
                Some(PriceRef { source: name(source)?, version: name(version)?, id: name(id)? })
            }
        };
        Ok(Cost {
            trace_id,
            span_id,
            version: rest.version,
            time: Timestamp::from_nanos(self.time),
            duration: self.duration,
            kind: Kind::from_number(u8::try_from(self.kind).unwrap_or(0)),
            signal: Signal::from_number(u8::try_from(self.marks >> SIGNAL_BIT & SIGNAL_BITS).unwrap_or(0)),
            rule: rest.rule,
            failed: self.marks & MARK_FAILED != 0,
            service: names.text(self.service)?,
            framework: names.text(self.framework)?,
            convention: names.text(self.convention)?.unwrap_or_default(),
            agent: names.text(self.agent)?,
            tool: names.text(self.tool)?,
            provider: names.text(self.provider)?,
            request_model: names.text(rest.request_model)?,
            response_model: names.text(rest.response_model)?,
            service_tier: names.text(rest.service_tier)?,
            billing: rest.billing,
            usage: rest.usage,
            amount: usd((&self.amount).into())?,
            unpriced: self.unpriced.and_then(|number| reason_of(usize::try_from(number).ok()?)),
            price,
            reported: usd((&self.reported).into())?,
            inferred: rest.inferred.into_iter().map(|(_, run)| run).collect(),
            estimate: rest.estimate,
            scopes: Vec::new(),
        })
    }

    /// The contribution of the row to sums, without any look-up of names. It does not depend on the ids.
    pub(crate) fn bare_cost(&self) -> Result<Cost> {
        struct Nameless;
        impl TextOf for Nameless {
            fn text(&self, _id: Option<i64>) -> Result<Option<compact_str::CompactString>> {
                Ok(None)
            }
        }
        self.cost(TraceId::LOWEST, SpanId::LOWEST, &Nameless)
    }
}
