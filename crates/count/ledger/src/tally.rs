//! Tally of the calls below a span, by kind: their number, whether they report usage, and their tokens.

use quipu_core::{Kind, Usage};

use crate::merge;
use crate::standing::At;

/// Calls of one kind below a span.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    pub count: u32,
    pub only: Option<At>,
    pub usage: bool,
    pub tokens: Tokens,
}

/// Reported tokens, as totals without buckets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub input: u64,
    pub output: u64,
}

impl Tokens {
    pub fn of(usage: &Usage) -> Self {
        Self { input: usage.input.unwrap_or(0), output: usage.output.unwrap_or(0) }
    }

    /// Tokens beyond those of another.
    pub const fn less(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_sub(other.input),
            output: self.output.saturating_sub(other.output),
        }
    }

    /// Whether there are any.
    pub const fn is_some(self) -> bool {
        self.input > 0 || self.output > 0
    }

    pub const fn plus(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
        }
    }
}

/// Whether a span reports so many more tokens than the calls below it that it cannot just repeat them. Then a
/// call below it reduces its usage only by the tokens of that call.
pub(crate) fn exceeds(usage: &Usage, below: Tokens) -> bool {
    let told = Tokens::of(usage);
    let more = |told: u64, below: u64| told > merge::with_tolerance(below);
    !usage.estimated && (more(told.input, below.input) || more(told.output, below.output))
}

/// Contribution of a span and its descendants to the count, by kind of call. The last entry is usage outside
/// of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally([Calls; 4]);

const fn slot(kind: Kind) -> usize {
    match kind {
        Kind::Llm => 0,
        Kind::Embedding => 1,
        Kind::Rerank => 2,
        _ => 3,
    }
}

impl Tally {
    /// The calls of this kind.
    pub const fn calls(&self, kind: Kind) -> &Calls {
        &self.0[slot(kind)]
    }

    /// The calls of this kind, mutable.
    pub const fn calls_mut(&mut self, kind: Kind) -> &mut Calls {
        &mut self.0[slot(kind)]
    }

    /// Usage outside of calls, mutable.
    pub const fn outside_mut(&mut self) -> &mut Calls {
        &mut self.0[3]
    }

    pub fn add(&mut self, other: &Self) {
        for (calls, more) in self.0.iter_mut().zip(&other.0) {
            calls.only = if calls.count == 0 { more.only } else { calls.only };
            calls.count += more.count;
            calls.usage |= more.usage;
            calls.tokens = calls.tokens.plus(more.tokens);
        }
    }

    /// Contribution of an agent or tool run to its ancestors. Its own calls are not part of the call that
    /// requested it, although some sources keep the span of that call open meanwhile.
    pub fn of_its_own(&self) -> Self {
        let mut tally = Self::default();
        tally.0[3].usage = self.any_usage();
        tally.0[3].tokens = self.tokens();
        tally
    }

    /// Whether it has several calls of these tokens, and no usage outside of them.
    pub fn is_several_calls_of(&self, tokens: Tokens) -> bool {
        let [calls @ .., outside] = &self.0;
        let count: u32 = calls.iter().map(|calls| calls.count).sum();
        count > 1 && tokens.is_some() && !outside.tokens.is_some() && self.tokens() == tokens
    }

    fn tokens(&self) -> Tokens {
        self.0.iter().fold(Tokens::default(), |sum, calls| sum.plus(calls.tokens))
    }

    pub fn any_usage(&self) -> bool {
        self.0.iter().any(|calls| calls.usage)
    }
}
