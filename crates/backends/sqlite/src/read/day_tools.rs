//! Tool runs of one day, merged into those of all days.

use std::collections::HashMap;

use compact_str::CompactString;
use quipu_core::locks::Mutex;
use quipu_core::{AnswerMemory, GroupKey, GroupTable, MemoryHold, Result};
use rusqlite::params_from_iter;
use rusqlite::types::Value;

use crate::codec::{Figures, MARK_FAILED, MARK_TOOL, Names, TextOf, trace_id};
use crate::days::{Failure, MOST_TOOLS, Runs, ToolRuns};
use crate::fault;
use crate::read::filter::Condition;
use crate::readers::DayReader;

/// Maximum number of a day's tools in memory before they are added to those of all days.
const IN_HAND: usize = 1_024;
/// Memory of a tool's figures with its latest failure, without its name.
const TOOL: usize = 1_024;

/// The groups of all days.
pub(super) type Table = Mutex<GroupTable<ToolName, Runs>>;

/// A tool's name as the key of its group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ToolName(pub(super) CompactString);

impl GroupKey for ToolName {
    fn heap_bytes(&self) -> usize {
        if self.0.is_heap_allocated() { self.0.capacity() } else { 0 }
    }
}

/// Target of a day's tools.
#[derive(Clone, Copy)]
pub(super) enum To<'q> {
    /// Adds them to those of all days.
    Table(&'q Table),
    /// Returns them, if there are at most [`MOST_TOOLS`].
    Memory,
}

/// Runs of one day by the numbers of their tools.
pub(super) struct DayTools<'q> {
    reader: &'q DayReader<'q>,
    names: Names<'q>,
    /// The rows of runs that spans tell of.
    seen: Option<Condition>,
    to: To<'q>,
    tools: HashMap<i64, Figures>,
    hold: MemoryHold,
    /// More than [`MOST_TOOLS`] were found, and none are wanted.
    too_many: bool,
}

impl<'q> DayTools<'q> {
    pub(super) fn new(reader: &'q DayReader<'q>, seen: Option<Condition>, to: To<'q>) -> Result<Self> {
        let hold = AnswerMemory::current().hold(0)?;
        let (names, tools) = (Names::new(reader.conn), HashMap::new());
        Ok(Self { reader, names, seen, to, tools, hold, too_many: false })
    }

    /// The figures of a tool; `None` if none are wanted.
    pub(super) fn of(&mut self, tool: i64) -> fault::Result<Option<&mut Figures>> {
        if !self.too_many && !self.tools.contains_key(&tool) {
            self.make_room()?;
        }
        Ok((!self.too_many).then(|| self.tools.entry(tool).or_default()))
    }

    fn make_room(&mut self) -> fault::Result<()> {
        match self.to {
            To::Table(table) if self.tools.len() >= IN_HAND => self.flush(table)?,
            To::Memory if self.tools.len() >= MOST_TOOLS => {
                self.too_many = true;
                self.tools.clear();
            }
            _ => {}
        }
        Ok(self.hold.set((self.tools.len() + 1) * TOOL)?)
    }

    fn flush(&mut self, table: &Table) -> fault::Result<()> {
        for (tool, runs) in self.named()? {
            table.lock().add(ToolName(tool), runs)?;
        }
        Ok(())
    }

    /// Takes the runs with the names of their tools.
    fn named(&mut self) -> fault::Result<ToolRuns> {
        let mut named = Vec::with_capacity(self.tools.len());
        for (tool, figures) in std::mem::take(&mut self.tools) {
            let failure = match (figures.errors(), &self.seen) {
                (0, _) | (_, None) => None,
                (_, Some(rows)) => last_failure(self.reader, rows, tool)?,
            };
            if let Some(name) = self.names.text(Some(tool))? {
                named.push((name, Runs { figures, failure }));
            }
        }
        Ok(named)
    }

    /// The runs if they are wanted in memory and there are not too many.
    pub(super) fn finish(mut self) -> fault::Result<Option<ToolRuns>> {
        match self.to {
            To::Table(table) => self.flush(table).map(|()| None),
            To::Memory if self.too_many => Ok(None),
            To::Memory => self.named().map(Some),
        }
    }
}

/// The latest failed run of a tool; of several at the same time, that of the last trace and span.
fn last_failure(reader: &DayReader<'_>, rows: &Condition, tool: i64) -> fault::Result<Option<Failure>> {
    let failed = MARK_TOOL | MARK_FAILED;
    let sql = format!(
        "SELECT c.time, t.trace, e.id, e.error FROM {} JOIN spans e ON e.pk = c.pk \
         WHERE {} AND c.tool = ? AND (c.marks & {failed}) = {failed} ORDER BY c.time DESC, t.trace DESC, e.id DESC LIMIT 1",
        rows.from, rows.sql
    );
    let mut look = reader.conn.prepare_cached(&sql)?;
    let mut found = look.query(params_from_iter(rows.args.iter().chain([&Value::Integer(tool)])))?;
    match found.next()? {
        None => Ok(None),
        Some(row) => Ok(Some((row.get(0)?, trace_id(row, 1)?, row.get(2)?, row.get(3)?))),
    }
}
