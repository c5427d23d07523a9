//! Primitives: sequence, parallel, router, cache, retry and fallback, over plain async functions. Each
//! records itself.

use std::time::Duration;

use anyhow::Result;
use quipu::Usage;
use quipu::primitives::{cache, fallback, parallel, retry, router, sequence};
use quipu_examples::{data_dir, print_recorded};

#[derive(Debug, Clone, PartialEq, Eq)]
struct Overloaded;

impl std::fmt::Display for Overloaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the model is overloaded")
    }
}

impl std::error::Error for Overloaded {}

#[tokio::main]
async fn main() -> Result<()> {
    let quipu = quipu::builder().service("primitives").data_dir(data_dir("primitives")).init()?;
    let agent = quipu::agent("answerer");
    let trace_id = agent.trace_id();

    // Answers to the same question are kept for a minute, a thousand at most. Errors are not kept.
    let answers = cache::<String, String>("answers", 1_000, Duration::from_secs(60));
    for question in ["What is a quipu?", "What is a quipu?", "2 + 3"] {
        let answer = agent.within(answers.run(question.to_owned(), || route(question))).await?;
        println!("{question} {answer}");
    }
    agent.end();

    print_recorded(&quipu, trace_id).await?;
    // Metrics also show their work: hits and misses, retries, routes taken, options used.
    let store = quipu.store();
    let names = match &store {
        Some(store) => store.metrics().await?,
        None => Vec::new(),
    };
    for prefix in ["cache", "router", "parallel", "retry", "fallback"] {
        let of_prefix = names.iter().filter(|metric| metric.name.starts_with(&format!("quipu.{prefix}.")));
        let list: Vec<&str> = of_prefix.map(|metric| metric.name.as_str()).collect();
        println!("metrics: {}", list.join(", "));
    }
    Ok(())
}

/// Router: sums need no model.
async fn route(question: &str) -> Result<String, Overloaded> {
    let ways = router("triage")
        .route("sum", |question: String| async move { Ok(add(&question)) })
        .otherwise(|question: String| async move { research(question).await });
    let way = if question.contains('+') { "sum" } else { "research" };
    ways.run(way, question.to_owned()).await
}

fn add(sum: &str) -> String {
    sum.split('+').filter_map(|number| number.trim().parse::<i64>().ok()).sum::<i64>().to_string()
}

/// Sequence: each step takes what the one before it gave.
async fn research(question: String) -> Result<String, Overloaded> {
    sequence("research")
        .map("search", |question: String| async move {
            // Parallel: both sources at the same time; results in the order of the work.
            let sources = ["encyclopedia", "archive"].map(|source| search(source, &question));
            let found: Vec<usize> = parallel("sources").run_values(sources).await;
            (question, found.into_iter().sum::<usize>())
        })
        .then("ask", |(question, found)| ask(question, found))
        .run(question)
        .await
}

async fn search(source: &'static str, query: &str) -> usize {
    let documents = source.len() + query.len();
    quipu::retrieval(source).query(query).documents(documents).end();
    documents
}

/// Fallback and retry: the large model is overloaded; the small one answers when it is asked again.
async fn ask(question: String, documents: usize) -> Result<String, Overloaded> {
    let patience = retry("small").attempts(3).pauses(Duration::from_millis(5), 2.0);
    fallback("model", "large", |_: String| model("gpt-4o", documents, false))
        .or("small", |_| patience.run(|attempt| model("gpt-4o-mini", documents, attempt > 1)))
        .run(question)
        .await
}

async fn model(name: &'static str, documents: usize, is_free: bool) -> Result<String, Overloaded> {
    let mut call = quipu::llm("openai", name);
    if !is_free {
        return call.check(Err(Overloaded));
    }
    call.usage(Usage::of(1_500, 60)).finish_reason("stop").end();
    Ok(format!("A record in knots, say {documents} documents."))
}
