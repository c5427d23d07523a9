//! Messages of MLflow's spans: the arguments and the result of a call, as JSON.

use quipu_core::{Kind, Message, Messages, Role, Span, Value};
use quipu_normalize::{message_list, parse, pick};

pub(crate) const INPUT: &str = "mlflow.spanInputs";
pub(crate) const OUTPUT: &str = "mlflow.spanOutputs";

/// The messages of a span, or the arguments and result of a tool.
pub(crate) fn messages(span: &Span, kind: Kind) -> Messages {
    let sent = |key| span.attributes.text(key);
    let mut said = Messages::default();
    if kind == Kind::Tool {
        said.tool_arguments = sent(INPUT).map(structured);
        said.tool_result = sent(OUTPUT).map(structured);
        return said;
    }
    if let Some(input) = sent(INPUT) {
        let [messages, other, tools] = pick(input, ["messages", "input", "tools"]);
        said.input = listed(messages.or(other), input, &Role::User);
        said.tool_definitions =
            tools.and_then(|tools| tools.as_array().map(<[Value]>::to_vec)).unwrap_or_default();
    }
    if let Some(output) = sent(OUTPUT) {
        let [choices, list, content] = pick(output, ["choices", "output", "content"]);
        let message =
            choices.as_ref().and_then(|choices| choices.as_array()?.first()?.get("message")).cloned();
        said.output = listed(message.or(list).or(content), output, &Role::Assistant);
    }
    said
}

/// The messages of a part, otherwise those of the whole text.
fn listed(part: Option<Value>, whole: &str, role: &Role) -> Vec<Message> {
    message_list(&part.unwrap_or_else(|| structured(whole)), role)
}

fn structured(text: &str) -> Value {
    let word = || text.strip_prefix('"')?.strip_suffix('"').map(Value::from);
    parse(text).or_else(word).unwrap_or_else(|| Value::from(text))
}
