//! Model families, read from the names of models.

/// Families that the names of models tell of, each by the start of a part of the name.
const FAMILIES: [&str; 21] = [
    "claude",
    "gpt",
    "chatgpt",
    "gemini",
    "gemma",
    "mistral",
    "ministral",
    "magistral",
    "codestral",
    "devstral",
    "llama",
    "qwen",
    "deepseek",
    "grok",
    "command",
    "nova",
    "kimi",
    "glm",
    "minimax",
    "sonar",
    "jamba",
];

/// Parts of names of models that are for something else than text, for one purpose, or no finished product.
const SPECIAL: [&str; 32] = [
    "audio",
    "realtime",
    "tts",
    "transcribe",
    "image",
    "images",
    "search",
    "embedding",
    "embed",
    "vision",
    "live",
    "preview",
    "exp",
    "experimental",
    "guard",
    "safeguard",
    "moderation",
    "ocr",
    "computer",
    "robotics",
    "research",
    "base",
    "latest",
    "native",
    "dialog",
    "diarize",
    "translate",
    "speech",
    "free",
    "cyber",
    "canvas",
    "ft",
];

/// Parts of a model's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ModelName {
    family: &'static str,
    version: (u32, u32),
    special: bool,
    dated: bool,
}

impl ModelName {
    /// Reads a model's name; `None` for an unknown family.
    pub(super) fn of(model: &str) -> Option<Self> {
        let name = model.rsplit('/').next()?.to_ascii_lowercase();
        let parts: Vec<&str> =
            name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
        let starts = |part: &str| FAMILIES.into_iter().find(|family| part.starts_with(family));
        let reasoner = |part: &str| is_reasoner(part).then_some("o");
        let (at, family) = parts
            .iter()
            .enumerate()
            .find_map(|(at, part)| Some((at, starts(part).or_else(|| reasoner(part))?)))?;
        let rest = &parts[at..];
        Some(Self {
            family: if family == "chatgpt" { "gpt" } else { family },
            version: version(rest),
            special: parts.iter().any(|part| SPECIAL.contains(part)),
            dated: rest.iter().any(|part| part.len() >= 4 && part.bytes().all(|c| c.is_ascii_digit())),
        })
    }

    /// Whether this model can be named in the place of `other`: of its family, no older, neither of them
    /// special.
    pub(super) fn follows(&self, other: &Self) -> bool {
        self.family == other.family
            && self.version >= other.version
            && !self.special
            && !other.special
            && !self.dated
    }
}

/// `o1`, `o3`, `o4`.
fn is_reasoner(part: &str) -> bool {
    part.strip_prefix('o').is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|c| c.is_ascii_digit()))
}

/// The first number and the one right behind it: `claude-haiku-4-5-20251001` is 4.5, `gpt-4o` 4.0. Dates and
/// sizes such as `70b` are none.
fn version(parts: &[&str]) -> (u32, u32) {
    let number = |part: &str| {
        let digits: String = part
            .trim_start_matches(|c: char| c.is_ascii_alphabetic())
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        let size = part.ends_with(['b', 'k', 'm']) && part.starts_with(|c: char| c.is_ascii_digit());
        if digits.len() > 2 || size { None } else { digits.parse::<u32>().ok() }
    };
    let whole = |part: &&str| part.len() <= 2 && part.bytes().all(|c| c.is_ascii_digit());
    let Some((at, major)) = parts.iter().enumerate().find_map(|(at, part)| Some((at, number(part)?))) else {
        return (0, 0);
    };
    let minor = parts.get(at + 1).filter(|part| whole(part)).and_then(|part| part.parse().ok());
    (major, minor.unwrap_or(0))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_names() {
        for (name, family, version) in [
            ("gpt-5-mini", "gpt", (5, 0)),
            ("gpt-4o", "gpt", (4, 0)),
            ("gpt-4.1-nano", "gpt", (4, 1)),
            ("o3-mini", "o", (3, 0)),
            ("claude-haiku-4-5-20251001", "claude", (4, 5)),
            ("claude-3-5-sonnet-20241022", "claude", (3, 5)),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude", (4, 5)),
            ("models/gemini-2.5-flash", "gemini", (2, 5)),
            ("llama-3.3-70b-versatile", "llama", (3, 3)),
            ("qwen3-32b", "qwen", (3, 0)),
            ("mistral-large-2512", "mistral", (0, 0)),
        ] {
            let named = ModelName::of(name).unwrap();
            assert_eq!((named.family, named.version), (family, version), "{name}");
        }
        assert_eq!(ModelName::of("whisper-1"), None);
    }

    #[test]
    fn what_follows_is_of_the_family_and_no_older() {
        let follows =
            |one: &str, other: &str| ModelName::of(one).unwrap().follows(&ModelName::of(other).unwrap());
        assert!(follows("gpt-5-mini", "gpt-5") && follows("claude-haiku-4-5", "claude-opus-4-5-20251101"));
        assert!(!follows("gpt-4o-mini", "gpt-5"), "an older one");
        assert!(!follows("gpt-5-audio", "gpt-5") && !follows("gpt-5-mini-2025-08-07", "gpt-5"));
        assert!(!follows("o4-mini", "gpt-4"), "another family");
    }
}
