//! Data folder of the examples, and their final output.

use std::env::{args_os, temp_dir, var_os};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use quipu::Quipu;
use quipu::core::{SpanId, SpanQuery, SpanRow, Status, TraceId};

/// The folder of an example: the first argument, `QUIPU_DATA_DIR`, or one of its own under the system's
/// temporary folder.
pub fn data_dir(example: &str) -> PathBuf {
    let said = args_os().nth(1).or_else(|| var_os("QUIPU_DATA_DIR"));
    said.map_or_else(|| temp_dir().join("quipu-examples").join(example), PathBuf::from)
}

/// Prints a trace from the store. The example's own variables are not used.
///
/// # Errors
/// Nothing was recorded, or it has not reached the store.
pub async fn print_recorded(quipu: &Quipu, trace_id: Option<TraceId>) -> Result<()> {
    // Records travel in the background: wait until all of them have arrived.
    quipu.flush_async(Duration::from_secs(10)).await?;
    let store = quipu.store().context("no store was opened")?;
    let trace_id = trace_id.context("nothing is recorded")?;
    let trace = store.trace(trace_id).await?.context("the trace has not reached the store")?;
    println!("\nrecorded trace {trace_id}: {}", trace.name);
    print_below(&store.spans(&SpanQuery::of(trace_id)).await?.rows, None, 0);
    let cost = trace.cost.map_or_else(|| "no price".to_owned(), |usd| format!("${usd}"));
    println!("calls: {}, tools: {}, errors: {}", trace.llm_calls, trace.tool_calls, trace.errors);
    println!("tokens: {} in, {} out; cost: {cost}", trace.tokens.input, trace.tokens.output);
    // The store gives its location: `sqlite:` and a folder.
    println!("look: quipu trace {trace_id} --store {}", store.info().await?.uri);
    Ok(())
}

fn print_below(spans: &[SpanRow], parent: Option<SpanId>, depth: usize) {
    for span in spans.iter().filter(|span| span.parent_id == parent) {
        let indent = "  ".repeat(depth);
        let cost = span.cost.as_ref().and_then(|cost| cost.amount).map(|usd| format!("  ${usd}"));
        let failed = if span.status == Status::Error { "  failed" } else { "" };
        println!("  {:<10}{indent}{}{}{failed}", span.kind.as_str(), span.name, cost.unwrap_or_default());
        print_below(spans, Some(span.span_id), depth + 1);
    }
}
