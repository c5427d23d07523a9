//! Silences: their list, begin and end, and the removal of ids from the alert file.

use std::cell::OnceCell;
use std::sync::Arc;

use quipu_core::Timestamp;

use crate::alerts::Live;
use crate::matcher::Matching;
use crate::quiet::{MOST, Silence};
use crate::{AlertError, Alerts, Rule, RuleConfig, RuleSource, SilenceRow, Silencing};

/// Longest silence.
const LONGEST: i64 = 90 * Timestamp::DAY;
/// Most regular expressions in all silences in force: a compiled one can take 150 KiB.
const EXPRESSIONS: usize = 200;
/// Most characters of a reason.
const REASON: usize = 1_000;

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
        let wrong = |key, expected: &str, found: &str| AlertError::Config {
            table: "silence".to_owned(),
            key,
            expected: expected.to_owned(),
            found: found.to_owned(),
        };
        if new.matchers.is_empty() {
            return Err(wrong("matchers", "at least one, such as rule=high_error_rate", "none"));
        }
        let characters = new.reason.chars().count();
        if new.reason.trim().is_empty() || characters > REASON {
            let found = format!("{characters} characters");
            return Err(wrong("reason", "a text of at most 1,000 characters", &found));
        }
        if !(Timestamp::SECOND..=LONGEST).contains(&new.lasts) {
            return Err(wrong("duration", "1s to 90d", "another duration"));
        }
        let invalid = |why: String| AlertError::Config {
            table: "silence".to_owned(),
            key: "matchers",
            expected: why,
            found: "an invalid matcher".to_owned(),
        };
        Matching::of(&new.matchers).map_err(invalid)?;
        let now = self.0.clock.now();
        let text = format!("{:?}{}", new.matchers, new.author);
        let silence = Silence {
            id: crate::engine::episode_id("silence", &text, now),
            matchers: new.matchers,
            compiled: OnceCell::new(),
            author: new.author,
            reason: new.reason,
            starts_at: now,
            ends_at: now.plus(new.lasts),
        };
        let stored = silence.clone();
        self.with_file(move |file| {
            let mut active = file.silences()?;
            active.retain(|silence| silence.ends_at > now);
            if active.len() >= MOST {
                return Err(AlertError::Full { what: "silences", most: MOST });
            }
            let before: usize = active.iter().map(Silence::expressions).sum();
            if stored.expressions() > 0 && before + stored.expressions() > EXPRESSIONS {
                let what = "regular expressions of silences";
                return Err(AlertError::Full { what, most: EXPRESSIONS });
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
        let mut file = self.0.file.lock();
        let found = file.erase(rewrite, dry_run, self.0.clock.now())?;
        if !dry_run {
            let stored = file.rules()?;
            drop(file);
            let mut live = self.0.live.lock();
            renew(&mut live, stored);
            for groups in live.groups.values_mut().map(Arc::make_mut) {
                groups.retain(|grp, _| rewrite(grp).is_none());
                groups.values_mut().for_each(|record| record.erase(rewrite));
            }
        }
        Ok(found)
    }
}

/// Replaces the stored rules in memory, which have the ids that the file no longer has.
fn renew(live: &mut Live, stored: Vec<(String, RuleConfig)>) {
    for (name, config) in stored {
        let Some((rule, RuleSource::Stored)) = live.rules.get_mut(&name) else { continue };
        match Rule::new(&name, config) {
            Ok(renewed) => *rule = Arc::new(renewed),
            Err(error) => {
                tracing::error!(rule = name, %error, "a stored alert rule is not evaluated");
                live.rules.remove(&name);
            }
        }
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
