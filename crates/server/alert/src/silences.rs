//! Silences: their list, begin and end, and the removal of ids from the alert file.

use std::sync::Arc;

use quipu_core::Timestamp;

use crate::matcher::Matching;
use crate::quiet::Silence;
use crate::{AlertError, Alerts, SilenceRow, Silencing};

/// Longest silence.
const LONGEST: i64 = 90 * Timestamp::DAY;
/// Most silences in force.
const MOST: usize = 1_000;

impl Alerts {
    /// Silences, the ones that end last first.
    ///
    /// # Errors
    /// The alert file cannot be read.
    pub async fn silences(&self) -> Result<Vec<SilenceRow>, AlertError> {
        let now = self.0.clock.now();
        let all = self.with_file(|file| file.silences()).await?;
        Ok(all.into_iter().map(|silence| row(silence, now)).collect())
    }

    /// Adds a silence from now.
    ///
    /// # Errors
    /// It has no matcher, no author or no reason, or its duration is not 1s to 90d.
    pub async fn silence(&self, new: Silencing) -> Result<SilenceRow, AlertError> {
        let wrong = |key, expected: &str| AlertError::Config {
            table: "silence".to_owned(),
            key,
            expected: expected.to_owned(),
            found: "none".to_owned(),
        };
        if new.matchers.is_empty() {
            return Err(wrong("matchers", "at least one, such as rule=high_error_rate"));
        }
        if new.reason.trim().is_empty() {
            return Err(wrong("reason", "a text"));
        }
        if !(Timestamp::SECOND..=LONGEST).contains(&new.lasts) {
            return Err(wrong("duration", "1s to 90d"));
        }
        let invalid = |why: String| AlertError::Config {
            table: "silence".to_owned(),
            key: "matchers",
            expected: why,
            found: "an invalid matcher".to_owned(),
        };
        let matching = Matching::of(&new.matchers).map_err(invalid)?;
        let now = self.0.clock.now();
        let text = format!("{:?}{}", new.matchers, new.author);
        let silence = Silence {
            id: crate::engine::episode_id("silence", &text, now),
            matchers: new.matchers,
            matching: Some(matching),
            author: new.author,
            reason: new.reason,
            starts_at: now,
            ends_at: now.plus(new.lasts),
        };
        let stored = silence.clone();
        self.with_file(move |file| {
            let active = file.silences()?.iter().filter(|silence| silence.ends_at > now).count();
            if active >= MOST {
                return Err(AlertError::Full { what: "silences", most: MOST });
            }
            file.put_silence(&stored)
        })
        .await?;
        Ok(row(silence, now))
    }

    /// Ends a silence now.
    ///
    /// # Errors
    /// No silence of this id is in force.
    pub async fn end_silence(&self, id: &str) -> Result<(), AlertError> {
        let (now, named) = (self.0.clock.now(), id.to_owned());
        match self.with_file(move |file| file.end_silence(&named, now)).await? {
            true => Ok(()),
            false => Err(AlertError::Missing { what: "active silence", name: id.to_owned() }),
        }
    }

    /// Takes ids of users, sessions and traces out of rules, states, episodes, notices and silences; returns
    /// how many texts have them. `rewrite` gives a text without them, or `None`. Blocks.
    ///
    /// # Errors
    /// The alert file cannot be read or written.
    pub fn erase(&self, rewrite: &dyn Fn(&str) -> Option<String>, dry_run: bool) -> Result<u64, AlertError> {
        let found = self.0.file.lock().erase(rewrite, dry_run, self.0.clock.now())?;
        if !dry_run {
            let mut live = self.0.live.lock();
            for groups in live.groups.values_mut().map(Arc::make_mut) {
                groups.retain(|grp, _| rewrite(grp).is_none());
                for open in groups.values_mut().filter_map(|record| record.open.as_mut()) {
                    Arc::make_mut(open).traces.retain(|trace| rewrite(trace).is_none());
                }
            }
        }
        Ok(found)
    }
}

fn row(silence: Silence, now: Timestamp) -> SilenceRow {
    SilenceRow {
        active: silence.starts_at <= now && now < silence.ends_at,
        id: silence.id,
        matchers: silence.matchers,
        author: silence.author,
        reason: silence.reason,
        starts_at: silence.starts_at.to_string(),
        ends_at: silence.ends_at.to_string(),
    }
}
