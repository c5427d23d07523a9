//! State of a trace's row during its day's transaction.

use std::collections::HashMap;

use quipu_core::TraceId;
use rusqlite::{Connection, OptionalExtension, params};

use crate::codec::{Figures, LABELS, Labels, Picks, SpanFacts, money, trace_status_number};
use crate::fault::Result;

/// State of one trace.
#[derive(Debug, Default)]
pub(crate) struct TraceState {
    pub(crate) pk: i64,
    pub(crate) is_new: bool,
    pub(crate) picks: Picks,
    pub(crate) figures: Figures,
    pub(crate) tools: i64,
    /// Spans that were made from another signal.
    pub(crate) made: i64,
    /// Failed spans that another failed one lies below.
    pub(crate) echoes: i64,
    /// Those are no longer sure.
    pub(crate) recount: bool,
    /// Whether the file marks it as hidden.
    pub(crate) hidden: bool,
    /// The last noted meetings.
    pub(crate) met: [Option<i64>; 2],
    /// Whether the selections are outdated, so all spans must be read again.
    pub(crate) look_again: bool,
    /// Changes of the number of rows that refer to an agent, model, tool or label.
    pub(crate) dims: HashMap<i64, i64>,
    /// The visible project, revision and branch of the trace.
    pub(crate) single: [Option<i64>; 3],
    /// Which of those must be selected again.
    pub(crate) unsure: [bool; 3],
    /// The current values in the file, for a stored trace.
    pub(crate) was: Option<Owners>,
}

/// Session, user, and the labels of which a trace shows one.
pub(crate) type Owners = (Option<i64>, Option<i64>, [Option<i64>; 3]);

impl TraceState {
    /// The row of a trace, if the file has it.
    pub(crate) fn load(conn: &Connection, trace: TraceId) -> Result<Option<Self>> {
        let mut look = conn.prepare_cached(
            "SELECT pk, tools, made, figures, picks, project, revision, branch, echoes FROM traces WHERE trace = ?1",
        )?;
        let row = look
            .query_row([trace.as_bytes()], |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get::<_, Vec<u8>>(3)?,
                    row.get::<_, Vec<u8>>(4)?,
                    [row.get(5)?, row.get(6)?, row.get(7)?],
                    row.get(8)?,
                ))
            })
            .optional()?;
        let Some((pk, tools, made, figures, picks, single, echoes)) = row else {
            return Ok(None);
        };
        let (figures, picks): (_, Picks) = (Figures::unpack(&figures)?, postcard::from_bytes(&picks)?);
        Ok(Some(Self {
            pk,
            tools,
            made,
            echoes,
            was: Some((picks.session(), picks.user(), single)),
            hidden: picks.spans == 0,
            figures,
            picks,
            single,
            ..Self::default()
        }))
    }

    /// Adds (`by` 1) or removes (-1) one row that refers to this name.
    pub(crate) fn name(&mut self, dim: Option<i64>, by: i64) {
        if let Some(dim) = dim {
            *self.dims.entry(dim).or_default() += by;
        }
    }

    /// Adds or removes one span with these labels.
    pub(crate) fn label(&mut self, labels: &Labels, by: i64) {
        labels.tags.iter().for_each(|tag| self.name(Some(*tag), by));
        self.name(labels.error, by);
        labels.release.iter().for_each(|dim| self.name(*dim, by));
        for (at, dim) in labels.single.iter().enumerate() {
            let Some(dim) = *dim else { continue };
            self.name(Some(dim), by);
            match self.single[at] {
                None if by > 0 => self.single[at] = Some(dim),
                Some(known) if by > 0 && known == dim => {}
                _ => self.unsure[at] = true,
            }
        }
    }

    /// Selects project, revision and branch among those of the spans: the first in order.
    fn choose(&mut self, conn: &Connection) -> Result<()> {
        for at in (0..LABELS.len()).filter(|at| self.unsure[*at]) {
            let mut look = conn.prepare_cached(
                "SELECT t.dim FROM trace_dims t JOIN dims d ON d.id = t.dim WHERE t.tr = ?1 AND d.kind = ?2 \
                 ORDER BY d.text LIMIT 1",
            )?;
            self.single[at] = look.query_row((self.pk, LABELS[at] as i64), |row| row.get(0)).optional()?;
        }
        Ok(())
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

    /// Writes the names, and repeats outdated selections.
    pub(crate) fn settle(&mut self, conn: &Connection) -> Result<()> {
        if self.look_again {
            self.look_again(conn)?;
        }
        if self.recount {
            self.recount(conn)?;
        }
        self.save_names(conn)?;
        self.choose(conn)
    }

    /// Whether the owner of the trace's calls changes.
    pub(crate) fn renamed(&self) -> bool {
        self.was.is_some_and(|was| was != (self.picks.session(), self.picks.user(), self.single))
    }

    /// Writes the row, once it is settled.
    pub(crate) fn save(self, conn: &Connection, trace: TraceId) -> Result<()> {
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
            picks.errors - self.echoes,
            self.tools,
            picks.session(),
            picks.user(),
            money(figures.cost()),
            figures.cost().map(quipu_core::Usd::nanos),
            tokens,
            figures.pack()?,
            postcard::to_stdvec(picks)?,
            self.made,
            self.single[0],
            self.single[1],
            self.single[2],
            self.echoes,
        ])?;
        self.save_hidden(conn)
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
     tools, session, user, cost, cost_nanos, tokens, figures, picks, made, project, revision, branch, \
     echoes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)";

// The second parameter is named so that both statements take the same values.
const UPDATE: &str = "UPDATE traces SET name = ?3, service = ?4, framework = ?5, convention = ?6, start = ?7, dur = ?8, \
     status = ?9, spans = ?10, errors = ?11, tools = ?12, session = ?13, user = ?14, cost = ?15, cost_nanos = ?16, \
     tokens = ?17, figures = ?18, picks = ?19, made = ?20, project = ?21, revision = ?22, branch = ?23, \
     echoes = ?24 WHERE pk = ?1 AND trace = ?2";
