//! Token approximations for models whose vocabulary is unpublished or not included here.
//!
//! They are counted by OpenAI's vocabularies, with a factor and a stated error. Factor and error are measured
//! against the vocabulary if it is public, otherwise against counts that providers returned in public
//! recordings. `docs/guide/estimates.md` has the method and the figures.

use crate::encoding::{Count, Encoding};

/// Least, likely and most tokens for a thousand tokens of another vocabulary.
pub(crate) type Rate = (u64, u64, u64);

/// An approximation for a family of models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Family {
    /// Description of the method.
    pub method: &'static str,
    /// Prefixes of model names, or substrings after a `*`.
    pub names: &'static [&'static str],
    /// The vocabulary used for counting.
    pub base: Encoding,
    /// Least, likely and most tokens for a thousand of the base, in Latin script: English, similar languages,
    /// and code.
    pub latin: Rate,
    /// The same for texts in other scripts.
    pub other: Rate,
    /// Framing of messages.
    pub framing: Framing,
}

/// Tokens that surround messages and tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Framing {
    /// Tokens per message.
    pub message: u64,
    /// Tokens per request.
    pub request: u64,
    /// Tokens per request that offers tools.
    pub tools: u64,
    /// Tokens per offered tool, in addition to its JSON.
    pub tool: u64,
    /// Tokens per tool call and per tool answer.
    pub call: u64,
    /// Additional tokens per message of the model.
    pub assistant: u64,
    /// Maximum error per message.
    pub error: u64,
    /// Whether offered tools count as input.
    pub offered: bool,
}

const PLAIN: Framing =
    Framing { message: 4, request: 3, tools: 20, tool: 8, call: 12, assistant: 0, error: 4, offered: true };
/// OpenAI's framing, for models with an unknown vocabulary: a role is one token.
const OPENAI: Framing = Framing { request: 2, tools: 12, tool: 7, call: 15, assistant: 2, error: 2, ..PLAIN };
/// Anthropic adds its own prompt before tools. Up to Claude 3.5 its documentation says 264 tokens
/// (<https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/overview#pricing>), and recordings agree.
/// For later models the documentation says 346, and recordings have some 480.
const CLAUDE_3: Framing = Framing { tools: 264, tool: 20, call: 30, ..PLAIN };
const CLAUDE: Framing = Framing { tools: 484, ..CLAUDE_3 };
/// In recordings, `promptTokenCount` excludes the offered tools.
const GEMINI: Framing =
    Framing { message: 0, request: 0, tools: 0, tool: 0, call: 0, assistant: 0, error: 2, offered: false };

use Encoding::{Cl100kBase, O200kBase};

const fn family(
    method: &'static str,
    names: &'static [&'static str],
    base: Encoding,
    (latin, other): (Rate, Rate),
    framing: Framing,
) -> Family {
    Family { method, names, base, latin, other, framing }
}

/// Claude since Opus 4.7. It needs up to 1.35 times as many tokens as before according to Anthropic, up to
/// 1.47 in English by other measurements
/// (<https://www.claudecodecamp.com/p/i-measured-claude-4-7-s-new-tokenizer-here-s-what-it-costs-you>). Other
/// scripts need the same number.
const CLAUDE_NEW: &[&str] = &[
    "claude-opus-4-7",
    "claude-opus-4-8",
    "claude-opus-4-9",
    "claude-opus-4.7",
    "claude-opus-4.8",
    "claude-opus-5",
    "claude-sonnet-5",
    "claude-haiku-5",
    "claude-5",
];
const CLAUDE_OLD: &[&str] = &["claude-3", "claude-2", "claude-instant"];
const MISTRAL: &[&str] =
    &["mistral", "mixtral", "codestral", "ministral", "pixtral", "magistral", "devstral", "open-mi"];
const UNTOLD: &[&str] = &["gpt-", "chatgpt-", "o1", "o2", "o3", "o4", "o5", "codex"];

