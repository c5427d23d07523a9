//! Presets: required values, and the resulting requests.

use std::collections::BTreeMap;

use quipu_backend_otlp::{Config, Mapping, Otlp, Preset};
use quipu_core::ErrorKind;

use crate::server::{Server, taken};
use crate::shared::{batch, config, nothing, records, variables, write};

/// A valid value for every variable of every preset.
fn likely(name: &str) -> String {
    match name {
        "NEW_RELIC_REGION" => "eu".to_owned(),
        name if name.ends_with("ENDPOINT") || name.ends_with("URL") => "https://vendor.test/x".to_owned(),
        _ => "value".to_owned(),
    }
}

fn preset(name: &str) -> Config {
    config(&format!("preset = {name:?}"))
}

#[test]
fn each_has_its_name_and_opens_with_its_variables_alone() {
    for one in Preset::ALL {
        let said: BTreeMap<_, _> = one.variables().iter().map(|it| (it.name, likely(it.name))).collect();
        let environment = |name: &str| {
            assert!(said.contains_key(name) || is_another_name(name), "{} asks for {name}", one.as_str());
            said.get(name).cloned()
        };
        Otlp::open(preset(one.as_str()), &environment).unwrap();
    }
}

/// Alternative names, which the guide mentions.
fn is_another_name(name: &str) -> bool {
    ["AWS_DEFAULT_REGION", "LANGFUSE_HOST"].contains(&name)
}

#[test]
fn each_names_the_variable_that_is_not_set() {
    for one in Preset::ALL {
        let needed = one.variables().iter().filter(|it| it.needed);
        for missing in needed {
            let environment =
                |name: &str| (name != missing.name && is_needed(one, name)).then(|| likely(name));
            let error = preset(one.as_str()).settle(&environment).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert!(error.to_string().contains(missing.name), "{}: {error}", one.as_str());
        }
    }
}

fn is_needed(preset: Preset, name: &str) -> bool {
    preset.variables().iter().any(|it| it.needed && it.name == name)
}

#[test]
fn each_has_a_page_that_names_its_variables() {
    for one in Preset::ALL {
        let page = format!("{}/../../../docs/guide/vendors/{}.md", env!("CARGO_MANIFEST_DIR"), one.as_str());
        let text = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{page}: {error}"));
        for variable in one.variables() {
            assert!(text.contains(variable.name), "{page} does not name {}", variable.name);
        }
        assert!(text.contains(&format!("preset = \"{}\"", one.as_str())), "{page}");
        assert!(text.contains("quipu check otlp"), "{page}");
    }
}

/// Opens a preset, and returns the endpoint and headers of its spans.
fn settled(name: &str, said: &[(&str, &str)]) -> Config {
    let said: BTreeMap<_, _> = said.iter().copied().collect();
    preset(name).settle(&|name| said.get(name).map(|&text| text.to_owned())).unwrap()
}

fn header(config: &Config, name: &str) -> String {
    config.headers[name].expose().to_owned()
}

