//! One line for the status line of Claude Code.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use jiff::tz::TimeZone;
use quipu::Access;
use quipu::core::{Store, Timestamp, TraceFilter, UsageQuery};
use quipu_tui::figure::{rounded, short};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::period;
use crate::args::{Source, Statusline};
use crate::ask::{OpenSource, Question, place};
use crate::serve;
use crate::table::clean;

/// Bytes of the input that are read.
const INPUT: u64 = 1 << 20;
/// Bytes of the transcript that are searched for the start of the session.
const HEAD: u64 = 64 << 10;
/// Characters of the model's name that are printed.
const MODEL: usize = 60;
/// A session that costs more in US dollars is an error of the tool.
const MOST_USD: f64 = 1e9;
/// How long a server may take. A status line that comes later is worth nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// Prints the line. Any error shortens the line.
///
/// # Errors
/// Standard output is closed.
pub fn run(ask: &Statusline) -> Result<()> {
    let mut input = Vec::new();
    // A short or invalid input leaves the figures of today.
    let _ = std::io::stdin().lock().take(INPUT).read_to_end(&mut input);
    let told: Value = serde_json::from_slice(&input).unwrap_or_default();
    let figures = figures(ask, &told).unwrap_or_default();
    writeln!(std::io::stdout().lock(), "{}", line(&told, &figures))?;
    Ok(())
}

/// Figures of the store; each is null if it is unknown.
#[derive(Debug, Default)]
struct Figures {
    session: Value,
    today: Value,
    budgets: Value,
}

/// The time zone of the machine. `TimeZone::system` lists all zones to look up the name of this one, which
/// takes longer than a query.
fn zone() -> TimeZone {
    let is_default = std::env::var_os("TZ").is_none();
    let file = is_default.then(|| std::fs::read("/etc/localtime").ok()).flatten();
    let zone = file.and_then(|bytes| TimeZone::tzif("local", &bytes).ok());
    zone.unwrap_or_else(TimeZone::system)
}

/// The session of the input.
struct Session {
    id: String,
    /// No call is older; `None` if that is unknown.
    since: Option<Timestamp>,
}

fn session(told: &Value) -> Option<Session> {
    let id = told["session_id"].as_str().filter(|id| !id.is_empty())?.to_owned();
    // A resumed session may have been copied, and clocks differ.
    let since = told["transcript_path"].as_str().and_then(begun).map(|begun| begun.plus(-Timestamp::DAY));
    Some(Session { id, since })
}

/// The first time in a transcript. Without it, every day of the store is searched for the session.
fn begun(transcript: &str) -> Option<Timestamp> {
    let path = Path::new(transcript);
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut head = Vec::new();
    File::open(path).ok()?.take(HEAD).read_to_end(&mut head).ok()?;
    let lines = head.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    lines.filter_map(|line: Value| line["timestamp"].as_str()?.parse().ok()).next()
}

fn figures(ask: &Statusline, told: &Value) -> Result<Figures> {
    let today = period::today(&zone())?;
    match &ask.source.url {
        Some(url) => Ok(of_server(url, session(told), today)),
        None => of_files(&ask.source, session(told), &today),
    }
}

fn of_server(url: &str, session: Option<Session>, today: String) -> Figures {
    let source = OpenSource::Server(url.to_owned());
    let ask = |question: &Question| source.ask_within(question, PATIENCE).unwrap_or_default();
    let usage = |since: Option<String>| Question::get("/api/v1/usage").with("since", &since);
    let of_session = |session: Session| {
        ask(&usage(session.since.map(|since| since.to_string())).with("session", &Some(session.id)))
    };
    Figures {
        session: session.map(of_session).unwrap_or_default(),
        today: ask(&usage(Some(today))),
        budgets: ask(&Question::get("/api/v1/budgets")),
    }
}

/// The same figures from the files. The routes would need price books and more than this line.
fn of_files(source: &Source, session: Option<Session>, today: &str) -> Result<Figures> {
    let (uri, folder) = place(source)?;
    let store = quipu::open(&uri, &folder, Access::Read)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let total = |filter| total(&runtime, &*store, filter).unwrap_or_default();
    let of_session =
        |Session { id, since }| total(TraceFilter { session: Some(id), since, ..TraceFilter::default() });
    Ok(Figures {
        session: session.map(of_session).unwrap_or_default(),
        today: total(TraceFilter { since: Some(today.parse()?), ..TraceFilter::default() }),
        budgets: budgets(&folder).unwrap_or_default(),
    })
}

