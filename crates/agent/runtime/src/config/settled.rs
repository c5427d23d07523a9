//! Final configuration from all sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use quipu_budget::BudgetConfig;
use quipu_core::{Attributes, Error, ErrorKind, Level, Resource, Result, Retention};
use quipu_mapping::MapConfig;
use quipu_pipeline::{Capture, HashKey, RedactConfig};
use quipu_sdk::propagate::{Format, Formats};
use quipu_sdk::{EventFilter, RateLimit, RecorderConfig, SampleRule, Sampler};

use super::CodeBackends;
use super::layer::{EventsLayer, Layer, Preset, SamplingLayer, TailLayer};
use crate::named::BackendConfigs;
use crate::variables::Variables;

/// Final configuration.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub enabled: bool,
    pub resource: Resource,
    pub level: Level,
    pub log_full_prompts: bool,
    pub panic_events: bool,
    pub system_metrics: bool,
    pub propagate: Formats,
    pub events: EventFilter,
    pub data_dir: PathBuf,
    pub backends: BackendConfigs,
    pub delay: Duration,
    pub ring_bytes: usize,
    pub large_bytes: usize,
    pub metrics_interval: Duration,
    pub shutdown_timeout: Duration,
    pub end_on_signals: bool,
    pub sampler: Sampler,
    pub tail: Option<Tail>,
    pub redact: RedactConfig,
    /// Data retention of the store.
    pub retention: Retention,
    /// Mappings for spans of custom instrumentation.
    pub map: BTreeMap<String, MapConfig>,
    pub budgets: BTreeMap<String, BudgetConfig>,
    /// File in which processes share budget accounts; `memory` for none. If absent, it is next to an SQLite
    /// store.
    pub budgets_path: Option<PathBuf>,
    /// Invalid and unknown variables of the environment.
    pub problems: Vec<String>,
}

/// Final config of tail sampling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tail {
    pub slow: Duration,
    pub ratio: f64,
    pub spans: usize,
    pub hold: Duration,
}

/// Defaults of a preset.
struct Choice {
    backends: &'static [&'static str],
    log_full_prompts: bool,
    level: Level,
    delay_ms: u64,
    metrics_interval_ms: u64,
    tail: bool,
}

const fn choice(preset: Preset) -> Choice {
    match preset {
        Preset::Standard => Choice {
            backends: &["sqlite:", "file:"],
            log_full_prompts: false,
            level: Level::Info,
            delay_ms: 200,
            metrics_interval_ms: 10_000,
            tail: false,
        },
        Preset::Development => Choice {
            backends: &["sqlite:", "console:", "file:"],
            log_full_prompts: true,
            level: Level::Debug,
            delay_ms: 50,
            metrics_interval_ms: 5_000,
            tail: false,
        },
        Preset::Production => Choice {
            backends: &["sqlite:", "file:"],
            log_full_prompts: false,
            level: Level::Info,
            delay_ms: 1_000,
            metrics_interval_ms: 60_000,
            tail: true,
        },
    }
}

