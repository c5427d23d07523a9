//! Writes a span into its day: a new one, a repeated one, or another copy of a stored one.

use compact_str::format_compact;
use quipu_core::{Arrival, Call, Meeting, Signal, SpanId, Status, Timestamp, TraceId, Verdict};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params_from_iter};

use crate::codec::{DimKind, Facts, Labels, SpanFacts, UNSAMPLED, error_text, span_key, status_number};
use crate::fault::{Fault, Result};
use crate::read::stored::Stored;
use crate::write::day::DayFile;
use crate::write::prepare::Prepared;
use crate::write::tx::DayTx;

/// A span's row, names by number.
#[derive(Debug, Clone, PartialEq)]
struct SpanColumns {
    parent: Option<i64>,
    start: i64,
    duration: Option<i64>,
    kind: i64,
    status: i64,
    name: i64,
    origin: i64,
    agent: Option<i64>,
    provider: Option<i64>,
    model: Option<i64>,
    tool: Option<i64>,
    session: Option<i64>,
    user: Option<i64>,
    error: Option<String>,
    facts: Option<Vec<u8>>,
    signal: i64,
    meeting: Option<i64>,
    moment: Option<i64>,
    scope: Option<i64>,
    labels: Option<Vec<u8>>,
    first_token: Option<i64>,
    triggered: Option<bool>,
}

/// Sender and arrival of a span in its row. They are not part of its content.
#[derive(Debug, Clone, Copy)]
struct Arrived {
    sender: Option<i64>,
    after: Option<i64>,
}

impl Arrived {
    fn of(arrival: Arrival, start: Timestamp, file: &mut DayFile) -> Result<Self> {
        if arrival.sender == 0 {
            return Ok(Self { sender: None, after: None });
        }
        let sender = format_compact!("{:016x}", arrival.sender);
        let sender = Some(file.dims.id(&file.conn, DimKind::Sender, &sender)?);
        Ok(Self { sender, after: Some(arrival.millisecond.saturating_sub(start.millis())) })
    }
}

const COLUMNS: &str = "parent, start, dur, kind, status, name, origin, agent, provider, model, tool, session, user, error, facts, \
     signal, meeting, moment, scope, labels, ttft, verdict";
const INSERT: &str = "INSERT INTO spans(parent, start, dur, kind, status, name, origin, agent, provider, model, tool, session, \
     user, error, facts, signal, meeting, moment, scope, labels, ttft, verdict, sender, arrived, pk, tr, id) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27) \
     ON CONFLICT(tr, id) DO NOTHING";
const UPDATE: &str = "UPDATE spans SET parent = ?1, start = ?2, dur = ?3, kind = ?4, status = ?5, name = ?6, origin = ?7, \
     agent = ?8, provider = ?9, model = ?10, tool = ?11, session = ?12, user = ?13, error = ?14, facts = ?15, \
     signal = ?16, meeting = ?17, moment = ?18, scope = ?19, labels = ?20, ttft = ?21, verdict = ?22, sender = ?23, \
     arrived = ?24 WHERE pk = ?25";

impl SpanColumns {
    fn of(prepared: &Prepared, at: usize, file: &mut DayFile) -> Result<(Self, SpanFacts, Option<Labels>)> {
        let span = &prepared.batch.spans[at];
        let read = span.canonical.as_ref();
        let (resource, scope) = file.sources(prepared.records.span_source(at))?;
        let DayFile { conn, dims, .. } = file;
        let convention = Some(&read.convention).filter(|name| !name.is_empty());
        let service = dims.maybe(conn, DimKind::Service, span.resource.service())?;
        let framework = dims.maybe(conn, DimKind::Framework, read.framework.as_ref())?;
        let convention = dims.maybe(conn, DimKind::Convention, convention)?;
        let labels = Labels::of(span, conn, dims)?;
        let call = Call::of(span);
        let columns = Self {
            parent: span.parent_id.map(span_key),
            start: span.start.nanos(),
            duration: span.duration(),
            kind: read.kind as i64,
            status: status_number(span.status),
            name: dims.id(conn, DimKind::SpanName, &span.name)?,
            origin: 0,
            agent: dims.maybe(conn, DimKind::Agent, read.agent.as_ref())?,
            provider: dims.maybe(conn, DimKind::Provider, read.provider.as_ref())?,
            model: dims.maybe(conn, DimKind::Model, read.model())?,
            tool: dims.maybe(conn, DimKind::Tool, read.tool.as_ref())?,
            session: dims.maybe(conn, DimKind::Session, read.session.as_ref())?,
            user: dims.maybe(conn, DimKind::User, read.user.as_ref())?,
            error: error_text(span),
            scope: call.as_ref().map(|call| call.scope.number()),
            moment: call.as_ref().and_then(|call| call.moment).map(Meeting::number),
            facts: call.map(|call| facts(call, conn, dims)).transpose()?,
            signal: i64::from(read.signal as u8 | if span.is_sampled() { 0 } else { UNSAMPLED }),
            meeting: read.meeting.map(Meeting::number),
            labels: labels.as_ref().map(Labels::pack).transpose()?,
            first_token: read.time_to_first_token,
            triggered: read.guardrail_triggered,
        };
        let name = |id: Option<i64>| id.unwrap_or(0);
        let origin = file.origin((resource, scope, name(service), name(framework), name(convention)))?;
        let facts = SpanFacts {
            id: span_key(span.span_id),
            root: span.parent_id.is_none(),
            start: columns.start,
            duration: columns.duration,
            status: span.status,
            name: columns.name,
            service,
            framework,
            convention,
            agent: columns.agent.filter(|_| read.kind == quipu_core::Kind::Agent),
            session: columns.session,
            user: columns.user,
            made: read.signal != Signal::Span || !span.is_sampled(),
            unsampled: !span.is_sampled(),
            counted: false,
        };
        Ok((Self { origin, ..columns }, facts, labels))
    }

