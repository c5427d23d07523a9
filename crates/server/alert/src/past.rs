//! Figures of the history: how long acknowledgements and recoveries take.

use quipu_core::Timestamp;
use rusqlite::params;
use serde::Serialize;

use crate::file::AlertFile;
use crate::{AlertError, Alerts, HistoryAsk};

/// Figures of all episodes that a filter selects, whatever the number of listed rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct HistoryFigures {
    /// Episodes.
    pub episodes: u64,
    /// Open episodes.
    pub firing: u64,
    /// Episodes that late records withdrew.
    pub withdrawn: u64,
    /// Acknowledged episodes.
    pub acknowledged: u64,
    /// Mean seconds from begin to acknowledgement (MTTA); null without an acknowledged episode.
    pub mtta_s: Option<f64>,
    /// Mean seconds from begin to end of resolved episodes (MTTR); null without one.
    pub mttr_s: Option<f64>,
}

impl Alerts {
    /// Figures of the history.
    ///
    /// # Errors
    /// The alert file cannot be read.
    pub async fn history_figures(&self, ask: HistoryAsk) -> Result<HistoryFigures, AlertError> {
        self.with_file(move |file| file.history_figures(&ask)).await
    }
}

impl AlertFile {
    fn history_figures(&self, ask: &HistoryAsk) -> Result<HistoryFigures, AlertError> {
        let sql = "SELECT COUNT(*), SUM(ended_at IS NULL), SUM(state = 'withdrawn'), SUM(ack_at IS NOT NULL),
                AVG(ack_at - started_at), AVG(CASE WHEN state = 'resolved' THEN ended_at - started_at END)
            FROM episodes
            WHERE (?1 IS NULL OR rule = ?1) AND (?2 IS NULL OR started_at >= ?2)
                AND (?3 IS NULL OR started_at < ?3) AND (?4 IS NULL OR state = ?4)
                AND (?5 IS NULL OR id IN (SELECT episode FROM incident_episodes WHERE incident = ?5))";
        let (since, until) = (ask.since.map(Timestamp::nanos), ask.until.map(Timestamp::nanos));
        let count = |value: Option<i64>| u64::try_from(value.unwrap_or(0)).unwrap_or(0);
        let seconds = |nanos: Option<f64>| nanos.map(|nanos| nanos / Timestamp::SECOND as f64);
        self.read(|conn| {
            conn.query_row(sql, params![ask.rule, since, until, ask.state, ask.incident], |row| {
                Ok(HistoryFigures {
                    episodes: count(row.get(0)?),
                    firing: count(row.get(1)?),
                    withdrawn: count(row.get(2)?),
                    acknowledged: count(row.get(3)?),
                    mtta_s: seconds(row.get(4)?),
                    mttr_s: seconds(row.get(5)?),
                })
            })
        })
    }
}