#[test]
fn addresses_and_keys_are_as_vendors_say() {
    let langfuse = settled("langfuse", &[("LANGFUSE_PUBLIC_KEY", "pk"), ("LANGFUSE_SECRET_KEY", "sk")]);
    assert_eq!(langfuse.endpoint.as_deref(), Some("https://cloud.langfuse.com/api/public/otel"));
    assert_eq!(header(&langfuse, "authorization"), "Basic cGs6c2s=");
    let grafana = [
        ("GRAFANA_CLOUD_OTLP_ENDPOINT", "https://otlp-gateway-prod-eu-west-2.grafana.net/otlp"),
        ("GRAFANA_CLOUD_INSTANCE_ID", "12345"),
        ("GRAFANA_CLOUD_API_KEY", "glc_x"),
    ];
    let grafana = settled("grafana-cloud", &grafana);
    assert_eq!(header(&grafana, "authorization"), "Basic MTIzNDU6Z2xjX3g=");
    let datadog = settled("datadog", &[("DD_API_KEY", "k"), ("DD_SITE", "datadoghq.eu")]);
    assert_eq!(datadog.endpoint.as_deref(), Some("https://otlp.datadoghq.eu"));
    assert_eq!(header(&datadog, "dd-api-key"), "k");
    let relic = settled("new-relic", &[("NEW_RELIC_LICENSE_KEY", "k"), ("NEW_RELIC_REGION", "EU")]);
    assert_eq!(relic.endpoint.as_deref(), Some("https://otlp.eu01.nr-data.net"));
    assert_eq!(header(&relic, "api-key"), "k");
    let honeycomb = settled("honeycomb", &[("HONEYCOMB_API_KEY", "k")]);
    assert_eq!(honeycomb.endpoint.as_deref(), Some("https://api.honeycomb.io"));
    assert_eq!(header(&honeycomb, "x-honeycomb-team"), "k");
    let logfire = settled("logfire", &[("LOGFIRE_TOKEN", "pylf_v1_eu_abc")]);
    assert_eq!(logfire.endpoint.as_deref(), Some("https://logfire-eu.pydantic.dev"));
    assert_eq!(header(&logfire, "authorization"), "pylf_v1_eu_abc");
    let elastic =
        settled("elastic", &[("ELASTIC_OTLP_ENDPOINT", "https://e"), ("ELASTIC_APM_SECRET_TOKEN", "t")]);
    assert_eq!(header(&elastic, "authorization"), "Bearer t");
    let phoenix = settled("phoenix", &[("PHOENIX_COLLECTOR_ENDPOINT", "http://localhost:6006/v1/traces")]);
    assert_eq!(phoenix.endpoint.as_deref(), Some("http://localhost:6006"));
    assert_eq!(phoenix.mapping, Some(Mapping::OpenInference));
    let google =
        settled("google-cloud", &[("GOOGLE_CLOUD_PROJECT", "p"), ("GOOGLE_OAUTH_ACCESS_TOKEN", "t")]);
    assert_eq!(
        (header(&google, "authorization").as_str(), google.resource["gcp.project_id"].as_str()),
        ("Bearer t", "p")
    );
    let aws = [("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "s")];
    let aws = settled("aws", &aws);
    assert_eq!(aws.traces.endpoint.as_deref(), Some("https://xray.eu-west-1.amazonaws.com/v1/traces"));
    assert_eq!(
        aws.metrics.endpoint.as_deref(),
        Some("https://monitoring.eu-west-1.amazonaws.com/v1/metrics")
    );
    assert_eq!(aws.logs.send, Some(false));
}

#[tokio::test]
async fn spans_reach_a_preset_at_an_address_of_ones_own() {
    let server = Server::http(|_| taken()).await;
    let environment = variables([
        ("LANGFUSE_PUBLIC_KEY", "from the environment"),
        ("LANGFUSE_SECRET_KEY", "sk"),
        ("LANGFUSE_HOST", server.url.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=1"),
    ]);
    let text = "preset = \"langfuse\"\nvariables = { LANGFUSE_PUBLIC_KEY = \"pk\" }\nheaders = { x = \"y\" }";
    let otlp = Otlp::open(config(text), &environment).unwrap();
    write(&otlp, batch()).await.unwrap();
    let seen = server.requests();
    assert_eq!(seen.len(), 1, "spans only");
    assert_eq!(seen[0].path, "/api/public/otel/v1/traces");
    assert_eq!(seen[0].headers["authorization"], "Basic cGs6c2s=");
    assert_eq!((&seen[0].headers["x"], seen[0].headers.get("a")), (&"y".parse().unwrap(), None));
    assert_eq!(records(&seen[0]).spans.len(), 2);
}

#[test]
fn an_endpoint_of_ones_own_stands_for_those_of_the_preset() {
    let aws = [("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "s")];
    let said: BTreeMap<_, _> = aws.into();
    let environment = |name: &str| said.get(name).map(|&text| text.to_owned());
    let own = config("preset = \"aws\"\nendpoint = \"http://proxy\"").settle(&environment).unwrap();
    assert_eq!((own.endpoint.as_deref(), own.traces.endpoint), (Some("http://proxy"), None));
    let phoenix = config("preset = \"phoenix\"\nendpoint = \"http://proxy\"").settle(&nothing).unwrap();
    assert_eq!(phoenix.endpoint.as_deref(), Some("http://proxy"));
}

#[test]
fn no_secret_is_printed() {
    let said = [
        ("AWS_REGION", "r"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "hush"),
        ("AWS_SESSION_TOKEN", "hush"),
    ];
    let aws = settled("aws", &said);
    let langfuse = settled("langfuse", &[("LANGFUSE_PUBLIC_KEY", "pk"), ("LANGFUSE_SECRET_KEY", "hush")]);
    let text = format!("{aws:?}{langfuse:?}");
    assert!(!text.contains("hush") && !text.contains("cGs6"), "{text}");
}

/// The tables of backends in the guide's examples, without the pipeline's keys.
fn examples(text: &str) -> Vec<toml::Table> {
    let blocks = text.split("```toml\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
    let tables =
        blocks.map(|block| block.parse::<toml::Table>().unwrap_or_else(|error| panic!("{error} in {block}")));
    let backends = tables.filter_map(|table| table.get("backend")?.as_table().cloned());
    let all = backends
        .flat_map(|table| table.into_iter().map(|(_, settings)| settings.as_table().unwrap().clone()));
    all.map(|table| {
        table.into_iter().filter(|(key, _)| !["use", "delivery", "rules"].contains(&key.as_str())).collect()
    })
    .collect()
}

#[test]
fn every_example_of_the_pages_can_be_read() {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/guide");
    let pages = std::fs::read_dir(format!("{guide}/vendors")).unwrap().map(|page| page.unwrap().path());
    let mut seen = 0;
    for page in pages.chain([format!("{guide}/otlp-out.md").into()]) {
        for example in examples(&std::fs::read_to_string(&page).unwrap()) {
            let read: Result<Config, _> = example.try_into();
            read.unwrap_or_else(|error| panic!("{}: {error}", page.display()));
            seen += 1;
        }
    }
    assert!(seen > Preset::ALL.len(), "{seen}");
}
