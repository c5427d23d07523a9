//! The table of usage has the sums of the table of calls.

use std::collections::BTreeMap;

use quipu_sql::{SqlError, SqlLimits, SqlSession};
use rusqlite::Connection;
use serde_json::{Value as Json, json};

use crate::random::{Known, plain, quoted, rows_of, shown, sorted};
use crate::world::{World, ask, one};

/// Names by which the sums are folded.
const NAMES: [&str; 11] = [
    "model",
    "provider",
    "agent",
    "service",
    "framework",
    "convention",
    "tool",
    "session",
    "user",
    "project",
    "billing",
];
const PERIODS: [&str; 5] = ["minute", "hour", "day", "week", "month"];

/// Measures of usage, with the same sum over calls.
const MEASURES: [(&str, &str); 14] = [
    ("coalesce(sum(calls), 0)", "sum(is_call)"),
    ("coalesce(sum(failed), 0)", "sum(is_call AND failed)"),
    ("coalesce(sum(finished), 0)", "sum(is_call AND duration_ms IS NOT NULL)"),
    ("round(coalesce(sum(duration_ms), 0), 2)", "round(sum(duration_ms) FILTER (WHERE is_call), 2)"),
    ("coalesce(sum(input_tokens), 0)", "sum(input_tokens)"),
    ("coalesce(sum(output_tokens), 0)", "sum(output_tokens)"),
    ("coalesce(sum(cache_read_tokens), 0)", "sum(cache_read_tokens)"),
    ("coalesce(sum(cache_write_tokens), 0)", "sum(cache_write_tokens)"),
    ("coalesce(sum(reasoning_tokens), 0)", "sum(reasoning_tokens)"),
    ("usd_sum(cost_usd)", "usd_sum(cost_usd)"),
    ("usd_sum(subscription_usd)", "usd_sum(subscription_usd)"),
    ("usd_sum(reported_usd)", "usd_sum(reported_usd)"),
    ("coalesce(sum(unpriced_calls), 0)", "sum(unpriced IS NOT NULL AND input_tokens IS NOT NULL)"),
    ("coalesce(sum(estimated_calls), 0)", "0"),
];

/// Calls in a plain database, with the periods and the trace's project, under the names of usage.
const CALLS: &str = "CREATE TABLE flat AS SELECT c.*, t.project AS project, time_floor(c.started_at, '1m') AS minute, \
    time_floor(c.started_at, '1h') AS hour, time_floor(c.started_at, '1d') AS day, \
    date(substr(c.started_at, 1, 10), 'weekday 0', '-6 days') || 'T00:00:00.000000000Z' AS week, \
    substr(c.started_at, 1, 7) || '-01T00:00:00.000000000Z' AS month \
    FROM calls c JOIN traces t ON t.trace_id = c.trace_id";

struct Maker {
    dice: fastrand::Rng,
    known: BTreeMap<&'static str, Known>,
}

