//! Templates, policies, credentials, config and the connection check.

use std::sync::Arc;

use quipu_backend_elasticsearch::{Config, Elasticsearch, Product};
use quipu_conformance::sample::{batch, draft};
use quipu_core::{Backend, ErrorKind};
use serde_json::{Value, json};

use crate::cluster::Cluster;

async fn write(backend: &Elasticsearch) -> quipu_core::Result<()> {
    backend.write(Arc::new(batch([draft(1, 1).span()], []))).await
}

async fn parts(version: Value, config: Config) -> Vec<String> {
    let cluster = Cluster::with(json!({ "version": version })).await;
    write(&cluster.open(config)).await.unwrap();
    cluster.set(|held| held.parts.keys().cloned().collect())
}

const TEMPLATES: [&str; 5] = [
    "_component_template/quipu-fields",
    "_index_template/logs-quipu",
    "_index_template/metrics-quipu",
    "_index_template/quipu-costs",
    "_index_template/traces-quipu",
];

#[tokio::test]
async fn each_product_is_told_in_its_own_words() {
    let with = |policies: [&'static str; 2]| -> Vec<String> {
        let mut all: Vec<_> = TEMPLATES.into_iter().chain(policies).map(str::to_owned).collect();
        all.sort();
        all
    };
    let elasticsearch = parts(json!({"number": "8.19.0"}), Config::default()).await;
    assert_eq!(elasticsearch, with(["_ilm/policy/quipu-costs", "_ilm/policy/quipu-streams"]));
    let opensearch =
        parts(json!({"number": "2.19.0", "distribution": "opensearch"}), Config::default()).await;
    let policies = ["_plugins/_ism/policies/quipu-costs", "_plugins/_ism/policies/quipu-streams"];
    assert_eq!(opensearch, with(policies));
    let serverless = json!({"number": "8.11.0", "build_flavor": "serverless"});
    assert_eq!(parts(serverless, Config::default()).await, TEMPLATES);
    assert_eq!(parts(json!({}), Config { keep_days: 0, ..Config::default() }).await, TEMPLATES);
    assert!(parts(json!({}), Config { templates: false, ..Config::default() }).await.is_empty());
}

#[tokio::test]
async fn templates_name_streams_fields_and_how_long_data_is_kept() {
    let cluster = Cluster::start().await;
    let config =
        Config { dataset: "shop".into(), namespace: "prod".into(), keep_days: 3, ..Config::default() };
    write(&cluster.open(config)).await.unwrap();
    let part = |path: &str| cluster.set(|held| held.parts[path].clone());
    let traces = part("_index_template/traces-shop");
    assert_eq!(traces["index_patterns"], json!(["traces-shop-*"]));
    assert_eq!((&traces["data_stream"], &traces["composed_of"]), (&json!({}), &json!(["shop-fields"])));
    assert_eq!(traces["template"]["settings"]["index.lifecycle.name"], "shop-streams");
    assert_eq!(part("_index_template/shop-costs").get("data_stream"), None);
    let policy = part("_ilm/policy/shop-streams")["policy"]["phases"].clone();
    assert_eq!(
        (&policy["hot"]["actions"]["rollover"]["max_age"], &policy["delete"]["min_age"]),
        (&json!("3d"), &json!("3d"))
    );
    assert_eq!(part("_ilm/policy/shop-costs")["policy"]["phases"]["delete"]["min_age"], "34d");
    assert_eq!(cluster.documents("traces-shop-prod").len(), 1);
}

#[tokio::test]
async fn what_is_there_is_not_put_again() {
    let cluster = Cluster::start().await;
    write(&cluster.backend()).await.unwrap();
    let own = json!({"version": 99, "own": true});
    cluster.set(|held| {
        held.parts.insert(TEMPLATES[1].to_owned(), own.clone());
        held.parts.insert(TEMPLATES[2].to_owned(), json!({"version": 0, "old": true}));
        held.parts.insert("_ilm/policy/quipu-streams".to_owned(), own.clone());
    });
    write(&cluster.backend()).await.unwrap();
    let part = |path: &str| cluster.set(|held| held.parts[path].clone());
    assert_eq!((part(TEMPLATES[1]), part("_ilm/policy/quipu-streams")), (own.clone(), own));
    assert_eq!(part(TEMPLATES[2]).get("old"), None, "an older one is");
}

