//! Runs of an example, and reads of its store.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use quipu::Access;
use quipu::core::{
    Event, EventQuery, MetricAggregate, MetricQuery, SpanQuery, SpanRow, Store, TraceId, TraceQuery,
    TraceRow, Usd,
};
use tempfile::TempDir;

/// Much more than any of them takes, even on a machine with much else to do.
const DEADLINE: Duration = Duration::from_secs(60);

/// An example that has run.
pub struct Run {
    pub folder: TempDir,
    pub output: String,
    pub store: Arc<dyn Store>,
}

impl Run {
    /// Runs a program, with its data folder as its argument and without Quipu's environment variables.
    pub fn of(program: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let output = run(program, &folder);
        let store = quipu::open("sqlite:", folder.path(), Access::Read).unwrap();
        Self { folder, output, store }
    }

    /// The only trace in the store.
    pub async fn trace(&self) -> TraceRow {
        let mut page = self.store.traces(&TraceQuery::default()).await.unwrap();
        assert_eq!(page.rows.len(), 1, "{}", self.output);
        let trace = page.rows.remove(0);
        let said = format!("recorded trace {}: {}", trace.trace_id, trace.name);
        assert!(self.output.contains(&said), "{said} is not in\n{}", self.output);
        assert!(
            self.output.contains(&format!("look: quipu trace {} --store sqlite:", trace.trace_id)),
            "{}",
            self.output
        );
        assert_eq!(self.store.integrity().unwrap().check().await.unwrap(), Vec::<String>::new());
        trace
    }

    /// Its spans in full, by start.
    pub async fn spans(&self, trace_id: TraceId) -> Vec<SpanRow> {
        self.store.spans(&SpanQuery::of(trace_id).in_full()).await.unwrap().rows
    }

    /// Its spans as `parent > name`, in alphabetical order.
    pub async fn edges(&self, trace_id: TraceId) -> Vec<String> {
        let spans = self.spans(trace_id).await;
        let name_of =
            |id| spans.iter().find(|span| Some(span.span_id) == id).map_or("", |span| span.name.as_str());
        let mut edges: Vec<_> =
            spans.iter().map(|span| format!("{} > {}", name_of(span.parent_id), span.name)).collect();
        edges.sort();
        edges
    }

    /// The trace's events, earliest first.
    pub async fn events(&self, trace_id: TraceId) -> Vec<Event> {
        let mut events = self.store.events(&EventQuery::of(trace_id)).await.unwrap().rows;
        events.reverse();
        events
    }

    /// The last figure of a metric, all its series together.
    pub async fn last(&self, name: &str) -> f64 {
        let query = MetricQuery::of(name, MetricAggregate::Last);
        let series = self.store.metric(&query).await.unwrap();
        series.iter().filter_map(|series| series.points.last()).map(|(_, value)| value).sum()
    }
}

/// Dollars for these tokens, at dollars for a million.
pub fn usd(of: &[(u64, &str)]) -> Usd {
    let price = |(tokens, per_million): &(u64, &str)| {
        let per_million: Usd = per_million.parse().unwrap();
        per_million.times(*tokens).per(1_000_000).unwrap()
    };
    of.iter().map(price).sum()
}

fn run(program: &str, folder: &TempDir) -> String {
    let mut command = Command::new(program);
    command.arg(folder.path()).current_dir(folder.path()).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("QUIPU_") || name.starts_with("OTEL_")) {
            command.env_remove(name);
        }
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let out = thread::spawn(move || text(&mut stdout));
    let err = thread::spawn(move || text(&mut stderr));
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > DEADLINE {
            child.kill().unwrap();
            panic!("{program} has not ended after {DEADLINE:?}");
        }
        thread::sleep(Duration::from_millis(10));
    };
    let (out, err) = (out.join().unwrap(), err.join().unwrap());
    assert!(status.success(), "{program}: {status}\n{out}\n{err}");
    assert_eq!(err, "", "{program} has nothing to complain of");
    out
}

fn text(from: &mut impl Read) -> String {
    let mut text = String::new();
    from.read_to_string(&mut text).unwrap();
    text
}
