//! Sum of the input tokens of a call, item by item.

use quipu_core::{TokenEstimate, Tokenizer};

use crate::encoding::{Count, Encoding, wide};
use crate::families::{self, Family, Framing};
use crate::images::{Detail, Size, image_tokens};
use crate::models::{Model, bare, model};

/// Tokenizer of the texts.
#[derive(Clone, Copy)]
pub(crate) enum Counter<'a> {
    OpenAi(Encoding),
    Family(&'static Family),
    Own(&'a dyn Tokenizer),
}

impl<'a> Counter<'a> {
    /// The counter for a model: the first custom tokenizer that knows it, otherwise that of this crate.
    pub fn of(name: &str, own: impl IntoIterator<Item = &'a dyn Tokenizer>) -> Self {
        match own.into_iter().find(|tokenizer| tokenizer.knows(name)) {
            Some(tokenizer) => Self::Own(tokenizer),
            None => match model(name) {
                Model::OpenAi(encoding) => Self::OpenAi(encoding),
                Model::Other(family) => Self::Family(family),
            },
        }
    }

    fn count(&self, text: &str) -> Count {
        match self {
            Self::OpenAi(encoding) => encoding.counted(text),
            Self::Family(family) => family.base.counted(text),
            Self::Own(tokenizer) => Count { tokens: wide(tokenizer.count(text)), error: 0 },
        }
    }

    /// Least, likely and most tokens from the counts of Latin and of other texts. The difference matters for
    /// approximations only.
    fn spread(&self, latin: Count, other: Count) -> (u64, u64, u64) {
        let count = latin.plus(other);
        match self {
            Self::OpenAi(_) => (
                count.tokens.saturating_sub(count.error),
                count.tokens,
                count.tokens.saturating_add(count.error),
            ),
            Self::Family(family) => families::spread(family, latin, other),
            Self::Own(tokenizer) => {
                let bound = tokenizer.error_bound();
                let bound = if bound.is_finite() { bound.clamp(0.0, 100.0) } else { 1.0 };
                // Token counts are far below the 2^53 that a float holds exactly.
                let error = (count.tokens as f64 * bound).ceil() as u64;
                (count.tokens.saturating_sub(error), count.tokens, count.tokens.saturating_add(error))
            }
        }
    }

    /// Least, likely and most tokens of one text.
    fn of_text(&self, text: &str) -> (u64, u64, u64) {
        let count = self.count(text);
        if self.is_other(text) {
            self.spread(Count::default(), count)
        } else {
            self.spread(count, Count::default())
        }
    }

    fn is_other(&self, text: &str) -> bool {
        matches!(self, Self::Family(_)) && families::is_other(text)
    }

    const fn method(&self, framed: bool) -> &'static str {
        match (self, framed) {
            (Self::OpenAi(encoding), false) => encoding.name(),
            (Self::OpenAi(encoding), true) => match encoding {
                Encoding::O200kBase => "o200k_base with chat framing",
                Encoding::O200kHarmony => "o200k_harmony with chat framing",
                Encoding::Cl100kBase => "cl100k_base with chat framing",
                Encoding::P50kBase | Encoding::P50kEdit => "p50k_base with chat framing",
                Encoding::R50kBase | Encoding::Gpt2 => "r50k_base with chat framing",
            },
            (Self::Family(family), _) => family.method,
            (Self::Own(_), false) => "own tokenizer",
            (Self::Own(_), true) => "own tokenizer with chat framing",
        }
    }
}

/// The sum so far.
pub(crate) struct Tally<'a> {
    counter: Counter<'a>,
    model: &'a str,
    /// Counts of texts in Latin script, and of others.
    latin: Count,
    other: Count,
    /// Low, likely and high tokens of everything except text.
    low: u64,
    likely: u64,
    high: u64,
    framed: bool,
    framing: Framing,
    tools: bool,
}

impl<'a> Tally<'a> {
    pub fn new(counter: Counter<'a>, model: &'a str) -> Self {
        let framing = framing(&counter, &bare(model));
        let (latin, other, low, likely, high) = (Count::default(), Count::default(), 0, 0, 0);
        Self { counter, model, latin, other, low, likely, high, framed: false, framing, tools: false }
    }

