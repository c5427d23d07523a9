//! Vocabulary, framing and image rule of each model.
//!
//! The table of OpenAI's models is that of `tiktoken`
//! (<https://github.com/openai/tiktoken/blob/main/tiktoken/model.py>), extended by models of OpenAI's model
//! pages.

use crate::encoding::Encoding::{
    self, Cl100kBase, Gpt2, O200kBase, O200kHarmony, P50kBase, P50kEdit, R50kBase,
};
use crate::families::{self, Family};

/// Exact names.
const NAMES: &[(&str, Encoding)] = &[
    ("o1", O200kBase),
    ("o3", O200kBase),
    ("o4-mini", O200kBase),
    ("gpt-5", O200kBase),
    ("gpt-4.5", O200kBase),
    ("gpt-4.1", O200kBase),
    ("gpt-4o", O200kBase),
    ("gpt-4", Cl100kBase),
    ("gpt-3.5", Cl100kBase),
    ("gpt-3.5-turbo", Cl100kBase),
    ("gpt-35-turbo", Cl100kBase),
    ("davinci-002", Cl100kBase),
    ("babbage-002", Cl100kBase),
    ("text-embedding-ada-002", Cl100kBase),
    ("text-embedding-3-small", Cl100kBase),
    ("text-embedding-3-large", Cl100kBase),
    ("codex-mini-latest", O200kBase),
    ("computer-use-preview", O200kBase),
    ("text-davinci-003", P50kBase),
    ("text-davinci-002", P50kBase),
    ("text-davinci-001", R50kBase),
    ("text-curie-001", R50kBase),
    ("text-babbage-001", R50kBase),
    ("text-ada-001", R50kBase),
    ("davinci", R50kBase),
    ("curie", R50kBase),
    ("babbage", R50kBase),
    ("ada", R50kBase),
    ("code-davinci-002", P50kBase),
    ("code-davinci-001", P50kBase),
    ("code-cushman-002", P50kBase),
    ("code-cushman-001", P50kBase),
    ("davinci-codex", P50kBase),
    ("cushman-codex", P50kBase),
    ("text-davinci-edit-001", P50kEdit),
    ("code-davinci-edit-001", P50kEdit),
    ("text-similarity-davinci-001", R50kBase),
    ("text-similarity-curie-001", R50kBase),
    ("text-similarity-babbage-001", R50kBase),
    ("text-similarity-ada-001", R50kBase),
    ("text-search-davinci-doc-001", R50kBase),
    ("text-search-curie-doc-001", R50kBase),
    ("text-search-babbage-doc-001", R50kBase),
    ("text-search-ada-doc-001", R50kBase),
    ("code-search-babbage-code-001", R50kBase),
    ("code-search-ada-code-001", R50kBase),
    ("gpt2", Gpt2),
    ("gpt-2", Gpt2),
];

/// Prefixes of names. A longer prefix precedes a shorter one that it starts with.
const BEGINNINGS: &[(&str, Encoding)] = &[
    ("o1-", O200kBase),
    ("o3-", O200kBase),
    ("o4-mini-", O200kBase),
    ("gpt-5", O200kBase),
    ("gpt-4.5-", O200kBase),
    ("gpt-4.1-", O200kBase),
    ("chatgpt-4o-", O200kBase),
    ("gpt-4o-", O200kBase),
    ("gpt-4-", Cl100kBase),
    ("gpt-3.5-turbo-", Cl100kBase),
    ("gpt-35-turbo-", Cl100kBase),
    ("gpt-oss-", O200kHarmony),
    ("computer-use-preview-", O200kBase),
];

/// Tokenization of a model.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Model {
    /// OpenAI's own vocabulary.
    OpenAi(Encoding),
    /// An approximated family.
    Other(&'static Family),
}

/// The encoding of an OpenAI model; `None` for other models. It accepts the name, a fine-tune
/// (`ft:gpt-4o-mini:org::id`) and Azure's spelling (`gpt-35-turbo`). It also accepts a provider prefix
/// (`openai/gpt-4o`, `azure/gpt-4o`, `openai.gpt-oss-120b-1:0`).
pub fn encoding_of(model: &str) -> Option<Encoding> {
    let name = bare(model);
    let base =
        name.strip_prefix("ft:").map_or(name.as_str(), |tuned| tuned.split(':').next().unwrap_or(tuned));
    let exact = NAMES.iter().find(|(known, _)| *known == base);
    let begins = || BEGINNINGS.iter().find(|(beginning, _)| base.starts_with(beginning));
    exact.or_else(begins).map(|(_, encoding)| *encoding)
}

/// The tokenization of a model; every name has one.
pub(crate) fn model(name: &str) -> Model {
    encoding_of(name).map_or_else(|| Model::Other(families::of(&bare(name))), Model::OpenAi)
}

/// A name without region, provider and gateway prefixes, in lower case.
pub(crate) fn bare(model: &str) -> String {
    let name = model.trim().to_ascii_lowercase();
    let name = name.rsplit('/').next().unwrap_or_default();
    let name = ["us.", "eu.", "apac.", "jp.", "au.", "ca.", "global.", "us-gov."]
        .iter()
        .find_map(|region| name.strip_prefix(region))
        .unwrap_or(name);
    let vendors = [
        "openai.",
        "anthropic.",
        "meta.",
        "mistral.",
        "deepseek.",
        "qwen.",
        "amazon.",
        "cohere.",
        "azure:",
        "openai:",
    ];
    let name = vendors.iter().find_map(|vendor| name.strip_prefix(vendor)).unwrap_or(name);
    name.to_owned()
}

/// Whether the model embeds texts. Its input has no framing, and it has no output.
pub(crate) fn embeds(model: &str) -> bool {
    let name = bare(model);
    name.contains("embed") || name.starts_with("text-similarity-") || name.contains("-search-")
}
