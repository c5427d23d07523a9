//! Tested agent: the calls, tools and cost of an agent are asserted as in a unit test.

use anyhow::Result;
use quipu::testing::{Captured, capture};
use quipu::{Usage, Usd};

/// The agent under test: it searches, asks, and tells of the answer.
#[quipu::observe(kind = "agent", name = "librarian")]
fn answer(question: &str) -> String {
    let found = search(question);
    let call = quipu::llm("openai", "gpt-4o-mini").input(question);
    // … here the model would be called; this is its usage …
    call.usage(Usage::of(800, 60)).finish_reason("stop").end();
    quipu::event!(INFO, "question.answered", documents = found);
    format!("{found} documents tell of it")
}

#[quipu::observe(kind = "tool")]
fn search(query: &str) -> usize {
    query.len()
}

fn main() -> Result<()> {
    // In a crate of your own, this is the body of a `#[test]`.
    let capture = capture()?;
    println!("{}", capture.scope(|| answer("What is a quipu?")));
    let seen: Captured = capture.finished()?;
    seen.assert_calls_at_most(3).assert_cost_at_most(Usd::cents(1)).assert_tools(&["search"]);
    seen.assert_event("question.answered").assert_no_errors();
    println!("calls {}, tokens {}, cost {} USD", seen.calls().count(), seen.tokens(), seen.cost());
    Ok(())
}
