//! True calls of an invented program, as its model server counts them.

/// Kind of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Chat,
    Embedding,
    Rerank,
}

/// A call as the provider counted it. Input includes cached tokens, and output includes reasoning.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its number within the program, from zero.
    pub n: u64,
    pub of: Of,
    pub model: &'static str,
    pub provider: &'static str,
    pub input: u64,
    pub output: u64,
    pub read: u64,
    pub write: u64,
    pub reasoning: u64,
    pub failed: bool,
    /// Milliseconds since the program began.
    pub start: i64,
    /// Duration in milliseconds.
    pub ms: i64,
}

impl Call {
    /// The `n`-th call of a program with this seed. Figures grow slowly, and differ between calls.
    pub fn new(seed: u64, n: u64) -> Self {
        let random = |salt: u64, most: u64| {
            let mut x = (seed ^ n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(salt << 40);
            x = (x ^ (x >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
            x = (x ^ (x >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
            (x ^ (x >> 33)) % most
        };
        let (input, output) = (300 + 37 * n + random(1, 900), 40 + random(2, 300));
        Self {
            n,
            of: Of::Chat,
            model: "gpt-4o",
            provider: "openai",
            input,
            output,
            read: 16 + random(3, input / 3),
            write: 0,
            reasoning: 3 + random(4, output / 2),
            failed: false,
            start: 2_000 * i64::try_from(n).unwrap(),
            ms: 700 + i64::try_from(random(5, 400)).unwrap(),
        }
    }

    /// A call of this model and provider.
    #[must_use]
    pub fn model(self, model: &'static str, provider: &'static str) -> Self {
        Self { model, provider, ..self }
    }

    /// A call of Claude, which writes to the cache and tells no reasoning.
    #[must_use]
    pub fn claude(self) -> Self {
        let write = self.input / 7;
        Self { model: "claude-sonnet-4-5", provider: "anthropic", write, reasoning: 0, ..self }
    }

    /// Input and output only.
    #[must_use]
    pub fn plain(self) -> Self {
        Self { read: 0, write: 0, reasoning: 0, ..self }
    }

    /// Without reasoning.
    #[must_use]
    pub fn mute(self) -> Self {
        Self { reasoning: 0, ..self }
    }

    /// An embedding.
    #[must_use]
    pub fn embedding(self) -> Self {
        let plain = self.plain();
        Self { of: Of::Embedding, model: "text-embedding-3-small", output: 0, ms: 90, ..plain }
    }

    /// A call that the provider refused.
    #[must_use]
    pub fn refused(self) -> Self {
        Self { failed: true, input: 0, output: 0, ms: 120, ..self.plain() }
    }

    /// Input and output only; each second call is refused.
    #[must_use]
    pub fn refusable(self) -> Self {
        if self.n % 2 == 1 { self.refused() } else { self.plain() }
    }

    /// Input without cached tokens.
    pub const fn fresh(&self) -> u64 {
        self.input - self.read - self.write
    }

    pub const fn total(&self) -> u64 {
        self.input + self.output
    }

    /// The end, in milliseconds since the program began.
    pub const fn end(&self) -> i64 {
        self.start + self.ms
    }

    /// A globally unique id of the answer, by the provider's prefix.
    pub fn id(&self) -> String {
        const LETTERS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut state = self.input.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (self.output << 32) ^ self.n;
        let mut letter = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(LETTERS[(state >> 33) as usize % LETTERS.len()])
        };
        let end: String = (0..24).map(|_| letter()).collect();
        let prefix = if self.provider == "anthropic" { "msg_01" } else { "chatcmpl-" };
        format!("{prefix}{end}")
    }

    /// The answer's text.
    pub fn text(&self) -> String {
        format!("Answer {} of {} tokens is that {} birds sing.", self.n, self.output, self.input)
    }
}