    fn of_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            parent: row.get(0)?,
            start: row.get(1)?,
            duration: row.get(2)?,
            kind: row.get(3)?,
            status: row.get(4)?,
            name: row.get(5)?,
            origin: row.get(6)?,
            agent: row.get(7)?,
            provider: row.get(8)?,
            model: row.get(9)?,
            tool: row.get(10)?,
            session: row.get(11)?,
            user: row.get(12)?,
            error: row.get(13)?,
            facts: row.get(14)?,
            signal: row.get(15)?,
            meeting: row.get(16)?,
            moment: row.get(17)?,
            scope: row.get(18)?,
            labels: row.get(19)?,
            first_token: row.get(20)?,
            triggered: row.get(21)?,
        })
    }

    const fn meetings(&self) -> [Option<i64>; 2] {
        [self.meeting, self.moment]
    }

    fn write(&self, conn: &Connection, sql: &str, arrived: Arrived, keys: &[i64]) -> Result<usize> {
        let columns: [&dyn ToSql; 24] = [
            &self.parent,
            &self.start,
            &self.duration,
            &self.kind,
            &self.status,
            &self.name,
            &self.origin,
            &self.agent,
            &self.provider,
            &self.model,
            &self.tool,
            &self.session,
            &self.user,
            &self.error,
            &self.facts,
            &self.signal,
            &self.meeting,
            &self.moment,
            &self.scope,
            &self.labels,
            &self.first_token,
            &self.triggered,
            &arrived.sender,
            &arrived.after,
        ];
        let keys = keys.iter().map(|key| -> &dyn ToSql { key });
        Ok(conn.prepare_cached(sql)?.execute(params_from_iter(columns.into_iter().chain(keys)))?)
    }
}

fn facts(call: Call, conn: &Connection, dims: &mut crate::codec::Dims) -> Result<Vec<u8>> {
    let facts = Facts {
        operation: dims.maybe(conn, DimKind::Operation, call.operation.as_ref())?,
        request_model: dims.maybe(conn, DimKind::Model, call.request_model.as_ref())?,
        response_model: dims.maybe(conn, DimKind::Model, call.response_model.as_ref())?,
        service_tier: dims.maybe(conn, DimKind::Tier, call.service_tier.as_ref())?,
        usage: call.usage,
        reported: call.reported,
        never_count: call.never_count,
        failed: call.failed,
        response_id: call.response_id,
        billing: call.billing,
        told: call.told,
        estimate: call.estimate,
        marks: call.marks,
    };
    facts.pack()
}

/// The number of a stored span.
pub(crate) fn find(conn: &Connection, trace: i64, id: i64) -> Result<Option<i64>> {
    let mut look = conn.prepare_cached("SELECT pk FROM spans WHERE tr = ?1 AND id = ?2")?;
    Ok(look.query_row((trace, id), |row| row.get(0)).optional()?)
}