/// The sums of some calls in the form of the route.
fn total(runtime: &Runtime, store: &dyn Store, filter: TraceFilter) -> Result<Value> {
    let groups = runtime.block_on(store.usage(&UsageQuery { filter, group_by: Vec::new() }))?;
    let totals = groups.into_iter().next().map(|group| group.totals).unwrap_or_default();
    let usd = |amount: Option<quipu::core::Usd>| amount.map(|amount| amount.to_string());
    Ok(json!({"total": {
        "cost_usd": usd(totals.cost), "subscription_usd": usd(totals.subscription),
        "tokens": {"total": totals.tokens.total()},
    }}))
}

fn budgets(folder: &Path) -> Result<Value> {
    let listed = serve::budgets_of(folder)?.list()?;
    let budgets = listed.iter().map(|budget| {
        let accounts = budget.accounts.iter().map(|account| json!({"share": account.share}));
        json!({"name": budget.name, "accounts": accounts.collect::<Value>()})
    });
    Ok(json!({"budgets": budgets.collect::<Value>()}))
}

fn line(told: &Value, figures: &Figures) -> String {
    let model = told["model"]["display_name"].as_str().or_else(|| told["model"]["id"].as_str());
    let session = &figures.session["total"];
    let spent = rounded(&session["cost_usd"]).or_else(|| rounded(&session["subscription_usd"]));
    // The tool's own figure, until the store has the session.
    let spent = spent.or_else(|| {
        let usd = told["cost"]["total_cost_usd"].as_f64().filter(|usd| (0.0..MOST_USD).contains(usd));
        usd.map(|usd| format!("${usd:.2}"))
    });
    let tokens = session["tokens"]["total"].as_u64().filter(|tokens| *tokens > 0);
    let today = &figures.today["total"];
    let today = rounded(&today["cost_usd"]).or_else(|| rounded(&today["subscription_usd"]));
    let parts = [
        model.map(|model| clean(&model.chars().take(MODEL).collect::<String>())),
        spent.map(|usd| format!("session {usd}")),
        tokens.map(|tokens| format!("{} tokens", short(tokens))),
        today.map(|usd| format!("today {usd}")),
        tightest(&figures.budgets),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "quipu: no figures".to_owned() } else { parts.join(" · ") }
}

/// The budget with the largest spent share.
fn tightest(budgets: &Value) -> Option<String> {
    let accounts = budgets["budgets"].as_array()?.iter().flat_map(|budget| {
        let accounts = budget["accounts"].as_array().into_iter().flatten();
        accounts.filter_map(|account| Some((account["share"].as_f64()?, budget["name"].as_str()?)))
    });
    let (share, name) = accounts.max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(format!("budget {} {:.0} %", clean(name), share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_start_of_a_session_is_the_first_time_of_its_transcript() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("transcript.jsonl");
        let lines = "{\"type\":\"summary\"}\nno JSON\n{\"timestamp\":\"2026-11-20T08:00:00.5Z\"}\n\
            {\"timestamp\":\"2026-11-26T08:00:00Z\"}\n";
        std::fs::write(&file, lines).unwrap();
        let told = |path: &Path| json!({"session_id": "s", "transcript_path": path});
        let since = |path: &Path| session(&told(path)).unwrap().since.map(|since| since.to_string());
        assert_eq!(since(&file).as_deref(), Some("2026-11-19T08:00:00.500000000Z"));
        assert_eq!((since(folder.path()), since(&folder.path().join("none"))), (None, None));
        std::fs::write(&file, vec![b'x'; 1 << 20]).unwrap();
        assert_eq!(since(&file), None);
        assert!(session(&json!({"session_id": ""})).is_none());
    }

    #[test]
    fn the_zone_is_that_of_the_machine() {
        let start = |zone: &TimeZone| period::today(zone).unwrap();
        assert_eq!(start(&zone()), start(&TimeZone::system()));
    }

    #[test]
    fn the_line_has_what_is_known_and_no_control_bytes() {
        let told = json!({"model": {"display_name": "Opus\u{1b}[31m"}, "cost": {"total_cost_usd": 0.5}});
        assert_eq!(line(&told, &Figures::default()), "Opus [31m · session $0.50");
        assert_eq!(line(&Value::Null, &Figures::default()), "quipu: no figures");
        let odd = json!({"model": {"id": "m".repeat(1_000)}, "cost": {"total_cost_usd": 1e308}});
        assert_eq!(line(&odd, &Figures::default()), "m".repeat(MODEL));
        let account = |share: f64| json!({"share": share});
        let figures = Figures {
            session: json!({"total": {"cost_usd": "1.239", "tokens": {"total": 12_345}}}),
            today: json!({"total": {"cost_usd": "3"}}),
            budgets: json!({"budgets": [{"name": "daily", "accounts": [account(0.1), account(0.314)]}]}),
        };
        assert_eq!(
            line(&Value::Null, &figures),
            "session $1.24 · 12.3k tokens · today $3.00 · budget daily 31 %"
        );
    }
}
