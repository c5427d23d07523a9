//! Spellings of the same provider and model, most literal first.

use std::borrow::Cow;

use crate::lookup::is_date;
use crate::region::without_prefix;

/// Maximum length of a model name. Longer names match no model.
pub(crate) const LONGEST: usize = 512;

/// A reading of a model's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The provider in the name itself, if none was given separately.
    pub provider: Option<String>,
    /// The model, in lower case.
    pub model: String,
    /// Reason why the price may not be that of the named model.
    pub loose: Option<&'static str>,
}

/// Provider names that identify no provider: `litellm` calls many.
pub(crate) fn names_nobody(provider: &str) -> bool {
    matches!(provider, "" | "litellm" | "litellm_proxy" | "_other" | "unknown" | "other")
}

/// Book ids that a provider's name may refer to, best first. `name` is in lower case.
///
/// Covers the provider names of the OpenTelemetry GenAI conventions, of LiteLLM, and of the Vercel AI SDK
/// (`openai.chat`, `google.vertex.chat`).
pub(crate) fn providers(name: &str) -> Vec<Cow<'_, str>> {
    let hyphened = name.replace(['_', ' '], "-");
    let mut names = Vec::new();
    if let Some(id) = provider_id(&hyphened) {
        names.push(Cow::Borrowed(id));
        return names;
    }
    names.push(Cow::Borrowed(name));
    if hyphened != name {
        names.push(Cow::Owned(hyphened));
    }
    if let Some((head, _)) = name.split_once(['.', ':']) {
        names.extend(providers(head).into_iter().map(|name| Cow::Owned(name.into_owned())));
    }
    names
}

/// Whether two names in lower case refer to one provider.
pub(crate) fn same_provider(one: &str, other: &str) -> bool {
    let (one, other) = (providers(one), providers(other));
    one.iter().any(|name| other.contains(name))
}

/// The books' id of a provider with a different common spelling. `hyphened` is in lower case, with hyphens
/// for underscores and spaces. `None` if the name is the id itself or unknown.
pub fn provider_id(hyphened: &str) -> Option<&'static str> {
    Some(match hyphened {
        "x-ai" | "xai" | "x.ai" | "grok" => "x-ai",
        "mistral-ai" | "mistralai" | "codestral" | "text-completion-codestral" => "mistral",
        "moonshot-ai" | "moonshot" => "moonshotai",
        "z-ai" | "z.ai" => "zai",
        "bigmodel" | "zhipu" | "zhipu-ai" | "bigmodel.cn" => "zhipuai",
        "together-ai" | "togetherai" => "together",
        "voyage" | "voyage-ai" => "voyageai",
        "perplexity-ai" | "perplexityai" => "perplexity",
        "github-copilot" => "github-copilot",
        "text-completion-openai" => "openai",
        "text-completion-inception" => "inception",
        "cohere-chat" => "cohere",
        "open-router" | "openrouter" => "openrouter",
        "gateway" | "vercel" | "vercel-ai-gateway" | "ai-gateway" => "vercel-ai-gateway",
        "ibm.watsonx.ai" | "watsonx" | "ibm-watsonx" => "watsonx",
        "alibaba" | "qwen" | "alibaba-cloud" => "dashscope",
        "sagemaker" | "aws.sagemaker" => "sagemaker",
        "aws" | "aws.bedrock" | "amazon" => "aws",
        "google" | "gcp" | "gemini" => "google",
        _ if hyphened.starts_with("azure") || hyphened.starts_with("az.") => "azure",
        _ if hyphened.starts_with("bedrock") || hyphened.starts_with("amazon-bedrock") => "aws",
        _ if hyphened.starts_with("vertex")
            || hyphened.starts_with("gcp.")
            || hyphened.starts_with("google.") =>
        {
            "google"
        }
        _ if hyphened.starts_with("fireworks") => "fireworks",
        _ => return None,
    })
}