#[tokio::test]
async fn whoever_may_not_put_templates_is_told_what_to_do() {
    let cluster = Cluster::start().await;
    cluster.set(|held| held.elsewhere = Some(403));
    let error = write(&cluster.open(Config { product: Product::Elasticsearch, ..Config::default() }))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    let text = error.to_string();
    assert!(
        text.contains("_ilm/policy/quipu-streams: answered 403") && text.contains("templates = false"),
        "{text}"
    );
    write(&cluster.open(Config { templates: false, ..Config::default() })).await.unwrap();
}

#[tokio::test]
async fn each_kind_of_credentials_is_sent() {
    let cluster = Cluster::start().await;
    let sent = async |config: Config| {
        write(&cluster.open(config)).await.unwrap();
        cluster.set(|held| held.headers["authorization"].to_str().unwrap().to_owned())
    };
    let basic = Config { username: "u".into(), password: "p".into(), ..Config::default() };
    assert_eq!(sent(basic).await, "Basic dTpw");
    let key = |key: &str| Config { api_key: key.into(), ..Config::default() };
    assert_eq!(sent(key("aWQ6a2V5")).await, "ApiKey aWQ6a2V5");
    assert_eq!(sent(key("id:key")).await, "ApiKey aWQ6a2V5");
    assert_eq!(sent(Config { bearer_token: "t".into(), ..Config::default() }).await, "Bearer t");
}

#[test]
fn settings_are_checked() {
    let read: Config =
        toml::from_str("url = \"https://search:9200\"\nproduct = \"opensearch\"\napi_key = \"SECRET\"")
            .unwrap();
    assert_eq!(read.product, Product::Opensearch);
    assert!(!format!("{read:?}").contains("SECRET"));
    assert!(toml::from_str::<Config>("uri = \"x\"").is_err());
    let wrong = |change: fn(&mut Config)| {
        let mut config = Config::default();
        change(&mut config);
        let error = Elasticsearch::open(config).err().unwrap();
        assert_eq!((error.kind(), error.backend()), (ErrorKind::Invalid, Some("elasticsearch")));
        assert!(!error.to_string().contains("SECRET"), "{error}");
    };
    wrong(|config| config.url = "search:9200".into());
    wrong(|config| config.url = "http://u:SECRET@search:9200".into());
    wrong(|config| config.dataset = "a-b".into());
    wrong(|config| config.namespace = "Prod".into());
    wrong(|config| config.bulk_records = 0);
    wrong(|config| config.compression = quipu_send::Compression::Zstd);
    wrong(|config| config.username = "u".into());
    wrong(|config| (config.api_key, config.bearer_token) = ("SECRET".into(), "SECRET".into()));
}

#[tokio::test]
async fn a_look_at_the_other_side_says_where_it_ends() {
    let steps = async |backend: &Elasticsearch| -> Vec<(String, bool)> {
        backend.probe().await.into_iter().map(|found| (found.step, found.ok)).collect()
    };
    let is = |steps: &[(&str, bool)]| -> Vec<(String, bool)> {
        steps.iter().map(|(step, ok)| ((*step).to_owned(), *ok)).collect()
    };
    let cluster = Cluster::start().await;
    let all = [("reach", true), ("auth", true), ("templates", true), ("logs", true)];
    assert_eq!(steps(&cluster.backend()).await, is(&all));
    assert_eq!(cluster.documents("logs-quipu-default").len(), 1);
    cluster.set(|held| held.faults.push_back(Some((403, "security_exception"))));
    assert_eq!(steps(&cluster.backend()).await, is(&[all[0], all[1], all[2], ("logs", false)]));
    cluster.set(|held| held.elsewhere = Some(401));
    assert_eq!(steps(&cluster.backend()).await, is(&[all[0], ("auth", false)]));
    let nobody = Elasticsearch::open(Config::at("http://127.0.0.1:9")).unwrap();
    assert_eq!(steps(&nobody).await, is(&[("reach", false)]));
}