    pub const fn model(&self) -> &'a str {
        self.model
    }

    pub fn text(&mut self, text: &str) {
        let count = self.counter.count(text);
        let sum = if self.counter.is_other(text) { &mut self.other } else { &mut self.latin };
        *sum = sum.plus(count);
    }

    /// Starts a message.
    pub fn message(&mut self, role: &str) {
        if !self.framed {
            self.framed = true;
            self.add(self.framing.request);
        }
        self.add(self.framing.message);
        self.high = self.high.saturating_add(self.framing.error);
        self.low = self.low.saturating_sub(self.framing.error);
        if matches!(self.counter, Counter::OpenAi(_)) {
            self.text(role);
        }
        if role == "assistant" || role == "model" {
            self.add(self.framing.assistant);
        }
    }

    /// Adds the name of the speaker.
    pub fn name(&mut self, name: &str) {
        self.text(name);
        self.add(1);
    }

    /// Adds a tool call of the model.
    pub fn call(&mut self, name: &str, arguments: &str) {
        self.text(name);
        self.text(arguments);
        self.around(self.framing.call);
    }

    /// Adds the answer of a tool.
    pub fn answer(&mut self, text: &str) {
        self.text(text);
        self.around(self.framing.call / 2);
    }

    pub fn image(&mut self, size: Option<Size>, detail: Detail) {
        let (low, likely, high) = image_tokens(self.model, size, detail);
        self.spread(low, likely, high);
    }

    /// Adds a file, a sound or a video of a size in bytes, for which no token rule exists. The range is from
    /// zero to one token for ten bytes, as in text.
    pub fn unknown(&mut self, bytes: usize) {
        let bytes = wide(bytes);
        self.spread(0, bytes / 100, bytes / 10);
    }

    /// Adds a text that the provider reformats: a schema, or a tool.
    pub fn rough(&mut self, text: &str) {
        let tokens = self.counter.of_text(text).1;
        self.spread(tokens / 2, tokens, tokens.saturating_mul(3) / 2);
    }

    /// Adds a text that the provider may or may not count.
    pub fn perhaps(&mut self, text: &str) {
        let tokens = self.counter.of_text(text).2;
        self.spread(0, 0, tokens);
    }

    /// Notes that tools are offered.
    pub fn tools(&mut self) {
        if !std::mem::replace(&mut self.tools, true) {
            self.around(self.framing.tools);
        }
    }

    /// Adds an estimated number of tokens around a tool.
    pub fn around(&mut self, tokens: u64) {
        self.spread(tokens / 2, tokens, tokens.saturating_mul(3) / 2);
    }

    pub const fn framing(&self) -> Framing {
        self.framing
    }

    pub const fn is_openai(&self) -> bool {
        matches!(self.counter, Counter::OpenAi(_))
    }

    pub fn add(&mut self, tokens: u64) {
        self.spread(tokens, tokens, tokens);
    }

    fn spread(&mut self, low: u64, likely: u64, high: u64) {
        self.low = self.low.saturating_add(low);
        self.likely = self.likely.saturating_add(likely);
        self.high = self.high.saturating_add(high);
    }

    pub fn estimate(self) -> TokenEstimate {
        let (low, expected, high) = self.counter.spread(self.latin, self.other);
        let (low, high) = (low.saturating_add(self.low), high.saturating_add(self.high));
        let expected = expected.saturating_add(self.likely);
        let own = matches!(self.counter, Counter::OpenAi(_) | Counter::Own(_));
        let exact = own && !self.framed && low == high;
        TokenEstimate { low, expected, high, exact, method: self.counter.method(self.framed) }
    }
}

/// Framing of messages for OpenAI's models, from
/// <https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken>. For GPT-5 and later, and for
/// tool calls, it comes from OpenAI's counts in public recordings.
fn framing(counter: &Counter<'_>, model: &str) -> Framing {
    if let Counter::Family(family) = counter {
        return family.framing;
    }
    let gpt_4 = model.starts_with("gpt-3.5") || model == "gpt-4" || model.starts_with("gpt-4-");
    let gpt_5 = model.starts_with("gpt-5");
    Framing {
        message: if model == "gpt-3.5-turbo-0301" { 4 } else { 3 },
        request: if gpt_5 { 2 } else { 3 },
        tools: 12,
        tool: if gpt_4 { 10 } else { 7 },
        call: 15,
        assistant: if gpt_5 { 2 } else { 0 },
        error: 1,
        offered: true,
    }
}
