//! Hostile cardinality: names of every kind that differ in each call, over 31 days.

use anyhow::Result;
use serde_json::{Value, json};

use super::Case;
use super::caged::{ANSWERED, ASKERS, Ground, Step, joined, now, post, send, span_at, text};
use crate::integration::{Bench, Http};

/// Days, of which the last is today, and calls of one request.
const DAYS: u64 = 31;
const A_REQUEST: u64 = 500;
const DAY: u64 = 86_400_000_000_000;
/// Metrics and series of one request.
const METRICS: u64 = 100;
/// Pages of sessions that are read from the first one on.
const PAGES: usize = 5;
/// Configuration of the second start: budgets with an account for each session and each user.
const BUDGETS: &str = "\n[budgets.sessions]\nlimit_calls = 5\nscope = { session = \"*\" }\nperiod = \"total\"\n\
    [budgets.users]\nlimit_calls = 100\nscope = { user = \"*\" }\nperiod = \"week\"\nrolling = true\n";

/// Questions whose lists grow with the number of names.
const QUESTIONS: [&str; 16] = [
    "facets?field=session",
    "facets?field=user",
    "facets?field=model",
    "facets?field=agent",
    "facets?field=tool",
    "facets?field=tag",
    "facets?field=service",
    "tools",
    "usage?group_by=session",
    "usage?group_by=user,model,agent",
    "usage?group_by=tag",
    "query?from=calls&group_by=session,model&top=10",
    "query?from=traces&group_by=session",
    "calls?limit=1000",
    "traces?sort=-duration&limit=1000",
    "agents",
];

/// Runs the case.
///
/// # Errors
/// The server does not come up or does not survive.
pub fn names(bench: &Bench) -> Result<Case> {
    const STEPS: [Step; 5] = [
        ("calls", calls),
        ("metrics", metrics),
        ("lists", lists),
        ("sessions", sessions),
        ("scrapes", scrapes),
    ];
    let mut ground = Ground::start(bench, "")?;
    let mut case = ground.case("names over 31 days under 512 MiB", ASKERS, &STEPS)?;
    case.wrong.extend(
        ground
            .restart(BUDGETS)
            .and_then(|()| budgets(&ground))
            .err()
            .map(|error| format!("a start with budgets by session and user: {error:#}")),
    );
    ground.server.stop()?;
    Ok(case)
}

/// Calls of each day. Each has names of its own.
const fn a_day(ground: &Ground) -> u64 {
    if ground.release { 8_000 } else { 500 }
}

fn calls(ground: &Ground) -> Result<String> {
    for day in 0..DAYS {
        let start = now() - (DAYS - 1 - day) * DAY;
        let numbers: Vec<u64> = (0..a_day(ground)).map(|number| day * a_day(ground) + number).collect();
        for some in numbers.chunks(usize::try_from(A_REQUEST)?) {
            let spans: Vec<Value> =
                some.iter().flat_map(|number| call(start - (number % 1_000) * 1_000_000, *number)).collect();
            send(&ground.server, "names", &spans)?;
        }
    }
    Ok(format!("{} calls with names of their own", DAYS * a_day(ground)))
}

/// A name of some hundred bytes.
fn name(kind: &str, number: u64) -> String {
    format!("{kind}-{}", format!("{number:08x}").repeat(12))
}

/// A call and its tool run.
fn call(start: u64, number: u64) -> [Value; 2] {
    let trace = 0x2_0000_0000 + number;
    let own = |key: &str, kind: &str| text(key, &name(kind, number));
    let call = [
        text("gen_ai.operation.name", "chat"),
        text("gen_ai.provider.name", "openai"),
        own("gen_ai.request.model", "model"),
        own("gen_ai.conversation.id", "session"),
        own("user.id", "user"),
        own("gen_ai.agent.name", "agent"),
        own("http.route", "route"),
        json!({"key": "tag.tags", "value": {"arrayValue": {"values": [{"stringValue": name("tag", number)}]}}}),
        json!({"key": "gen_ai.usage.input_tokens", "value": {"intValue": "3"}}),
        json!({"key": "gen_ai.usage.output_tokens", "value": {"intValue": "4"}}),
    ];
    let run = [text("gen_ai.operation.name", "execute_tool"), own("gen_ai.tool.name", "tool")];
    let mut run = span_at(start, trace, 2 * number + 2, &run);
    run["parentSpanId"] = json!(format!("{:016x}", 2 * number + 1));
    [span_at(start, trace, 2 * number + 1, &call), run]
}

