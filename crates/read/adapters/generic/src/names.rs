//! Model, provider and answer id, by the keys and the form of values.

use compact_str::{CompactString, format_compact};
use quipu_core::{Kind, Span, Value};
use quipu_normalize::{label, provider_name, provider_of_model};
use quipu_semconv::{ANSWER_ID_PREFIXES, PROVIDERS};

use crate::vocabulary::ASIDE;
use crate::words;
use crate::worth::MOST_ATTRIBUTES;

/// Maximum length of an accepted model name, in bytes.
const LONGEST_MODEL: usize = 128;
/// Maximum length of an accepted id, in bytes.
const LONGEST_ID: usize = 256;
/// Maximum number of different names of one kind.
const MOST_NAMES: usize = 4;
/// Maximum levels between a usage object and its answer's model and id.
const ABOVE: usize = 3;
/// Keys of the model in providers' answers.
const MODELS: &[&str] = &["model", "modelVersion", "model_version", "model_id", "modelId"];
/// Keys of the id in providers' answers.
const IDS: &[&str] = &["id", "responseId", "response_id", "generation_id"];

/// Names found in attributes, each once.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Models under keys about the answer.
    pub answering: Vec<CompactString>,
    /// Models under other keys.
    pub models: Vec<CompactString>,
    /// Models under keys about embeddings, tokenizers and drafts. Spans name them beside the model of the
    /// call.
    pub aside: Vec<CompactString>,
    pub providers: Vec<CompactString>,
    pub ids: Vec<CompactString>,
    /// The kind of call that the span itself states, and the attribute.
    pub stated: Option<(Kind, CompactString)>,
}

impl Names {
    /// Adds a text if its key names a model, a provider or an answer's id. In JSON (`is_top` is false) only
    /// models count.
    pub fn note(&mut self, key: &[CompactString], text: &str, is_top: bool) {
        let is_elsewhere = || words::any(key, &["history", "previous", "messages"]);
        let names_model =
            words::names_model(key) || (words::names_llm(key) && provider_of_model(text).is_some());
        if names_model && is_model(text) && words::any(key, ASIDE) {
            add(&mut self.aside, text);
        } else if names_model && is_model(text) && !is_elsewhere() {
            let answered = words::is_of_answering_model(key);
            add(if answered { &mut self.answering } else { &mut self.models }, text);
        } else if is_top && words::names_provider(key) {
            let name = provider_name(text);
            if PROVIDERS.contains(&name.as_str()) {
                add(&mut self.providers, &name);
            }
        } else if is_top && words::names_id(key) && is_answer_id(text) {
            add(&mut self.ids, text);
        }
    }

    /// Takes the kind of call that an attribute states.
    pub fn note_kind(&mut self, words: &[CompactString], key: &CompactString, text: &str) {
        if self.stated.is_none()
            && let Some(kind) = words::stated_kind(words, text)
        {
            self.stated = Some((kind, key.clone()));
        }
    }

    /// Replaces all models by the one that is known.
    pub fn take_only(&mut self, model: &str) {
        self.answering.clear();
        self.models = vec![model.into()];
    }

    /// Whether no key named a model.
    pub fn are_without_model(&self) -> bool {
        self.answering.is_empty() && self.models.is_empty()
    }

    /// Takes the models under the other keys, if none names that of the call.
    pub fn take_aside(&mut self) {
        if self.are_without_model() {
            self.models = std::mem::take(&mut self.aside);
        }
    }

    /// Adds a word if it is a model of a known provider. Names of spans begin with providers, too.
    pub fn note_known_model(&mut self, word: &str) {
        let is_specific = word.contains(|c: char| c.is_ascii_digit() || c == '-');
        if is_specific && provider_of_model(word).is_some() {
            self.note_model(word);
        }
    }

    /// Adds a model whose key does not say so.
    pub fn note_model(&mut self, text: &str) {
        if is_model(text) {
            add(&mut self.models, text);
        }
    }
}

fn add(names: &mut Vec<CompactString>, name: &str) {
    if names.len() < MOST_NAMES && !names.iter().any(|known| known == name) {
        names.push(name.into());
    }
}

/// Whether a text can be the name of a model.
fn is_model(text: &str) -> bool {
    (2..=LONGEST_MODEL).contains(&text.len())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !text.contains("://")
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || "{}[]()<>\"'".contains(c))
}

/// A text that is the name of a known provider's model, maybe after the provider's own name.
pub(crate) fn known_model(text: &str) -> Option<CompactString> {
    let name = text.split_once('/').map_or(text, |(_, name)| name);
    (is_model(text) && provider_of_model(name).is_some()).then(|| text.into())
}

/// Whether a text is the name of a known provider, a stroke, and the name of one of its models.
fn is_qualified(text: &str) -> bool {
    let is_known = |provider: &str| PROVIDERS.contains(&provider_name(provider).as_str());
    text.split_once('/').is_some_and(|(provider, _)| is_known(provider)) && known_model(text).is_some()
}

/// Names of models in pairs such as `entity.2.type` = `model.llm` and `entity.2.name` = `gpt-4o`.
pub(crate) fn typed(span: &Span) -> impl Iterator<Item = &str> {
    let is_model = |text: &str| text.split(|c: char| !c.is_alphanumeric()).next() == Some("model");
    let typed = span.attributes.iter().take(MOST_ATTRIBUTES).filter_map(move |(key, value)| {
        value.as_str().is_some_and(is_model).then(|| key.strip_suffix(".type")).flatten()
    });
    typed.filter_map(|entity| span.attributes.text(&format_compact!("{entity}.name")))
}

/// Names of models after those of their providers, such as a client `openai/gpt-4o`.
pub(crate) fn qualified(span: &Span) -> impl Iterator<Item = &str> {
    let texts = span.attributes.iter().take(MOST_ATTRIBUTES).filter_map(|(_, value)| value.as_str());
    texts.filter(|text| is_qualified(text))
}

fn is_answer_id(text: &str) -> bool {
    text.len() <= LONGEST_ID
        && !text.contains(char::is_whitespace)
        && ANSWER_ID_PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

/// Model and id of the answer with a usage object: the nearest ones in the enclosing objects.
pub(crate) fn beside(holders: &[&Value]) -> (Option<CompactString>, Option<CompactString>) {
    let near = || holders.iter().rev().take(ABOVE);
    let model = near().find_map(|holder| MODELS.iter().find_map(|key| holder.get(key)?.as_str()));
    let id = near().find_map(|holder| IDS.iter().find_map(|key| holder.get(key)));
    let id = id.and_then(label).filter(|id| id.len() <= LONGEST_ID && !id.contains(char::is_whitespace));
    (model.filter(|text| is_model(text)).map(Into::into), id)
}