impl Config {
    /// Fills in the defaults.
    ///
    /// # Errors
    /// The retention rules are invalid.
    pub fn of(
        said: Layer,
        code: &CodeBackends,
        file: Option<PathBuf>,
        variables: Variables,
        mut problems: Vec<String>,
    ) -> Result<Self> {
        let recorder = RecorderConfig::default();
        let preset = said.preset.unwrap_or_default();
        let choice = choice(preset);
        let millis = |said: Option<u64>, else_: u64| Duration::from_millis(said.unwrap_or(else_).max(1));
        let log_full_prompts = said.log_full_prompts.unwrap_or(choice.log_full_prompts);
        let (level, data_dir) =
            (said.level.unwrap_or(choice.level), said.data_dir.unwrap_or_else(|| PathBuf::from(".quipu")));
        let redact = redact(said.redact.unwrap_or_default(), log_full_prompts, &variables, &mut problems);
        let retention = said.retention.unwrap_or_default().checked();
        let retention =
            retention.map_err(|wrong| Error::new(ErrorKind::Invalid, "read configuration", wrong))?;
        let (list, by_preset) = listed(said.backends, choice.backends, code, &variables, &mut problems);
        if said.system_metrics == Some(true) && !cfg!(feature = "system-metrics") {
            let missing =
                "system_metrics: they are not in this build: build with the feature `system-metrics`";
            problems.push(missing.to_owned());
        }
        let backends = BackendConfigs {
            list,
            by_preset,
            tables: said.backend,
            delivery: said.delivery.unwrap_or_default(),
            keep: false,
            data_dir: data_dir.clone(),
            level,
            file,
            variables,
        };
        Ok(Self {
            enabled: said.enabled.unwrap_or(true),
            resource: resource(said.service, said.resource, said.vcs.unwrap_or(true)),
            level,
            log_full_prompts,
            panic_events: said.panic_events.unwrap_or(true),
            system_metrics: said.system_metrics.unwrap_or(true),
            propagate: propagate(said.propagators, &mut problems),
            events: events(said.events),
            data_dir,
            backends,
            delay: millis(said.delay_ms, choice.delay_ms),
            ring_bytes: said.ring_bytes.unwrap_or(recorder.ring_bytes),
            large_bytes: said.large_bytes.unwrap_or(recorder.large_bytes),
            metrics_interval: millis(said.metrics_interval_ms, choice.metrics_interval_ms),
            shutdown_timeout: millis(said.shutdown_timeout_ms, 5_000),
            end_on_signals: said.end_on_signals.unwrap_or(false),
            sampler: sampler(said.sampling),
            tail: tail(&said.tail, choice.tail),
            redact,
            retention,
            map: said.map,
            budgets: said.budgets,
            budgets_path: said.budgets_path,
            problems,
        })
    }
}

/// By default, contents are stored only with full prompt logging.
fn redact(
    mut said: RedactConfig,
    log_full_prompts: bool,
    variables: &Variables,
    problems: &mut Vec<String>,
) -> RedactConfig {
    said.contents.get_or_insert_with(|| Capture::all(log_full_prompts));
    if let Some(key) = &mut said.key
        && let Err(why) = key.change(|text| variables.filled(text))
    {
        problems.push(format!("redact.key: {why}"));
        // An empty key is invalid, so features that need a key do not start.
        *key = HashKey::new("");
    }
    said
}

/// Backends to open, and the names of those that only a preset lists. Backends named in code are added to
/// those of the environment or the file, or else of the preset.
fn listed(
    said: Option<Vec<String>>,
    preset: &[&str],
    code: &CodeBackends,
    variables: &Variables,
    problems: &mut Vec<String>,
) -> (Vec<String>, BTreeSet<String>) {
    if code.only {
        return (code.added.clone(), BTreeSet::new());
    }
    let is_chosen = said.is_some();
    let mut list = said.unwrap_or_else(|| preset.iter().copied().map(str::to_owned).collect());
    list.retain(|uri| !code.added.iter().any(|added| name_of(added) == name_of(uri)));
    let mut by_preset = BTreeSet::new();
    if !is_chosen {
        by_preset.extend(list.iter().map(|uri| name_of(uri).to_owned()));
    }
    list.extend(code.added.iter().cloned());
    if let Some(variable) = otlp_variable(variables)
        && !list.iter().any(|uri| name_of(uri) == "otlp")
    {
        if is_chosen {
            problems.push(format!("{variable} has no effect: `backends` does not list `otlp:`"));
        } else {
            list.push("otlp:".to_owned());
        }
    }
    (list, by_preset)
}

fn name_of(uri: &str) -> &str {
    uri.split(':').next().unwrap_or_default()
}