impl Maker {
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.dice.usize(..from.len())]
    }

    /// A value of the column, or one near it.
    fn literal(&mut self, column: &str) -> String {
        let table = if column == "project" { "traces" } else { "calls" };
        let values = &self.known[table].values[column];
        match &values[self.dice.usize(..values.len())] {
            Json::String(text) if self.dice.u8(..9) > 0 => quoted(text),
            _ => "'none'".into(),
        }
    }

    /// The beginning of the time of a call.
    fn time(&mut self) -> String {
        let times = &self.known["calls"].values["started_at"];
        let time = times[self.dice.usize(..times.len())].as_str().unwrap();
        match self.dice.u8(..12) {
            0 => "'2026-11-24 10'".into(),
            1 => quoted(&format!("{time}x")),
            2 => format!("time_floor({}, '1h')", quoted(time)),
            3..6 => quoted(time),
            _ => quoted(&time[..self.dice.usize(7..=time.len())]),
        }
    }

    fn condition(&mut self, depth: u8) -> String {
        if depth > 0 && self.dice.u8(..3) == 0 {
            let (one, other) = (self.condition(depth - 1), self.condition(depth - 1));
            return match self.dice.u8(..4) {
                0 => format!("NOT ({one})"),
                1 => format!("({one} AND {other})"),
                _ => format!("({one} OR {other})"),
            };
        }
        if self.dice.u8(..3) == 0 {
            let (column, compared) = (self.pick(&PERIODS), self.pick(&["<", "<=", ">", ">=", "=", "<>"]));
            return format!("{column} {compared} {}", self.time());
        }
        let name = self.pick(&NAMES);
        let (one, other) = (self.literal(name), self.literal(name));
        match self.dice.u8(..6) {
            0 => format!("{name} IS NULL"),
            1 => format!("{name} IN ({one}, {other})"),
            2 => format!("{name} <> {one}"),
            3 => format!("{name} > {one}"),
            _ => format!("{name} = {one}"),
        }
    }

    fn range(&mut self) -> String {
        let (one, other) = (self.time(), self.time());
        match self.dice.u8(..7) {
            0 => format!("started_at BETWEEN {one} AND {other}"),
            1 => format!("started_at > {one} AND started_at <= {other}"),
            2 => format!("started_at >= {one} AND started_at < {other}"),
            3 => format!("{one} >= started_at"),
            4 => format!("started_at = {one}"),
            5 => format!("started_at IN ({one}, {other})"),
            _ => format!("started_at >= {one}"),
        }
    }

    /// Alternatives with conditions on the start of calls. Usage may refuse them.
    fn alternatives(&mut self) -> String {
        let mut one = || match self.dice.u8(..3) {
            0 => self.range(),
            1 => format!("({} AND {})", self.range(), self.condition(1)),
            _ => self.condition(1),
        };
        format!("({} OR {})", one(), one())
    }

    /// The same statement over usage and over calls, and whether usage may refuse it.
    fn statements(&mut self) -> (String, String, bool) {
        let mut keys: Vec<&str> = (0..self.dice.usize(..4)).map(|_| self.pick(&NAMES)).collect();
        if self.dice.bool() {
            keys.push(self.pick(&PERIODS));
        }
        keys.dedup();
        let filters =
            [(self.dice.u8(..3) > 0).then(|| self.range()), self.dice.bool().then(|| self.condition(2))];
        let mut filters: Vec<String> = filters.into_iter().flatten().collect();
        let may_refuse = self.dice.u8(..4) == 0;
        if may_refuse {
            filters.push(self.alternatives());
        }
        filters.push("1".into());
        let filters = filters.join(" AND ");
        let columns = keys.join(", ");
        let of = |from: &str, measures: Vec<&str>| {
            let selected: Vec<&str> = keys.iter().copied().chain(measures).collect();
            // Without a key, both are one row.
            let group = if keys.is_empty() { String::new() } else { format!(" GROUP BY {columns}") };
            format!("SELECT {} FROM {from} WHERE {filters}{group}", selected.join(", "))
        };
        let over_calls: Vec<String> = MEASURES.iter().map(|(_, sum)| format!("coalesce({sum}, 0)")).collect();
        let over_calls =
            MEASURES.iter().zip(&over_calls).map(|((_, plain), sum)| match plain.starts_with("usd") {
                true => *plain,
                false => sum.as_str(),
            });
        let over_usage = of("usage", MEASURES.map(|(sum, _)| sum).to_vec());
        (over_usage, of("flat", over_calls.collect()), may_refuse)
    }
}

/// A value as text. Zero of floats and of whole numbers is the same.
fn same(value: &Json) -> String {
    if value.as_f64() == Some(0.0) { "0".to_owned() } else { shown(value) }
}

fn rows(session: &SqlSession, query: &str) -> Result<Vec<Vec<String>>, SqlError> {
    Ok(ask(session, query)?.rows.iter().map(|row| row.iter().map(same).collect()).collect())
}

