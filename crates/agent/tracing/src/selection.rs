//! Selection of recorded spans and events of `tracing`.

use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

use crate::mirror::MIRROR_TARGET;

/// Quipu's own targets. Their messages during the storage of records would create more records in a loop.
const OWN: &[&str] = &["quipu_runtime", "quipu_pipeline", "quipu_backend_"];

/// Selection of spans and events. Default: [`LevelFilter::INFO`] and above, and spans of any level with a
/// field of OpenTelemetry's GenAI conventions (`gen_ai.…`).
///
/// The layer checks it for each span and event. As a per-layer filter,
/// `layer().with_filter(Selection::default())`, it also lets `tracing` disable unselected call sites, which
/// then cost next to nothing.
#[derive(Debug, Clone)]
pub struct Selection {
    level: LevelFilter,
    gen_ai: bool,
    targets: Vec<(String, LevelFilter)>,
}

impl Default for Selection {
    fn default() -> Self {
        let targets = OWN.iter().map(|own| ((*own).to_owned(), LevelFilter::OFF)).collect();
        Self { level: LevelFilter::INFO, gen_ai: true, targets }
    }
}

impl Selection {
    /// Sets the minimum level.
    #[must_use]
    pub fn level(mut self, level: LevelFilter) -> Self {
        self.level = level;
        self
    }

    /// Sets whether spans with a `gen_ai.…` field are recorded at any level. Default: on.
    #[must_use]
    pub fn gen_ai(mut self, wanted: bool) -> Self {
        self.gen_ai = wanted;
        self
    }

    /// Sets the minimum level of targets that start with `prefix`, in place of [`Selection::level`] and
    /// [`Selection::gen_ai`]. The longest matching prefix applies.
    #[must_use]
    pub fn target(mut self, prefix: impl Into<String>, level: LevelFilter) -> Self {
        let prefix = prefix.into();
        self.targets.retain(|(known, _)| *known != prefix);
        self.targets.push((prefix, level));
        self.targets.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        self
    }

    /// Whether this span or event is recorded.
    pub fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        if target == MIRROR_TARGET {
            return false;
        }
        if let Some((_, level)) = self.targets.iter().find(|(prefix, _)| target.starts_with(prefix.as_str()))
        {
            return metadata.level() <= level;
        }
        metadata.level() <= &self.level || (self.gen_ai && metadata.is_span() && speaks_gen_ai(metadata))
    }
}

fn speaks_gen_ai(metadata: &Metadata<'_>) -> bool {
    metadata.fields().iter().any(|field| field.name().starts_with("gen_ai."))
}

impl<S: Subscriber> Filter<S> for Selection {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        // Mirrored spans are not recorded, but give the contexts of their guards.
        self.wants(metadata) || metadata.target() == MIRROR_TARGET
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        // `log` has one call site per level, and the target is part of the record.
        if metadata.target() == "log" {
            Interest::sometimes()
        } else if self.wants(metadata) || metadata.target() == MIRROR_TARGET {
            Interest::always()
        } else {
            Interest::never()
        }
    }
}
