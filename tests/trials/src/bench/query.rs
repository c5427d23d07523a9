//! `query`: latency of answers over HTTP.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use serde_json::Value;

use super::load::{MODELS, SERVICES};
use super::{Figures, Load, Setup, export, ingest, statements, words::Random};
use crate::integration::{Http, Server};

/// Queries of each kind.
const RUNS: usize = 200;
/// Time limit of slow queries, once enough were answered.
const PATIENCE: Duration = Duration::from_secs(60);
const LEAST: usize = 20;
/// Not measured: the first answers warm caches, as on any server that runs for a while.
const WARM: usize = 5;
/// Different traces among those that are looked up by chance.
const LOOKED_UP: usize = 256;

/// Asks a store of the whole load.
///
/// # Errors
/// A query is not answered.
pub fn run(setup: &Setup, figures: &mut Figures) -> Result<()> {
    if !setup.data.exists() {
        ingest::run(setup, figures)?;
    }
    let server = Server::on(&setup.binary, &setup.data, &[])?;
    ask(&server, &setup.load, "query", figures)?;
    server.stop()
}

/// Asks a server that holds the whole load. The figures' ids begin with `prefix`.
///
/// # Errors
/// A question is not answered, or the server does not hold the load.
pub fn ask(server: &Server, load: &Load, prefix: &str, figures: &mut Figures) -> Result<()> {
    let mut asking = Asking { http: Http::new(Duration::from_secs(60)), server, prefix, figures };
    asking.lists()?;
    asking.one_trace(load)?;
    asking.sums(load)?;
    asking.wide(load)?;
    statements::run(server, load, prefix, figures)
}

/// One client of a server.
struct Asking<'a> {
    http: Http,
    server: &'a Server,
    prefix: &'a str,
    figures: &'a mut Figures,
}

impl Asking<'_> {
    fn lists(&mut self) -> Result<()> {
        let mut random = Random::new(99);
        self.time("list_24h", || {
            let model = random.pick(&MODELS).1;
            let service = random.pick(&SERVICES);
            format!("traces?since=-24h&service={service}&model={model}&status=error&limit=50")
        })?;
        self.time("list_all", || "traces?limit=50".to_owned())
    }

    /// A trace of 100 spans, and the largest one if it has 10,000.
    fn one_trace(&mut self, load: &Load) -> Result<()> {
        let of =
            |spans: u64| load.traces().filter(|trace| trace.spans == spans).map(|trace| trace.hex()).min();
        let small = of(100).ok_or_else(|| anyhow!("the load has no trace of 100 spans"))?;
        let document = self.http.json(&self.server.api(&format!("traces/{small}")))?;
        let seen = document["spans"].as_array().map_or(0, Vec::len);
        if seen != 100 {
            bail!("the store holds {seen} spans of a trace of 100: was it made with as many --spans?");
        }
        self.time("trace_100", || format!("traces/{small}"))?;
        let Some(large) = of(10_000) else { return Ok(()) };
        self.time("trace_10k_page", || format!("traces/{large}?detail=summary&limit=1000"))?;
        self.pages("trace_10k_summary", &large, "summary")?;
        self.pages("trace_10k_full", &large, "full")
    }

    fn sums(&mut self, load: &Load) -> Result<()> {
        self.time("usage_30d", || "usage?group_by=model,hour&since=-30d".to_owned())?;
        let mut random = Random::new(7);
        let mut word = || load.words().ranked(random.range(50, 3_000) as usize);
        self.time("full_text", || format!("traces?q={}%20{}&limit=50", word(), word()))?;
        self.time("tools_30d", || "tools?since=-30d".to_owned())
    }

    /// Queries over several files of the store.
    fn wide(&mut self, load: &Load) -> Result<()> {
        let step = (load.traces().count() / LOOKED_UP).max(1);
        let traces: Vec<String> =
            load.traces().step_by(step).filter(|trace| trace.spans < 100).map(|trace| trace.hex()).collect();
        let mut random = Random::new(13);
        self.time("trace_any", || format!("traces/{}", random.pick(&traces)))?;
        for (id, question) in [
            ("list_dearest", "traces?sort=-cost&limit=50"),
            ("sessions", "sessions?limit=50"),
            ("facets_model", "facets?field=model"),
            ("facets_service_24h", "facets?field=service&since=-24h"),
            ("usage_by_service", "usage?group_by=service"),
            ("usage_by_user_24h", "usage?group_by=user&since=-24h"),
        ] {
            self.time(id, || question.to_owned())?;
        }
        Ok(())
    }

    /// Repeats a query: latency of the answers, and the server's mean CPU time.
    fn time(&mut self, id: &str, mut question: impl FnMut() -> String) -> Result<()> {
        let mut times = Vec::new();
        for _ in 0..WARM {
            self.answered(&question())?;
        }
        let (began, cpu) = (Instant::now(), export::cpu(self.server.id())?);
        while goes_on(times.len(), began) {
            times.push(self.answered(&question())?);
        }
        let cpu = export::cpu(self.server.id())? - cpu;
        let id = format!("{}.{id}", self.prefix);
        println!("{id}: {} answers", times.len());
        self.figures.times(&id, &mut times);
        self.figures.add(format!("{id}.cpu_ms"), cpu * 1_000.0 / times.len() as f64, "ms");
        Ok(())
    }

    fn answered(&self, question: &str) -> Result<Duration> {
        let url = self.server.api(question);
        let begin = Instant::now();
        let answer = self.http.get(&url)?;
        let taken = begin.elapsed();
        if answer.status != 200 {
            bail!("GET {url}: {} {}", answer.status, answer.text());
        }
        Ok(taken)
    }

    /// Reads a large trace to its end, page by page, and times each page.
    fn pages(&mut self, id: &str, trace: &str, detail: &str) -> Result<()> {
        let mut times = Vec::new();
        let mut spans = 0;
        let began = Instant::now();
        while goes_on(times.len(), began) {
            let mut after = String::new();
            loop {
                let url = self.server.api(&format!("traces/{trace}?detail={detail}&limit=1000{after}"));
                let begin = Instant::now();
                let document = self.http.json(&url)?;
                times.push(begin.elapsed());
                spans += document["spans"].as_array().map_or(0, Vec::len);
                match document.get("next_after").and_then(Value::as_str) {
                    Some(next) => after = format!("&after={next}"),
                    None => break,
                }
            }
        }
        let id = format!("{}.{id}", self.prefix);
        println!("{id}: {} pages, {spans} spans", times.len());
        self.figures.times(&id, &mut times);
        Ok(())
    }
}

/// Whether to send another query after this many answers.
fn goes_on(answers: usize, began: Instant) -> bool {
    answers < RUNS && (answers < LEAST || began.elapsed() < PATIENCE)
}
