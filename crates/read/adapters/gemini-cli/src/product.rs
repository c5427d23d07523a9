//! The two products with a common code base.

use quipu_core::{Event, Span};
use quipu_semconv::{GEMINI_CLI_METRICS, MetricFamily, QWEN_CODE_METRICS};

/// One of the two products.
#[derive(Debug, PartialEq)]
pub(crate) struct Product {
    /// Its name, used also for its scopes and meetings.
    pub(crate) name: &'static str,
    /// Prefixes of the names of its records, spans and metrics.
    pub(crate) prefixes: &'static [&'static str],
    /// Its metrics.
    pub(crate) metrics: MetricFamily<'static>,
    /// Whether thinking tokens are excluded from the output, if no total decides it.
    pub(crate) thinks_on_top: bool,
}

/// Gemini CLI, <https://github.com/google-gemini/gemini-cli>, release 0.61.
pub(crate) const GEMINI_CLI: Product = Product {
    name: "gemini-cli",
    prefixes: &["gemini_cli."],
    metrics: GEMINI_CLI_METRICS,
    thinks_on_top: true,
};

/// Qwen Code, <https://github.com/QwenLM/qwen-code>. Its models answer in OpenAI's format, with thinking
/// tokens in the output.
pub(crate) const QWEN_CODE: Product = Product {
    name: "qwen-code",
    prefixes: &["qwen-code.", "qwen_code."],
    metrics: QWEN_CODE_METRICS,
    thinks_on_top: false,
};

/// Both products.
pub(crate) const PRODUCTS: [&Product; 2] = [&GEMINI_CLI, &QWEN_CODE];

impl Product {
    /// The name without the product's prefix.
    pub(crate) fn short<'a>(&self, name: &'a str) -> Option<&'a str> {
        self.prefixes.iter().find_map(|prefix| name.strip_prefix(prefix))
    }

    /// The product of a span.
    pub(crate) fn of_span(span: &Span) -> Option<&'static Self> {
        let scope = span.scope.name.as_str();
        PRODUCTS.into_iter().find(|product| scope == product.name || product.short(&span.name).is_some())
    }

    /// The product of a log record, with the record's name without the prefix.
    pub(crate) fn of_event(event: &Event) -> Option<(&'static Self, &str)> {
        let name = quipu_normalize::name_of(event);
        PRODUCTS.into_iter().find_map(|product| product.short(name).map(|short| (product, short)))
    }
}
