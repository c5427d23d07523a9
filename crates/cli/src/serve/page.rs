//! The metrics page for Prometheus: the server's own metrics, derived metrics, and metrics of its machine.

use std::sync::Arc;
use std::time::Duration;

use quipu::core::{Clock, Result, SystemClock};
use quipu::metrics::{Derive, SelfMetrics};
use quipu::pipeline::Pipeline;
use quipu::prometheus::{Config, Prometheus};

/// How often that is: as often as Prometheus scrapes by default.
const PASSED_ON: Duration = Duration::from_secs(15);

/// The page, as fresh as its reader.
pub fn page(derive: &Arc<Derive>, metrics: &Arc<SelfMetrics>) -> Result<Prometheus> {
    quipu_runtime::observe_system(derive.registry());
    let page = Prometheus::open(Config { listen: None, ..Config::default() })?;
    let (derive, metrics) = (Arc::clone(derive), Arc::clone(metrics));
    page.read_from(move |now| derive.metrics(now));
    page.beside(move |now| metrics.metrics(now));
    Ok(page)
}

/// Passes derived metrics to the exporters that want them; never returns.
pub async fn pass_on(derive: Arc<Derive>, pipeline: Arc<Pipeline>) {
    loop {
        tokio::time::sleep(PASSED_ON).await;
        derived(&derive, &pipeline);
    }
}

/// The same once: at the end, the figures of the last seconds would be lost.
pub fn derived(derive: &Derive, pipeline: &Pipeline) {
    pipeline.derived(derive.metrics(SystemClock.now()));
}
