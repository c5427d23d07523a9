//! Words of attribute keys, and the figure that a key names.

use compact_str::CompactString;
use quipu_core::Kind;

pub(crate) use crate::units::any;
use crate::units::{self, EVALUATIONS, TOKENS, Unit, unit};
use crate::vocabulary::{
    ANSWERED, ASKED, BOUNDS, CACHE, CALLS, COSTS, FILLERS, HISTORY, INPUT, MEASURES, NEGATIONS, OUTPUT,
    PARTS, REASONING, REQUESTS, SENT, SERVED, SPANS, SUMS, TOTAL, UNCACHED, WRITE,
};

/// Maximum number of words of one key.
const MOST_WORDS: usize = 16;
/// Maximum length of a key that is split into words, in bytes.
const LONGEST_KEY: usize = 160;

/// The bucket that a figure belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Input,
    /// Input that was neither read from a cache nor written to one.
    Uncached,
    Output,
    Total,
    CacheRead,
    CacheWrite,
    Reasoning,
}

/// Meaning of a key's figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Tokens of one call.
    Figure(Role),
    /// Tokens of several calls.
    Sum,
    /// Something else.
    Nothing,
}

/// Adds the lower-case words of a key. It is split at punctuation, before capitals, and before `token` in a
/// run of letters.
pub(crate) fn cut(key: &str, words: &mut Vec<CompactString>) {
    if key.len() > LONGEST_KEY {
        return;
    }
    for part in key.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
        let mut begin = 0;
        let chars: Vec<(usize, char)> = part.char_indices().collect();
        for at in 1..chars.len() {
            let (before, now) = (chars[at - 1].1, chars[at].1);
            let next_is_lower = chars.get(at + 1).is_some_and(|(_, next)| next.is_lowercase());
            if now.is_uppercase() && (!before.is_uppercase() || next_is_lower) {
                add(&part[begin..chars[at].0], words);
                begin = chars[at].0;
            }
        }
        add(&part[begin..], words);
    }
}

fn add(word: &str, words: &mut Vec<CompactString>) {
    if words.len() >= MOST_WORDS {
        return;
    }
    let word = CompactString::from(word).to_lowercase();
    let glued =
        ["tokens", "token"].iter().find_map(|end| word.strip_suffix(end).filter(|rest| !rest.is_empty()));
    match glued {
        Some(rest) => {
            words.push(rest.into());
            words.push(CompactString::const_new("tokens"));
        }
        None => words.push(word),
    }
}

/// Whether Gemini's word for the output is among these. Its reasoning tokens are not part of that figure
/// (<https://ai.google.dev/gemini-api/docs/thinking>).
pub(crate) fn is_of_candidates(words: &[CompactString]) -> bool {
    any(words, &["candidates", "candidate"])
}

/// The figure that these words name. Without a unit, it is one of tokens only if the total confirms it.
pub(crate) fn meaning(words: &[CompactString]) -> Meaning {
    let is_evaluation = EVALUATIONS.iter().all(|word| any(words, &[word]));
    let unit = unit(words);
    let may_be_tokens = unit != Unit::Unknown || units::is_of_usage(words);
    let is_of_others = !any(words, TOKENS) && units::names_other(words);
    if !may_be_tokens || is_of_others || is_elsewhere(words) || any(words, MEASURES) || any(words, PARTS) {
        return Meaning::Nothing;
    }
    if any(words, SUMS) {
        return Meaning::Sum;
    }
    if is_uncached(words) {
        return Meaning::Figure(Role::Uncached);
    }
    if any(words, CACHE) {
        return Meaning::Figure(if any(words, WRITE) { Role::CacheWrite } else { Role::CacheRead });
    }
    if any(words, REASONING) {
        return Meaning::Figure(Role::Reasoning);
    }
    let role = words.iter().rev().find_map(|word| role(word));
    match role {
        Some(Role::Input | Role::Output) if any(words, TOTAL) => Meaning::Sum,
        Some(role) => Meaning::Figure(role),
        // An evaluation count without a further word counts generated tokens.
        None if is_evaluation => Meaning::Figure(Role::Output),
        None if unit == Unit::Unknown => Meaning::Nothing,
        None => Meaning::Figure(Role::Total),
    }
}

