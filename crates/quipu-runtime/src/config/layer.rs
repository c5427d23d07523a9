//! One source's settings: everything may be missing. Sources are laid over each other.

use std::collections::BTreeMap;
use std::path::PathBuf;

use quipu_core::Level;
use quipu_insight::BudgetConfig;
use quipu_mapping::MapConfig;
use quipu_pipeline::{ExitSettings, RedactSettings};
use serde::Deserialize;
use toml::Spanned;

/// A whole set of choices that the other settings change in part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// File and SQLite, everything sampled, secrets masked, no prompts.
    #[default]
    Standard,
    /// Console, file and SQLite at once, everything sampled, prompts kept, secrets masked.
    Development,
    /// File and SQLite in larger batches, a tenth of the traces and all that failed or were slow, secrets masked, no prompts.
    Production,
}

/// Lays one source over another.
pub(crate) trait Over {
    /// What is said here, else what is said there.
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
    ($($(#[$about:meta])* $layer:ident { $($(#[doc = $doc:literal])* $name:ident: $kind:ty,)* })*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct $layer {
            $($(#[doc = $doc])* pub $name: $kind,)*
        }

        impl Over for $layer {
            fn over(self, under: Self) -> Self {
                Self { $($name: self.$name.over(under.$name),)* }
            }
        }
    )*};
}

layers! {
    /// Everything that one source says.
    Layer {
        /// The choices to start from.
        preset: Option<Preset>,
        /// Off: nothing is recorded.
        enabled: Option<bool>,
        /// Name of the service.
        service: Option<String>,
        /// Further resource attributes.
        resource: BTreeMap<String, String>,
        /// Events below it are not recorded.
        level: Option<Level>,
        /// Whether prompts and answers are recorded.
        log_full_prompts: Option<bool>,
        /// Whether a panic becomes an event.
        panic_events: Option<bool>,
        /// Whether processors, memory and disks are told of.
        system_metrics: Option<bool>,
        /// Whether commit and branch of the working folder are told of.
        vcs: Option<bool>,
        /// Header formats.
        propagators: Option<Vec<String>>,
        /// Folder of everything that backends keep.
        data_dir: Option<PathBuf>,
        /// Backends as URIs.
        backends: Option<Vec<String>>,
        /// Settings of backends, by their scheme.
        backend: BTreeMap<String, Spanned<toml::Table>>,
        /// How backends are delivered to.
        delivery: Option<ExitSettings>,
        /// Milliseconds between two looks for new records.
        delay_ms: Option<u64>,
        /// Bytes of records of one thread that may wait.
        ring_bytes: Option<usize>,
        /// Bytes of large records that may wait, of all threads together.
        large_bytes: Option<usize>,
        /// Milliseconds between two readings of all metrics.
        metrics_interval_ms: Option<u64>,
        /// Milliseconds that the end may take.
        shutdown_timeout_ms: Option<u64>,
        /// Which events are recorded.
        events: EventsLayer,
        /// What is kept when a trace begins.
        sampling: SamplingLayer,
        /// What is kept when a trace has ended.
        tail: TailLayer,
        /// What is masked.
        redact: Option<RedactSettings>,
        /// How spans of home-made instrumentation are read.
        map: BTreeMap<String, MapConfig>,
        /// Limits of spending.
        budgets: BTreeMap<String, BudgetConfig>,
        /// File in which processes share what budgets have spent; `memory` for none.
        budgets_path: Option<PathBuf>,
    }

    /// Which events are recorded.
    EventsLayer {
        /// Levels of types; a name may end in `*`.
        levels: BTreeMap<String, Level>,
        /// Types that are recorded and no others.
        allow: Option<Vec<String>>,
        /// Types that are not recorded.
        deny: Option<Vec<String>>,
        /// Frameworks whose events are recorded and no others'.
        allow_frameworks: Option<Vec<String>>,
        /// Frameworks whose events are not recorded.
        deny_frameworks: Option<Vec<String>>,
    }

    /// What is kept when a trace begins.
    SamplingLayer {
        /// The part of traces.
        ratio: Option<f64>,
        /// Whether a decision that came in with headers holds.
        parent: Option<bool>,
        /// New traces a second at most.
        per_second: Option<f64>,
        /// The part of spans, by kind.
        kinds: BTreeMap<String, f64>,
        /// The part of spans, by name.
        names: BTreeMap<String, f64>,
    }

    /// What is kept when a trace has ended.
    TailLayer {
        /// Whether traces are held until they ended.
        enabled: Option<bool>,
        /// Roots that take longer are kept, in milliseconds.
        slow_ms: Option<u64>,
        /// The part of the other traces that is kept.
        ratio: Option<f64>,
        /// Spans held at most.
        spans: Option<usize>,
        /// Milliseconds that a trace is held at most.
        hold_ms: Option<u64>,
    }
}
