//! The two products that share one code base.

use quipu_core::{Event, Span};
use quipu_semconv::{GEMINI_CLI_METRICS, MetricFamily, QWEN_CODE_METRICS};

/// One of them.
#[derive(Debug, PartialEq)]
pub(crate) struct Product {
    /// Its name, also of its scopes and of the meetings of its signals.
    pub(crate) name: &'static str,
    /// How the names of its records, spans and metrics begin.
    pub(crate) prefixes: &'static [&'static str],
    /// Its metrics.
    pub(crate) metrics: MetricFamily,
    /// Whether the model's thoughts come on top of the output where no total tells.
    pub(crate) thinks_on_top: bool,
}

/// <https://github.com/google-gemini/gemini-cli>, release 0.61.
pub(crate) const GEMINI_CLI: Product = Product {
    name: "gemini-cli",
    prefixes: &["gemini_cli."],
    metrics: GEMINI_CLI_METRICS,
    thinks_on_top: true,
};

/// <https://github.com/QwenLM/qwen-code>: its models' answers come in OpenAI's form, with the thoughts in the output.
pub(crate) const QWEN_CODE: Product = Product {
    name: "qwen-code",
    prefixes: &["qwen-code.", "qwen_code."],
    metrics: QWEN_CODE_METRICS,
    thinks_on_top: false,
};

/// Both.
pub(crate) const PRODUCTS: [&Product; 2] = [&GEMINI_CLI, &QWEN_CODE];

impl Product {
    /// What a name of this product's is called behind the prefix.
    pub(crate) fn short<'a>(&self, name: &'a str) -> Option<&'a str> {
        self.prefixes.iter().find_map(|prefix| name.strip_prefix(prefix))
    }

    /// The product that a span is of.
    pub(crate) fn of_span(span: &Span) -> Option<&'static Self> {
        let scope = span.scope.name.as_str();
        PRODUCTS.into_iter().find(|product| scope == product.name || product.short(&span.name).is_some())
    }

    /// The product that a log record is of, and what it is called behind the prefix.
    pub(crate) fn of_event(event: &Event) -> Option<(&'static Self, &str)> {
        let name = quipu_normalize::name_of(event);
        PRODUCTS.into_iter().find_map(|product| product.short(name).map(|short| (product, short)))
    }
}