fn oracle(session: &SqlSession) -> (Connection, BTreeMap<&'static str, Known>) {
    let (plain, known) = plain(session);
    plain.execute_batch(CALLS).unwrap();
    (plain, known)
}

fn wanted(plain: &Connection, query: &str) -> Vec<Vec<String>> {
    let zero = |text: String| if text == "0.000000000e0" { "0".to_owned() } else { text };
    rows_of(plain, query).into_iter().map(|row| row.into_iter().map(zero).collect()).collect()
}

#[test]
fn sums_of_usage_are_the_sums_of_calls() {
    let world = World::new(9, 20);
    let session = world.session();
    let (plain, known) = oracle(&session);
    let mut maker = Maker { dice: fastrand::Rng::with_seed(113), known };
    let (mut groups, mut refused) = (0, 0);
    for at in 0..2_000 {
        let (query, over_calls, may_refuse) = maker.statements();
        let found = match rows(&session, &query) {
            Ok(found) => found,
            Err(error) if may_refuse && error.text.contains("has no value") => {
                refused += 1;
                continue;
            }
            Err(error) => panic!("{at}: {query}: {error}"),
        };
        let want = wanted(&plain, &over_calls);
        groups += want.len();
        let (found, want) = (sorted(found), sorted(want));
        let other = found.iter().zip(&want).find(|(found, want)| found != want);
        assert!(found.len() == want.len() && other.is_none(), "{at}: {query}: {other:?}");
    }
    assert!(groups > 5_000 && (50..500).contains(&refused), "{groups} groups, {refused} refused");
}

#[test]
fn only_the_named_columns_are_folded() {
    let world = World::new(3, 20);
    let session = world.session();
    let calls = one(&session, "SELECT sum(is_call) FROM calls");
    for (query, rows) in [
        ("SELECT calls FROM usage", 1),
        ("SELECT calls FROM usage WHERE started_at >= '2026'", 1),
        ("SELECT billing, calls FROM usage", 2),
        ("SELECT calls FROM usage WHERE model IN ('gpt-4o', 'gpt-4o-mini')", 2),
        ("SELECT calls FROM usage WHERE started_at >= '2100'", 0),
    ] {
        let found = ask(&session, query).unwrap();
        assert_eq!(found.rows.len(), rows, "{query}: {:?}", found.rows);
        let sum: u64 = found.rows.iter().map(|row| row.last().unwrap().as_u64().unwrap()).sum();
        assert!(rows == 0 || json!(sum) == calls, "{query}: {sum} of {calls}");
    }
    // `*` names every column that is not hidden, so a row is nearly a call.
    let all = ask(&session, "SELECT * FROM usage").unwrap();
    assert!(all.rows.len() > 50 && all.columns.iter().all(|column| column.name != "started_at"));
}

