//! `query`: how long people wait for an answer, over HTTP.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use serde_json::Value;

use super::load::{MODELS, SERVICES};
use super::{Figures, Setup, ingest, words::Random};
use crate::integration::{Http, Server};

/// Questions of each kind.
const RUNS: usize = 200;
/// Not measured: the first answers warm caches, as on any server that runs for a while.
const WARM: usize = 5;

/// Asks a store of the whole load.
///
/// # Errors
/// A question is not answered.
pub fn run(setup: &Setup, figures: &mut Figures) -> Result<()> {
    if !setup.data.exists() {
        ingest::run(setup, figures)?;
    }
    let server = Server::on(&setup.binary, &setup.data, &[])?;
    let asking = Asking { http: Http::new(Duration::from_secs(60)), server: &server };
    let (small, large) = asking.traces(setup)?;
    let mut random = Random::new(99);
    let day = "since=-24h";
    let pick = |random: &mut Random| {
        let model = random.pick(&MODELS).1;
        format!("traces?{day}&service={}&model={model}&status=error&limit=50", random.pick(&SERVICES))
    };
    asking.time(figures, "query.list_24h", || pick(&mut random))?;
    asking.time(figures, "query.list_all", || "traces?limit=50".to_owned())?;
    asking.time(figures, "query.trace_100", || format!("traces/{small}"))?;
    if let Some(large) = large {
        asking
            .time(figures, "query.trace_10k_page", || format!("traces/{large}?detail=summary&limit=1000"))?;
        asking.pages(figures, "query.trace_10k_summary", &large, "summary")?;
        asking.pages(figures, "query.trace_10k_full", &large, "full")?;
    }
    asking.time(figures, "query.usage_30d", || "usage?group_by=model,hour&since=-30d".to_owned())?;
    let mut random = Random::new(7);
    let words = setup.load.words();
    let two = |random: &mut Random| {
        let rank = |random: &mut Random| words.ranked(random.range(50, 3_000) as usize);
        format!("traces?q={}%20{}&limit=50", rank(random), rank(random))
    };
    asking.time(figures, "query.full_text", || two(&mut random))?;
    asking.time(figures, "query.tools_30d", || "tools?since=-30d".to_owned())?;
    server.stop()
}

/// Someone who asks a server.
struct Asking<'a> {
    http: Http,
    server: &'a Server,
}

impl Asking<'_> {
    /// A trace of 100 spans, and the largest one if it has 10,000.
    fn traces(&self, setup: &Setup) -> Result<(String, Option<String>)> {
        let mut sizes: BTreeMap<[u8; 16], u64> = BTreeMap::new();
        setup.load.iter().for_each(|span| *sizes.entry(span.trace_id).or_default() += 1);
        let hex = |id: &[u8; 16]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let of = |spans: u64| sizes.iter().find(|(_, size)| **size == spans).map(|(id, _)| hex(id));
        let small = of(100).ok_or_else(|| anyhow!("the load has no trace of 100 spans"))?;
        let seen = self.http.json(&self.server.api(&format!("traces/{small}")))?["spans"]
            .as_array()
            .map_or(0, Vec::len);
        if seen != 100 {
            bail!("the store holds {seen} spans of a trace of 100: was it made with as many --spans?");
        }
        Ok((small, of(10_000)))
    }

    /// Asks again and again.
    fn time(&self, figures: &mut Figures, id: &str, mut question: impl FnMut() -> String) -> Result<()> {
        let mut times = Vec::new();
        for run in 0..WARM + RUNS {
            let url = self.server.api(&question());
            let begin = Instant::now();
            let answer = self.http.get(&url)?;
            let taken = begin.elapsed();
            if answer.status != 200 {
                bail!("GET {url}: {} {}", answer.status, answer.text());
            }
            if run >= WARM {
                times.push(taken);
            }
        }
        println!("{id}: {RUNS} answers");
        figures.times(id, &mut times);
        Ok(())
    }

    /// Reads a large trace to its end, page by page, and times each page.
    fn pages(&self, figures: &mut Figures, id: &str, trace: &str, detail: &str) -> Result<()> {
        let mut times = Vec::new();
        let mut spans = 0;
        while times.len() < RUNS {
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
        println!("{id}: {} pages, {spans} spans", times.len());
        figures.times(id, &mut times);
        Ok(())
    }
}
