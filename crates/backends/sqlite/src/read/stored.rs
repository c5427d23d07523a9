//! A complete stored span, and the better one of two copies of a span.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{
    AnswerMemory, Call, Canonical, Kind, Meeting, Node, Resource, Scope, Signal, Span, SpanVersion,
    Timestamp, TraceId,
};
use rusqlite::{Connection, Row};
use serde::Serialize;

use crate::codec::{
    Dictionaries, Labels, NODE_COLUMNS, NODE_WIDTH, Names, TextOf, decode_span, encode_span, error_text,
    node_of, unpacked_len,
};
use crate::fault::{Fault, Result};
use crate::readers::{DayReader, unpack};

/// The stored canonical values of a span.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Derived {
    kind: Kind,
    convention: CompactString,
    names: [Option<CompactString>; 6],
    framework: Option<CompactString>,
    error: Option<String>,
    call: Option<Box<Call>>,
    signal: Signal,
    meeting: Option<Meeting>,
    tags: BTreeSet<CompactString>,
    labels: [Option<CompactString>; 3],
}

/// A span and its canonical values.
pub(crate) struct Stored {
    /// The span as sent; `canonical` is default.
    pub(crate) span: Box<Span>,
    /// The data that decides whether it is final.
    pub(crate) version: SpanVersion,
    derived: Derived,
}

/// Maximum size of a query's cache of resources and scopes, in bytes. Beyond it the cache is cleared.
const MOST_CACHED: usize = 1 << 20;
/// Memory of a cached resource or scope, without its bytes.
const CACHED: usize = 48;

/// Cache of resources and scopes, for one query. It takes at most [`MOST_CACHED`] bytes and one entry.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    packed: HashMap<i64, Vec<u8>>,
    bytes: usize,
}

impl Sources {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The packed resource or scope with this number.
    fn get(&mut self, conn: &Connection, id: i64) -> Result<&[u8]> {
        if !self.packed.contains_key(&id) {
            let mut look = conn.prepare_cached("SELECT bytes FROM sources WHERE id = ?1")?;
            let packed: Vec<u8> = look.query_row([id], |row| row.get(0))?;
            let bytes = CACHED + packed.len();
            if self.bytes + bytes > MOST_CACHED {
                self.packed.clear();
                self.bytes = 0;
            }
            self.bytes += bytes;
            self.packed.insert(id, packed);
        }
        self.packed.get(&id).map(Vec::as_slice).ok_or(Fault::Damaged("a source is missing"))
    }
}

const COLUMNS: &str =
    "s.name, s.origin, s.provider, s.model, s.session, s.user, s.error, o.resource, o.scope, b.z, s.labels";
/// These columns follow the node's.
const AT: usize = NODE_WIDTH;

/// Reads a resource (tag 0) or scope (tag 1).
pub(crate) fn source<T: serde::de::DeserializeOwned>(
    conn: &Connection,
    cache: &mut Sources,
    id: i64,
) -> Result<T> {
    Ok(postcard::from_bytes::<(u8, T)>(cache.get(conn, id)?)?.1)
}

type Context<'a> = (&'a Connection, &'a Dictionaries, &'a Names<'a>, &'a mut Sources);

/// Assembles a span from a row that selects the node's columns and then [`COLUMNS`].
fn span_of(row: &Row<'_>, trace_id: TraceId, node: &Node, context: Context<'_>) -> Result<Box<Span>> {
    let (conn, dictionaries, names, sources) = context;
    let z = row.get_ref(AT + 9)?.as_blob().map_err(rusqlite::Error::from)?;
    // The decompressed bytes and the decoded values exist at the same time.
    let _hold = AnswerMemory::current().hold(unpacked_len(z)?.saturating_mul(2))?;
    let mut body = decode_span(&unpack(conn, dictionaries, z)?)?;
    Ok(Box::new(Span {
        trace_id,
        span_id: node.span_id,
        parent_id: node.parent_id,
        name: names.text(row.get(AT)?)?.unwrap_or_default(),
        start: node.start,
        end: node.duration.map(|duration| node.start.plus(duration)),
        kind: body.kind,
        status: node.status,
        resource: Arc::new(source::<Resource>(conn, sources, row.get(AT + 7)?)?),
        scope: Arc::new(source::<Scope>(conn, sources, row.get(AT + 8)?)?),
        events: body.take_events(node.start),
        status_message: body.message,
        trace_state: body.state,
        attributes: body.attributes,
        links: body.links,
        canonical: Box::default(),
        wire: Default::default(),
        arrival: node.arrival,
    }))
}

/// Visits the complete spans that match `condition`.
pub(crate) fn each_span(
    conn: &Connection,
    dictionaries: &Dictionaries,
    trace_id: TraceId,
    condition: (&str, &[i64]),
    mut take: impl FnMut(Stored) -> Result<()>,
) -> Result<()> {
    let names = Names::new(conn);
    let mut sources = Sources::new();
    let mut look = conn.prepare_cached(&select(condition.0))?;
    let mut rows = look.query(rusqlite::params_from_iter(condition.1))?;
    while let Some(row) = rows.next()? {
        take(Stored::of_row(row, trace_id, (conn, dictionaries, &names, &mut sources))?)?;
    }
    Ok(())
}

