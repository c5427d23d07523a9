//! Words of attribute keys, and the figure that a key names.

use compact_str::CompactString;

/// Maximum number of words of one key.
const MOST_WORDS: usize = 16;
/// Maximum length of a key that is split into words, in bytes.
const LONGEST_KEY: usize = 160;

/// Words that mark a figure as a number of tokens.
const TOKENS: &[&str] = &["token", "tokens", "tok", "toks"];
/// Ollama counts tokens as evaluations.
const EVALUATIONS: &[&str] = &["eval", "count"];
/// Words of limits, prices and estimates. Such a figure is no usage.
const BOUNDS: &[&str] = &[
    "max",
    "maximum",
    "min",
    "minimum",
    "limit",
    "limits",
    "limiter",
    "quota",
    "quotas",
    "budget",
    "budgets",
    "remaining",
    "available",
    "allowed",
    "reserved",
    "threshold",
    "capacity",
    "ratelimit",
    "price",
    "prices",
    "pricing",
    "cost",
    "costs",
    "usd",
    "avg",
    "average",
    "mean",
    "median",
    "p50",
    "p90",
    "p95",
    "p99",
    "estimate",
    "estimated",
    "estimates",
    "expected",
    "predicted",
];
/// Words of speeds, positions and similar measures. Such a figure alone is no usage.
const MEASURES: &[&str] = &[
    "window", "rate", "per", "second", "seconds", "minute", "target", "ms", "latency", "id", "ids", "index",
    "offset", "version", "expires", "ttl", "vocab", "chunk", "chunks",
];
/// Words of records of earlier calls.
const HISTORY: &[&str] =
    &["history", "previous", "prior", "messages", "memory", "example", "examples", "past"];
/// Words of sums over several calls.
const SUMS: &[&str] = &[
    "cumulative",
    "session",
    "aggregate",
    "aggregated",
    "accumulated",
    "running",
    "sum",
    "overall",
    "lifetime",
    "conversation",
    "daily",
    "today",
];
/// Words of buckets without a separate price.
const PARTS: &[&str] = &["audio", "image", "images", "video", "prediction", "accepted", "rejected", "miss"];
const CACHE: &[&str] = &["cache", "cached", "caching"];
const WRITE: &[&str] = &["write", "written", "writes", "creation", "created", "create"];
const REASONING: &[&str] = &["reasoning", "thinking", "thought", "thoughts"];
const INPUT: &[&str] = &["input", "inputs", "in", "prompt", "prompts", "sent", "request", "question"];
const OUTPUT: &[&str] = &[
    "output",
    "outputs",
    "out",
    "completion",
    "completions",
    "generated",
    "generation",
    "candidates",
    "candidate",
    "response",
    "answer",
    "received",
    "reply",
];
const TOTAL: &[&str] = &["total", "totals", "all"];
/// Words that do not identify the call of a figure.
const FILLERS: &[&str] =
    &["count", "counts", "number", "num", "n", "usage", "used", "details", "detail", "read", "hit", "hits"];
/// Words of requests.
const SENT: &[&str] = &[
    "request",
    "req",
    "input",
    "inputs",
    "prompt",
    "params",
    "parameters",
    "args",
    "arguments",
    "config",
    "body",
];
/// Words of answers.
const ANSWERED: &[&str] = &[
    "response",
    "resp",
    "result",
    "results",
    "output",
    "outputs",
    "answer",
    "completion",
    "reply",
    "usage",
    "returned",
];

/// The bucket that a figure belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Input,
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

pub(crate) fn any(words: &[CompactString], of: &[&str]) -> bool {
    words.iter().any(|word| of.contains(&word.as_str()))
}

/// The figure that these words name.
pub(crate) fn meaning(words: &[CompactString]) -> Meaning {
    let is_evaluation = EVALUATIONS.iter().all(|word| any(words, &[word]));
    let counts_tokens = any(words, TOKENS) || is_evaluation;
    if !counts_tokens || is_elsewhere(words) || any(words, MEASURES) || any(words, PARTS) {
        return Meaning::Nothing;
    }
    if any(words, SUMS) {
        return Meaning::Sum;
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
        None => Meaning::Figure(Role::Total),
    }
}

fn role(word: &str) -> Option<Role> {
    let tables = [(INPUT, Role::Input), (OUTPUT, Role::Output), (TOTAL, Role::Total)];
    tables.iter().find(|(table, _)| table.contains(&word)).map(|(_, role)| *role)
}

/// Whether the words are of a limit, a price, an estimate or an earlier call.
pub(crate) fn is_elsewhere(words: &[CompactString]) -> bool {
    any(words, BOUNDS) || any(words, HISTORY)
}

/// Whether the words are of a cost, and not of a bound for costs.
pub(crate) fn is_cost(words: &[CompactString]) -> bool {
    const COSTS: &[&str] = &["cost", "costs", "usd"];
    any(words, COSTS)
        && !words.iter().any(|word| BOUNDS.contains(&word.as_str()) && !COSTS.contains(&word.as_str()))
}

/// Whether the words are of a sum over several calls.
pub(crate) fn is_sum(words: &[CompactString]) -> bool {
    any(words, SUMS)
}

/// Whether the words are of a request and not of an answer.
pub(crate) fn is_sent(words: &[CompactString]) -> bool {
    any(words, SENT) && !any(words, ANSWERED)
}

/// Whether the words are of an answer.
pub(crate) fn is_answered(words: &[CompactString]) -> bool {
    any(words, ANSWERED)
}

/// The words of a key without those that distinguish figures. All figures of one call have the same stem.
pub(crate) fn stem(words: &[CompactString]) -> CompactString {
    let tells_apart = [TOKENS, EVALUATIONS, CACHE, WRITE, REASONING, INPUT, OUTPUT, TOTAL, FILLERS];
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
        _ => false,
    }
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
    fn keys_name_models() {
        for key in ["model", "acme.model", "acme.modelName", "llm.model_id"] {
            assert!(names_model(&words(key)), "{key}");
        }
        for key in ["model.layers", "acme.name", "data_model.field"] {
            assert!(!names_model(&words(key)), "{key}");
        }
    }
}
