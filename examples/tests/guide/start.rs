//! Blocks that start the library of a process. A process has one, so most are compiled and not run.
#![allow(dead_code, unused_variables, reason = "a process starts one library")]

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use quipu::core::{Adapter, Backend, Batch, Canonical, SignalSet, Span};

mod first {
    // guide: docs/guide/start/rust.md rust 1
}

fn budgets() -> Result<(), Box<dyn Error>> {
    // guide: docs/guide/budgets.md rust 1
    Ok(())
}

fn alerts() -> Result<(), Box<dyn Error>> {
    // guide: docs/guide/alerts.md rust 1
    Ok(())
}

struct Acme;

impl Adapter for Acme {
    fn name(&self) -> &'static str {
        "acme"
    }

    // guide: docs/guide/writing-an-adapter.md rust 2
}

struct Csv;

impl Csv {
    fn open((): ()) -> quipu::core::Result<Self> {
        Ok(Self)
    }
}

#[async_trait]
impl Backend for Csv {
    fn name(&self) -> &str {
        "csv"
    }

    fn signals(&self) -> SignalSet {
        SignalSet::SPANS
    }

    async fn write(&self, batch: Arc<Batch>) -> quipu::core::Result<()> {
        Ok(())
    }
}

mod plug_in {
    use std::sync::Arc;

    use super::{Acme, Csv};

    // guide: docs/guide/plug-ins.md rust 1

    fn library() -> Result<(), quipu::Error> {
        // guide: docs/guide/plug-ins.md rust 2
        Ok(())
    }
}

mod bridge {
    use super::Error;

    fn layers() -> Result<(), Box<dyn Error>> {
        // guide: docs/guide/tracing.md rust 1
        Ok(())
    }

    fn selected() {
        // guide: docs/guide/tracing.md rust 3
        let subscriber =
            tracing_subscriber::layer::SubscriberExt::with(tracing_subscriber::registry(), layer);
    }

    mod filter {
        fn filtered() {
            // guide: docs/guide/tracing.md rust 4
            let subscriber =
                tracing_subscriber::layer::SubscriberExt::with(tracing_subscriber::registry(), layer);
        }
    }
}

#[test]
fn an_event_of_tracing_has_the_level_of_its_field() {
    use tracing_subscriber::layer::SubscriberExt as _;

    let capture = quipu::testing::capture().unwrap();
    let subscriber = tracing_subscriber::registry().with(quipu::tracing::layer());
    tracing::subscriber::with_default(subscriber, || {
        capture.scope(|| {
            // guide: docs/guide/tracing.md rust 2
        });
    });
    let seen = capture.finished().unwrap();
    assert_eq!(seen.events()[0].level, quipu::Level::Success);
}