fn is_uncached(words: &[CompactString]) -> bool {
    any(words, UNCACHED) || words.windows(2).any(|pair| any(&pair[..1], NEGATIONS) && any(&pair[1..], CACHE))
}

fn role(word: &str) -> Option<Role> {
    let tables = [(INPUT, Role::Input), (OUTPUT, Role::Output), (TOTAL, Role::Total)];
    tables.iter().find(|(table, _)| table.contains(&word)).map(|(_, role)| *role)
}

/// Whether the words are of a limit, a price, a cost, an estimate or an earlier call.
pub(crate) fn is_elsewhere(words: &[CompactString]) -> bool {
    any(words, HISTORY) || any(words, BOUNDS) || any(words, COSTS) && !counts_tokens(words)
}

/// Whether the words say that their figure is a number of tokens, even below a key about costs.
fn counts_tokens(words: &[CompactString]) -> bool {
    any(words, TOKENS) && any(words, &["num", "number", "count", "counts"])
}

/// Whether the words are of a cost, and not of a bound for costs.
pub(crate) fn is_cost(words: &[CompactString]) -> bool {
    any(words, COSTS) && !any(words, BOUNDS)
}

/// Whether the words are of a sum over several calls.
pub(crate) fn is_sum(words: &[CompactString]) -> bool {
    any(words, SUMS)
}

/// Whether the words are of a request and not of an answer.
pub(crate) fn is_sent(words: &[CompactString]) -> bool {
    any(words, SENT) && !any(words, ANSWERED)
}

/// Whether the words are of what was asked or said, or of an address. A printed object there is no figure.
pub(crate) fn is_content(words: &[CompactString]) -> bool {
    any(
        words,
        &[
            "prompt", "prompts", "content", "contents", "message", "messages", "text", "query", "question",
            "url", "uri", "path", "target",
        ],
    )
}

/// Whether the words are of an answer.
pub(crate) fn is_answered(words: &[CompactString]) -> bool {
    any(words, ANSWERED)
}

/// Whether the words are of the model that answered.
pub(crate) fn is_of_answering_model(words: &[CompactString]) -> bool {
    is_answered(words) || any(words, SERVED)
}

/// The words of a key without those that distinguish figures. All figures of one call have the same stem.
pub(crate) fn stem(words: &[CompactString]) -> CompactString {
    let tells_apart =
        [TOKENS, EVALUATIONS, UNCACHED, NEGATIONS, CACHE, WRITE, REASONING, INPUT, OUTPUT, TOTAL, FILLERS];
    let mut stem = CompactString::default();
    for word in words.iter().filter(|word| !tells_apart.iter().any(|table| table.contains(&word.as_str()))) {
        stem.push_str(word);
        stem.push('.');
    }
    stem
}

/// Whether the last words name a model.
pub(crate) fn names_model(words: &[CompactString]) -> bool {
    let is_model = |word: Option<&CompactString>| word.is_some_and(|word| word == "model");
    match words.last().map(CompactString::as_str) {
        Some("model" | "modelname" | "modelid") => true,
        Some("name" | "id" | "version") => is_model(words.len().checked_sub(2).and_then(|at| words.get(at))),
        Some(last) if ASKED.contains(&last) || SERVED.contains(&last) => {
            is_model(words.len().checked_sub(2).and_then(|at| words.get(at)))
        }
        _ => false,
    }
}

/// Whether the words are of the number of calls to models whose figures a span has.
pub(crate) fn counts_calls(words: &[CompactString]) -> bool {
    let is_number = match words {
        [.., one, count] if count == "count" => one == "call" || one == "request",
        [.., last] => matches!(last.as_str(), "calls" | "requests" | "invocations"),
        [] => false,
    };
    is_number
        && any(words, &["llm", "model", "usage", "ai", "openai", "tokens"])
        && !any(words, BOUNDS)
        && !any(words, COSTS)
        && !any(words, &["tool", "tools", "function", "search", "parallel", "concurrent", "retry", "failed"])
}

/// The kind of model call that words of a span's name tell.
pub(crate) fn requested_kind(words: &[CompactString]) -> Option<Kind> {
    if any(words, &["embedding", "embeddings", "embed"]) {
        Some(Kind::Embedding)
    } else if any(words, REQUESTS) {
        Some(Kind::Llm)
    } else {
        None
    }
}

