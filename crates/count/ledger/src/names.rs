//! Comparison of names: of tools, models and instrumentations.

use compact_str::CompactString;
use quipu_core::ScopeMark;

/// A tool's name without its server prefix.
pub(crate) fn bare(tool: &str) -> &str {
    tool.rsplit("__").next().unwrap_or(tool)
}

/// Whether two records can be of the same model, by the requested and the answering model. Names match up to
/// the prefix of a provider, vendor or region, and up to a date or version. A record without a name matches
/// any model.
pub(crate) fn same_names(ours: [&Option<CompactString>; 2], theirs: [&Option<CompactString>; 2]) -> bool {
    let ours = || ours.into_iter().flatten();
    let theirs = || theirs.into_iter().flatten();
    if ours().next().is_none() || theirs().next().is_none() {
        return true;
    }
    // Parsing is slow, and most names are equal.
    ours().any(|one| theirs().any(|other| one == other)) || {
        let theirs: Vec<ModelName<'_>> = theirs().map(|name| ModelName::of(name)).collect();
        ours().map(|name| ModelName::of(name)).any(|one| theirs.iter().any(|other| one.may_be(other)))
    }
}

/// Whether the model that a record names as the answering one is only the alias that another record of its
/// call requested, such as a deployment of Azure. The model that answered there is the right one.
pub(crate) fn is_alias(
    told: &Option<CompactString>,
    requested: &Option<CompactString>,
    answered: &Option<CompactString>,
) -> bool {
    told.is_some() && told == requested && answered.is_some() && !same_names([told, &None], [answered, &None])
}

/// A model's name in parts.
#[derive(Debug, PartialEq, Eq)]
struct ModelName<'a> {
    /// The family: letters and digits only, in lower case.
    family: String,
    /// The digits of a date or release, such as `20250929`, `0613` or `002`.
    date: String,
    /// The digits of a version such as `v2`.
    version: &'a str,
    /// The size, quantization or variant of a local model, such as `8b`.
    tag: &'a str,
}

/// Words at the end of a name that do not tell two models apart.
const NEUTRAL: &[&str] = &["latest", "preview", "exp", "experimental", "beta", "default"];

impl<'a> ModelName<'a> {
    fn of(name: &'a str) -> Self {
        // Providers, paths and ARNs end with `/`: `azure/`, `models/`,
        // `arn:aws:bedrock:…:inference-profile/`.
        let name = without_prefixes(name.rsplit('/').next().unwrap_or(name));
        let (name, tag) = name.split_once(':').unwrap_or((name, ""));
        let mut words: Vec<&str> = name.split(['-', '_', '@', ' ']).filter(|word| !word.is_empty()).collect();
        let (mut date, mut version) = (Vec::new(), "");
        while let Some(word) = words.last().copied().filter(|_| words.len() > 1) {
            if let Some(number) = version_of(word).filter(|_| version.is_empty() && date.is_empty()) {
                version = number;
            } else if is_of_date(word, &date) {
                date.push(word);
            } else if word != "0" && !NEUTRAL.iter().any(|neutral| word.eq_ignore_ascii_case(neutral)) {
                break;
            }
            words.pop();
        }
        // Two digits alone are a size.
        if date.iter().map(|word| word.len()).sum::<usize>() == 2 {
            words.append(&mut date);
        }
        let letters = words.iter().flat_map(|word| word.chars()).filter(|letter| letter.is_alphanumeric());
        let family = letters.flat_map(char::to_lowercase).collect();
        let is_neutral = is_number(tag) || NEUTRAL.contains(&tag);
        Self {
            family,
            date: date.iter().rev().copied().collect(),
            version,
            tag: if is_neutral { "" } else { tag },
        }
    }

    /// Whether both can be names of one model: parts that only one of them has do not count.
    fn may_be(&self, other: &Self) -> bool {
        let agree = |one: &str, other: &str| one.ends_with(other) || other.ends_with(one);
        let same = |one: &str, other: &str| one.is_empty() || other.is_empty() || one == other;
        self.family == other.family
            && agree(&self.date, &other.date)
            && same(self.version, other.version)
            && same(self.tag, other.tag)
    }
}