/// Visits the complete spans of these numbers, in this order, until `take` ends it. One body is in memory at
/// a time.
pub(crate) fn each_in_order(
    reader: &DayReader<'_>,
    trace_id: TraceId,
    numbers: &[i64],
    mut take: impl FnMut(Stored) -> Result<bool>,
) -> Result<()> {
    let names = Names::new(reader.conn);
    let mut sources = Sources::new();
    let mut look = reader.conn.prepare_cached(&select("s.pk = ?1"))?;
    for number in numbers {
        let mut rows = look.query([number])?;
        let row = rows.next()?.ok_or(Fault::Damaged("a span has no body"))?;
        if !take(Stored::of_row(row, trace_id, (reader.conn, reader.dictionaries, &names, &mut sources))?)? {
            break;
        }
    }
    Ok(())
}

fn select(condition: &str) -> String {
    format!(
        "SELECT {NODE_COLUMNS}, {COLUMNS} FROM spans s JOIN origins o ON o.id = s.origin JOIN bodies b ON b.pk = s.pk \
         WHERE {condition}"
    )
}

/// Rank of a copy: end, number of attributes and events, bytes as sent, bytes of canonical values.
pub(crate) type Rank = (Option<Timestamp>, usize, Vec<u8>, Vec<u8>);

impl Stored {
    /// Reads a row of [`select`].
    fn of_row(row: &Row<'_>, trace_id: TraceId, context: Context<'_>) -> Result<Self> {
        let (conn, dictionaries, names, sources) = context;
        let node = node_of(row, names)?;
        let span = span_of(row, trace_id, &node, (conn, dictionaries, names, sources))?;
        let text = |at: usize| names.text(row.get(at)?);
        let labels = Labels::unpack(row.get::<_, Option<Vec<u8>>>(AT + 10)?.as_deref())?;
        let [project, commit, branch] = labels.single;
        let version = SpanVersion::of(&node);
        let derived = Derived {
            kind: node.kind,
            convention: text(11)?.unwrap_or_default(),
            names: [text(6)?, text(AT + 2)?, text(AT + 3)?, text(7)?, text(AT + 4)?, text(AT + 5)?],
            framework: text(10)?,
            error: row.get(AT + 6)?,
            call: node.call,
            signal: node.signal,
            meeting: node.meeting,
            tags: labels
                .tags
                .iter()
                .filter_map(|tag| names.text(Some(*tag)).transpose())
                .collect::<Result<_>>()?,
            labels: [names.text(project)?, names.text(commit)?, names.text(branch)?],
        };
        Ok(Self { span, version, derived })
    }

    /// The span with this number.
    pub(crate) fn load(
        conn: &Connection,
        dictionaries: &Dictionaries,
        trace_id: TraceId,
        pk: i64,
    ) -> Result<Self> {
        let mut found = None;
        each_span(conn, dictionaries, trace_id, ("s.pk = ?1", &[pk]), |stored| {
            found = Some(stored);
            Ok(())
        })?;
        found.ok_or(Fault::Damaged("a span has no body"))
    }

    /// A span in the form in which it would be stored.
    pub(crate) fn of(span: &Span) -> Self {
        let node = Node::of(span);
        let version = SpanVersion::of(&node);
        let read = span.canonical.as_ref();
        let derived = Derived {
            kind: read.kind,
            convention: read.convention.clone(),
            names: [
                read.agent.clone(),
                read.provider.clone(),
                read.model().cloned(),
                read.tool.clone(),
                read.session.clone(),
                read.user.clone(),
            ],
            framework: read.framework.clone(),
            error: error_text(span),
            call: node.call,
            signal: node.signal,
            meeting: node.meeting,
            tags: read.tags.iter().cloned().collect(),
            labels: [read.project.clone(), read.commit.clone(), read.branch.clone()],
        };
        let mut span = Box::new(span.clone());
        *span.canonical = Canonical::default();
        span.end = span.duration().map(|duration| span.start.plus(duration));
        Self { span, version, derived }
    }

    /// The copy with the greater rank is better: ended over running, then the later end, then more attributes
    /// and events, then the greater bytes. The bytes as sent precede those of canonical values. Copies of
    /// equal rank are equal.
    pub(crate) fn rank(&self) -> Result<Rank> {
        let span = &self.span;
        let mut body = Vec::new();
        encode_span(span, &mut body)?;
        let head = (span.parent_id, &span.name, span.start, span.status, &*span.resource, &*span.scope);
        let mut bytes = postcard::to_stdvec(&head)?;
        bytes.append(&mut body);
        let weight = span.attributes.len() + span.events.len();
        Ok((span.end, weight, bytes, postcard::to_stdvec(&self.derived)?))
    }
}
