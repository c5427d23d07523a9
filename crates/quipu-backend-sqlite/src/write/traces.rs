//! A trace's row while its day's transaction is open.

use std::collections::HashMap;

use quipu_core::TraceId;
use rusqlite::{Connection, OptionalExtension, params};

use crate::codec::{Figures, Picks, SpanFacts, money, trace_status_number};
use crate::fault::Result;

/// One trace.
#[derive(Debug, Default)]
pub(crate) struct TraceState {
    pub(crate) pk: i64,
    pub(crate) is_new: bool,
    pub(crate) picks: Picks,
    pub(crate) figures: Figures,
    pub(crate) tools: i64,
    /// Spans that were made from another signal.
    pub(crate) made: i64,
    /// No list has it, says the file.
    pub(crate) hidden: bool,
    /// The meeting that was noted last.
    pub(crate) met: Option<i64>,
    /// What was picked is no longer sure: look at all spans again.
    pub(crate) look_again: bool,
    /// Changes to the numbers of rows that name an agent, model or tool.
    pub(crate) dims: HashMap<i64, i64>,
}

impl TraceState {
    /// The row of a trace, if the file has it.
    pub(crate) fn load(conn: &Connection, trace: TraceId) -> Result<Option<Self>> {
        let mut look =
            conn.prepare_cached("SELECT pk, tools, made, figures, picks FROM traces WHERE trace = ?1")?;
        let row = look
            .query_row([trace.as_bytes()], |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get::<_, Vec<u8>>(3)?,
                    row.get::<_, Vec<u8>>(4)?,
                ))
            })
            .optional()?;
        let Some((pk, tools, made, figures, picks)) = row else {
            return Ok(None);
        };
        let (figures, picks): (_, Picks) = (postcard::from_bytes(&figures)?, postcard::from_bytes(&picks)?);
        Ok(Some(Self { pk, tools, made, hidden: picks.spans == 0, figures, picks, ..Self::default() }))
    }

    /// Counts one row more (`by` 1) or less (-1) that names this.
    pub(crate) fn name(&mut self, dim: Option<i64>, by: i64) {
        if let Some(dim) = dim {
            *self.dims.entry(dim).or_default() += by;
        }
    }

    fn look_again(&mut self, conn: &Connection) -> Result<()> {
        let mut picks = Picks::default();
        let mut look = conn.prepare_cached(&format!(
            "SELECT {} FROM spans s JOIN origins o ON o.id = s.origin WHERE s.tr = ?1",
            SpanFacts::COLUMNS
        ))?;
        for span in look.query_map([self.pk], SpanFacts::of_row)? {
            picks.add(&span?);
        }
        self.picks = picks;
        Ok(())
    }

    /// Writes the row and its names.
    pub(crate) fn save(mut self, conn: &Connection, trace: TraceId) -> Result<()> {
        if self.look_again {
            self.look_again(conn)?;
        }
        let sql = if self.is_new { INSERT } else { UPDATE };
        let (picks, figures) = (&self.picks, &self.figures);
        let tokens = i64::try_from(figures.tokens().total()).unwrap_or(i64::MAX);
        conn.prepare_cached(sql)?.execute(params![
            self.pk,
            trace.as_bytes(),
            picks.name(),
            picks.service(),
            picks.framework(),
            picks.convention(),
            picks.start,
            picks.duration(),
            trace_status_number(picks.status()),
            picks.spans,
            picks.errors,
            self.tools,
            picks.session(),
            picks.user(),
            money(figures.cost()),
            figures.cost().map(quipu_core::Usd::nanos),
            tokens,
            postcard::to_stdvec(figures)?,
            postcard::to_stdvec(picks)?,
            self.made,
        ])?;
        self.save_hidden(conn)?;
        self.save_names(conn)
    }

    fn save_hidden(&self, conn: &Connection) -> Result<()> {
        let sql = match (self.hidden, self.picks.spans == 0) {
            (false, true) => "INSERT INTO hidden(tr) VALUES (?1)",
            (true, false) => "DELETE FROM hidden WHERE tr = ?1",
            _ => return Ok(()),
        };
        conn.prepare_cached(sql)?.execute([self.pk])?;
        Ok(())
    }

    fn save_names(&self, conn: &Connection) -> Result<()> {
        for (dim, by) in self.dims.iter().filter(|(_, by)| **by != 0) {
            conn.prepare_cached(
                "INSERT INTO trace_dims(dim, tr, n) VALUES (?1, ?2, ?3) \
                 ON CONFLICT(dim, tr) DO UPDATE SET n = n + excluded.n",
            )?
            .execute((dim, self.pk, by))?;
            if *by < 0 {
                conn.prepare_cached("DELETE FROM trace_dims WHERE dim = ?1 AND tr = ?2 AND n <= 0")?
                    .execute((dim, self.pk))?;
            }
        }
        Ok(())
    }
}

const INSERT: &str = "INSERT INTO traces(pk, trace, name, service, framework, convention, start, dur, status, spans, errors, \
     tools, session, user, cost, cost_nanos, tokens, figures, picks, made) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)";

// The second parameter is named so that both statements take the same values.
const UPDATE: &str = "UPDATE traces SET name = ?3, service = ?4, framework = ?5, convention = ?6, start = ?7, dur = ?8, \
     status = ?9, spans = ?10, errors = ?11, tools = ?12, session = ?13, user = ?14, cost = ?15, cost_nanos = ?16, \
     tokens = ?17, figures = ?18, picks = ?19, made = ?20 WHERE pk = ?1 AND trace = ?2";
