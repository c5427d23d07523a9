//! Sums by hour, collected in memory during a transaction.

use std::collections::HashMap;

use quipu_core::Cost;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use crate::codec::{CallRow, Figures, MARK_TOOL, MARK_USAGE};
use crate::fault::Result;
use crate::past::hour_of;

/// A row of one of the rollups: the hour, then names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Model(i64, i64, i64),
    Agent(i64, i64),
    Source(i64, i64, i64, i64),
    Tool(i64, i64),
}

/// Changes to rollups.
#[derive(Debug, Default)]
pub(crate) struct Rollups(HashMap<Key, Figures>);

impl Rollups {
    /// Adds what a ledger row says, or takes it back with `sign` -1.
    pub(crate) fn count(&mut self, row: &CallRow, cost: &Cost, usage: &Figures, sign: i64) -> Result<()> {
        let hour = hour_of(row.time);
        let name = |id: Option<i64>| id.unwrap_or(0);
        if row.marks & MARK_USAGE != 0 {
            let source = Key::Source(hour, name(row.service), name(row.framework), name(row.convention));
            for key in [
                Key::Model(hour, name(row.provider), name(row.model)),
                Key::Agent(hour, name(row.agent)),
                source,
            ] {
                self.0.entry(key).or_default().add(usage, sign);
            }
        }
        if let (true, Some(tool)) = (row.marks & MARK_TOOL != 0, row.tool) {
            self.0.entry(Key::Tool(hour, tool)).or_default().add(&Figures::of_tool(cost), sign);
        }
        // They are of the hour in which the call began that was given their results.
        for (tool, _) in row.inferred()? {
            self.0.entry(Key::Tool(hour, tool)).or_default().add(&Figures::of_inferred(1), sign);
        }
        Ok(())
    }

    /// Writes the changes.
    pub(crate) fn save(self, conn: &Connection) -> Result<()> {
        self.0.into_iter().filter(|(_, change)| !change.is_empty()).try_for_each(|(key, change)| match key {
            Key::Model(hour, provider, model) => BY_MODEL.add(conn, &[hour, provider, model], &change),
            Key::Agent(hour, agent) => BY_AGENT.add(conn, &[hour, agent], &change),
            Key::Source(hour, service, framework, convention) => {
                BY_SOURCE.add(conn, &[hour, service, framework, convention], &change)
            }
            Key::Tool(hour, tool) => BY_TOOL.add(conn, &[hour, tool], &change),
        })
    }
}

struct Table {
    look: &'static str,
    put: &'static str,
    drop: &'static str,
}

const BY_MODEL: Table = Table {
    look: "SELECT figures FROM by_model WHERE hour = ?1 AND provider = ?2 AND model = ?3",
    put: "INSERT OR REPLACE INTO by_model(hour, provider, model, figures) VALUES (?1, ?2, ?3, ?4)",
    drop: "DELETE FROM by_model WHERE hour = ?1 AND provider = ?2 AND model = ?3",
};
const BY_AGENT: Table = Table {
    look: "SELECT figures FROM by_agent WHERE hour = ?1 AND agent = ?2",
    put: "INSERT OR REPLACE INTO by_agent(hour, agent, figures) VALUES (?1, ?2, ?3)",
    drop: "DELETE FROM by_agent WHERE hour = ?1 AND agent = ?2",
};
const BY_SOURCE: Table = Table {
    look: "SELECT figures FROM by_source WHERE hour = ?1 AND service = ?2 AND framework = ?3 AND convention = ?4",
    put: "INSERT OR REPLACE INTO by_source(hour, service, framework, convention, figures) VALUES (?1, ?2, ?3, ?4, ?5)",
    drop: "DELETE FROM by_source WHERE hour = ?1 AND service = ?2 AND framework = ?3 AND convention = ?4",
};
const BY_TOOL: Table = Table {
    look: "SELECT figures FROM by_tool WHERE hour = ?1 AND tool = ?2",
    put: "INSERT OR REPLACE INTO by_tool(hour, tool, figures) VALUES (?1, ?2, ?3)",
    drop: "DELETE FROM by_tool WHERE hour = ?1 AND tool = ?2",
};

impl Table {
    fn add(&self, conn: &Connection, key: &[i64], change: &Figures) -> Result<()> {
        let mut look = conn.prepare_cached(self.look)?;
        let known: Option<Vec<u8>> = look.query_row(params_from_iter(key), |row| row.get(0)).optional()?;
        let mut figures: Figures = match known {
            Some(bytes) => Figures::unpack(&bytes)?,
            None => Figures::default(),
        };
        figures.add(change, 1);
        if figures.is_empty() {
            conn.prepare_cached(self.drop)?.execute(params_from_iter(key))?;
            return Ok(());
        }
        let bytes = Value::Blob(figures.pack()?);
        let values = key.iter().map(|id| Value::Integer(*id)).chain([bytes]);
        conn.prepare_cached(self.put)?.execute(params_from_iter(values))?;
        Ok(())
    }
}
