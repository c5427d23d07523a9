//! A build for these tests: SQLite, memory, and failing backends.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use quipu_adapter_quipu::Quipu as Adapter;
use quipu_backend_memory::Memory;
use quipu_backend_sqlite::{Config, Sqlite};
use quipu_core::*;
use quipu_runtime::{Basis, Builder, DeliveryConfig, Open, OpenAccounts, Opened, Quipu, Tables};

/// The build.
pub struct House;

/// A backend whose writes always fail.
pub struct Failing;

/// A backend that never answers.
pub struct Stuck;

#[async_trait]
impl Backend for Failing {
    fn name(&self) -> &str {
        "failing"
    }

    async fn write(&self, _batch: Arc<Batch>) -> Result<()> {
        Err(Error::new(ErrorKind::Unavailable, "write", "nobody is there").of_backend("failing"))
    }
}

#[async_trait]
impl Backend for Stuck {
    fn name(&self) -> &str {
        "stuck"
    }

    async fn write(&self, _batch: Arc<Batch>) -> Result<()> {
        std::future::pending().await
    }
}

impl Tables for House {
    const ENABLED: bool = true;
    type Estimator = Basis;

    fn estimator(basis: Basis) -> Basis {
        basis
    }

    fn adapters() -> Adapters {
        Adapters::new(vec![Arc::new(Adapter)])
    }

    fn accounts() -> Option<OpenAccounts> {
        Some(|path| quipu_backend_sqlite::accounts::open(path))
    }

    fn is_optional(kind: &str) -> bool {
        kind == "otlp"
    }

    fn backends() -> Vec<(&'static str, Open)> {
        vec![
            ("sqlite", |place| {
                let mut config = place.config_over(Config::lean())?;
                config.path = place.folder(config.path, "");
                Ok(Opened::Store(Arc::new(Sqlite::open(config)?)))
            }),
            ("memory", |_| Ok(Opened::Store(Arc::new(Memory::new())))),
            ("failing", |_| Ok(Opened::Exporter(Arc::new(Failing)))),
            ("stuck", |_| Ok(Opened::Exporter(Arc::new(Stuck)))),
            ("broken", |_| Err(Error::new(ErrorKind::Denied, "open backend", "the door is locked"))),
        ]
    }
}

/// A library that reads nothing from the machine and has short timeouts.
pub fn library() -> Builder<House> {
    let delivery = DeliveryConfig {
        attempts: 2,
        retry_first_ms: 1,
        breaker_open_ms: 50,
        write_timeout_ms: 5_000,
        close_timeout_ms: 500,
        ..DeliveryConfig::default()
    };
    let builder = Quipu::<House>::builder().detached().without_env().without_file().without_backends();
    builder.system_metrics(false).service("shop").delay(Duration::from_millis(20)).delivery(delivery)
}

pub const SOON: Duration = Duration::from_secs(5);

pub async fn total(store: &Arc<dyn Store>) -> UsageTotals {
    let groups = store.usage(&UsageQuery::default()).await.unwrap();
    groups.into_iter().next().map(|group| group.totals).unwrap_or_default()
}
