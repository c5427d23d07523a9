//! `--for-agent`: the answers of commands as the tools of the MCP server give them.

use anyhow::Result;
use serde_json::{Value, json};

use super::call::print;
use crate::args::{Command, Filter, ForAgent, McpSource, Period, Source, TerminalCommand};
use crate::terminal;

/// Prints the answer of a command for an agent; `false` if the command did not ask for it.
///
/// # Errors
/// As for [`print`].
pub fn answer(command: &Command) -> Result<bool> {
    let (source, agent, tool, arguments) = match command {
        Command::Traces(ask) => {
            let more = json!({"sort": ask.sort, "limit": number(ask.limit.as_ref()), "cursor": ask.cursor});
            (&ask.source, &ask.agent, "search", with(&ask.filter, more))
        }
        Command::Trace(ask) => (
            &ask.source,
            &ask.agent,
            "trace",
            json!({"id": ask.id, "span": ask.span.as_ref().or(ask.cost.as_ref())}),
        ),
        Command::Usage(ask) => {
            (&ask.source, &ask.agent, "cost", with(&ask.filter, json!({"group_by": ask.group_by})))
        }
        Command::Sessions(ask) => {
            let more = json!({"from": "calls", "group_by": "session", "top": number(ask.limit.as_ref())});
            (&ask.source, &ask.agent, "query", with(&ask.filter, more))
        }
        Command::Tools(ask) => {
            let more = json!({"from": "tools", "group_by": "tool"});
            (&ask.source, &ask.agent, "query", with(&ask.filter, more))
        }
        Command::Terminal(command) => return of_terminal(command),
        _ => return Ok(false),
    };
    if agent.for_agent {
        print(&place(source), tool, limited(arguments, agent))?;
    }
    Ok(agent.for_agent)
}

/// The same for the commands with the figures of a period.
fn of_terminal(command: &TerminalCommand) -> Result<bool> {
    let (source, agent, since, filter) = match command {
        TerminalCommand::Summary(ask) => {
            let since = format!("-{}", ask.last.trim_start_matches('-'));
            (&ask.source, &ask.agent, Ok(since), &ask.filter)
        }
        TerminalCommand::Today(ask) => of_period(ask, terminal::Span::Day),
        TerminalCommand::Week(ask) => of_period(ask, terminal::Span::Week),
        TerminalCommand::Month(ask) => of_period(ask, terminal::Span::Month),
        _ => return Ok(false),
    };
    if agent.for_agent {
        let arguments = json!({"since": since?, "filter": filter});
        print(&place(source), "overview", limited(arguments, agent))?;
    }
    Ok(agent.for_agent)
}

fn of_period(ask: &Period, span: terminal::Span) -> (&Source, &ForAgent, Result<String>, &Option<String>) {
    (&ask.source, &ask.agent, terminal::since(ask, span), &ask.filter)
}

fn place(source: &Source) -> McpSource {
    let Source { url, data_dir, store, .. } = source;
    McpSource { url: url.clone(), data_dir: data_dir.clone(), store: store.clone() }
}

/// The arguments that have a value, with the token limit.
fn limited(mut arguments: Value, agent: &ForAgent) -> Value {
    arguments["max_tokens"] = agent.max_tokens.map_or(Value::Null, Value::from);
    if let Some(members) = arguments.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    arguments
}

/// A number, or the text that the tool rejects with a reason.
fn number(text: Option<&String>) -> Value {
    text.map_or(Value::Null, |text| text.parse::<u64>().map_or_else(|_| text.as_str().into(), Value::from))
}

/// The arguments with those of the filter. Fields of the filter become terms of the query language.
fn with(filter: &Filter, mut arguments: Value) -> Value {
    let fields = [
        ("service", &filter.service),
        ("framework", &filter.framework),
        ("agent", &filter.agent),
        ("model", &filter.model),
        ("tool", &filter.tool),
        ("status", &filter.status),
        ("session", &filter.session),
        ("user", &filter.user),
        ("tag", &filter.tag),
        ("project", &filter.project),
        ("commit", &filter.commit),
        ("branch", &filter.branch),
        ("error", &filter.error),
    ];
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut terms: Vec<String> = fields
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}:{}", quoted(value.as_ref()?))))
        .collect();
    terms.extend(filter.min_duration_ms.as_ref().map(|least| format!("duration>={least}ms")));
    terms.extend(filter.min_cost_usd.as_ref().map(|least| format!("cost>={least}")));
    // Words only where the tool has no argument for them.
    let searches = arguments.get("cursor").is_some();
    terms.extend(filter.q.as_ref().filter(|_| !searches).map(|words| quoted(words)));
    terms.extend(filter.filter.clone());
    if searches {
        arguments["q"] = json!(filter.q);
    }
    arguments["since"] = json!(filter.since);
    arguments["until"] = json!(filter.until);
    arguments["filter"] = if terms.is_empty() { Value::Null } else { terms.join(" ").into() };
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_become_terms_and_missing_arguments_are_left_out() {
        let filter = Filter {
            model: Some("gpt \"4\"".into()),
            min_duration_ms: Some("20".into()),
            filter: Some("-tag:x".into()),
            q: Some("rate limit".into()),
            ..Filter::default()
        };
        let agent = ForAgent { for_agent: true, max_tokens: Some(200) };
        let arguments = limited(with(&filter, json!({"group_by": "model"})), &agent);
        let terms = r#"model:"gpt \"4\"" duration>=20ms "rate limit" -tag:x"#;
        assert_eq!(arguments, json!({"group_by": "model", "filter": terms, "max_tokens": 200}));
        let arguments = limited(with(&filter, json!({"cursor": null, "limit": 3})), &ForAgent::default());
        assert_eq!((&arguments["q"], arguments.get("cursor")), (&json!("rate limit"), None));
    }
}
