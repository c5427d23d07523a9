//! The demo: two weeks of a company's agents, then a slow stream of new traces. Coding agents are replayed
//! from recordings; the other agents are written in the words of OpenTelemetry's conventions.

mod cast;
mod dice;
mod purse;
mod rules;
mod story;
mod tape;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use quipu::core::{Batch, Clock, Intake, SystemClock, Timestamp};
use quipu_alert::SloConfig;

use super::project::ServedProject;
use cast::Cast;
use dice::{mix, pick};
use story::{Plot, Role};
use tape::Tape;

/// Runs put into an empty store.
const PAST: u64 = 3_000;
/// How far back they reach: over two weeks, so that there is a week to compare with and to forecast by.
const REACH: i64 = 15 * Timestamp::DAY;
/// Runs that are submitted together.
const AT_ONCE: usize = 32;
/// Time between live runs: about the rate of the past by day, so that charts keep their shape.
const TRICKLE: Duration = Duration::from_secs(180);
/// The first live runs come faster, so that a new user sees traces arrive.
const LIVELY: u64 = 15;
const LIVELY_TRICKLE: Duration = Duration::from_secs(4);
/// Activity by hour of the day (UTC), in percent of the busiest.
const BY_HOUR: [u64; 24] =
    [30, 25, 20, 20, 25, 35, 50, 70, 90, 100, 100, 95, 85, 95, 100, 100, 95, 85, 75, 65, 55, 45, 40, 35];
/// The classifier runs from 02:00 UTC, for so long.
const NIGHT_AT: i64 = 2 * Timestamp::HOUR;
const NIGHT: i64 = Timestamp::HOUR;

/// The plot, and the decoded recordings of coding agents.
pub struct Demo {
    tapes: Vec<Tape>,
    plot: Plot,
    seed: u64,
}

impl Demo {
    /// Decodes the recordings, and reads them with `intake`.
    pub fn new(intake: &dyn Intake) -> Result<Self> {
        let now = SystemClock.now();
        let seed = u64::try_from(now.nanos()).unwrap_or_default();
        Ok(Self { tapes: tape::all(intake)?, plot: Plot::new(now, seed), seed })
    }

    /// Adds the objectives of the demo to those of the config file.
    pub fn add_objectives(slos: &mut BTreeMap<String, SloConfig>) {
        rules::add_objectives(slos);
    }

    /// Fills the store of an empty project, and sets a budget and alert rules; does nothing if it has data.
    pub async fn fill(&self, project: &ServedProject) -> Result<()> {
        if project.store.info().await?.spans > 0 {
            return Ok(());
        }
        self.send_past(project.pipeline.as_ref()).await?;
        purse::fill(&project.money.budgets, project.store.as_ref()).await?;
        match project.alerts() {
            Some(alerts) => rules::fill(&alerts, &self.plot.facts).await,
            None => Ok(()),
        }
    }

    async fn send_past(&self, intake: &dyn Intake) -> Result<()> {
        let mut past: Vec<(Timestamp, Batch)> = (0..PAST).map(|number| self.past(number)).collect();
        past.extend(self.plot.incidents(PAST));
        past.sort_by_key(|(at, _)| *at);
        let mut past = past.into_iter().map(|(_, batch)| batch).peekable();
        while past.peek().is_some() {
            let mut some = Batch::default();
            for mut run in past.by_ref().take(AT_ONCE) {
                // Each on its own, as adapters read the metrics of one request together.
                intake.read(&mut run);
                some.append(run);
            }
            intake.submit(some).await?;
        }
        Ok(())
    }

    fn past(&self, number: u64) -> (Timestamp, Batch) {
        let role = self.plot.role(number);
        let at = if role == Role::Classifier { self.night(number) } else { self.day(number) };
        (at, self.run(role, number, at))
    }

    /// A time within the reach of the demo, by day more often than by night.
    fn day(&self, number: u64) -> Timestamp {
        let now = self.plot.facts.now;
        let dice = mix(self.seed ^ number);
        let age = |dice: u64| i64::try_from(dice >> 2).unwrap_or(i64::MAX).rem_euclid(REACH);
        let mut ages = (0..8_u64).map(|turn| mix(dice ^ turn)).map(|dice| (age(dice), mix(dice) % 100));
        let kept = ages.find(|(age, chance)| {
            let hour = now.plus(-age).nanos().div_euclid(Timestamp::HOUR).rem_euclid(24);
            usize::try_from(hour).ok().and_then(|hour| BY_HOUR.get(hour)).is_some_and(|share| chance < share)
        });
        now.plus(-kept.map_or_else(|| age(dice), |(age, _)| age))
    }

    /// A time in one of the last nights.
    fn night(&self, number: u64) -> Timestamp {
        let now = self.plot.facts.now;
        let dice = mix(self.seed ^ number);
        let nights = REACH / Timestamp::DAY;
        let back = i64::try_from(dice % u64::try_from(nights).unwrap_or(1)).unwrap_or_default();
        let within = i64::try_from(mix(dice) >> 2).unwrap_or_default().rem_euclid(NIGHT);
        let at = now.floor(Timestamp::DAY).plus(NIGHT_AT + within - back * Timestamp::DAY);
        if at > now { at.plus(-Timestamp::DAY) } else { at }
    }

    /// One run after the other, for ever.
    pub async fn trickle(self, intake: Arc<dyn Intake>) {
        for number in 2 * PAST.. {
            let pause = if number < 2 * PAST + LIVELY { LIVELY_TRICKLE } else { TRICKLE };
            tokio::time::sleep(pause).await;
            // The classifier works at night.
            let role = Some(self.plot.role(number)).filter(|role| *role != Role::Classifier);
            let batch = self.run(role.unwrap_or(Role::Desk), number, SystemClock.now());
            if let Err(error) = intake.submit_raw(batch).await {
                tracing::warn!(%error, "a batch of the demo was rejected");
            }
        }
    }

    /// A run of an agent that ends at `at`.
    fn run(&self, role: Role, number: u64, at: Timestamp) -> Batch {
        self.plot.run(role, number, at).unwrap_or_else(|| {
            let dice = mix(self.seed.wrapping_add(number));
            Cast::new(&self.tapes[pick(dice, self.tapes.len())], dice, number, at).play()
        })
    }
}
