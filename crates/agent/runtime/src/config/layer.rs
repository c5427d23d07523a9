//! Configuration of one source, with every value optional. Layers override each other.

use std::collections::BTreeMap;
use std::path::PathBuf;

use quipu_budget::BudgetConfig;
use quipu_core::{Level, Retention};
use quipu_mapping::MapConfig;
use quipu_pipeline::{DeliveryConfig, RedactConfig};
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

/// Preset: the defaults of all other options.
///
/// ```
/// assert_eq!(quipu_runtime::Preset::default(), quipu_runtime::Preset::Standard);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// SQLite, or a file without it in the build; all traces sampled, secrets masked, no prompts.
    #[default]
    Standard,
    /// Console and SQLite at once (a file without SQLite in the build), all traces sampled, prompts stored,
    /// secrets masked.
    Development,
    /// SQLite, or a file without it, in larger batches, a tenth of the traces plus all failed or slow ones,
    /// secrets masked, no prompts.
    Production,
}

/// Layering of one source over another.
pub(crate) trait Over {
    /// The value of this layer, else that of the lower one.
    fn over(self, under: Self) -> Self;
}

impl<T> Over for Option<T> {
    fn over(self, under: Self) -> Self {
        self.or(under)
    }
}

impl<T> Over for BTreeMap<String, T> {
    fn over(self, mut under: Self) -> Self {
        under.extend(self);
        under
    }
}

macro_rules! layers {
    ($(
        $(#[$about:meta])*
        $layer:ident $(but not $($others:ident),*;)? { $($(#[doc = $doc:literal])* $name:ident: $kind:ty,)* }
    )*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct $layer {
            $($(#[doc = $doc])* pub $name: $kind,)*
            $($(
                /// Part of the file that another program reads.
                pub $others: IgnoredAny,
            )*)?
        }

        impl Over for $layer {
            fn over(self, under: Self) -> Self {
                Self { $($name: self.$name.over(under.$name),)* $($($others: self.$others,)*)? }
            }
        }
    )*};
}

layers! {
    /// All options of one source. The library and the server share one file: the keys of the server are
    /// accepted and not read.
    Layer but not store, durability, http, otlp_http, otlp_grpc, prometheus, limits, prices, gateway, proxy,
        access, audit, tls, project, jaeger, encryption, alerts, alert, channel, slo;
    {
        /// Preset.
        preset: Option<Preset>,
        /// Whether recording is on.
        enabled: Option<bool>,
        /// Name of the service.
        service: Option<String>,
        /// Further resource attributes.
        resource: BTreeMap<String, String>,
        /// Minimum level of recorded events.
        level: Option<Level>,
        /// Whether prompts and answers are recorded.
        log_full_prompts: Option<bool>,
        /// Whether a panic becomes an event.
        panic_events: Option<bool>,
        /// Whether metrics of CPU, memory and disks are recorded.
        system_metrics: Option<bool>,
        /// Whether records carry commit and branch of the working folder.
        vcs: Option<bool>,
        /// Propagation formats.
        propagators: Option<Vec<String>>,
        /// Data folder of the backends.
        data_dir: Option<PathBuf>,
        /// Backends as URIs.
        backends: Option<Vec<String>>,
        /// Config of backends by scheme.
        backend: BTreeMap<String, Spanned<toml::Table>>,
        /// Delivery config.
        delivery: Option<DeliveryConfig>,
        /// Milliseconds between two drains of the recorder.
        delay_ms: Option<u64>,
        /// Most bytes of waiting records per thread.
        ring_bytes: Option<usize>,
        /// Most bytes of waiting large records over all threads.
        large_bytes: Option<usize>,
        /// Milliseconds between two metric collections.
        metrics_interval_ms: Option<u64>,
        /// Milliseconds of the shutdown's time limit.
        shutdown_timeout_ms: Option<u64>,
        /// Whether SIGINT and SIGTERM end the process in order.
        end_on_signals: Option<bool>,
        /// Filter of events.
        events: EventsLayer,
        /// Head sampling.
        sampling: SamplingLayer,
        /// Tail sampling.
        tail: TailLayer,
        /// Data retention of the store.
        retention: Option<Retention>,
        /// Redaction.
        redact: Option<RedactConfig>,
        /// Mappings for spans of custom instrumentation.
        map: BTreeMap<String, MapConfig>,
        /// Budgets.
        budgets: BTreeMap<String, BudgetConfig>,
        /// File in which processes share budget accounts; `memory` for none.
        budgets_path: Option<PathBuf>,
    }

    /// Filter of events.
    EventsLayer {
        /// Levels by type; a name can end in `*`.
        levels: BTreeMap<String, Level>,
        /// Types that are recorded; others are not.
        allow: Option<Vec<String>>,
        /// Types that are not recorded.
        deny: Option<Vec<String>>,
        /// Frameworks whose events are recorded; others are not.
        allow_frameworks: Option<Vec<String>>,
        /// Frameworks whose events are not recorded.
        deny_frameworks: Option<Vec<String>>,
    }

    /// Head sampling.
    SamplingLayer {
        /// Share of traces.
        ratio: Option<f64>,
        /// Whether a sampling decision from headers applies.
        parent: Option<bool>,
        /// Most new traces per second.
        per_second: Option<f64>,
        /// Share of traces by the kind of their first span.
        kinds: BTreeMap<String, f64>,
        /// Share of traces by the name of their first span.
        names: BTreeMap<String, f64>,
    }

    /// Tail sampling.
    TailLayer {
        /// Whether traces are held until their end.
        enabled: Option<bool>,
        /// Duration in milliseconds above which a root is kept.
        slow_ms: Option<u64>,
        /// Share of the other traces to keep.
        ratio: Option<f64>,
        /// Most held spans.
        spans: Option<usize>,
        /// Longest time in milliseconds to hold a trace.
        hold_ms: Option<u64>,
    }
}
