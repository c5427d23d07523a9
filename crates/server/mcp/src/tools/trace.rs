//! Tool `trace`: outline of a trace, then the text of one span, then a range of that text.

use serde_json::Value;

use super::Called;
use crate::answer::{Answer, tokens};
use crate::arguments::Arguments;
use crate::ask::{Asker, Question, escape};
use crate::shape::{clean, cost, list, millis, name};

/// Rows of one page of the outline.
const ROWS: u64 = 1_000;
/// Deepest level that is indented.
const DEEPEST: u64 = 12;
/// Characters of one line of a span's text.
const LINE: usize = 100;

pub(super) async fn call(asker: &dyn Asker, arguments: &Arguments<'_>) -> Called {
    let id = arguments.needed("id")?;
    let from = arguments.number("from")?.unwrap_or_default();
    match arguments.text("span")? {
        None => outline(asker, id, from).await,
        Some(span) => text(asker, id, span, usize::try_from(from).unwrap_or(usize::MAX)).await,
    }
}

async fn outline(asker: &dyn Asker, id: &str, from: u64) -> Called {
    let path = format!("/api/v1/traces/{}/outline", escape(id));
    let question =
        Question::get(path).with("at", Some(from.to_string())).with("limit", Some(ROWS.to_string()));
    let answer = asker.ask(question).await?;
    let trace = &answer["trace"];
    let total = answer["total"].as_u64().unwrap_or_default();
    let rows = list(&answer, "ids").len();
    let lines = (0..rows).map(|row| outline_row(&answer, row)).collect();
    let head = format!(
        "Trace {} ({}): {}, {} calls, {} tools, {} errors, {} tokens, {}. Rows {from} to {} of {total}: row, span, kind, \
         what, duration, tokens in/out, status.",
        name(&trace["trace_id"]),
        name(&trace["status"]),
        millis(&trace["duration_ms"]),
        name(&trace["llm_calls"]),
        name(&trace["tool_calls"]),
        name(&trace["errors"]),
        name(&trace["tokens"]["total"]),
        cost(trace),
        from + rows as u64,
    );
    let id = id.to_owned();
    let more = move |given: usize| format!("trace with id={} and from={}", escape(&id), from + given as u64);
    Ok(Answer::new(head, lines).with_more(more).open_ended(!answer["next_at"].is_null()))
}

fn outline_row(answer: &Value, row: usize) -> String {
    let number = |column: &str| answer[column][row].as_i64();
    let named = |column: &str, names: &str| {
        let at = number(column).and_then(|at| usize::try_from(at).ok());
        at.map(|at| &answer[names][at]).filter(|found| found.is_string()).map(name)
    };
    let depth =
        usize::try_from(answer["depth"][row].as_u64().unwrap_or_default().min(DEEPEST)).unwrap_or_default();
    let what = [named("model", "models"), named("tool", "tools"), named("agent", "agents")];
    let what = what.into_iter().flatten().next().unwrap_or_default();
    let duration = number("duration_us").filter(|us| *us >= 0).map(|us| format!("{}ms", us / 1_000));
    let tokens = match (number("input"), number("output")) {
        (Some(input), Some(output)) if input >= 0 || output >= 0 => {
            format!(" {}/{}", input.max(0), output.max(0))
        }
        _ => String::new(),
    };
    format!(
        "{}{} {} {} {} {what} {}{tokens} {}",
        "  ".repeat(depth),
        answer["at"].as_u64().unwrap_or_default() + row as u64,
        name(&answer["ids"][row]),
        named("kind", "kinds").unwrap_or_default(),
        named("name", "names").unwrap_or_default(),
        duration.unwrap_or_else(|| "running".to_owned()),
        named("status", "statuses").unwrap_or_default(),
    )
}

async fn text(asker: &dyn Asker, id: &str, span: &str, from: usize) -> Called {
    let path = format!("/api/v1/traces/{}/spans/{}", escape(id), escape(span));
    let answer = asker.ask(Question::get(path)).await?;
    let span_of = if answer["span"].is_object() { &answer["span"] } else { &answer };
    let whole: Vec<char> = clean(&described(span_of)).chars().collect();
    let rest = whole.get(from.min(whole.len())..).unwrap_or_default();
    // Pieces, not lines: the answer has to tell where it was cut.
    let pieces: Vec<String> = rest.chunks(LINE).map(|piece| piece.iter().collect()).collect();
    let head = format!(
        "Span {} of trace {}, characters {from} to {} (about {} tokens); long lines are wrapped.",
        name(&span_of["span_id"]),
        escape(id),
        whole.len(),
        tokens(&rest.iter().take(100_000).collect::<String>()),
    );
    let (id, span) = (id.to_owned(), span.to_owned());
    let more = move |given: usize| {
        format!("trace with id={} span={} from={}", escape(&id), escape(&span), from + given * LINE)
    };
    Ok(Answer::new(head, pieces).with_more(more))
}

/// All of a span as text: figures, then messages, tool data, errors and attributes.
fn described(span: &Value) -> String {
    let mut out = format!(
        "{} ({}), {}, status {} {}\nmodel {} · tool {} · agent {} · {} tokens · {}\n",
        name(&span["name"]),
        name(&span["kind"]),
        millis(&span["duration_ms"]),
        name(&span["status"]),
        span["status_message"].as_str().unwrap_or_default(),
        name(&span["model"]),
        name(&span["tool"]),
        name(&span["agent"]),
        name(&span["tokens"]["total"]),
        cost(span),
    );
    for field in ["error_type", "error_class", "counted_reason", "cost_reason"] {
        if let Some(text) = span[field].as_str() {
            out.push_str(&format!("{field}: {text}\n"));
        }
    }
    for field in
        ["input_messages", "output_messages", "tool_arguments", "tool_result", "attributes", "events"]
    {
        match &span[field] {
            Value::Null => {}
            Value::Array(items) if items.is_empty() => {}
            Value::String(text) => out.push_str(&format!("{field}:\n{text}\n")),
            value => out.push_str(&format!("{field}:\n{value}\n")),
        }
    }
    out
}
