//! Reading of whole traces, and of the records of some spans.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use quipu_answers::{Entry, Question, Trace};
use quipu_core::{AnswerMemory, Cost, Error, ErrorKind, Result, SpanId, TraceId};

use crate::codec::{decode_cost, decode_refused, decode_span};
use crate::config::NAME;
use crate::open::Clickhouse;
use crate::preselect::{Candidate, Depth, Preselect};
use crate::rowbinary::Rows;
use crate::sql;

/// Trace and id of a span.
pub(crate) type Id = (TraceId, SpanId);

/// Requested spans.
pub(crate) enum Wanted<'i> {
    /// All spans of these traces.
    Traces(&'i [TraceId]),
    /// These spans.
    Spans(&'i [Id]),
}

impl Wanted<'_> {
    fn condition(&self) -> String {
        let trace = |id: &TraceId| sql::bytes(id.as_bytes());
        match self {
            Self::Traces(ids) => format!("trace_id IN {}", sql::list(ids.iter().map(trace))),
            Self::Spans(ids) => {
                let traces: BTreeSet<TraceId> = ids.iter().map(|(trace, _)| *trace).collect();
                let spans = ids.iter().map(|(_, span)| sql::bytes(span.as_bytes()));
                format!(
                    "trace_id IN {} AND span_id IN {}",
                    sql::list(traces.iter().map(trace)),
                    sql::list(spans)
                )
            }
        }
    }

    /// The ids of single spans; `None` for whole traces.
    fn ids(&self) -> Option<HashSet<Id>> {
        match self {
            Self::Traces(_) => None,
            Self::Spans(ids) => Some(ids.iter().copied().collect()),
        }
    }
}

pub(crate) fn trace_id(rows: &mut Rows) -> Result<TraceId> {
    let damaged =
        |_| Error::new(ErrorKind::Damaged, "read rows", "a stored trace id is zero").of_backend(NAME);
    TraceId::from_bytes(rows.array()?).map_err(damaged)
}

pub(crate) fn id(rows: &mut Rows) -> Result<Id> {
    let trace = trace_id(rows)?;
    let damaged =
        |_| Error::new(ErrorKind::Damaged, "read rows", "a stored span id is zero").of_backend(NAME);
    Ok((trace, SpanId::from_bytes(rows.array()?).map_err(damaged)?))
}

/// The newest version of each span's record.
struct Newest<T>(HashMap<Id, (u64, T)>);

impl<T> Newest<T> {
    /// Reads rows of trace, span and version, and what `read` takes from the rest of each.
    fn read(
        rows: &mut Rows,
        only: Option<&HashSet<Id>>,
        mut read: impl FnMut(&mut Rows) -> Result<T>,
    ) -> Result<Self> {
        let mut newest: HashMap<Id, (u64, T)> = HashMap::new();
        while !rows.is_empty() {
            let (id, version) = (id(rows)?, rows.u64()?);
            let record = read(rows)?;
            let is_new = newest.get(&id).is_none_or(|(known, _)| version >= *known);
            if is_new && only.is_none_or(|only| only.contains(&id)) {
                newest.insert(id, (version, record));
            }
        }
        Ok(Self(newest))
    }
}

impl Clickhouse {
    /// Spans with their ledger rows and, if asked for, refused versions.
    pub(crate) async fn load(
        &self,
        wanted: &Wanted<'_>,
        depth: Depth,
        refused: bool,
    ) -> Result<BTreeMap<TraceId, Trace>> {
        let (condition, ids) = (wanted.condition(), wanted.ids());
        let select = |columns: &str, table: &str| {
            let table = self.connection.table(table);
            format!("SELECT trace_id, span_id, version, {columns} FROM {table} WHERE {condition}")
        };
        let columns = if depth == Depth::Full { "head, contents" } else { "head" };
        let (spans, ledger) = (select(columns, "spans"), select("body", "ledger"));
        let conflicts = async {
            match refused {
                true => Ok(Some(self.connection.rows(&select("versions", "refused")).await?)),
                false => Ok(None),
            }
        };
        let (mut spans, mut ledger, conflicts) =
            tokio::try_join!(self.connection.rows(&spans), self.connection.rows(&ledger), conflicts)?;
        let full = depth == Depth::Full;
        let spans = Newest::read(&mut spans, ids.as_ref(), |rows| {
            Ok((rows.bytes()?, if full { Some(rows.bytes()?) } else { None }))
        })?;
        let mut traces: BTreeMap<TraceId, Trace> = BTreeMap::new();
        for ((trace, span), (_, (head, contents))) in spans.0 {
            let record = decode_span(&head, contents.as_deref())?;
            traces.entry(trace).or_default().insert(span, Entry::new(Arc::new(record)));
        }
        for ((trace, span), (_, body)) in Newest::read(&mut ledger, ids.as_ref(), Rows::bytes)?.0 {
            let entry = traces.get_mut(&trace).and_then(|trace| trace.get_mut(&span));
            if let Some(entry) = entry.filter(|_| !body.is_empty()) {
                entry.cost = Some(decode_cost(&body)?);
            }
        }
        if let Some(mut rows) = conflicts {
            for ((trace, span), (_, versions)) in Newest::read(&mut rows, ids.as_ref(), Rows::bytes)?.0 {
                if let Some(entry) = traces.get_mut(&trace).and_then(|trace| trace.get_mut(&span)) {
                    entry.conflicts = decode_refused(&versions)?;
                }
            }
        }
        Ok(traces)
    }

