//! Tests of unusual fields: no panics, and limited sizes.

use std::fmt::{Debug, Formatter, Result};

use tracing::field::Empty;
use tracing::info_span;

use crate::{event, recorded, span, value};

/// Its formatter fails.
struct Broken;

impl Debug for Broken {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        formatter.write_str("half")?;
        Err(std::fmt::Error)
    }
}

/// Its formatter emits an event.
struct Chatty;

impl Debug for Chatty {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let _inner = info_span!("nested", deep = ?Broken).entered();
        tracing::info!(again = ?Broken, "from within");
        formatter.write_str("chatty")
    }
}

struct Endless;

impl Debug for Endless {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        (0..).try_for_each(|_| formatter.write_str("ümlaut "))
    }
}

#[test]
fn formatting_may_fail_speak_and_never_end() {
    let batch = recorded(|| {
        let odd = info_span!("odd", broken = ?Broken, chatty = ?Chatty, endless = ?Endless, late = Empty);
        odd.record("late", tracing::field::debug(Chatty));
        odd.record("unknown", 1);
        tracing::info!(chatty = ?Chatty, "outer");
    });
    let odd = span(&batch, "odd");
    assert_eq!(value(odd, "broken"), "half".into());
    assert_eq!((value(odd, "chatty"), value(odd, "late")), ("chatty".into(), "chatty".into()));
    let endless = odd.attributes.text("endless").unwrap().len();
    assert!((65_000..=65_536).contains(&endless), "{endless}");
    assert_eq!(event(&batch, "outer").attributes.text("chatty"), Some("chatty"));
    assert!(quipu_sdk::Context::current().span_id().is_none());
}

#[test]
fn long_texts_are_cut_and_odd_names_kept() {
    let batch = recorded(|| {
        let text = "ä".repeat(100_000);
        info_span!("long", text = text.as_str(), "odd name \u{1}" = 1, "" = 2, nan = f64::NAN);
    });
    let long = span(&batch, "long");
    assert_eq!(long.attributes.text("text").unwrap().len(), 65_536);
    assert_eq!((value(long, "odd name \u{1}"), value(long, "")), (1.into(), 2.into()));
}

#[test]
fn as_many_fields_as_tracing_allows() {
    let batch = recorded(|| {
        info_span!(
            "wide",
            f01 = 1,
            f02 = 2,
            f03 = 3,
            f04 = 4,
            f05 = 5,
            f06 = 6,
            f07 = 7,
            f08 = 8,
            f09 = 9,
            f10 = 10,
            f11 = 11,
            f12 = 12,
            f13 = 13,
            f14 = 14,
            f15 = 15,
            f16 = 16,
            f17 = 17,
            f18 = 18,
            f19 = 19,
            f20 = 20,
            f21 = 21,
            f22 = 22,
            f23 = 23,
            f24 = 24,
            f25 = 25,
            f26 = 26,
            f27 = 27,
            f28 = 28,
            f29 = 29,
            f30 = 30,
            f31 = 31,
            f32 = 32
        );
    });
    let wide = span(&batch, "wide");
    assert_eq!((wide.attributes.len(), value(wide, "f32")), (33, 32.into()));
}

#[test]
fn without_a_recorder_nothing_happens() {
    use tracing_subscriber::layer::SubscriberExt;
    tracing::subscriber::with_default(tracing_subscriber::registry().with(quipu_tracing::layer()), || {
        let span = info_span!("nobody", count = 1).entered();
        tracing::error!("listens");
        span.record("count", 2);
    });
    assert!(quipu_sdk::Context::current().recorder().is_none());
}

/// Its formatter writes to the span that is being recorded.
struct Inward(tracing::Span);

impl Debug for Inward {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        self.0.in_scope(|| tracing::error!("from within"));
        info_span!(parent: &self.0, "child");
        formatter.write_str("inward")
    }
}

/// The only test that installs a global subscriber: `tracing` then lets a formatter call it again.
#[test]
fn a_value_may_trace_into_the_span_that_it_is_written_to() {
    use tracing_subscriber::layer::SubscriberExt;
    let (recorder, mut drain) = quipu_sdk::Recorder::new(quipu_sdk::RecorderConfig::default());
    let (done, waits) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let subscriber = tracing_subscriber::registry().with(quipu_tracing::layer());
        tracing::subscriber::set_global_default(subscriber).unwrap();
        recorder.context().scope(|| {
            let span = info_span!("written", late = Empty);
            span.record("late", tracing::field::debug(Inward(span.clone())));
            info_span!("made", at = ?Inward(span.clone()));
            tracing::info!(said = ?Inward(span.clone()), "event");
        });
        done.send(()).unwrap();
    });
    waits.recv_timeout(std::time::Duration::from_secs(20)).expect("the thread waits for itself");
    let batch = drain.collect(std::time::Duration::from_millis(20));
    assert_eq!(value(span(&batch, "written"), "late"), "inward".into());
    assert!(batch.spans.iter().any(|span| span.name == "child"));
}
