//! A planner with a writer, two tools, a streamed call with a retry, a budget, and `tracing`.
use quipu::{Budget, primitives::retry};
use tracing_subscriber::prelude::*;

type Done<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Done<()> {
    let quipu = quipu::builder().budget("trip", Budget::usd("0.006".parse()?)).init()?;
    tracing_subscriber::registry().with(quipu::tracing::layer()).init();
    println!("{}", quipu::agent("planner").session_id("s-1").user_id("u-1").run(plan("Lima")).await?);
    quipu.flush_async(std::time::Duration::from_secs(10)).await?;
    println!("{}", quipu.status());
    std::io::stdin().read_line(&mut String::new())?; // time for a look while the agent runs
    Ok(())
}
async fn plan(city: &str) -> Done<String> {
    let degrees = weather(city);
    let item = luggage(degrees);
    let text = quipu::agent("writer").run(retry("ask").run(|attempt| ask(item, attempt))).await?;
    tracing::info!(city, degrees, "the letter is written");
    let refused = quipu::budget("trip").check("0.005".parse::<quipu::Usd>()?).is_err();
    Ok(format!("{text} {}", if refused { "The budget has no room for a second letter." } else { "" }))
}
#[quipu::observe(kind = "tool")]
fn weather(city: &str) -> usize { 14 + city.len() }
#[quipu::observe(kind = "tool")]
fn luggage(degrees: usize) -> &'static str { if degrees < 20 { "a jacket" } else { "a hat" } }
/// Stands for a streamed request to a provider that is busy at first.
async fn ask(item: &str, attempt: u32) -> Done<String> {
    quipu::budget("trip").check("0.002".parse::<quipu::Usd>()?)?;
    let mut call = quipu::llm("openai", "gpt-4o").stream(true);
    if attempt == 1 {
        call.error("rate_limit_exceeded", "try again");
        return Err("busy".into());
    }
    call.first_token();
    call.usage((400, 50)).finish_reason("stop").end();
    Ok(format!("Take {item}."))
}
