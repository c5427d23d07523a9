//! Budget guard: a call that does not fit into the day's budget is rejected before the money is spent.

use anyhow::Result;
use quipu::{Budget, BudgetError, Usage, Usd};
use quipu_examples::{data_dir, print_recorded};

#[tokio::main]
async fn main() -> Result<()> {
    // A cent a day. In `quipu.toml` it is `limit_usd = "0.01"` under `[budgets.daily]`.
    let quipu = quipu::builder()
        .service("budget-guard")
        .data_dir(data_dir("budget_guard"))
        .budget("daily", Budget::usd(Usd::cents(1)))
        .init()?;

    // Upper limit of a chapter's cost, by its length and by the limit of the answer.
    let estimate: Usd = "0.004".parse()?;
    let agent = quipu::agent("summarizer");
    let trace_id = agent.trace_id();
    // `run` makes the agent the parent of what happens within, and records the error that comes out.
    if let Err(refused) = agent.run(summarize_all(estimate)).await {
        // The text names the spent amount, the estimate, and the start of the next period.
        println!("refused: {refused}");
    }

    print_recorded(&quipu, trace_id).await?;
    for budget in quipu.status().budgets {
        println!("budget {}: {} spent of {}", budget.name, budget.spent, budget.limit);
    }
    Ok(())
}

/// Would ask five times, but the third time does not fit any more.
async fn summarize_all(estimate: Usd) -> Result<(), BudgetError> {
    for chapter in 1..=5 {
        summarize(chapter, estimate).await?;
    }
    Ok(())
}

async fn summarize(chapter: u32, estimate: Usd) -> Result<(), BudgetError> {
    // Checked before the call, not after it. The estimate is reserved, so that many at once cannot overspend
    // together; the real cost takes its place when the call has been counted.
    quipu::budget("daily").check(estimate)?;

    // … here the model would be called; this is its usage …
    let call = quipu::llm("openai", "gpt-4o").attribute("chapter", chapter);
    call.usage(Usage::of(1_000, 150)).finish_reason("stop").end();
    println!("chapter {chapter} is summarized");
    Ok(())
}