/// Readings of a model's name, most literal first. `model` is in lower case. `known` returns whether a text
/// names a provider, or the given provider if there is one.
pub(crate) fn readings(model: &str, named: bool, known: &dyn Fn(&str) -> bool) -> Vec<Reading> {
    let mut all = Heads { named, known, readings: Vec::new() }.of(model);
    for (shorten, loose) in SHORTENINGS {
        let shorter = |reading: &Reading| {
            let model = shorten(&reading.model).filter(|model| !model.is_empty())?;
            let loose = loose.or(reading.loose);
            Some(Reading { provider: reading.provider.clone(), model, loose })
        };
        let more: Vec<_> = all.iter().filter_map(shorter).collect();
        all.extend(more);
    }
    all
}

type Shorten = fn(&str) -> Option<String>;

/// Ordered from equivalent spellings to names whose price may differ.
const SHORTENINGS: [(Shorten, Option<&str>); 7] = [
    (version, None),
    (vertex_date, None),
    (vertex_bare, None),
    (fine_tuned, None),
    (tuned_on_azure, None),
    (bare_date, Some("a dated model is priced as the model without the date")),
    (no_place, Some("a regional model is priced without its region")),
];

/// Removes resource paths and provider prefixes from the name.
struct Heads<'a> {
    named: bool,
    known: &'a dyn Fn(&str) -> bool,
    readings: Vec<Reading>,
}

impl Heads<'_> {
    fn of(mut self, model: &str) -> Vec<Reading> {
        let plain = |model: &str, provider: Option<&str>| Reading {
            provider: provider.map(str::to_owned),
            model: model.to_owned(),
            loose: None,
        };
        self.readings.push(plain(model, None));
        if !self.named && is_bedrock_id(model) {
            self.readings.push(plain(model, Some("aws")));
        }
        if let Some(tail) = resource_tail(model) {
            self.readings.push(plain(tail, None));
            if !self.named && model.starts_with("arn:") {
                self.readings.push(plain(tail, Some("aws")));
            }
        }
        let mut provider = None;
        let mut rest = model;
        while let Some((head, tail)) = rest.split_once('/') {
            let is_mode = matches!(head, "converse" | "converse_like" | "invoke" | "responses" | "chat");
            if provider.is_none() && !is_mode && (self.known)(head) {
                provider = (!self.named).then_some(head);
            } else if rest == model || !is_mode {
                break;
            }
            rest = tail;
            self.readings.push(plain(rest, provider));
            if self.readings.len() > 6 {
                break;
            }
        }
        self.readings
    }
}

/// The segment of a resource name or path that names the model.
fn resource_tail(model: &str) -> Option<&str> {
    if model.starts_with("arn:") {
        return model.rsplit_once('/').map(|(_, tail)| tail);
    }
    let in_path =
        model.starts_with("models/") || model.starts_with("publishers/") || model.starts_with("projects/");
    let (_, tail) = if in_path { model.rsplit_once("models/")? } else { return None };
    Some(tail)
}

/// Whether the name has Bedrock's form `vendor.model`, after an optional region: `us.anthropic.claude-…`.
fn is_bedrock_id(model: &str) -> bool {
    const VENDORS: [&str; 18] = [
        "ai21",
        "amazon",
        "anthropic",
        "cohere",
        "deepseek",
        "google",
        "meta",
        "minimax",
        "mistral",
        "moonshotai",
        "nvidia",
        "openai",
        "qwen",
        "stability",
        "twelvelabs",
        "writer",
        "xai",
        "zai",
    ];
    let vendor = without_prefix(model).unwrap_or(model).split_once('.').map(|(vendor, _)| vendor);
    vendor.is_some_and(|vendor| VENDORS.contains(&vendor))
}

fn no_place(model: &str) -> Option<String> {
    without_prefix(model).map(str::to_owned)
}

/// The name without its version suffix: `…-v1:0`, `…:0`, `…-v1`.
fn version(model: &str) -> Option<String> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let short = match model.rsplit_once(':') {
        Some((head, revision)) if digits(revision) => head,
        _ => model,
    };
    let short = match short.rsplit_once("-v") {
        Some((head, number)) if digits(number) => head,
        _ => short,
    };
    (short.len() < model.len()).then(|| short.to_owned())
}

/// Vertex writes `model@20250929`; others write `model-20250929`.
fn vertex_date(model: &str) -> Option<String> {
    let (head, date) = model.rsplit_once('@')?;
    date.starts_with("20").then(|| format!("{head}-{date}"))
}

