//! A program that configures, starts, asks and ends the library.
//!
//! The same source compiles with the library and without it.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use quipu::{Action, Amount, Budget, Estimate, Level, ManualClock, Period, Preset, Scope, Usd};

const SECOND: Duration = Duration::from_secs(1);

/// Does the work of an agent; returns what the library did.
pub fn run(folder: &Path) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let scope = Scope { agent: Some("clerk".into()), ..Scope::default() };
    let calls = Budget::calls(1).and(Amount::Tokens(1_000_000)).per(Period::Total).scope(scope);
    let money = Budget::usd(Usd::cents(500)).per(Period::Month).rolling().thresholds([0.5]).hold(SECOND);
    let library = quipu::builder()
        .preset(Preset::Standard)
        .enabled(true)
        .without_file()
        .variables([("QUIPU_VCS", "false")])
        .service("shop")
        .resource("team", "blue")
        .level(Level::Info)
        .log_full_prompts(false)
        .panic_events(false)
        .system_metrics(false)
        .vcs(false)
        .data_dir(folder)
        .without_backends()
        .budget("calls", calls.action(Action::Block))
        .budget("money", money.degrade_to("gpt-5-mini"))
        .on_budget_notice(|notice| drop(notice.to_string()))
        .sample_ratio(1.0)
        .keep_errors_and_slow(SECOND, 1.0)
        .recorder(|recorder| recorder)
        .delay(SECOND)
        .metrics_interval(SECOND)
        .shutdown_timeout(SECOND)
        .end_on_signals(false)
        .clock(ManualClock::at(std::time::SystemTime::UNIX_EPOCH))
        .detached()
        .init()?;
    let agent = library.context().agent("clerk");
    let call = agent.llm("openai", "gpt-5");
    let reserved = agent.context().scope(|| library.budget("calls").check(Estimate::call().tokens(100)))?;
    let (delay, model) = (reserved.delay(), reserved.degrade_to().map(str::to_owned));
    reserved.for_call(&call.context()).settle(Usd::cents(1));
    call.usage((1_200, 85)).finish_reason("stop").end();
    agent.end();
    let second = library.budgets().budget("calls").check(Usd::cents(1)).map(|reserved| reserved.release());
    library.flush(SECOND)?;
    let status = library.status();
    let running = (library.is_enabled(), status.running, library.recorder().is_some());
    let problems = status.problems.len() + library.status_reader()().problems.len();
    library.shutdown(SECOND)?;
    Ok(vec![
        format!("running {running:?}, problems {problems}"),
        format!(
            "advice {delay:?} {model:?}, second call {}",
            if second.is_ok() { "passes" } else { "rejected" }
        ),
    ])
}

#[allow(dead_code, reason = "a test includes this file as a module")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_default();
    let lines = run(Path::new(&folder))?.join("\n");
    Ok(std::io::stdout().write_all(lines.as_bytes())?)
}