    /// Stored ledger rows of these spans.
    pub(crate) async fn ledger_rows(&self, ids: &BTreeSet<Id>) -> Result<HashMap<Id, Cost>> {
        let mut found = HashMap::new();
        let ids: Vec<Id> = ids.iter().copied().collect();
        for some in ids.chunks(self.connection.config().limits.traces * 4) {
            let wanted = Wanted::Spans(some);
            let table = self.connection.table("ledger");
            let sql =
                format!("SELECT trace_id, span_id, version, body FROM {table} WHERE {}", wanted.condition());
            let mut rows = self.connection.rows(&sql).await?;
            let newest: Newest<Bytes> = Newest::read(&mut rows, wanted.ids().as_ref(), Rows::bytes)?;
            for (id, (_, body)) in newest.0.into_iter().filter(|(_, (_, body))| !body.is_empty()) {
                found.insert(id, decode_cost(&body)?);
            }
        }
        Ok(found)
    }

    /// Those of these spans that are stored.
    pub(crate) async fn known_spans(&self, ids: &BTreeSet<Id>) -> Result<HashSet<Id>> {
        let mut known = HashSet::new();
        let ids: Vec<Id> = ids.iter().copied().collect();
        for some in ids.chunks(self.connection.config().limits.traces * 4) {
            let wanted = Wanted::Spans(some);
            let table = self.connection.table("spans");
            let sql = format!("SELECT trace_id, span_id FROM {table} WHERE {}", wanted.condition());
            let mut rows = self.connection.rows(&sql).await?;
            while !rows.is_empty() {
                known.insert(id(&mut rows)?);
            }
        }
        Ok(known)
    }

    /// Answers a question over all traces that the preselection leaves.
    pub(crate) async fn ask<Q: Question + Send>(
        &self,
        preselect: &Preselect,
        mut question: Q,
    ) -> Result<Q::Answer>
    where
        Q::Answer: Send,
    {
        let candidates = self.candidates(preselect).await?;
        self.ask_of(preselect, &candidates, &mut question).await?;
        question.finish()
    }

    /// Passes the traces of these candidates to a question.
    pub(crate) async fn ask_of<Q: Question + Send>(
        &self,
        preselect: &Preselect,
        candidates: &[Candidate],
        question: &mut Q,
    ) -> Result<()> {
        for some in candidates.chunks(self.connection.config().limits.traces) {
            let ids: Vec<TraceId> = some.iter().map(|one| one.trace_id).collect();
            let traces = self.load(&Wanted::Traces(&ids), preselect.depth, preselect.refused).await?;
            let _held =
                AnswerMemory::current().hold(traces.values().flat_map(Trace::values).map(bytes).sum())?;
            traces.iter().try_for_each(|(id, trace)| question.add(*id, trace))?;
        }
        Ok(())
    }

    /// The traces that a preselection leaves.
    ///
    /// # Errors
    /// [`ErrorKind::Exhausted`]: there are more than [`crate::Limits::most_traces`].
    pub(crate) async fn candidates(&self, preselect: &Preselect) -> Result<Vec<Candidate>> {
        let most = self.connection.config().limits.most_traces;
        let sql = preselect.sql(|table| self.connection.table(table), most + 1);
        let mut rows = self.connection.rows(&sql).await?;
        let mut found = Vec::new();
        while !rows.is_empty() {
            found.push(Candidate { trace_id: trace_id(&mut rows)?, first: rows.i64()?, last: rows.i64()? });
        }
        if found.len() > most {
            let text = format!("the query is about more than {most} traces; narrow its time or filter");
            return Err(Error::new(ErrorKind::Exhausted, "query", text).of_backend(NAME));
        }
        Ok(found)
    }
}

fn bytes(entry: &Entry) -> usize {
    size_of::<Entry>() + entry.span.own_bytes() + entry.cost.as_ref().map_or(0, Cost::heap_bytes)
}