/// Metrics of each day with names and labels of their own.
fn metrics(ground: &Ground) -> Result<String> {
    let requests = a_day(ground) / METRICS / 2;
    for number in 0..DAYS * requests {
        let time = (now() - number / requests * DAY).to_string();
        let point = |series: u64| json!({"timeUnixNano": time, "asInt": "1", "attributes": [text("label", &name("label", number * METRICS + series))]});
        let metric = |series: u64| {
            let named = if series.is_multiple_of(2) {
                "requests".to_owned()
            } else {
                name("metric", number * METRICS + series)
            };
            json!({"name": named, "gauge": {"dataPoints": [point(series)]}})
        };
        let metrics: Vec<Value> = (0..METRICS).map(metric).collect();
        post(
            &ground.server,
            "metrics",
            &json!({"resourceMetrics": [{"resource": {"attributes": [text("service.name", "names")]}, "scopeMetrics": [{"metrics": metrics}]}]}),
        )?;
    }
    for path in ["metrics", "metrics/query?name=requests"] {
        ground.ask(path)?;
    }
    Ok(format!("{} series", DAYS * requests * METRICS))
}

fn lists(ground: &Ground) -> Result<String> {
    let mut all = Vec::new();
    for path in QUESTIONS {
        all.extend(ground.ask(path)?.0);
    }
    let of = |wanted: &[u16]| all.iter().filter(|status| wanted.contains(status)).count();
    let (asked, busy, late) = (all.len(), of(&[429, 503]), of(&[504]));
    let (_, answer) = ground.ask("usage?group_by=session")?;
    let calls = answer["total"]["llm_calls"].as_u64().unwrap_or_default();
    anyhow::ensure!(calls == DAYS * a_day(ground), "the total is {calls} calls");
    Ok(format!("{busy} of {asked} told to come back, {late} too late"))
}

/// Reads pages of sessions, also one far behind the first.
fn sessions(ground: &Ground) -> Result<String> {
    let mut path = "sessions?limit=1000".to_owned();
    let mut read = 0;
    for _ in 0..PAGES {
        let (_, page) = ground.ask(&path)?;
        read += page["sessions"].as_array().map_or(0, Vec::len);
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("sessions?limit=1000&cursor={next}");
    }
    let oldest = now() - (DAYS - 2) * DAY;
    let (_, page) = ground.ask(&format!("sessions?limit=10&until={}", oldest / 1_000_000_000))?;
    anyhow::ensure!(
        read >= 1_000 && page["sessions"].as_array().is_some_and(|sessions| sessions.len() == 10),
        "{read} sessions and {}",
        page["sessions"]
    );
    Ok(format!("{read} sessions read"))
}

/// Scrapes the server's own metrics, whose labels have the names, from several clients at a time.
fn scrapes(ground: &Ground) -> Result<String> {
    let url = format!("{}/metrics", ground.server.http);
    let pages = std::thread::scope(|scope| {
        let scrape = || Http::new(ANSWERED).get(&url).map(|answer| (answer.status, answer.body.len()));
        let clients: Vec<_> = (0..ASKERS).map(|_| scope.spawn(scrape)).collect();
        clients.into_iter().map(joined).collect::<Result<Vec<(u16, usize)>>>()
    })?;
    let largest = pages.iter().map(|(_, bytes)| *bytes).max().unwrap_or_default();
    anyhow::ensure!(pages.iter().any(|(status, _)| *status == 200), "no scrape of {pages:?}");
    Ok(format!("pages of {} KiB", largest >> 10))
}

fn budgets(ground: &Ground) -> Result<()> {
    let (_, answer) = ground.ask("budgets")?;
    let of = |name: &str| answer["budgets"].as_array()?.iter().find(|budget| budget["name"] == name).cloned();
    let sessions = of("sessions").unwrap_or_default();
    let accounts = sessions["accounts"].as_array().map_or(0, Vec::len);
    anyhow::ensure!(accounts == 1_000 && sessions["truncated"] == true, "{accounts} accounts of sessions");
    Ok(())
}