impl DayTx<'_> {
    /// Writes one span of a batch.
    pub(crate) fn put_span(&mut self, prepared: &Prepared, at: usize) -> Result<()> {
        let span = &prepared.batch.spans[at];
        let trace = self.trace_or_new(span.trace_id)?;
        let (columns, facts, labels) = SpanColumns::of(prepared, at, &mut self.file)?;
        let arrived = Arrived::of(span.arrival, span.start, &mut self.file)?;
        let pk = self.file.next_span;
        if columns.write(&self.file.conn, INSERT, arrived, &[pk, trace, facts.id])? == 0 {
            return self.put_copy(prepared, at, trace, &columns, &facts);
        }
        self.file.next_span += 1;
        let body = self.body(prepared.records.span_body(at))?;
        self.file.conn.prepare_cached("INSERT INTO bodies(pk, z) VALUES (?1, ?2)")?.execute((pk, body))?;
        self.fresh.insert((trace, facts.id), pk);
        let (state, file) = self.state_in_file(span.trace_id)?;
        state.picks.add(&facts);
        state.place_failure(&file.conn, &facts, columns.parent)?;
        state.made += i64::from(facts.made);
        state.name(facts.agent, 1);
        if let Some(labels) = &labels {
            state.label(labels, 1);
        }
        self.meet(span.trace_id, columns.meetings())
    }

    /// Decides between the versions of a stored span.
    fn put_copy(
        &mut self,
        prepared: &Prepared,
        at: usize,
        trace: i64,
        columns: &SpanColumns,
        facts: &SpanFacts,
    ) -> Result<()> {
        let conn = &self.file.conn;
        let pk = find(conn, trace, facts.id)?.ok_or(Fault::Damaged("a span's index has no span"))?;
        let look = format!("SELECT {COLUMNS} FROM spans WHERE pk = ?1");
        let known = conn.prepare_cached(&look)?.query_row([pk], SpanColumns::of_row)?;
        let z: Vec<u8> =
            conn.prepare_cached("SELECT z FROM bodies WHERE pk = ?1")?.query_row([pk], |row| row.get(0))?;
        let body = self.body(prepared.records.span_body(at))?;
        if known == *columns && z == *body {
            return Ok(());
        }
        let span = &prepared.batch.spans[at];
        let stored = Stored::load(conn, &self.shared.dictionaries, span.trace_id, pk)?;
        let new = Stored::of(span);
        let (rank, stored_rank) = (new.rank()?, stored.rank()?);
        let is_read_anew = (&rank.0, rank.1, &rank.2) == (&stored_rank.0, stored_rank.1, &stored_rank.2);
        let arrival = match stored.version.judge(&new.version, rank.cmp(&stored_rank)) {
            Verdict::Keep => return Ok(()),
            // The same span was sent, but adapters of another build read it.
            Verdict::Conflict { .. } if is_read_anew => return Ok(()),
            Verdict::Conflict { same_sender } => return self.refuse(span, same_sender, (pk, &stored.span)),
            Verdict::Replace(arrival) => arrival,
        };
        let arrived = Arrived::of(arrival, span.start, &mut self.file)?;
        let old = self.facts_of(pk)?;
        let facts = &SpanFacts { counted: old.counted, ..facts.clone() };
        columns.write(&self.file.conn, UPDATE, arrived, &[pk])?;
        let conn = &self.file.conn;
        conn.prepare_cached("UPDATE bodies SET z = ?2 WHERE pk = ?1")?.execute((pk, body))?;
        conn.prepare_cached("INSERT INTO reindex(pk) VALUES (?1)")?.execute([pk])?;
        self.replaced = true;
        let state = self.state(span.trace_id)?;
        state.look_again |= !state.picks.replace(&old, facts);
        let failed = status_number(Status::Error);
        let told = |columns: &SpanColumns| (columns.parent, columns.status == failed, columns.signal);
        let may_fail = known.status == failed || state.picks.errors > 0;
        state.recount |= may_fail && told(&known) != told(columns);
        state.made += i64::from(facts.made) - i64::from(old.made);
        state.name(old.agent, -1);
        state.name(facts.agent, 1);
        if known.labels != columns.labels {
            state.label(&Labels::unpack(known.labels.as_deref())?, -1);
            state.label(&Labels::unpack(columns.labels.as_deref())?, 1);
        }
        for left in
            known.meetings().into_iter().flatten().filter(|left| !columns.meetings().contains(&Some(*left)))
        {
            self.part(span.trace_id, left)?;
        }
        self.meet(span.trace_id, columns.meetings())
    }

    fn facts_of(&self, pk: i64) -> Result<SpanFacts> {
        let look = format!(
            "SELECT {} FROM spans s JOIN origins o ON o.id = s.origin WHERE s.pk = ?1",
            SpanFacts::COLUMNS
        );
        Ok(self.file.conn.prepare_cached(&look)?.query_row([pk], SpanFacts::of_row)?)
    }

    /// The number of a ledger row's span.
    pub(crate) fn span_of_cost(&mut self, trace_id: TraceId, span_id: SpanId) -> Result<i64> {
        let trace = self.known_trace(trace_id)?;
        let id = span_key(span_id);
        let known = match (trace, trace.and_then(|trace| self.fresh.get(&(trace, id)).copied())) {
            (_, Some(pk)) => Some(pk),
            (Some(trace), None) => find(&self.file.conn, trace, id)?,
            (None, None) => None,
        };
        known.ok_or_else(|| unknown_span(trace_id, span_id))
    }
}

/// The error of a ledger row without its span.
pub(crate) fn unknown_span(trace_id: TraceId, span_id: SpanId) -> Fault {
    let text = format!("a ledger row is about span {span_id} of trace {trace_id}, which is not stored");
    quipu_core::Error::new(quipu_core::ErrorKind::Invalid, "write costs", text)
        .of_backend(crate::fault::NAME)
        .into()
}