/// A name without the words of regions, vendors and providers before it: `us.anthropic.`, `openai:`. A dot
/// before a digit is part of a number.
fn without_prefixes(name: &str) -> &str {
    let is_letter = |letter: char| letter.is_ascii_alphabetic();
    let mut rest = name;
    while let Some((prefix, after)) = rest.split_once(['.', ':']) {
        let is_word =
            prefix == "ai21" || prefix.chars().all(|letter| is_letter(letter) || "-_".contains(letter));
        let names_model =
            after.starts_with(is_letter) && after.contains(|letter: char| letter.is_ascii_digit());
        if !is_word || !names_model {
            break;
        }
        rest = after;
    }
    rest
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The number of a version such as `v2`.
fn version_of(word: &str) -> Option<&str> {
    let number = word.strip_prefix(['v', 'V'])?;
    let is_number = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    (is_number && !number.is_empty()).then_some(number)
}

/// Whether a word at the end of a name belongs to its date, before the words found so far. A year ends a date
/// that is written in parts.
fn is_of_date(word: &str, found: &[&str]) -> bool {
    let is_whole =
        |word: &&str| word.len() > 2 && !(word.len() == 4 && word.starts_with("20") && found.len() == 1);
    is_number(word) && word.len() >= 2 && !found.iter().any(is_whole)
}

/// Whether two instrumentations reported two records. If one is unnamed, the conventions are compared
/// instead. Two records of one instrumentation are two calls.
pub(crate) fn are_apart(one: (ScopeMark, &str), other: (ScopeMark, &str)) -> bool {
    let unknown = ScopeMark::default();
    if one.0 == unknown || other.0 == unknown { one.1 != other.1 } else { one.0 != other.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        let [one, other] = [one, other].map(|name| Some(CompactString::from(name)));
        let both = same_names([&one, &None], [&other, &None]);
        assert_eq!(both, same_names([&None, &other], [&one, &None]), "in both orders");
        both
    }

    #[test]
    fn the_spellings_of_a_model_are_one_family() {
        let sonnet = [
            "claude-sonnet-4-5",
            "claude-sonnet-4-5-20250929",
            "claude-sonnet-4-5-20250929-v1:0",
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "bedrock/global.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0",
            "claude-sonnet-4-5@20250929",
            "anthropic/claude-sonnet-4.5",
            "anthropic:claude-sonnet-4-5",
            "claude-sonnet-4-5-latest",
        ];
        let gpt = [
            "gpt-4o-mini",
            "gpt-4o-mini-2024-07-18",
            "openai/gpt-4o-mini",
            "azure/gpt-4o-mini",
            "openai:gpt-4o-mini",
            "GPT-4o-mini",
        ];
        let gemini = [
            "gemini-2.5-flash",
            "models/gemini-2.5-flash",
            "gemini/gemini-2.5-flash-preview-05-20",
            "vertex_ai/gemini-2.5-flash-latest",
            "publishers/google/models/gemini-2.5-flash-001",
        ];
        let others: [&[&str]; 8] = [
            &["gpt-3.5-turbo", "gpt-35-turbo", "gpt-3.5-turbo-0125"],
            &["gpt-4", "gpt-4-0613", "gpt-4-1106-preview"],
            &["mistral.mistral-large-2402-v1:0", "mistral-large-latest", "mistral-large"],
            &["command-r-08-2024", "cohere.command-r-v1:0"],
            &["llama3", "llama3:8b", "ollama/llama3:latest"],
            &["claude-opus-4-0", "claude-opus-4-20250514"],
            &["o3-mini", "o3-mini-2025-01-31"],
            &["amazon.nova-pro-v1:0", "us.amazon.nova-pro-v1:0"],
        ];
        for family in [&sonnet[..], &gpt, &gemini].into_iter().chain(others) {
            for name in family {
                assert!(same(family[0], name), "{} and {name}", family[0]);
            }
        }
    }

    #[test]
    fn other_models_and_other_releases_of_one_are_not() {
        let pairs = [
            ("gpt-4", "gpt-4o"),
            ("gpt-4o", "gpt-4o-mini"),
            ("gpt-4", "gpt-4.1"),
            ("claude-sonnet-4", "claude-sonnet-4-5-20250929"),
            ("claude-3-5-sonnet-20241022", "claude-3-7-sonnet-20250219"),
            ("claude-3-5-sonnet-20240620", "claude-3-5-sonnet-20241022"),
            ("gpt-4o-2024-05-13", "gpt-4o-2024-08-06"),
            ("gemini-1.5-flash", "gemini-2.5-flash"),
            ("text-embedding-3-small", "text-embedding-3-large"),
            ("text-embedding-ada-002", "text-embedding-ada-001"),
            ("llama3:8b", "llama3:70b"),
            ("deepseek-v3", "deepseek-v2"),
            ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            ("fast", "azure/gpt-4o-eu"),
        ];
        for (one, other) in pairs {
            assert!(!same(one, other), "{one} and {other}");
        }
    }
}
