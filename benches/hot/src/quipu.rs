//! The contenders of Quipu: the typed guard, the layer under `tracing`, and the guard while recording is off.

use std::hint::black_box;
use std::time::Duration;

use quipu_sdk::{Drain, Recorder, RecorderConfig, Usage};
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt;

use crate::Contender;
use crate::call::Call;

fn recorder() -> (Recorder, Drain) {
    Recorder::new(RecorderConfig::default())
}

fn dropped(recorder: Recorder) -> u64 {
    recorder.counts().dropped.iter().map(|(_, count)| count).sum()
}

/// The typed guard of a call to a model.
pub struct Typed {
    recorder: Recorder,
    drain: Drain,
}

impl Typed {
    /// With its own recorder.
    pub fn new() -> Self {
        let (recorder, drain) = recorder();
        Self { recorder, drain }
    }
}

impl Default for Typed {
    fn default() -> Self {
        Self::new()
    }
}

/// Records a call through the current context, as an agent's code does.
pub fn record(call: &Call) {
    quipu_sdk::llm("openai", &call.model)
        .max_tokens(call.max_tokens)
        .temperature(call.temperature)
        .top_p(call.top_p)
        .attribute("gen_ai.conversation.id", &call.conversation)
        .response_model(&call.answered_by)
        .response_id(&call.id)
        .usage(Usage::of(call.input, call.output).cache_read(call.cached))
        .end();
}

impl Contender for Typed {
    fn name(&self) -> &'static str {
        "quipu"
    }

    fn burst(&mut self, calls: &[Call]) {
        self.recorder.context().scope(|| calls.iter().for_each(|call| record(black_box(call))));
    }

    fn settle(&mut self) {
        black_box(self.drain.collect(Duration::ZERO));
    }

    fn dropped(&self) -> u64 {
        dropped(self.recorder)
    }
}

/// The guard while recording is off.
pub struct Disabled;

impl Contender for Disabled {
    fn name(&self) -> &'static str {
        "quipu, disabled"
    }

    fn burst(&mut self, calls: &[Call]) {
        calls.iter().for_each(|call| record(black_box(call)));
    }

    fn settle(&mut self) {}
}

/// A span of `tracing` under our layer.
pub struct Layered {
    dispatch: Dispatch,
    recorder: Recorder,
    drain: Drain,
}

impl Layered {
    /// With a recorder and a subscriber of its own.
    pub fn new() -> Self {
        let (recorder, drain) = recorder();
        let subscriber = tracing_subscriber::registry().with(quipu_tracing::layer());
        Self { dispatch: Dispatch::new(subscriber), recorder, drain }
    }
}

impl Default for Layered {
    fn default() -> Self {
        Self::new()
    }
}

impl Contender for Layered {
    fn name(&self) -> &'static str {
        "quipu's tracing layer"
    }

    fn burst(&mut self, calls: &[Call]) {
        let _entered = self.recorder.context().enter();
        tracing::dispatcher::with_default(&self.dispatch, || crate::peers::traced(calls));
    }

    fn settle(&mut self) {
        black_box(self.drain.collect(Duration::ZERO));
    }

    fn dropped(&self) -> u64 {
        dropped(self.recorder)
    }
}
