//! Quickstart: start the library, record one call of a model, look at the stored records.

use anyhow::Result;
use quipu::Usage;
use quipu_examples::{data_dir, print_recorded};

#[tokio::main]
async fn main() -> Result<()> {
    // `quipu::init()?` would be enough: it reads `quipu.toml`, `QUIPU_*` and `OTEL_*`. Values in code
    // override those. By default records go to SQLite in the data folder.
    let quipu = quipu::builder().service("quickstart").data_dir(data_dir("quickstart")).init()?;

    // A guard is a span: it begins here and ends where it is dropped, or with `end()`.
    let call = quipu::llm("openai", "gpt-4o").temperature(0.2);
    let trace_id = call.trace_id();

    // … here the model would be called; this is the usage in the provider's answer …
    let usage = Usage::of(1_200, 85).cache_read(1_000);
    call.response_model("gpt-4o-2024-08-06").usage(usage).finish_reason("stop").end();

    print_recorded(&quipu, trace_id).await?;
    println!("\n{}", quipu.status());

    // Dropping the handle writes what still waits and ends the recording. Keep it for as long as the program
    // runs.
    Ok(())
}
