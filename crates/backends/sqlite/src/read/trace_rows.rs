//! Assembly of a trace's row from its days. Each day with spans of it contributes a part; usually there is a
//! single one.

use compact_str::CompactString;
use quipu_core::{GroupSums as _, Timestamp, TraceId, TraceRow};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::codec::{DimKind, Figures, Names, Picks, TextOf};
use crate::fault::Result;

/// The data of a trace in one day.
#[derive(Debug, Clone)]
pub(crate) struct TracePart {
    trace_id: TraceId,
    picks: Picks,
    figures: Figures,
    tools: u64,
    /// Failed spans that another failed one lies below.
    echoes: i64,
    name: CompactString,
    service: Option<CompactString>,
    framework: Option<CompactString>,
    convention: Option<CompactString>,
    session: Option<CompactString>,
    user: Option<CompactString>,
    /// Project, revision, branch.
    single: [Option<CompactString>; 3],
    names: TraceNames,
}

/// Names of which a trace can have several, sorted.
#[derive(Debug, Clone, Default)]
pub(crate) struct TraceNames {
    pub(crate) agents: Vec<CompactString>,
    pub(crate) models: Vec<CompactString>,
    pub(crate) tags: Vec<CompactString>,
}

const COLUMNS: &str = "name, service, framework, convention, session, user, tools, figures, picks, project, revision, branch, echoes";

/// Agents, models and tags of a trace; the first [`TraceRow::MOST_NAMES`] of each.
pub(crate) fn names_of(conn: &Connection, pk: i64) -> Result<TraceNames> {
    let mut look = conn.prepare_cached(
        "SELECT d.kind, d.text FROM trace_dims t JOIN dims d ON d.id = t.dim WHERE t.tr = ?1",
    )?;
    let mut names = TraceNames::default();
    let mut rows = look.query([pk])?;
    while let Some(row) = rows.next()? {
        let text = CompactString::from(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?);
        match row.get::<_, i64>(0)? {
            kind if kind == DimKind::Agent as i64 => add_name(&mut names.agents, text),
            kind if kind == DimKind::Model as i64 => add_name(&mut names.models, text),
            kind if kind == DimKind::Tag as i64 => add_name(&mut names.tags, text),
            _ => {}
        }
    }
    [&mut names.agents, &mut names.models, &mut names.tags].into_iter().for_each(keep_first);
    Ok(names)
}

impl TracePart {
    /// Reads the trace with this number.
    pub(crate) fn load(conn: &Connection, trace_id: TraceId, pk: i64) -> Result<Option<Self>> {
        let sql = format!("SELECT {COLUMNS} FROM traces WHERE pk = ?1");
        let mut look = conn.prepare_cached(&sql)?;
        let mut rows = look.query([pk])?;
        match rows.next()? {
            Some(row) => Self::of_row(conn, trace_id, pk, row).map(Some),
            None => Ok(None),
        }
    }

    /// Reads the trace with this id.
    pub(crate) fn find(conn: &Connection, trace_id: TraceId) -> Result<Option<Self>> {
        match number_of(conn, trace_id)? {
            Some(pk) => Self::load(conn, trace_id, pk),
            None => Ok(None),
        }
    }

    fn of_row(conn: &Connection, trace_id: TraceId, pk: i64, row: &Row<'_>) -> Result<Self> {
        let names = Names::new(conn);
        let text = |at: usize| names.text(row.get(at)?);
        Ok(Self {
            trace_id,
            name: text(0)?.unwrap_or_default(),
            service: text(1)?,
            framework: text(2)?,
            convention: text(3)?,
            session: text(4)?,
            user: text(5)?,
            tools: row.get::<_, i64>(6)?.try_into().unwrap_or(0),
            figures: Figures::unpack(&row.get::<_, Vec<u8>>(7)?)?,
            picks: postcard::from_bytes(&row.get::<_, Vec<u8>>(8)?)?,
            single: [text(9)?, text(10)?, text(11)?],
            echoes: row.get(12)?,
            names: names_of(conn, pk)?,
        })
    }