/// The variable of OpenTelemetry that names an endpoint, if one is set.
fn otlp_variable(variables: &Variables) -> Option<String> {
    ["", "TRACES_", "METRICS_", "LOGS_"]
        .iter()
        .map(|signal| format!("OTEL_EXPORTER_OTLP_{signal}ENDPOINT"))
        .find(|name| variables.get(name).is_some())
}

fn tail(said: &TailLayer, by_preset: bool) -> Option<Tail> {
    said.enabled.unwrap_or(by_preset).then(|| Tail {
        slow: Duration::from_millis(said.slow_ms.unwrap_or(10_000)),
        ratio: said.ratio.unwrap_or(0.1).clamp(0.0, 1.0),
        spans: said.spans.unwrap_or(16_384).max(1),
        hold: Duration::from_millis(said.hold_ms.unwrap_or(30_000)),
    })
}

fn propagate(said: Option<Vec<String>>, problems: &mut Vec<String>) -> Formats {
    let Some(names) = said else { return Formats::default() };
    let mut formats: Vec<Format> = Vec::new();
    for name in names.iter().filter(|name| !name.eq_ignore_ascii_case("none")) {
        match name.parse() {
            Ok(format) => formats.push(format),
            Err(unknown) => problems.push(format!("propagators: {unknown}")),
        }
    }
    Formats::new(formats)
}

fn events(said: EventsLayer) -> EventFilter {
    let names = |said: Option<Vec<String>>| said.unwrap_or_default();
    let levels = said.levels.into_iter();
    let filter = levels.fold(EventFilter::default(), |filter, (name, level)| filter.level(&name, level));
    let filter = names(said.allow).iter().fold(filter, |filter, name| filter.allow(name));
    let filter = names(said.deny).iter().fold(filter, |filter, name| filter.deny(name));
    let allowed = names(said.allow_frameworks);
    let filter = allowed.iter().fold(filter, |filter, name| filter.allow_framework(name));
    names(said.deny_frameworks).iter().fold(filter, |filter, name| filter.deny_framework(name))
}

/// Names take precedence over kinds, and both over the general rate.
fn sampler(said: SamplingLayer) -> Sampler {
    let all = match (said.ratio, said.per_second) {
        (_, Some(rate)) => Sampler::Limited(RateLimit::per_second(rate)),
        (Some(ratio), None) if ratio < 1.0 => Sampler::Ratio(ratio.max(0.0)),
        _ => Sampler::Always,
    };
    let rule = |kind, name, ratio| SampleRule { kind, name, sampler: Sampler::Ratio(ratio) };
    let names = said.names.into_iter().map(|(name, ratio)| rule(None, Some(name), ratio));
    let kinds = said.kinds.into_iter().map(|(kind, ratio)| rule(Some(kind), None, ratio));
    let rules: Vec<SampleRule> = names.chain(kinds).collect();
    let all = if rules.is_empty() { all } else { Sampler::Rules(rules, Box::new(all)) };
    if said.parent == Some(false) { Sampler::IgnoreRemote(Box::new(all)) } else { all }
}

/// Resource of all records, with OpenTelemetry's attribute names.
fn resource(service: Option<String>, more: BTreeMap<String, String>, vcs: bool) -> Resource {
    let program =
        std::env::current_exe().ok().and_then(|path| Some(path.file_stem()?.to_string_lossy().into_owned()));
    let unknown = || format!("unknown_service:{}", program.as_deref().unwrap_or("rust"));
    let service = service.or_else(|| more.get("service.name").cloned()).unwrap_or_else(unknown);
    let own = [
        ("service.name", service),
        ("telemetry.sdk.name", "quipu".to_owned()),
        ("telemetry.sdk.language", "rust".to_owned()),
        ("telemetry.sdk.version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let mut attributes: Attributes = own.into_iter().collect();
    attributes.push("process.pid", i64::from(std::process::id()));
    for (key, value) in more {
        if attributes.get(&key).is_none() {
            attributes.push(key, value);
        }
    }
    if vcs {
        crate::vcs::describe(&mut attributes);
    }
    Resource { attributes, ..Resource::default() }
}
