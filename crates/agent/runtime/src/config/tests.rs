//! Tests of configuration sources and their errors.

use std::time::Duration;

use quipu_core::Level;
use quipu_sdk::Sampler;
use quipu_sdk::propagate::Format;

use super::{Config, Layer, Preset, settle_text};

fn said(text: &str, variables: &[(&str, &str)]) -> Config {
    settle_text(Layer::default(), text, variables).unwrap()
}

fn refused(text: &str) -> String {
    settle_text(Layer::default(), text, &[]).unwrap_err().to_string()
}

#[test]
fn an_error_quotes_no_value() {
    let wrong = refused("service = \"shop\"\ndelay_ms = \"sk-secret-\\\"1\\\"\"\n");
    assert!(!wrong.contains("secret"), "{wrong}");
    assert!(wrong.contains("quipu.toml:2: delay_ms") && wrong.contains("a text, expected"), "{wrong}");
}

#[test]
fn code_is_stronger_than_environment_than_file_than_preset() {
    let file = "preset = \"production\"\nservice = \"file\"\ndelay_ms = 11\nlevel = \"error\"";
    let plain = said(file, &[]);
    assert_eq!(plain.resource.service(), Some("file"));
    assert_eq!((plain.delay, plain.level), (Duration::from_millis(11), Level::Error));
    assert!(plain.tail.is_some(), "by the preset");
    let env = [("QUIPU_SERVICE", "env"), ("OTEL_SERVICE_NAME", "otel"), ("QUIPU_LEVEL", "warn")];
    let over = said(file, &env);
    assert_eq!((over.resource.service(), over.level), (Some("env"), Level::Warning));
    assert_eq!(over.delay, Duration::from_millis(11));
    let code = Layer { service: Some("code".into()), preset: Some(Preset::Standard), ..Layer::default() };
    let over = settle_text(code, file, &env).unwrap();
    assert_eq!((over.resource.service(), over.tail), (Some("code"), None));
}

#[test]
fn presets_differ_in_what_they_are_for() {
    let [standard, development, production] =
        ["standard", "development", "production"].map(|name| said(&format!("preset = \"{name}\""), &[]));
    assert!(development.backends.list.iter().any(|uri| uri == "console:"));
    assert!(
        development.log_full_prompts
            && !development.redact.leaves_contents_out()
            && development.redact.secrets
    );
    assert!(
        !production.log_full_prompts && production.redact.leaves_contents_out() && production.redact.secrets
    );
    assert!(standard.tail.is_none() && development.tail.is_none() && production.tail.is_some());
    assert!(development.delay < standard.delay && standard.delay < production.delay);
    assert!(matches!(production.sampler, Sampler::Always), "what failed is kept, so the end decides");
}