    /// Size in memory in bytes, contents included.
    pub(crate) fn bytes(&self) -> usize {
        let TraceNames { agents, models, tags } = &self.names;
        let names: usize = [agents, models, tags].into_iter().map(|names| bytes_of_names(names)).sum();
        size_of::<Self>() + self.name.len() + names + self.figures.heap_bytes()
    }

    /// Merges the data of another day.
    pub(crate) fn merge(&mut self, mut other: Self) {
        let lead = |part: &Self| part.picks.lead.as_ref().map(|lead| (!lead.root, lead.start, lead.id));
        if lead(&other) < lead(self) {
            std::mem::swap(self, &mut other);
        }
        self.framework = self.framework.take().or(other.framework);
        self.convention = self.convention.take().or(other.convention);
        self.session = self.session.take().or(other.session);
        self.user = self.user.take().or(other.user);
        let (mine, theirs) = (&mut self.picks, &other.picks);
        mine.start = mine.start.min(theirs.start);
        mine.end = mine.end.max(theirs.end);
        mine.spans += theirs.spans;
        mine.errors += theirs.errors;
        mine.roots += theirs.roots;
        mine.roots_ended += theirs.roots_ended;
        mine.roots_ok += theirs.roots_ok;
        mine.roots_failed += theirs.roots_failed;
        self.tools += other.tools;
        self.echoes += other.echoes;
        self.figures.add(&other.figures, 1);
        for (mine, theirs) in self.single.iter_mut().zip(other.single) {
            *mine = match (mine.take(), theirs) {
                (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
                (mine, theirs) => mine.or(theirs),
            };
        }
        merge_names(&mut self.names.agents, other.names.agents);
        merge_names(&mut self.names.models, other.names.models);
        merge_names(&mut self.names.tags, other.names.tags);
    }

    /// The trace's summary.
    pub(crate) fn into_row(self) -> TraceRow {
        let (picks, figures, names) = (self.picks, self.figures, self.names);
        let [project, commit, branch] = self.single;
        TraceRow {
            trace_id: self.trace_id,
            name: self.name.into_string(),
            service: self.service,
            framework: self.framework,
            convention: self.convention,
            started_at: Timestamp::from_nanos(picks.start),
            duration: picks.duration(),
            status: picks.status(),
            spans: u64::try_from(picks.spans).unwrap_or(0),
            llm_calls: figures.calls(),
            tool_calls: self.tools,
            errors: u64::try_from(picks.errors - self.echoes).unwrap_or(0),
            tokens: figures.tokens(),
            cost: figures.cost(),
            unpriced_calls: figures.unpriced_calls(),
            reported_cost: figures.reported(),
            session: self.session,
            user: self.user,
            subscription: figures.subscription(),
            project,
            commit,
            branch,
            tags: names.tags,
            agents: names.agents,
            models: names.models,
        }
    }
}

/// The number of a trace in this file.
pub(crate) fn number_of(conn: &Connection, trace_id: TraceId) -> Result<Option<i64>> {
    let mut look = conn.prepare_cached("SELECT pk FROM traces WHERE trace = ?1")?;
    Ok(look.query_row([trace_id.as_bytes()], |row| row.get(0)).optional()?)
}

/// Adds a name to an unsorted list, which never has more than twice the names that stay.
fn add_name(names: &mut Vec<CompactString>, name: CompactString) {
    if names.len() >= 2 * TraceRow::MOST_NAMES {
        keep_first(names);
    }
    names.push(name);
}

/// Sorts names, each once. The first [`TraceRow::MOST_NAMES`] stay.
fn keep_first(names: &mut Vec<CompactString>) {
    names.sort_unstable();
    names.dedup();
    names.truncate(TraceRow::MOST_NAMES);
}

/// Adds names to a sorted list, each once. The first [`TraceRow::MOST_NAMES`] stay.
pub(crate) fn merge_names(mine: &mut Vec<CompactString>, theirs: Vec<CompactString>) {
    if theirs.iter().all(|name| mine.binary_search(name).is_ok()) {
        return;
    }
    mine.extend(theirs);
    keep_first(mine);
}

/// Bytes of names, contents included.
pub(crate) fn bytes_of_names(names: &[CompactString]) -> usize {
    names.iter().map(|name| size_of::<CompactString>() + name.len()).sum()
}
