//! Names, descriptions and arguments of the tools.

use serde_json::{Map, Value, json};

/// A tool: its name, its description, and its arguments. A `*` marks a needed argument.
struct Tool(&'static str, &'static str, &'static [&'static str]);

const TOOLS: [Tool; 9] = [
    Tool(
        "overview",
        "Calls, tokens, cost, errors, by model, agent and failure",
        &["since", "until", "filter"],
    ),
    Tool(
        "search",
        "List traces (runs), newest first. Gives trace ids for `trace`",
        &["q", "since", "until", "filter", "sort", "limit", "cursor"],
    ),
    Tool(
        "trace",
        "One trace: outline of its spans. With `span`: that span's messages, arguments, result and error as text. \
         `from` continues a cut answer",
        &["id*", "span", "from"],
    ),
    Tool(
        "compare",
        "Compare two traces (ids) or two selections (filters) side by side",
        &["a*", "b*", "since", "until"],
    ),
    Tool("cost", "Cost and tokens by group, most expensive first", &["group_by", "since", "until", "filter"]),
    Tool("errors", "Failures by error and kind, with an example trace", &["since", "until", "filter"]),
    Tool(
        "query",
        "Counts, durations and costs of any records by group and time",
        &["from*", "group_by", "step", "sort", "top", "name", "since", "until", "filter"],
    ),
    Tool("whoami", "Your own session: its cost, tokens and errors, and today's cost", &["session"]),
    Tool("budget", "Budgets: limit, spent, share, reset", &["name"]),
];

/// Names of the arguments of a tool; `None` for an unknown tool.
pub(super) fn arguments(tool: &str) -> Option<Vec<&'static str>> {
    let tool = TOOLS.iter().find(|known| known.0 == tool)?;
    Some(tool.2.iter().map(|name| name.trim_end_matches('*')).chain(["max_tokens"]).collect())
}

/// Type and description of an argument.
fn about(tool: &str, name: &str) -> Value {
    let text = |about: &str| json!({"type": "string", "description": about});
    match (tool, name) {
        ("trace", "from") => json!({"type": "integer", "description": "First row or character"}),
        ("query", "from") => text(
            "calls, tools, agents, workflows, retrievals, guardrails, spans, failures, traces, events or metric",
        ),
        (_, "since") => text("-24h, -7d or RFC 3339; default -24h"),
        (_, "until") => text("End of the time range"),
        (_, "filter") => text("Such as: status:error cost>0.05 model:gpt-* -tag:test \"words\""),
        (_, "q") => text("Words in a span's text"),
        ("search", "sort") => text("started_at, duration, cost or tokens; - for descending"),
        ("query", "sort") => text("count, errors, latency, tokens or cost"),
        (_, "limit") => json!({"type": "integer", "description": "Rows; default 20"}),
        (_, "top") => json!({"type": "integer", "description": "Groups; default 20"}),
        (_, "cursor") => text("From the previous answer"),
        (_, "id") => text("Trace id, 32 hex digits"),
        (_, "span") => text("Span id, 16 hex digits"),
        (_, "a" | "b") => text("Trace id or filter"),
        ("cost", "group_by") => {
            text("Comma list: model, agent, project, session, user, tool, day, hour …; default model")
        }
        (_, "group_by") => text("Comma list of keys, such as model or error,tool"),
        (_, "step") => text("auto, or a width such as 1h"),
        ("query", "name") => text("Metric, for from=metric"),
        (_, "name") => text("Only this budget"),
        (_, "session") => text("Session id, if the server does not know it"),
        _ => {
            json!({"type": "integer", "minimum": 100, "description": "Token limit of the answer; default 4000"})
        }
    }
}

/// The tools as `tools/list` has them.
pub fn listed() -> Vec<Value> {
    TOOLS.iter().map(one).collect()
}

fn one(tool: &Tool) -> Value {
    let names = tool.2.iter().copied().chain(["max_tokens"]);
    let properties: Map<String, Value> = names
        .map(|name| name.trim_end_matches('*'))
        .map(|name| (name.to_owned(), about(tool.0, name)))
        .collect();
    let needed: Vec<&str> = tool.2.iter().filter_map(|name| name.strip_suffix('*')).collect();
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if !needed.is_empty() {
        schema["required"] = json!(needed);
    }
    json!({
        "name": tool.0,
        "description": tool.1,
        "inputSchema": schema,
        "annotations": {"readOnlyHint": true, "openWorldHint": false},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::tokens;

    #[test]
    fn the_list_of_tools_is_short() {
        let list = json!({"tools": listed()}).to_string();
        assert!(tokens(&list) <= 2_500 && list.len() / 4 <= 2_500, "{} tokens", tokens(&list));
        assert_eq!(listed().len(), 9);
    }
}