/// Whether the last words are of the name of a language model.
pub(crate) fn names_llm(words: &[CompactString]) -> bool {
    matches!(words, [.., llm, name] if llm == "llm" && name == "name")
}

/// The kind of model call that the value of a key such as `span.type` or `observationKind` states.
pub(crate) fn stated_kind(words: &[CompactString], text: &str) -> Option<Kind> {
    let [before @ .., last] = words else { return None };
    let is_kind = matches!(last.as_str(), "type" | "kind");
    if !is_kind || before.last().is_some_and(|word| !SPANS.contains(&word.as_str())) {
        return None;
    }
    CALLS.iter().find(|(name, _)| text.eq_ignore_ascii_case(name)).map(|(_, kind)| *kind)
}

/// Whether the last word names a provider.
pub(crate) fn names_provider(words: &[CompactString]) -> bool {
    words.last().is_some_and(|word| word == "provider" || word == "vendor")
}

/// Whether the last word names an id.
pub(crate) fn names_id(words: &[CompactString]) -> bool {
    words.last().is_some_and(|word| word == "id")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(key: &str) -> Vec<CompactString> {
        let mut words = Vec::new();
        cut(key, &mut words);
        words
    }

    #[test]
    fn keys_are_cut_into_words() {
        for (key, cut) in [
            ("acme.llm.prompt_tokens", "acme llm prompt tokens"),
            ("promptTokenCount", "prompt token count"),
            ("LLMInputTokens", "llm input tokens"),
            ("app/prompttokens", "app prompt tokens"),
            ("tokens", "tokens"),
        ] {
            assert_eq!(words(key).join(" "), cut, "{key}");
        }
    }

    #[test]
    fn keys_name_figures() {
        use Meaning::{Figure, Nothing, Sum};
        for (key, told) in [
            ("acme.tokens.in", Figure(Role::Input)),
            ("acme.tok_out", Figure(Role::Output)),
            ("response.usage.input_tokens", Figure(Role::Input)),
            ("completion.tokens.total", Figure(Role::Total)),
            ("cache_read_input_tokens", Figure(Role::CacheRead)),
            ("usage.non_cached_input_tokens", Figure(Role::Uncached)),
            ("usage.uncachedInputTokens", Figure(Role::Uncached)),
            ("prompt.cache_creation_tokens", Figure(Role::CacheWrite)),
            ("completion_tokens_details.reasoning_tokens", Figure(Role::Reasoning)),
            ("ollama.prompt_eval_count", Figure(Role::Input)),
            ("ollama.eval_count", Figure(Role::Output)),
            ("total_input_tokens", Sum),
            ("session.prompt_tokens", Sum),
            ("max_output_tokens", Nothing),
            ("history.prompt_tokens", Nothing),
            ("auth.token.id", Nothing),
            ("prompt.length", Nothing),
        ] {
            assert_eq!(meaning(&words(key)), told, "{key}");
        }
    }

    #[test]
    fn figures_of_one_call_share_a_stem() {
        let stem = |key: &str| stem(&words(key));
        assert_eq!(stem("acme.llm.usage.prompt_tokens"), stem("acme.llm.completion_tokens"));
        assert_ne!(stem("acme.first.prompt_tokens"), stem("acme.second.completion_tokens"));
    }

    #[test]
    fn keys_state_the_kind_of_a_call() {
        for (key, text, kind) in [
            ("span.type", "inference", Some(Kind::Llm)),
            ("type", "LLM", Some(Kind::Llm)),
            ("acme.observationKind", "embedding", Some(Kind::Embedding)),
            ("entity.1.type", "inference", None),
            ("request.type", "llm", None),
            ("span.type", "inference.framework", None),
            ("span.type", "chat", None),
            ("span.name", "llm", None),
        ] {
            assert_eq!(stated_kind(&words(key), text), kind, "{key} = {text}");
        }
    }

    #[test]
    fn keys_name_models() {
        for key in ["model", "acme.model", "acme.modelName", "llm.model_id"] {
            assert!(names_model(&words(key)), "{key}");
        }
        for key in ["model.layers", "acme.name", "data_model.field"] {
            assert!(!names_model(&words(key)), "{key}");
        }
    }
}
