//! Tests of guards as spans of `tracing`.

use std::sync::{Arc, Mutex};

use quipu_sdk::{FutureExt, Recorder, RecorderConfig};
use quipu_tracing::{layer, mirror};
use tracing::{Instrument, info_span};
use tracing_subscriber::layer::SubscriberExt;

use crate::{event, recorded, span};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_of_other_subscribers_show_the_guards() {
    assert_eq!([mirror(), mirror()], [Ok(()); 2]);
    let lines = Lines::default();
    let writer = lines.clone();
    let fmt = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    let (recorder, mut drain) = Recorder::new(RecorderConfig::default());
    let subscriber = tracing_subscriber::registry().with(fmt).with(layer());
    tracing::subscriber::with_default(subscriber, || {
        let _root = recorder.context().enter();
        let agent = quipu_sdk::agent("planner").enter();
        tracing::info!("inside");
        {
            let _handler = info_span!("handler").entered();
            let _tool = quipu_sdk::tool("search").enter();
            tracing::info!("deeper");
        }
        tracing::info!("back");
        drop(agent);
        tracing::info!("outside");
        assert!(tracing::Span::current().is_none());
    });
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let line =
        |word: &str| text.lines().find(|line| line.ends_with(word)).unwrap_or_else(|| panic!("{text}"));
    let batch = drain.collect(std::time::Duration::from_millis(20));
    assert_eq!(batch.spans.len(), 3, "nothing is recorded twice");
    let agent = batch.spans.iter().find(|span| span.attributes.text("quipu.kind") == Some("agent")).unwrap();
    assert!(line("inside").contains("agent{name=\"planner\""), "{text}");
    assert!(line("inside").contains(&agent.trace_id.to_string()), "{text}");
    let deeper = line("deeper");
    let places = ["agent{", "handler", "tool{name=\"search\""].map(|part| deeper.find(part).unwrap());
    assert!(places.is_sorted(), "{text}");
    assert!(line("back").contains("agent{") && !line("back").contains("tool{"), "{text}");
    assert!(!line("outside").contains("agent{"), "{text}");
    assert_eq!(event(&batch, "inside").span_id, Some(agent.span_id));
    assert_eq!(span(&batch, "handler").parent_id, Some(agent.span_id));
}

#[test]
fn the_span_of_a_guard_leads_back_to_the_guard() {
    mirror().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let batch = recorded(|| {
        let agent = quipu_sdk::agent("planner");
        let context = agent.context();
        let shown = context.scope(tracing::Span::current);
        assert_eq!(shown.metadata().unwrap().name(), "agent");
        info_span!(parent: &shown, "explicit");
        runtime.block_on(async { info_span!("task") }.instrument(shown));
        runtime.block_on(async { info_span!("carried") }.in_guard(agent));
        assert!(quipu_sdk::Context::current().span_id().is_none());
        assert!(tracing::Span::current().is_none());
    });
    let agent = batch.spans.iter().find(|span| span.attributes.text("quipu.kind") == Some("agent")).unwrap();
    for name in ["explicit", "task", "carried"] {
        assert_eq!(span(&batch, name).parent_id, Some(agent.span_id), "{name}");
    }
    assert_eq!(batch.spans.len(), 4);
}
