//! The demo: recordings of real frameworks and coding agents, replayed with new ids, people and times. A slow
//! stream of traces follows.

mod cast;
mod tape;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use quipu::core::{Batch, Clock, Intake, Store, SystemClock, Timestamp};

use cast::Cast;
use tape::Tape;

/// Replays put into an empty store.
const PAST: u64 = 1_000;
/// How far back they reach: over a week, so that there is something to compare with and to forecast by.
const REACH: i64 = 9 * Timestamp::DAY;
/// Time range of most replays, back from now.
const LATELY: i64 = 30 * Timestamp::HOUR;
/// Replays that are submitted together.
const AT_ONCE: u64 = 16;
/// Time between live replays: about the rate of the past by day, so that charts keep their shape.
const TRICKLE: Duration = Duration::from_secs(45);
/// The first live replays come faster, so that a new user sees traces arrive.
const LIVELY: u64 = 15;
const LIVELY_TRICKLE: Duration = Duration::from_secs(4);
/// Activity by hour of the day (UTC), in percent of the busiest.
const BY_HOUR: [u64; 24] =
    [30, 25, 20, 20, 25, 35, 50, 70, 90, 100, 100, 95, 85, 95, 100, 100, 95, 85, 75, 65, 55, 45, 40, 35];

/// Decoded recordings, cut into what is replayed as one.
pub struct Demo {
    tapes: Vec<Tape>,
    seed: u64,
}

/// A small mixing function (SplitMix64, Steele, Lea and Flood 2014): the demo need not be random, only
/// varied.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number below `below`.
fn pick(dice: u64, below: usize) -> usize {
    usize::try_from(dice % below.max(1) as u64).unwrap_or_default()
}

impl Demo {
    /// Decodes the recordings, and reads them with `intake`.
    pub fn new(intake: &dyn Intake) -> Result<Self> {
        let seed = u64::try_from(SystemClock.now().nanos()).unwrap_or_default();
        Ok(Self { tapes: tape::all(intake)?, seed })
    }

    /// Fills an empty store; does nothing if the store has data.
    pub async fn fill(&self, intake: &dyn Intake, store: &dyn Store) -> Result<()> {
        if store.info().await?.spans > 0 {
            return Ok(());
        }
        let now = SystemClock.now();
        let mut past: Vec<(i64, u64)> = (0..PAST).map(|replay| (self.age(replay, now), replay)).collect();
        past.sort_unstable_by_key(|(age, _)| std::cmp::Reverse(*age));
        for some in past.chunks(usize::try_from(AT_ONCE)?) {
            let mut batch = Batch::default();
            for (age, replay) in some {
                let mut one = self.replay(*replay, now.plus(-age));
                // Each on its own, as adapters read the metrics of one request together.
                intake.read(&mut one);
                batch.append(one);
            }
            intake.submit(batch).await?;
        }
        Ok(())
    }

    /// Two of three replays are in the last day or so, most of them by day.
    fn age(&self, replay: u64, now: Timestamp) -> i64 {
        let dice = mix(self.seed ^ replay);
        let reach = if dice.is_multiple_of(3) { REACH } else { LATELY };
        let mut ages = (0..8_u64).map(|turn| {
            let dice = mix(dice ^ turn);
            (i64::try_from(dice >> 2).unwrap_or(i64::MAX).rem_euclid(reach), mix(dice) % 100)
        });
        let kept = ages.find(|(age, chance)| {
            let hour = now.plus(-age).nanos().div_euclid(Timestamp::HOUR).rem_euclid(24);
            usize::try_from(hour).ok().and_then(|hour| BY_HOUR.get(hour)).is_some_and(|share| chance < share)
        });
        kept.map_or_else(|| i64::try_from(dice >> 2).unwrap_or(i64::MAX).rem_euclid(reach), |(age, _)| age)
    }

    /// Replays one tape after the other, for ever.
    pub async fn trickle(self, intake: Arc<dyn Intake>) {
        for replay in PAST.. {
            let pause = if replay < PAST + LIVELY { LIVELY_TRICKLE } else { TRICKLE };
            tokio::time::sleep(pause).await;
            let batch = self.replay(replay, SystemClock.now());
            if let Err(error) = intake.submit_raw(batch).await {
                tracing::warn!(%error, "a batch of the demo was rejected");
            }
        }
    }

    /// A tape again, ending at `end`.
    fn replay(&self, replay: u64, end: Timestamp) -> Batch {
        let dice = mix(self.seed.wrapping_add(replay));
        let tape = &self.tapes[pick(dice, self.tapes.len())];
        Cast::new(tape, dice, replay, end).play()
    }
}