#[test]
fn opentelemetry_s_variables_apply() {
    let told = said(
        "",
        &[
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=shop,deployment.environment.name=pro%20d"),
            ("OTEL_TRACES_SAMPLER", "traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
            ("OTEL_PROPAGATORS", "b3,baggage"),
            ("OTEL_LOG_LEVEL", "WARN"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "1500"),
            ("OTEL_BSP_SCHEDULE_DELAY", "700"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "1000"),
        ],
    );
    assert_eq!(told.resource.service(), Some("shop"));
    assert_eq!(told.resource.attributes.text("deployment.environment.name"), Some("pro d"));
    let Sampler::IgnoreRemote(inner) = &told.sampler else { panic!("{:?}", told.sampler) };
    assert!(matches!(**inner, Sampler::Ratio(ratio) if ratio == 0.25), "{inner:?}");
    assert_eq!(told.propagate.iter().collect::<Vec<_>>(), [Format::B3, Format::Baggage]);
    assert_eq!(
        (told.level, told.delay.as_millis(), told.metrics_interval.as_millis()),
        (Level::Warning, 700, 1500)
    );
    assert_eq!(told.ring_bytes, 320_000);
    assert_eq!(told.problems, Vec::<String>::new());
    assert!(!said("", &[("OTEL_SDK_DISABLED", "TRUE")]).enabled);
    assert!(said("", &[("OTEL_SDK_DISABLED", "1")]).enabled, "only true is true, says OpenTelemetry");
    let parent = said("", &[("OTEL_TRACES_SAMPLER", "parentbased_always_off")]);
    assert!(matches!(parent.sampler, Sampler::Ratio(ratio) if ratio == 0.0), "{:?}", parent.sampler);
}

#[test]
fn what_is_wrong_in_the_environment_is_told_and_stops_nobody() {
    let told = said(
        "delay_ms = 30",
        &[
            ("QUIPU_DELAY_MS", "soon"),
            ("QUIPU_SHOP", "shop"),
            ("QUIPU_SAMPLING_RATIO", "1.5"),
            ("OTEL_TRACES_SAMPLER", "xray"),
            ("QUIPU_PROPAGATORS", "pigeon"),
            ("QUIPU_SERVICE", ""),
        ],
    );
    assert_eq!(told.delay, Duration::from_millis(30));
    for what in ["QUIPU_DELAY_MS", "QUIPU_SHOP", "QUIPU_SAMPLING_RATIO", "xray", "pigeon"] {
        assert!(told.problems.iter().any(|problem| problem.contains(what)), "{what}: {:?}", told.problems);
    }
    assert_eq!(told.problems.len(), 5, "{:?}", told.problems);
}

#[test]
fn errors_of_the_file_name_file_line_and_key() {
    for (text, parts) in [
        ("service = \"a\"\nshop = \"b\"", &["quipu.toml:2", "shop"][..]),
        ("\n\ndelay_ms = \"soon\"", &["quipu.toml:3", "delay_ms"]),
        ("[tail]\nslow_ms = -1", &["quipu.toml:2", "tail.slow_ms"]),
        ("[budgets.daily]\n\nlimit_usd = \"five\"", &["quipu.toml:3", "budgets.daily.limit_usd"]),
        ("level = \"loud\"", &["quipu.toml:1", "level"]),
        ("service = ", &["quipu.toml:1", "service"]),
    ] {
        let said = refused(text);
        assert!(parts.iter().all(|part| said.contains(part)), "{text:?}: {said}");
    }
    let secret = refused("service = \"sk-secret\nlevel = 3");
    assert!(!secret.contains("sk-secret"), "no line is quoted: {secret}");
}

#[test]
fn all_that_can_be_said_is_understood() {
    let told = said(
        r#"
        preset = "production"
        enabled = true
        service = "shop"
        level = "debug"
        log_full_prompts = true
        panic_events = false
        propagators = ["jaeger"]
        data_dir = "/var/lib/quipu"
        backends = ["sqlite:", "file:/var/log/quipu", "prometheus:127.0.0.1:0"]
        delay_ms = 100
        ring_bytes = 65536
        large_bytes = 1048576
        metrics_interval_ms = 1000
        shutdown_timeout_ms = 2000
        [resource]
        "deployment.environment.name" = "prod"
        [backend.file]
        keep_days = 3
        [delivery]
        queue_records = 1000
        when_full = "drop_newest"
        [events]
        levels = { "llm.*" = "warning" }
        deny = ["performance.metric"]
        [sampling]
        ratio = 0.5
        parent = true
        names = { "health*" = 0.0 }
        kinds = { agent = 1.0 }
        [tail]
        enabled = true
        slow_ms = 500
        ratio = 0.2
        spans = 100
        hold_ms = 1000
        [redact]
        secrets = true
        emails = true
        patterns = ["ORDER-\\d+"]
        [budgets.daily]
        limit_usd = "5.00"
        period = "day"
        "#,
        &[],
    );
    assert_eq!(told.problems, Vec::<String>::new());
    assert!(matches!(&told.sampler, Sampler::Rules(rules, _) if rules.len() == 2), "{:?}", told.sampler);
    assert!(told.redact.emails && !told.redact.leaves_contents_out());
    assert_eq!(told.budgets["daily"].limit_usd, "5".parse().ok());
    assert_eq!(told.tail.map(|tail| tail.spans), Some(100));
}
