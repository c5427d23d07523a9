//! Environment variables: Quipu's own, and those of OpenTelemetry that apply.

use std::collections::BTreeMap;
use std::path::PathBuf;

use quipu_core::Level;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as Said, StrDeserializer};

use super::layer::{Layer, Over};

type Set = fn(&mut Layer, &str) -> Result<(), String>;

/// Variable with the path of the configuration file.
pub(crate) const FILE: &str = "QUIPU_CONFIG";

/// Variables of the binary and of other parts, which the library ignores.
const NOT_OURS: &[&str] = &[FILE, "QUIPU_LOG", "QUIPU_URL", "QUIPU_STRICT"];

/// Approximate bytes of a span in a ring.
const SPAN_BYTES: usize = 320;

/// Quipu's own variables.
pub(crate) const OURS: &[(&str, Set)] = &[
    ("QUIPU_PRESET", |to, text| word(text).map(|value| to.preset = Some(value))),
    ("QUIPU_ENABLED", |to, text| flag(text).map(|value| to.enabled = Some(value))),
    ("QUIPU_SERVICE", |to, text| put(&mut to.service, text.to_owned())),
    ("QUIPU_RESOURCE", |to, text| pairs(text).map(|pairs| to.resource = pairs)),
    ("QUIPU_LEVEL", |to, text| level(text).map(|value| to.level = Some(value))),
    ("QUIPU_LOG_FULL_PROMPTS", |to, text| flag(text).map(|value| to.log_full_prompts = Some(value))),
    ("QUIPU_PANIC_EVENTS", |to, text| flag(text).map(|value| to.panic_events = Some(value))),
    ("QUIPU_SYSTEM_METRICS", |to, text| flag(text).map(|value| to.system_metrics = Some(value))),
    ("QUIPU_VCS", |to, text| flag(text).map(|value| to.vcs = Some(value))),
    ("QUIPU_PROPAGATORS", |to, text| put(&mut to.propagators, list(text))),
    ("QUIPU_DATA_DIR", |to, text| put(&mut to.data_dir, PathBuf::from(text))),
    ("QUIPU_BUDGETS_PATH", |to, text| put(&mut to.budgets_path, PathBuf::from(text))),
    ("QUIPU_BACKENDS", |to, text| put(&mut to.backends, list(text))),
    ("QUIPU_DELAY_MS", |to, text| number(text).map(|value| to.delay_ms = Some(value))),
    ("QUIPU_RING_BYTES", |to, text| number(text).map(|value| to.ring_bytes = Some(value))),
    ("QUIPU_LARGE_BYTES", |to, text| number(text).map(|value| to.large_bytes = Some(value))),
    ("QUIPU_METRICS_INTERVAL_MS", |to, text| number(text).map(|value| to.metrics_interval_ms = Some(value))),
    ("QUIPU_SHUTDOWN_TIMEOUT_MS", |to, text| number(text).map(|value| to.shutdown_timeout_ms = Some(value))),
    ("QUIPU_END_ON_SIGNALS", |to, text| flag(text).map(|value| to.end_on_signals = Some(value))),
    ("QUIPU_SAMPLING_RATIO", |to, text| ratio(text).map(|value| to.sampling.ratio = Some(value))),
    ("QUIPU_SAMPLING_PER_SECOND", |to, text| number(text).map(|value| to.sampling.per_second = Some(value))),
    ("QUIPU_TAIL", |to, text| flag(text).map(|value| to.tail.enabled = Some(value))),
    ("QUIPU_TAIL_SLOW_MS", |to, text| number(text).map(|value| to.tail.slow_ms = Some(value))),
    ("QUIPU_TAIL_RATIO", |to, text| ratio(text).map(|value| to.tail.ratio = Some(value))),
    ("QUIPU_REDACT_SECRETS", |to, text| {
        flag(text).map(|value| to.redact.get_or_insert_default().secrets = value)
    }),
    ("QUIPU_REDACT_EMAILS", |to, text| {
        flag(text).map(|value| to.redact.get_or_insert_default().emails = value)
    }),
];

/// Variables of OpenTelemetry that apply,
/// <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.
pub(crate) const OTEL: &[(&str, Set)] = &[
    ("OTEL_SDK_DISABLED", |to, text| {
        to.enabled = Some(!text.eq_ignore_ascii_case("true"));
        Ok(())
    }),
    ("OTEL_SERVICE_NAME", |to, text| put(&mut to.service, text.to_owned())),
    ("OTEL_RESOURCE_ATTRIBUTES", |to, text| {
        let mut attributes = pairs(text)?;
        // `OTEL_SERVICE_NAME` takes precedence, whether it is read before or after this variable.
        let service = attributes.remove("service.name");
        to.service = to.service.take().or(service);
        to.resource = attributes;
        Ok(())
    }),
    ("OTEL_LOG_LEVEL", |to, text| level(text).map(|value| to.level = Some(value))),
    ("OTEL_PROPAGATORS", |to, text| put(&mut to.propagators, list(text))),
    ("OTEL_METRIC_EXPORT_INTERVAL", |to, text| {
        number(text).map(|value| to.metrics_interval_ms = Some(value))
    }),
    ("OTEL_BSP_SCHEDULE_DELAY", |to, text| number(text).map(|value| to.delay_ms = Some(value))),
    ("OTEL_BSP_MAX_QUEUE_SIZE", |to, text| {
        number::<usize>(text).map(|spans| to.ring_bytes = Some(spans.saturating_mul(SPAN_BYTES)))
    }),
];