/// Vertex also writes `model@default` and `model@001`.
fn vertex_bare(model: &str) -> Option<String> {
    model.rsplit_once('@').map(|(head, _)| head.to_owned())
}

/// `ft:gpt-4o-mini-2024-07-18:owner::id` is priced as `ft:gpt-4o-mini-2024-07-18`.
fn fine_tuned(model: &str) -> Option<String> {
    let base = model.strip_prefix("ft:")?.split(':').next()?;
    (base.len() + 3 < model.len()).then(|| format!("ft:{base}"))
}

/// Azure answers with `gpt-4o-2024-08-06.ft-…` for a model that others call `ft:gpt-4o-2024-08-06`.
fn tuned_on_azure(model: &str) -> Option<String> {
    model.split_once(".ft-").map(|(base, _)| format!("ft:{base}"))
}

/// The name without a trailing `-20250929` or `-2025-09-29`.
fn bare_date(model: &str) -> Option<String> {
    let compact = || {
        let (head, date) = model.rsplit_once('-')?;
        let whole = date.len() == 8 && is_date(date.get(..4)?, date.get(4..6)?, date.get(6..)?);
        whole.then_some(head)
    };
    let hyphened = || {
        let mut parts = model.rsplitn(4, '-');
        let (day, month, year, head) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let widths = day.len() == 2 && month.len() == 2 && year.len() == 4;
        (widths && is_date(year, month, day)).then_some(head)
    };
    compact().or_else(hyphened).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(model: &str, named: bool) -> Vec<String> {
        let known = |text: &str| matches!(text, "openai" | "bedrock" | "vertex_ai");
        readings(model, named, &known)
            .into_iter()
            .map(|r| r.provider.unwrap_or_default() + "|" + &r.model)
            .collect()
    }

    #[test]
    fn the_literal_name_comes_first() {
        assert_eq!(read("gpt-4o", true), ["|gpt-4o"]);
        assert_eq!(read("openai/gpt-4o", true), ["|openai/gpt-4o", "|gpt-4o"]);
        assert_eq!(read("openai/gpt-4o", false), ["|openai/gpt-4o", "openai|gpt-4o"]);
        assert_eq!(read("models/gemini-3", true), ["|models/gemini-3", "|gemini-3"]);
    }

    #[test]
    fn clouds_decorate_names() {
        let arn = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0";
        let all = read(arn, true);
        for model in ["anthropic.claude-3-haiku-20240307", "anthropic.claude-3-haiku"] {
            assert!(all.contains(&format!("|{model}")), "{model}: {all:?}");
        }
        assert!(read("us.meta.llama3-v1:0", false).contains(&"aws|meta.llama3".to_owned()));
        assert!(read("bedrock/converse/us-east-1/x.y", true).contains(&"|us-east-1/x.y".to_owned()));
        let all = read("publishers/anthropic/models/claude-haiku-4-5@20251001", true);
        assert!(all.contains(&"|claude-haiku-4-5-20251001".to_owned()), "{all:?}");
        assert!(all.contains(&"|claude-haiku-4-5".to_owned()), "{all:?}");
        assert!(
            read("ft:gpt-4o-mini-2024-07-18:me::1", true).contains(&"|ft:gpt-4o-mini-2024-07-18".to_owned())
        );
    }

    #[test]
    fn conventions_name_providers_their_own_way() {
        for (name, id) in [
            ("aws.bedrock", "aws"),
            ("gcp.gemini", "google"),
            ("gcp.vertex_ai", "google"),
            ("azure.ai.openai", "azure"),
            ("azure.ai.inference", "azure"),
            ("x_ai", "x-ai"),
            ("mistral_ai", "mistral"),
            ("moonshot_ai", "moonshotai"),
            ("ibm.watsonx.ai", "watsonx"),
            ("amazon-bedrock", "aws"),
            ("vertex_ai-anthropic_models", "google"),
        ] {
            assert_eq!(providers(name), [id], "{name}");
        }
        assert_eq!(providers("groq.chat"), ["groq.chat", "groq"]);
        assert_eq!(providers("huggingface_groq"), ["huggingface_groq", "huggingface-groq"]);
    }
}
