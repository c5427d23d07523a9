//! Blocks of docs/guide/prometheus.md, and of docs/guide/library.md about OpenTelemetry and reports.
#![allow(dead_code, unused_variables, reason = "a process starts one library")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanExporter};
use quipu::reports::Baseline;

fn exporters_of_all_signals(quipu: &quipu::Quipu) {
    // guide: docs/guide/library.md rust 6
}

fn spans_to_the_application(
    exporter_of_the_application: impl SpanExporter + 'static,
) -> Result<(), Box<dyn Error>> {
    // guide: docs/guide/library.md rust 7
    Ok(())
}

async fn reports(quipu: &quipu::Quipu) -> Result<(), Box<dyn Error>> {
    // guide: docs/guide/library.md rust 8
    Ok(())
}

fn exporter() -> Result<(), quipu::Error> {
    // guide: docs/guide/prometheus.md rust 1
    Ok(())
}

mod route {
    pub(super) fn page(my_collector: prometheus::IntGauge) -> Result<String, Box<dyn std::error::Error>> {
        // guide: docs/guide/prometheus.md rust 2
        // guide: docs/guide/prometheus.md rust 3
        Ok(page)
    }
}
