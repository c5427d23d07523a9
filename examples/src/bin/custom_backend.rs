//! Custom backend: a bill in CSV, one line for each call, next to the built-in backends.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use async_trait::async_trait;
use quipu::core::{Backend, Batch, Cost, Error, ErrorKind, SignalSet};
use quipu_examples::{data_dir, print_recorded};

/// A backend names the signals that it takes: spans, events, metrics, costs. This one takes costs.
struct Bill(Mutex<File>);

impl Bill {
    fn create(path: &Path) -> Result<Self> {
        let mut file = File::create(path)?;
        writeln!(file, "agent,model,tokens,usd")?;
        Ok(Self(Mutex::new(file)))
    }

    fn put(&self, costs: &[Cost]) -> std::io::Result<()> {
        let mut file = self.0.lock().map_err(|_| std::io::Error::other("an earlier write panicked"))?;
        // A row that does not count repeats another row: leave it out, and the bill adds up.
        for cost in costs.iter().filter(|cost| cost.is_call()) {
            let agent = cost.agent.as_deref().unwrap_or_default();
            let model = cost.model().map_or("", |model| model);
            let tokens = cost.usage.as_ref().map_or(0, |usage| usage.tokens().total());
            let usd = cost.amount.unwrap_or_default();
            writeln!(file, "{agent},{model},{tokens},{usd}")?;
        }
        file.flush()
    }
}

#[async_trait]
impl Backend for Bill {
    fn name(&self) -> &str {
        "bill"
    }

    fn signals(&self) -> SignalSet {
        SignalSet::COSTS
    }

    async fn write(&self, batch: Arc<Batch>) -> quipu::core::Result<()> {
        // Say what failed: queueing, waiting and trying again is done for you, and never holds up the agent.
        let failed = |cause| Error::new(ErrorKind::Io, "write costs", "bill.csv").caused_by(cause);
        self.put(&batch.costs).map_err(failed)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = data_dir("custom_backend");
    std::fs::create_dir_all(&folder)?;
    let bill = folder.join("bill.csv");
    let quipu = quipu::builder()
        .service("custom-backend")
        .data_dir(&folder)
        .exporter(Arc::new(Bill::create(&bill)?))
        .init()?;

    let agent = quipu::agent("biller");
    let trace_id = agent.trace_id();
    // Children by hand, where nothing is to be entered.
    agent.llm("openai", "gpt-4o").usage((1_000, 100)).end();
    agent.llm("anthropic", "claude-sonnet-4-5").usage((2_000, 50)).end();
    agent.end();

    print_recorded(&quipu, trace_id).await?;
    // It is delivered to, watched and reported like any other.
    if let Some(status) = quipu.status().backend("bill") {
        println!("backend bill: {:?}, {} written", status.health, status.written);
    }
    print!("\n{}", std::fs::read_to_string(&bill)?);
    Ok(())
}