#[test]
fn the_start_of_calls_has_no_value_and_limits_exactly() {
    let world = World::new(4, 30);
    let session = world.session();
    let (plain, _) = oracle(&session);
    for query in [
        "SELECT started_at, calls FROM usage",
        "SELECT sum(calls) FROM usage WHERE started_at LIKE '2026%'",
        "SELECT sum(calls) FROM usage WHERE started_at >= '2026-11-22' COLLATE NOCASE",
        "SELECT user, sum(calls) FROM usage GROUP BY user ORDER BY max(started_at)",
    ] {
        let error = ask(&session, query).expect_err(query);
        assert!(error.text.contains("started_at has no value; compare it"), "{query}: {error}");
    }
    let error = ask(&session, "SELECT sum(calls) FROM usage WHERE started_at > 7").unwrap_err();
    assert!(error.text.contains("compared with a time as text"), "{error}");
    assert_eq!(one(&session, "SELECT count(*) FROM usage WHERE started_at > NULL"), json!(0));
    // Either an error, or the sums of calls: alternatives of times are never added up twice.
    let mut answered = 0;
    for filter in [
        "started_at < '2026-11-23' OR started_at < '2026-11-24'",
        "started_at < '2026-11-23' OR started_at >= '2026-11-24'",
        "(user = 'u1' AND started_at < '2026-11-23') OR (model = 'gpt-4o' AND started_at < '2026-11-24')",
        "(user = 'u1' AND started_at < '2026-11-23') OR (user = 'u2' AND model = 'gpt-4o')",
        "started_at >= '2026-11-22' AND (hour < '2026-11-23' OR hour >= '2026-11-24' OR user = 'u1')",
        "started_at >= '2026-11-22' AND (user = 'u1' OR model = 'gpt-4o' OR agent = 'planner')",
        "started_at IN ('2026-11-23', '2026-11-24') OR user = 'u2'",
        "NOT (started_at < '2026-11-23')",
    ] {
        for keys in ["user", "user, model", "hour, user"] {
            let over = |from: &str, calls: &str| {
                format!(
                    "SELECT {keys}, sum({calls}), usd_sum(cost_usd) FROM {from} WHERE {filter} GROUP BY {keys}"
                )
            };
            match rows(&session, &over("usage", "calls")) {
                Ok(found) => {
                    answered += 1;
                    let want = wanted(&plain, &over("flat", "is_call"));
                    assert_eq!(sorted(found), sorted(want), "{keys}: {filter}");
                }
                Err(error) => assert!(error.text.contains("has no value"), "{filter}: {error}"),
            }
        }
    }
    assert!(answered >= 6, "{answered}");
}

#[test]
fn usage_joins_other_tables() {
    let world = World::new(3, 25);
    let session = world.session();
    let (plain, _) = oracle(&session);
    for (over_usage, over_calls) in [
        (
            "SELECT s.session, sum(u.calls) FROM sessions s JOIN usage u ON u.session = s.session GROUP BY 1",
            "SELECT s.session, sum(u.is_call) FROM sessions s JOIN flat u ON u.session = s.session GROUP BY 1",
        ),
        (
            "SELECT s.session, sum(u.calls) FROM sessions s LEFT JOIN usage u ON u.session = s.session \
             AND u.started_at >= '2026-11-23' GROUP BY 1",
            "SELECT s.session, sum(u.is_call) FROM sessions s LEFT JOIN flat u ON u.session = s.session \
             AND u.started_at >= '2026-11-23' GROUP BY 1",
        ),
        (
            "SELECT s.session, (SELECT usd_sum(cost_usd) FROM usage u WHERE u.session = s.session) FROM sessions s",
            "SELECT s.session, (SELECT usd_sum(cost_usd) FROM flat u WHERE u.session = s.session) FROM sessions s",
        ),
        (
            "SELECT a.user, sum(a.calls), sum(b.calls) FROM usage a, usage b WHERE a.user = b.user \
             AND a.started_at < '2026-11-24' AND b.started_at >= '2026-11-24' GROUP BY 1",
            "SELECT a.user, a.n, b.n FROM (SELECT user, sum(is_call) n FROM flat WHERE started_at < '2026-11-24' \
             GROUP BY 1) a, (SELECT user, sum(is_call) n FROM flat WHERE started_at >= '2026-11-24' GROUP BY 1) b \
             WHERE a.user = b.user",
        ),
    ] {
        let found = rows(&session, over_usage).unwrap_or_else(|error| panic!("{over_usage}: {error}"));
        let want = wanted(&plain, over_calls);
        assert!(want.len() > 2, "{over_calls}");
        assert_eq!(sorted(found), sorted(want), "{over_usage}");
    }
}

#[test]
fn a_statement_that_needs_too_much_time_ends() {
    let world = World::new(2, 10);
    let store = world.open();
    let session = world.session_over(&store, SqlLimits { time_ms: 0, ..SqlLimits::default() });
    let error = ask(&session, "SELECT sum(calls) FROM usage").unwrap_err();
    assert!(error.text.contains("no answer within 0 s"), "{error}");
}
