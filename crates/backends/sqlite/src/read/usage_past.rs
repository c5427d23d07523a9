//! Sums without a rollup. Those of past hours are cached at their first query, when they are read from the
//! rows.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use quipu_core::{Timestamp, TraceFilter, UsageQuery};

use crate::bounds::Bounds;
use crate::days::DayState;
use crate::fault::Result;
use crate::folder::Day;
use crate::past::{Hours, MOST_GROUPS, Remembered, Sums, hour_of};
use crate::read::usage::{Groups, Window, add_rows};
use crate::read::usage_rows::{self, OF_CALLS, trace_part};
use crate::readers::DayReader;
use crate::shared::Shared;

/// Period after a commit in which another commit to the same hour is likely. Tests do not wait.
const BUSY: Duration = if cfg!(test) { Duration::ZERO } else { Duration::from_secs(10) };

/// The cache of a day, with its commits at the time of the query.
pub(crate) struct Memory {
    state: Arc<DayState>,
    version: u64,
}

/// The caches of days for a query that can use them. They must be taken before the connections, because a
/// file may be exchanged in between.
pub(crate) fn memories(shared: &Shared, query: &UsageQuery, days: &[Day]) -> HashMap<Day, Memory> {
    if shared.read_only || !is_remembered(query) {
        return HashMap::new();
    }
    days.iter().filter_map(|day| shared.days.get(*day)).for_each(|state| state.past.watch());
    let states = shared.days.before(days).into_iter();
    states.map(|(day, (state, version))| (day, Memory { state, version })).collect()
}

/// Whether the answer over some hours changes only with the changes that [`crate::past::Touched`] tracks: the
/// calls of these hours, and the owners of their traces. Tags, environments and versions can
/// change with every span.
fn is_remembered(query: &UsageQuery) -> bool {
    !trace_part(&query.filter, OF_CALLS).needs_trace() && !query.group_by.iter().any(|by| by.overlaps())
}

/// The query without times.
fn timeless(query: &UsageQuery) -> UsageQuery {
    let filter = TraceFilter { since: None, until: None, ..query.filter.clone() };
    UsageQuery { filter, group_by: query.group_by.clone() }
}

/// Nanoseconds since the epoch, half-open.
const fn times((first, last): Hours) -> (i64, i64) {
    (first.saturating_mul(Timestamp::HOUR), last.saturating_mul(Timestamp::HOUR))
}

impl Memory {
    /// Adds the sums of a day to their groups.
    pub(crate) fn add(
        &self,
        shared: &Shared,
        reader: &DayReader<'_>,
        query: &UsageQuery,
        bounds: &Bounds,
        groups: &mut Groups<'_>,
    ) -> Result<()> {
        let window = Window::of(&query.filter, bounds);
        let latest = bounds.calls.map_or(window.hours.0, |(_, high)| hour_of(high));
        let past = self.state.past.steady(window.hours, latest, BUSY);
        let Some(sums) = self.sums(shared, reader, query, past)? else {
            return add_rows(shared, reader, query, bounds, groups);
        };
        groups.add_sums(&sums)?;
        let open = Some((past.1, window.hours.1)).filter(|(from, to)| from < to).map(times);
        let mut rest = window.edges.into_iter().chain(open);
        rest.try_for_each(|time| usage_rows::add(shared, reader, query, Some(time), groups))
    }

    /// The sums of these hours; `None` if they cannot be separated from those of all other hours.
    fn sums(
        &self,
        shared: &Shared,
        reader: &DayReader<'_>,
        query: &UsageQuery,
        hours: Hours,
    ) -> Result<Option<Arc<Sums>>> {
        if hours.0 >= hours.1 {
            return Ok(None);
        }
        let asked = timeless(query);
        match self.state.past.recall(&asked, hours) {
            Remembered::Sums(sums) => return Ok(Some(sums)),
            Remembered::TooMany => return Ok(None),
            Remembered::No => {}
        }
        let mut read = Groups::at_most(&query.group_by, MOST_GROUPS);
        // The cached sums may include only calls of these hours.
        usage_rows::add(shared, reader, query, Some(times(hours)), &mut read)?;
        let sums = read.into_sums().map(Arc::new);
        self.state.past.keep(self.version, asked, hours, sums.as_ref());
        Ok(sums)
    }
}

