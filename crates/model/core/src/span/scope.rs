//! Instrumentation scopes, and their marks.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::StableHash;
use crate::{Attributes, Signal};

/// Source instrumentation of the telemetry: the OpenTelemetry instrumentation scope.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scope {
    /// Name, such as `openinference.instrumentation.openai`.
    pub name: CompactString,
    /// Version, empty when none was sent.
    pub version: CompactString,
    /// Attributes of the scope.
    pub attributes: Attributes,
    /// Schema URL of the scope, empty when none was sent.
    pub schema_url: CompactString,
}

impl Scope {
    /// A number for the scope by its name: different for different instrumentations, equal for their
    /// versions.
    pub fn mark(&self) -> ScopeMark {
        self.mark_of(&Attributes::default())
    }

    /// As [`Scope::mark`], for a span with these attributes. Some products have one scope for all of their
    /// instrumentations, and name the instrumentation in an attribute.
    pub fn mark_of(&self, attributes: &Attributes) -> ScopeMark {
        if self.name.is_empty() {
            return ScopeMark::default();
        }
        let mut hash = StableHash::default();
        hash.add(&self.name);
        let named = SHARED_SCOPES.iter().find(|(scope, _)| *scope == self.name);
        if let Some(instrumentation) = named.and_then(|(_, key)| attributes.text(key)) {
            hash.add(instrumentation);
        }
        // A program reports a call by a span and by a log record under one name.
        if let Some(signal) = attributes.text(Signal::ATTRIBUTE) {
            hash.add(signal);
        }
        ScopeMark(hash.0 & !ScopeMark::OF_SDK | u64::from(self.is_of_sdk()))
    }

    /// Whether the scope is a model provider's own SDK or server, such as `com.anthropic.sdk.python`,
    /// `@anthropic-ai/sdk` or `OpenAI.ChatClient`, and not an instrumentation of it. The provider's name
    /// comes first in it. A plain `openai` is too vague.
    fn is_of_sdk(&self) -> bool {
        let mut words = self
            .name
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .skip_while(|word| matches!(*word, "com" | "ai" | "io" | "dev"));
        let is = |word: &str, list: &[&str]| list.iter().any(|known| word.eq_ignore_ascii_case(known));
        let of_provider = words.next().is_some_and(|word| is(word, PROVIDERS_WITH_SDKS));
        let mut rest = words.peekable();
        of_provider && rest.peek().is_some() && !rest.any(|word| is(word, WORDS_OF_WRAPPERS))
    }
}

/// Scopes of products with several instrumentations, and the attribute that names the one. `MLflow` writes
/// the format of a span's messages, which is the name of the library that its autolog is for
/// (<https://mlflow.org/docs/latest/genai/tracing/concepts/span/>).
const SHARED_SCOPES: &[(&str, &str)] = &[("mlflow.tracing.provider", "mlflow.message.format")];

/// Model providers whose SDKs or servers may send spans of their own, as the first word of a scope.
const PROVIDERS_WITH_SDKS: &[&str] = &[
    "anthropic",
    "aws",
    "azure",
    "cohere",
    "deepseek",
    "google",
    "googleapis",
    "groq",
    "mistral",
    "mistralai",
    "openai",
    "together",
    "xai",
];

/// Words in the scopes of instrumentations and frameworks, also of those that providers publish.
const WORDS_OF_WRAPPERS: &[&str] = &[
    "adk",
    "agent",
    "agents",
    "instrumentation",
    "instrumentor",
    "observability",
    "opentelemetry",
    "otel",
    "telemetry",
    "traceloop",
    "tracing",
];

/// An instrumentation scope as a number, so that whole traces fit in memory. Zero means none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ScopeMark(u64);

impl ScopeMark {
    /// The bit that marks a model provider's own SDK.
    const OF_SDK: u64 = 1;

    /// Whether it is a model provider's own SDK.
    pub const fn is_of_sdk(self) -> bool {
        self.0 & Self::OF_SDK != 0
    }

    /// The number to store.
    pub const fn number(self) -> i64 {
        self.0.cast_signed()
    }

    /// The scope of a stored number.
    pub const fn from_number(number: i64) -> Self {
        Self(number.cast_unsigned())
    }
}