/// Reads the environment, and lists invalid and unknown variables. By OpenTelemetry's rule they do not stop
/// the start, but are reported.
pub(crate) fn read(variables: &BTreeMap<String, String>) -> (Layer, Vec<String>) {
    let mut problems = Vec::new();
    let otel = {
        let mut layer = layer_of(OTEL, variables, &mut problems);
        sampler(variables, &mut layer, &mut problems);
        layer
    };
    let ours = layer_of(OURS, variables, &mut problems);
    let known = |name: &str| OURS.iter().any(|(ours, _)| *ours == name) || NOT_OURS.contains(&name);
    let unknown = variables.keys().filter(|name| name.starts_with("QUIPU_") && !known(name));
    problems.extend(unknown.map(|name| format!("{name} is not a variable of Quipu")));
    (ours.over(otel), problems)
}

fn layer_of(
    table: &[(&str, Set)],
    variables: &BTreeMap<String, String>,
    problems: &mut Vec<String>,
) -> Layer {
    let mut layer = Layer::default();
    for (name, set) in table {
        // An empty variable counts as unset.
        let Some(text) = variables.get(*name).map(|text| text.trim()).filter(|text| !text.is_empty()) else {
            continue;
        };
        if let Err(why) = set(&mut layer, text) {
            problems.push(format!("{name} is ignored: {why}"));
        }
    }
    layer
}

/// `OTEL_TRACES_SAMPLER` and its argument.
fn sampler(variables: &BTreeMap<String, String>, to: &mut Layer, problems: &mut Vec<String>) {
    let Some(name) = variables.get("OTEL_TRACES_SAMPLER").filter(|name| !name.is_empty()) else { return };
    let argument = variables.get("OTEL_TRACES_SAMPLER_ARG").map(|text| ratio(text));
    let part = match argument {
        None => 1.0,
        Some(Ok(part)) => part,
        Some(Err(why)) => {
            problems.push(format!("OTEL_TRACES_SAMPLER_ARG is ignored: {why}"));
            1.0
        }
    };
    let (part, parent) = match name.as_str() {
        "always_on" => (1.0, false),
        "always_off" => (0.0, false),
        "traceidratio" => (part, false),
        "parentbased_always_on" => (1.0, true),
        "parentbased_always_off" => (0.0, true),
        "parentbased_traceidratio" => (part, true),
        _ => {
            problems.push(format!("OTEL_TRACES_SAMPLER is ignored: there is no sampler {name:?} here"));
            return;
        }
    };
    (to.sampling.ratio, to.sampling.parent) = (Some(part), Some(parent));
}

fn put<T>(to: &mut Option<T>, value: T) -> Result<(), String> {
    *to = Some(value);
    Ok(())
}

fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let text = text.to_ascii_lowercase();
    T::deserialize(StrDeserializer::<Said>::new(&text)).map_err(|error| error.to_string())
}

/// Parses a level by Quipu's names or common other names.
fn level(text: &str) -> Result<Level, String> {
    match text.to_ascii_lowercase().as_str() {
        "warn" => Ok(Level::Warning),
        "fatal" => Ok(Level::Critical),
        "all" | "verbose" => Ok(Level::Trace),
        other => word(other),
    }
}

fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "on" | "yes" => Ok(true),
        "false" | "0" | "off" | "no" => Ok(false),
        _ => Err(format!("{text:?} is neither true nor false")),
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is not a valid number"))
}

/// Parses a number from 0 to 1.
fn ratio(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(part) if (0.0..=1.0).contains(&part) => Ok(part),
        _ => Err(format!("{text:?} is not a number from 0 to 1")),
    }
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// Parses `key=value,key=value` as in W3C baggage; values can be percent-encoded.
fn pairs(text: &str) -> Result<BTreeMap<String, String>, String> {
    list(text).iter().map(|item| pair(item)).collect()
}

fn pair(item: &str) -> Result<(String, String), String> {
    let (key, value) = item.split_once('=').ok_or_else(|| "not a list of key=value".to_owned())?;
    Ok((key.trim().to_owned(), decoded(value.trim())))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'%').then(|| after.get(..2)).flatten();
        let code = code
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
