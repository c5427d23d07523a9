//! Queries that may finish before all of a day's traces were read, such as a page of the latest.
//!
//! There are two ways to the traces with given words: from the words, or from the traces in the requested
//! order. The first takes as long as the words' lists are. The second takes until enough matches were found.
//! It is unknown in advance which is faster. So both are tried with a growing budget until one finishes.
//! Together they take at most a few times the faster one.

use quipu_core::TraceFilter;

use crate::fault::Result;
use crate::read::filter::{Condition, ConditionUse, FEW, condition_with, worth_a_table};
use crate::readers::DayReader;
use crate::shared::Shared;

/// Growth factor of the budget from round to round.
const GROWTH: usize = 8;
/// Number of span tests or index reads that cost as much as one row of the table.
const TESTS_A_ROW: u64 = 16;

/// Runs a query with the filter's condition in this day, possibly several times; `None` if nothing here can
/// match.
pub(crate) fn in_rounds<T>(
    shared: &Shared,
    reader: &DayReader<'_>,
    filter: &TraceFilter,
    asked: ConditionUse,
    ask: impl FnMut(Condition) -> Result<T>,
) -> Result<Option<T>> {
    rounds_from(FEW, shared, reader, filter, asked, ask)
}

fn rounds_from<T>(
    first: usize,
    shared: &Shared,
    reader: &DayReader<'_>,
    filter: &TraceFilter,
    asked: ConditionUse,
    mut ask: impl FnMut(Condition) -> Result<T>,
) -> Result<Option<T>> {
    let (mut few, mut bounded) = (first, true);
    loop {
        let Some(condition) = condition_with(shared, reader, filter, asked, few)? else { return Ok(None) };
        reader.words.allow(bounded.then(|| (few as u64).saturating_mul(TESTS_A_ROW)));
        let answer = ask(condition);
        let gave_up = reader.words.gave_up();
        reader.words.allow(None);
        match answer {
            Err(_) if gave_up => few = few.saturating_mul(GROWTH),
            answer => return answer.map(Some),
        }
        let most = worth_a_table(reader)?;
        (few, bounded) = (few.min(most), few < most);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use quipu_conformance::sample::{at, draft};
    use quipu_core::{Backend, Batch, Sort, Span, Store, Timestamp, TraceQuery};
    use rusqlite::params_from_iter;

    use super::*;
    use crate::read::traces::places_in;
    use crate::{Config, Sqlite};

    /// A day of `traces` traces with two spans each: `all` is in each of them, `early` in the first third.
    async fn day(folder: &std::path::Path, traces: u64) -> Sqlite {
        let store = Sqlite::open(Config::at(folder)).unwrap();
        let span = |number: u64| {
            let early = if number / 2 < traces / 3 { "early" } else { "" };
            let start = at(0).plus(number.cast_signed() * (Timestamp::HOUR / traces.cast_signed()));
            draft(1 + number / 2, 1 + number)
                .starts(start)
                .lasts((number * 7_919 % 1_009).cast_signed())
                .with("prompt", format!("all {early}").as_str())
                .span()
        };
        let spans: Vec<Span> = (0..2 * traces).map(span).collect();
        for spans in spans.chunks(2_000) {
            store.write(Batch { spans: spans.to_vec(), ..Batch::default() }.into()).await.unwrap();
        }
        let began = Instant::now();
        while store.info().await.unwrap().search_lag_spans > 0 {
            assert!(began.elapsed() < Duration::from_secs(60), "search does not catch up");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        store
    }

    /// Cost of a page of the latest 50 with these words.
    #[derive(Debug)]
    struct Took {
        starts: Vec<i64>,
        rounds: usize,
        /// The last round started from the traces of the words.
        by_words: bool,
        /// Tests and index entries.
        spent: u64,
        /// Steps of SQLite's virtual machine.
        steps: i32,
    }

    fn page(store: &Sqlite, words: &str, first: usize) -> Took {
        let day = store.shared.sound_days().unwrap()[0];
        let filter = TraceFilter { q: Some(words.into()), ..TraceFilter::default() };
        let (mut rounds, mut by_words, mut steps) = (0, false, 0);
        let asked = store.shared.ask(day, |reader| {
            let starts =
                rounds_from(first, &store.shared, reader, &filter, ConditionUse::Traces, |condition| {
                    (rounds, by_words) = (rounds + 1, condition.from.contains("hits"));
                    let Condition { from, sql, args, .. } = condition;
                    let sql =
                        format!("SELECT t.start FROM {from} WHERE {sql} ORDER BY 1 DESC, t.trace LIMIT 50");
                    let mut look = reader.conn.prepare(&sql)?;
                    let starts =
                        look.query_map(params_from_iter(&args), |row| row.get(0))?.collect::<Result<_, _>>();
                    steps += look.get_status(rusqlite::StatementStatus::VmStep);
                    Ok(starts?)
                })?;
            Ok((starts.unwrap(), reader.words.spent()))
        });
        let (starts, spent): (Vec<i64>, u64) = asked.unwrap().unwrap();
        Took { starts, rounds, by_words, spent, steps }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_page_by_a_frequent_word_takes_no_more_of_a_longer_day() {
        let (short, long) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let short = page(&day(short.path(), 1_500).await, "all", 400);
        let long = page(&day(long.path(), 9_000).await, "all", 400);
        assert_eq!((short.rounds, long.rounds, short.starts.len(), long.starts.len()), (1, 1, 50, 50));
        assert!(!short.by_words && !long.by_words);
        assert!(long.steps * 10 < short.steps * 11, "{} and {} steps", short.steps, long.steps);
        // At most the entries in one block beyond the page's.
        let blocks = 2 * crate::words::BLOCK.unsigned_abs();
        assert!(long.spent < short.spent + blocks, "{} and {}", short.spent, long.spent);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn words_that_lie_far_from_the_page_are_gone_by_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let store = day(folder.path(), 1_500).await;
        let all = page(&store, "early", 1_000_000);
        assert!((all.rounds, all.by_words, all.starts.len()) == (1, true, 50), "{all:?}");
        for first in [1, 3, 10, 50] {
            let some = page(&store, "early", first);
            assert!(some.rounds > 1 && some.starts == all.starts, "{first}: {some:?}");
        }
        assert!(
            page(&store, "all early", 20).starts == all.starts
                && page(&store, "earl*", 5).starts == all.starts
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn in_another_order_only_those_are_tested_that_come_first() {
        let folder = tempfile::tempdir().unwrap();
        let (traces, limit) = (9_000, 51);
        let store = day(folder.path(), traces).await;
        let day = store.shared.sound_days().unwrap()[0];
        let filter = TraceFilter { q: Some("all".into()), ..TraceFilter::default() };
        let query = TraceQuery { filter, sort: Sort::Longest, ..TraceQuery::default() };
        let spent = store.shared.ask(day, |reader| {
            assert_eq!(places_in(&store.shared, reader, &query, limit)?.len(), limit);
            Ok(reader.words.spent())
        });
        // At most the entries of all spans, and those that show that they are many; no test for each trace.
        let (spent, entries) = (spent.unwrap().unwrap(), 2 * traces + FEW as u64);
        assert!(spent < entries + traces / 4, "{spent}");
    }
}
