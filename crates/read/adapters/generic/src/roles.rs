//! Tool runs and agents of home-made programs, by the keys that name them.

use compact_str::{CompactString, format_compact};
use quipu_core::{Kind, Span};
use quipu_normalize::label;

use crate::words;

/// Maximum length of the name of a tool or an agent, in bytes.
const LONGEST: usize = 64;

/// A tool run or an agent that a span names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Role {
    pub kind: Kind,
    pub name: CompactString,
}

/// The tool or the agent of a span without figures. All spans of a program can name their agent, so the name
/// of an agent's span has to say that it is one.
pub(crate) fn role(span: &Span) -> Option<Role> {
    let tool =
        || named(span, "tool").or_else(|| by_span_name(&span.name, TOOLS)).or_else(|| plain_tool(span));
    if let Some(name) = tool() {
        return Some(Role { kind: Kind::Tool, name });
    }
    let agent = || is_of_agent(span).then(|| named(span, "agent")).flatten();
    match agent().or_else(|| by_span_name(&span.name, AGENTS)) {
        Some(name) => Some(Role { kind: Kind::Agent, name }),
        None => stated(span),
    }
}

/// Ends of keys that state the role of their span, and words of roles.
const STATED: [&str; 3] = ["span.type", "span.kind", "span_data.type"];
const ROLES: [(&str, Kind); 2] = [("agent", Kind::Agent), ("tool", Kind::Tool)];
const FUNCTION: &str = "function";

/// The role that a key such as `acme.span.type` states. The name is beside it under `acme.span.name`, or else
/// it is that of the span.
fn stated(span: &Span) -> Option<Role> {
    let ends = |key: &str| STATED.iter().any(|end| key.ends_with(end));
    let (key, text) =
        span.attributes.iter().find_map(|(key, value)| Some((key, value.as_str()?)).filter(|_| ends(key)))?;
    // Programs call their own functions so, too. Only OpenAI's agents call their tools functions.
    let is_function = || text == FUNCTION && key.ends_with(STATED[2]);
    let of_word = ROLES.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind);
    let kind = of_word.or_else(|| is_function().then_some(Kind::Tool))?;
    let beside = format_compact!("{}name", &key[..key.len() - 4]);
    let told = span.attributes.text(&beside).map(CompactString::from);
    let name = told.or_else(|| named(span, text)).unwrap_or_else(|| span.name.clone());
    (is_name(&name) && !name.is_empty()).then_some(Role { kind, name })
}

/// Beginnings of names of spans that end with the name of the tool or the agent.
const TOOLS: &[&str] = &["execute_tool ", "tool.", "tool:", "tool/"];
const AGENTS: &[&str] = &["invoke_agent "];

/// The name at the end of a span's name.
fn by_span_name(name: &str, begins: &[&str]) -> Option<CompactString> {
    let rest = begins.iter().find_map(|begin| name.strip_prefix(begin))?.trim();
    let is_identifier = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
    };
    (rest.len() <= LONGEST && is_identifier(rest) && !STEPS.contains(&rest)).then(|| rest.into())
}

/// Words after the word for a tool that name a step and no tool.
const STEPS: &[&str] =
    &["call", "calls", "run", "execute", "execution", "result", "results", "list", "select", "selection"];

/// The tool under a key that ends in `tool`, on a span whose name says that it runs one.
fn plain_tool(span: &Span) -> Option<CompactString> {
    let ends = |key: &str| key == "tool" || key.ends_with(".tool");
    let mut cut = Vec::new();
    let name = span.attributes.iter().find(|(key, _)| ends(key)).and_then(|(_, value)| value.as_str())?;
    words::cut(&span.name, &mut cut);
    (words::any(&cut, &["tool"]) && is_name(name) && !name.is_empty()).then(|| name.into())
}

/// Whether a span's name says that it is the run of an agent.
pub(crate) fn is_of_agent(span: &Span) -> bool {
    let mut cut = Vec::new();
    words::cut(&span.name, &mut cut);
    words::any(&cut, &["agent", "subagent"])
}

/// The only name under keys such as `tool.name` and `toolName`; `None` if several differ.
fn named(span: &Span, what: &str) -> Option<CompactString> {
    let may = |key: &str| key.len() > what.len() && key.ends_with("ame");
    let texts = span.attributes.iter().filter(|(key, _)| may(key)).filter(|(key, _)| names(key, what));
    let mut names = texts.filter_map(|(_, value)| label(value)).filter(|name| is_name(name));
    let first = names.next()?;
    names.all(|other| other == first).then_some(first)
}

/// Whether the last words of a key are `what` and `name`.
fn names(key: &str, what: &str) -> bool {
    let mut cut = Vec::new();
    words::cut(key, &mut cut);
    matches!(cut.as_slice(), [.., of, name] if of == what && name == "name")
}

fn is_name(text: &str) -> bool {
    text.len() <= LONGEST && !text.contains(['{', '[', '\n']) && text.split_whitespace().count() <= 4
}

#[cfg(test)]
mod tests {
    use quipu_core::{SpanId, Timestamp, TraceId, Value};

    use super::*;

    fn told(name: &str, attributes: &[(&str, &str)]) -> Option<(Kind, String)> {
        let (trace, id) = (TraceId::made_of(&["a"]), SpanId::made_of(&["b"]));
        let mut span = Span::new(trace, id, name, Timestamp::from_nanos(1), Timestamp::from_nanos(2));
        span.attributes = attributes.iter().map(|(key, value)| (*key, Value::from(*value))).collect();
        role(&span).map(|role| (role.kind, role.name.to_string()))
    }

    #[test]
    fn keys_name_tools_and_agents() {
        let tool = |name: &str| Some((Kind::Tool, name.to_owned()));
        assert_eq!(told("run", &[("tool.name", "grep")]), tool("grep"));
        assert_eq!(told("run", &[("acme.toolName", "grep"), ("agent.name", "a")]), tool("grep"));
        assert_eq!(told("run", &[("tool.name", "grep"), ("acme.tool_name", "find")]), None);
        assert_eq!(told("agent.run", &[("agent_name", "Writer")]), Some((Kind::Agent, "Writer".to_owned())));
        assert_eq!(told("tool.grep", &[]), tool("grep"));
        assert_eq!(told("tool.execution", &[]), None);
        assert_eq!(told("run tool", &[("tool", "grep")]), tool("grep"));
        assert_eq!(told("store", &[("tool", "grep")]), None);
        assert_eq!(told("invoke_agent fixer", &[]), Some((Kind::Agent, "fixer".to_owned())));
        assert_eq!(told("SELECT", &[("agent.name", "Writer")]), None, "context of the agent's work");
        let agent = |name: &str| Some((Kind::Agent, name.to_owned()));
        assert_eq!(told("plan", &[("acme.span.type", "agent"), ("acme.span.name", "Max")]), agent("Max"));
        assert_eq!(told("plan", &[("acme.span.kind", "tool")]), tool("plan"));
        assert_eq!(told("run", &[("tool.filename", "a"), ("tool.name", "{\"a\": 1}")]), None);
    }
}
