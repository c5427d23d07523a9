//! Operations of AI SDK spans, and their kinds.

use quipu_core::Kind;
use quipu_normalize::Slots;
use quipu_semconv::{AI_OPERATIONS, Field};

/// Prefix of every operation of the SDK.
const PREFIX: &str = "ai.";
/// Key of the operation in older releases, followed by the user's own name for it.
const OLDER_KEY: &str = "operation.name";
/// Operations without an agent, which only fetch numbers.
const PLAIN: &[&str] = &["ai.embed", "ai.rerank"];

/// The operation of the exporter built into the SDK; `None` on version 7's GenAI spans.
pub(crate) fn of<'a>(slots: &Slots<'a>) -> Option<&'a str> {
    let older = || slots.span.attributes.text(OLDER_KEY)?.split_whitespace().next();
    let found = slots.text(Field::AiOperation).map(str::trim).or_else(older)?;
    found.starts_with(PREFIX).then_some(found)
}

/// The kind of an operation. An unknown operation calls a model if it ends in an inner step of the SDK, all
/// of which are named `do…`.
pub(crate) fn kind(operation: &str) -> Kind {
    let known = AI_OPERATIONS.iter().find(|(name, _)| *name == operation).map(|(_, kind)| *kind);
    let inner = || operation.rsplit('.').next().is_some_and(|last| last.starts_with("do") && last.len() > 2);
    known.unwrap_or_else(|| if inner() { Kind::Llm } else { Kind::Task })
}

/// Whether the operation, or its enclosing one, is an agent's run.
pub(crate) fn is_of_an_agent(operation: &str) -> bool {
    !PLAIN.iter().any(|plain| operation.starts_with(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_inner_steps_reach_a_model() {
        for (operation, expected) in [
            ("ai.generateText", Kind::Agent),
            ("ai.generateText.doGenerate", Kind::Llm),
            ("ai.embedMany", Kind::Task),
            ("ai.embedMany.doEmbed", Kind::Embedding),
            ("ai.toolCall", Kind::Tool),
            ("ai.generateImage", Kind::Task),
            ("ai.generateImage.doGenerate", Kind::Llm),
            ("ai.", Kind::Task),
        ] {
            assert_eq!(kind(operation), expected, "{operation}");
        }
    }
}