#[cfg(test)]
mod tests {
    use quipu_conformance::sample::{BASE, Random, batch, cost, draft, priced, trace_id};
    use quipu_core::{Backend, Cost, GroupBy, Span, Store, StoreForgetting as _};

    use super::*;
    use crate::{Config, Sqlite};

    const KEYS: [GroupBy; 7] = [
        GroupBy::User,
        GroupBy::Session,
        GroupBy::Project,
        GroupBy::Branch,
        GroupBy::Tool,
        GroupBy::Billing,
        GroupBy::Hour,
    ];

    /// A call of one of several traces at a time within two days. Roots name its owner. Some roots arrive
    /// late, or change when they are repeated.
    fn call(random: &mut Random) -> (Span, Cost) {
        let (trace, number) = (1 + random.below(12), 1 + random.below(5));
        let start =
            BASE.plus(random.within(-16, 26) * Timestamp::HOUR / 2 + random.within(0, Timestamp::HOUR));
        let mut draft = draft(trace, number).starts(start).llm("gpt-5", 10 + random.below(90), 5);
        draft = match number {
            1 => draft.user(["ada", "bob", "eve"][random.below(3) as usize]).project("shop"),
            2 => draft.below(1).session("s").code("c1", ["main", "next"][random.below(2) as usize]),
            _ => draft.below(1),
        };
        let span = draft.lasts(random.within(1, Timestamp::HOUR)).span();
        let row = if random.one_in(2) { priced(&span, "0.01") } else { cost(&span) };
        let version = 1 + random.below(9);
        let time = if random.one_in(5) { span.start.plus(2 * Timestamp::HOUR) } else { span.start };
        (span, Cost { version, time, ..row })
    }

    fn question(random: &mut Random) -> UsageQuery {
        let mut group_by: Vec<GroupBy> =
            (0..=random.below(2)).filter_map(|_| random.pick(&KEYS).copied()).collect();
        group_by.dedup();
        let edge = |random: &mut Random| {
            BASE.plus(random.within(-14, 20) * Timestamp::HOUR / 2 + random.within(0, 2))
        };
        let since = (!random.one_in(3)).then(|| edge(random));
        let until = (!random.one_in(3)).then(|| edge(random));
        UsageQuery { filter: TraceFilter { since, until, ..TraceFilter::default() }, group_by }
    }

    /// The number of cached answers to this query in all days.
    fn remembered(store: &Sqlite, query: &UsageQuery) -> usize {
        let days = store.shared.days.sound();
        let states = days.iter().filter_map(|day| store.shared.days.get(*day));
        states.map(|state| state.past.recalls(&timeless(query))).sum()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn answers_are_those_of_a_reader_who_remembers_nothing() {
        let mut helped = 0;
        for seed in 1..=8 {
            let folder = tempfile::tempdir().unwrap();
            let store = Sqlite::open(Config { search: false, ..Config::at(folder.path()) }).unwrap();
            let fresh = Sqlite::open_read_only(folder.path()).unwrap();
            let mut random = Random::new(seed);
            let questions: Vec<UsageQuery> = (0..5).map(|_| question(&mut random)).collect();
            for _ in 0..40 {
                let calls: Vec<_> = (0..=random.below(2)).map(|_| call(&mut random)).collect();
                let (spans, costs): (Vec<_>, Vec<_>) = calls.into_iter().unzip();
                store.write(batch(spans, costs).into()).await.unwrap();
                if random.one_in(12) {
                    store.forget(&[trace_id(1 + random.below(12))]).await.unwrap();
                }
                for query in &questions {
                    helped += remembered(&store, query);
                    let (have, want) = (store.usage(query).await.unwrap(), fresh.usage(query).await.unwrap());
                    assert_eq!(have, want, "seed {seed}: {query:?}");
                }
            }
        }
        assert!(helped > 500, "{helped} answers were remembered from one commit to the next");
    }
}
