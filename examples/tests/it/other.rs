//! Tests of extensions and composition: backends, adapters, budgets, primitives.

use quipu::core::{Kind, Status, Tokens};

use crate::run::{Run, usd};

#[tokio::test]
async fn custom_backend() {
    let run = Run::of(env!("CARGO_BIN_EXE_custom_backend"));
    let trace = run.trace().await;
    let (openai, anthropic) = (usd(&[(1_000, "2.5"), (100, "10")]), usd(&[(2_000, "3"), (50, "15")]));
    assert_eq!((trace.llm_calls, trace.cost), (2, Some(openai + anthropic)));
    let bill = std::fs::read_to_string(run.folder.path().join("bill.csv")).unwrap();
    let expected = format!(
        "agent,model,tokens,usd\nbiller,gpt-4o,1100,{openai}\nbiller,claude-sonnet-4-5,2050,{anthropic}\n"
    );
    assert_eq!(bill, expected);
    assert!(
        run.output.contains("\nbackend bill: Ready, ") && run.output.ends_with(&expected),
        "{}",
        run.output
    );
}

#[tokio::test]
async fn custom_adapter() {
    let run = Run::of(env!("CARGO_BIN_EXE_custom_adapter"));
    let trace = run.trace().await;
    let edges = [" > invoke_agent linguist", "acme.ask > acme.lookup", "invoke_agent linguist > acme.ask"];
    assert_eq!(run.edges(trace.trace_id).await, edges);
    assert_eq!((trace.llm_calls, trace.tool_calls), (1, 1));
    assert_eq!(trace.tokens, Tokens { input: 900, output: 40, cache_read: 600, ..Tokens::default() });
    assert_eq!(trace.cost, Some(usd(&[(300, "2.5"), (600, "1.25"), (40, "10")])));
    let spans = run.spans(trace.trace_id).await;
    let row = spans.iter().find(|span| span.kind == Kind::Llm).unwrap().cost.clone().unwrap();
    assert_eq!(
        (row.convention.as_str(), row.framework.as_deref(), row.agent.as_deref()),
        ("acme", Some("acme"), Some("linguist"))
    );
    let tool = spans.iter().find(|span| span.kind == Kind::Tool).unwrap();
    assert_eq!(tool.tool.as_deref(), Some("dictionary"));
}

#[tokio::test]
async fn budget_guard() {
    let run = Run::of(env!("CARGO_BIN_EXE_budget_guard"));
    let trace = run.trace().await;
    assert_eq!((trace.llm_calls, trace.cost), (2, "0.008".parse().ok()), "the third call was not made");
    assert!(run.output.contains("chapter 2 is summarized\nrefused: budget daily: "), "{}", run.output);
    assert!(
        run.output.contains("0.004 USD more would exceed it; the next period starts at "),
        "{}",
        run.output
    );
    assert!(run.output.ends_with("budget daily: 0.008 USD spent of 0.01 USD\n"), "{}", run.output);
    let spans = run.spans(trace.trace_id).await;
    let agent = spans.iter().find(|span| span.kind == Kind::Agent).unwrap();
    let error = agent.raw.as_ref().unwrap().attributes.text("error.type");
    assert_eq!((agent.status, error), (Status::Error, Some("BudgetError")));
}

#[test]
fn alerts() {
    let run = Run::of(env!("CARGO_BIN_EXE_alerts"));
    let expected = "[FIRING] many_failures {model=gpt-5}: 1, threshold above 0.5, window 5m\nMore than half of the calls failed\n";
    assert_eq!(run.output, expected);
}

#[tokio::test]
async fn primitives() {
    let run = Run::of(env!("CARGO_BIN_EXE_primitives"));
    let trace = run.trace().await;
    // The large model's, and two attempts with the small one, of which the last was answered.
    assert_eq!((trace.llm_calls, trace.tokens.total()), (3, 1_560));
    assert_eq!(trace.cost, Some(usd(&[(1_500, "0.15"), (60, "0.6")])));
    let answer = "What is a quipu? A record in knots, say 51 documents.\n";
    assert!(run.output.starts_with(&format!("{answer}{answer}2 + 3 5\n")), "{}", run.output);
    let counted = [
        ("quipu.cache.hits", 1.0),
        ("quipu.cache.misses", 2.0),
        ("quipu.router.routes", 2.0),
        ("quipu.parallel.branches", 2.0),
        ("quipu.retry.attempts", 2.0),
        ("quipu.retry.retries", 1.0),
        ("quipu.fallback.options", 2.0),
        ("quipu.fallback.used", 1.0),
    ];
    for (name, figure) in counted {
        assert_eq!(run.last(name).await, figure, "{name}");
        assert!(run.output.contains(name), "{name}: {}", run.output);
    }
    // Steps are in the order of the composition, each below its parent.
    let edges = run.edges(trace.trace_id).await;
    for edge in [
        "invoke_agent answerer > cache answers",
        "cache answers > router triage",
        "invoke_workflow research > search",
        "parallel sources > sources",
        "invoke_workflow research > ask",
        "ask > fallback model",
        "fallback model > small",
        "retry small > attempt small",
        "attempt small > chat gpt-4o-mini",
    ] {
        assert!(edges.iter().any(|known| known == edge), "{edge} is not in {edges:#?}");
    }
}

#[test]
fn tested_agent() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_tested_agent")).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let cost = usd(&[(800, "0.15"), (60, "0.6")]);
    let expected = format!("16 documents tell of it\ncalls 1, tokens 860, cost {cost} USD\n");
    assert_eq!(text, expected);
}