/// Rates for Latin script, then for other scripts.
const CLAUDE_RATES: (Rate, Rate) = ((950, 1_150, 1_450), (900, 1_500, 2_500));
const CLAUDE_NEW_RATES: (Rate, Rate) = ((950, 1_500, 2_000), (900, 1_500, 2_500));
const GEMINI_RATES: (Rate, Rate) = ((800, 1_000, 1_300), (700, 1_000, 1_600));
const LLAMA_RATES: (Rate, Rate) = ((750, 1_000, 1_050), (400, 650, 1_050));
const MISTRAL_RATES: (Rate, Rate) = ((950, 1_060, 1_200), (800, 1_020, 1_200));
const DEEPSEEK_RATES: (Rate, Rate) = ((950, 1_060, 1_450), (700, 1_050, 1_800));
const QWEN_RATES: (Rate, Rate) = ((950, 1_040, 1_400), (700, 1_100, 3_300));
const KIMI_RATES: (Rate, Rate) = ((950, 1_000, 1_450), (650, 1_300, 2_050));
const GLM_RATES: (Rate, Rate) = ((950, 1_000, 1_250), (700, 1_100, 3_450));
const MINIMAX_RATES: (Rate, Rate) = ((900, 1_000, 1_400), (500, 1_100, 2_350));
const UNTOLD_RATES: (Rate, Rate) = ((900, 1_000, 1_150), (800, 1_000, 1_250));
/// Rates that cover the range of all other families.
const OTHER_RATES: (Rate, Rate) = ((750, 1_100, 2_000), (400, 1_200, 3_450));

/// The first family with a matching name applies.
const FAMILIES: &[Family] = &[
    family("Claude since Opus 4.7, by o200k_base", CLAUDE_NEW, O200kBase, CLAUDE_NEW_RATES, CLAUDE),
    family("Claude 3, by o200k_base", CLAUDE_OLD, O200kBase, CLAUDE_RATES, CLAUDE_3),
    family("Claude, by o200k_base", &["claude"], O200kBase, CLAUDE_RATES, CLAUDE),
    family("Gemini, by o200k_base", &["gemini", "gemma", "learnlm"], O200kBase, GEMINI_RATES, GEMINI),
    family("Llama, by cl100k_base", &["llama", "*llama"], Cl100kBase, LLAMA_RATES, PLAIN),
    family("Mistral, by o200k_base", MISTRAL, O200kBase, MISTRAL_RATES, PLAIN),
    family("DeepSeek, by o200k_base", &["deepseek"], O200kBase, DEEPSEEK_RATES, PLAIN),
    family("Qwen, by o200k_base", &["qwen", "qwq", "qvq"], O200kBase, QWEN_RATES, PLAIN),
    family("Kimi, by o200k_base", &["kimi", "moonshot"], O200kBase, KIMI_RATES, PLAIN),
    family("GLM, by o200k_base", &["glm", "chatglm"], O200kBase, GLM_RATES, PLAIN),
    family("MiniMax, by o200k_base", &["minimax"], O200kBase, MINIMAX_RATES, PLAIN),
    family("a new model of OpenAI, by o200k_base", UNTOLD, O200kBase, UNTOLD_RATES, OPENAI),
];

/// The family of every other model.
static ANY: Family = family("unknown model, by o200k_base", &[], O200kBase, OTHER_RATES, PLAIN);

/// The family of a bare name; every name has one.
pub(crate) fn of(name: &str) -> &'static Family {
    let has = |pattern: &&str| match pattern.strip_prefix('*') {
        Some(part) => name.contains(part),
        None => name.starts_with(*pattern),
    };
    FAMILIES.iter().find(|family| family.names.iter().any(has)).unwrap_or(&ANY)
}

/// Least, likely and most tokens, from the base's counts of Latin and of other texts.
pub(crate) fn spread(family: &Family, latin: Count, other: Count) -> (u64, u64, u64) {
    let part = |tokens: u64, per_mille: u64| {
        let all = u128::from(tokens) * u128::from(per_mille);
        u64::try_from(all.div_ceil(1_000)).unwrap_or(u64::MAX)
    };
    let of = |count: Count, (low, likely, high): Rate| {
        (
            part(count.tokens.saturating_sub(count.error), low),
            part(count.tokens, likely),
            part(count.tokens.saturating_add(count.error), high),
        )
    };
    let (one, two) = (of(latin, family.latin), of(other, family.other));
    (one.0.saturating_add(two.0), one.1.saturating_add(two.1), one.2.saturating_add(two.2))
}

/// Whether a text is in a non-Latin script: more than one character in ten is beyond ASCII. European
/// languages have fewer.
pub(crate) fn is_other(text: &str) -> bool {
    let beyond = text.chars().filter(|character| !character.is_ascii()).count();
    beyond > 0 && beyond.saturating_mul(10) > text.chars().count()
}
