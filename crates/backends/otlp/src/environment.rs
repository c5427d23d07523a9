//! OpenTelemetry's environment variables: <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use quipu_core::Result;
use quipu_send::{Compression, Protocol, Secret, Tls};

use crate::config::{Config, SignalConfig};
use crate::variables::{Variables, wrong};

/// Reads the variables. An invalid value is an error that names its variable.
pub(crate) fn read(variables: &Variables<'_>) -> Result<Config> {
    let all = signal(variables, "OTEL_EXPORTER_OTLP_")?;
    let mut config = Config {
        endpoint: all.endpoint,
        protocol: all.protocol,
        insecure: all.insecure,
        compression: all.compression,
        timeout_ms: all.timeout_ms,
        tls: all.tls,
        traces: signal(variables, "OTEL_EXPORTER_OTLP_TRACES_")?,
        metrics: signal(variables, "OTEL_EXPORTER_OTLP_METRICS_")?,
        logs: signal(variables, "OTEL_EXPORTER_OTLP_LOGS_")?,
        ..Config::default()
    };
    // Headers of a signal replace those of all signals, instead of an addition to them.
    for signal in [&mut config.traces, &mut config.metrics, &mut config.logs] {
        if signal.headers.is_empty() {
            signal.headers.clone_from(&all.headers);
        }
    }
    Ok(config)
}

fn signal(variables: &Variables<'_>, prefix: &str) -> Result<SignalConfig> {
    let get = |name: &str| {
        let name = format!("{prefix}{name}");
        variables.get(&name).map(|text| (name, text))
    };
    Ok(SignalConfig {
        send: None,
        endpoint: get("ENDPOINT").map(|(_, text)| text),
        protocol: get("PROTOCOL").map(|(name, text)| protocol(&name, &text)).transpose()?,
        insecure: get("INSECURE").map(|(_, text)| text.eq_ignore_ascii_case("true")),
        headers: get("HEADERS").map(|(name, text)| headers(&name, &text)).transpose()?.unwrap_or_default(),
        compression: get("COMPRESSION").map(|(name, text)| compression(&name, &text)).transpose()?,
        timeout_ms: get("TIMEOUT").map(|(name, text)| timeout(&name, &text)).transpose()?,
        tls: tls(get("CERTIFICATE"), get("CLIENT_CERTIFICATE"), get("CLIENT_KEY")),
    })
}

type SetVariable = Option<(String, String)>;

fn tls(root: SetVariable, certificate: SetVariable, key: SetVariable) -> Option<Tls> {
    let path = |said: SetVariable| said.map(|(_, text)| text.into());
    let tls =
        Tls { ca_file: path(root), cert_file: path(certificate), key_file: path(key), ..Tls::default() };
    (tls != Tls::default()).then_some(tls)
}

fn protocol(name: &str, text: &str) -> Result<Protocol> {
    match text {
        "grpc" => Ok(Protocol::Grpc),
        "http/protobuf" => Ok(Protocol::HttpProtobuf),
        "http/json" => Ok(Protocol::HttpJson),
        _ => Err(wrong(format!("{name}: expected grpc, http/protobuf or http/json, got {text:?}"))),
    }
}

fn compression(name: &str, text: &str) -> Result<Compression> {
    match text {
        "none" => Ok(Compression::None),
        "gzip" => Ok(Compression::Gzip),
        "zstd" => Ok(Compression::Zstd),
        _ => Err(wrong(format!("{name}: expected none, gzip or zstd, got {text:?}"))),
    }
}

fn timeout(name: &str, text: &str) -> Result<u64> {
    text.parse().map_err(|_| wrong(format!("{name}: expected milliseconds such as 10000, got {text:?}")))
}

/// Parses `key=value,key=value`, percent-encoded, without baggage properties. An error never contains a
/// value.
fn headers(name: &str, text: &str) -> Result<BTreeMap<String, Secret>> {
    let mut map = BTreeMap::new();
    for (at, pair) in text.split(',').map(str::trim).enumerate().filter(|(_, pair)| !pair.is_empty()) {
        let bad = |why| wrong(format!("{name}: header {} {why}", at + 1));
        let (key, value) = pair.split_once('=').ok_or_else(|| bad("is not of the form key=value"))?;
        let decoded = |text: &str| {
            percent_decode_str(text.trim())
                .decode_utf8()
                .map(|text| text.into_owned())
                .map_err(|_| bad("is not UTF-8"))
        };
        map.insert(decoded(key)?.to_ascii_lowercase(), Secret::from(decoded(value)?));
    }
    Ok(map)
}
