//! Alerts without a server: a rule over the library's own store calls a function.

use std::sync::mpsc;
use std::time::Duration;

use anyhow::Result;
use quipu_examples::data_dir;

/// The tables of `quipu.toml`; `quipu::alerts().file("quipu.toml")` reads them from there.
const RULES: &str = r#"
    [alerts]
    every = "1s"

    [alert.many_failures]
    kind = "error_rate"
    group_by = ["model"]
    above = 0.5
    summary = "More than half of the calls failed"
"#;

fn main() -> Result<()> {
    let quipu = quipu::builder().service("alerts").data_dir(data_dir("alerts")).init()?;
    let (tell, told) = mpsc::channel();
    // Dropping the answer ends the evaluation. Channels such as Slack or mail work here too.
    let _alerts = quipu::alerts()
        .text(RULES)?
        .on_notice(move |notice| drop(tell.send((notice.title(), notice.summary.clone()))))
        .start(&quipu)?;

    // … here the model would be called, and fail …
    for _ in 0..3 {
        let mut call = quipu::llm("openai", "gpt-5");
        call.error("overloaded", "try again later");
        call.end();
    }
    quipu.flush(Duration::from_secs(5))?;

    let (title, summary) = told.recv_timeout(Duration::from_secs(20))?;
    println!("{title}");
    println!("{summary}");
    Ok(())
}
