//! Tests of the agent loop: its records match the wire, and its trace id finds everything of the run.

use quipu::core::{Kind, Tokens, TraceId};
use rusqlite::{Connection, OpenFlags};

use crate::run::{Run, usd};

#[tokio::test]
async fn agent_loop() {
    let run = Run::of(env!("CARGO_BIN_EXE_agent_loop"));
    let trace = run.trace().await;
    let edges = [
        " > invoke_agent packer",
        "invoke_agent packer > chat gpt-4o",
        "invoke_agent packer > chat gpt-4o",
        "invoke_agent packer > chat gpt-4o",
        "invoke_agent packer > execute_tool luggage",
        "invoke_agent packer > execute_tool weather",
    ];
    assert_eq!(run.edges(trace.trace_id).await, edges);
    assert_eq!((trace.llm_calls, trace.tool_calls, trace.errors), (3, 2, 0));
    assert_eq!((trace.session.as_deref(), trace.user.as_deref()), (Some("s-7"), Some("u-1")));

    // The model server has kept its own count.
    let told = |name: &str| -> u64 {
        let start = run.output.find("Told {").unwrap();
        let at = start + run.output[start..].find(&format!("{name}: ")).unwrap() + name.len() + 2;
        run.output[at..].chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
    };
    assert_eq!(told("calls"), trace.llm_calls);
    let (input, cached, output) = (told("input"), told("cached"), told("output"));
    assert_eq!(trace.tokens, Tokens { input, output, cache_read: cached, ..Tokens::default() });
    let cost = usd(&[(input - cached, "2.5"), (cached, "1.25"), (output, "10")]);
    assert_eq!(trace.cost, Some(cost));
    for span in run.spans(trace.trace_id).await.iter().filter(|span| span.kind == Kind::Llm) {
        assert_eq!(span.model.as_deref(), Some("gpt-4o-2024-08-06"), "the answer's model, not the request's");
    }

    // A second reader saw the calls during the run, and so did a scrape of its page.
    assert!(run.output.contains("\na second reader sees 3 calls so far\n"), "{}", run.output);
    for line in [
        "packer_turns_total{agent=\"packer\"} 3".to_owned(),
        format!("type=\"input\"}} {input}"),
        format!("type=\"cache_read\"}} {cached}"),
        format!("provider=\"openai\"}} {cost}"),
        "status=\"ok\",tool=\"weather\"} 1".to_owned(),
    ] {
        assert!(run.output.lines().any(|known| known.ends_with(&line)), "{line} is not in\n{}", run.output);
    }
    assert_eq!(run.last("quipu.llm.calls").await, 3.0);
    joined(&run, trace.trace_id);
}

/// One question to SQLite gives spans, costs, events and metrics of the run.
fn joined(run: &Run, trace_id: TraceId) {
    let days = std::fs::read_dir(run.folder.path().join("days")).unwrap().map(|file| file.unwrap().path());
    let mut rows = Vec::new();
    for day in days.filter(|path| {
        path.file_name().unwrap().to_str().unwrap().starts_with("d-") && path.extension().unwrap() == "db"
    }) {
        let conn = Connection::open_with_flags(day, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let mut look = conn.prepare(include_str!("../../joined.sql")).unwrap();
        let read = look.query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, Option<f64>>(2)?,
                text(row.get(3)?),
                text(row.get(4)?),
            ))
        });
        rows.extend(read.unwrap().map(Result::unwrap));
    }
    assert!(rows.iter().all(|(trace, ..)| *trace == trace_id.to_string()), "{rows:#?}");
    let of = |name: &'static str| rows.iter().filter(move |(_, span, ..)| span == name);
    let (_, _, _, events, metrics) = of("invoke_agent packer").next().unwrap();
    assert_eq!(events, "agent.start tool.call tool.result tool.call tool.result agent.stop");
    assert!(metrics.contains("gen_ai.invoke_agent.duration"), "{metrics}");
    assert_eq!(of("chat gpt-4o").count(), 3);
    assert!(of("chat gpt-4o").all(|(_, _, usd, ..)| usd.is_some_and(|usd| usd > 0.0)), "{rows:#?}");
    let metrics: String = of("chat gpt-4o").map(|(.., metrics)| metrics.as_str()).collect();
    assert!(
        metrics.contains("gen_ai.client.operation.duration") && metrics.contains("gen_ai.client.token.usage"),
        "{rows:#?}"
    );
    let metrics: String = of("execute_tool weather").map(|(.., metrics)| metrics.as_str()).collect();
    assert!(metrics.contains("gen_ai.execute_tool.duration"), "{rows:#?}");
}

fn text(text: Option<String>) -> String {
    text.unwrap_or_default()
}
