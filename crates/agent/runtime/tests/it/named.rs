//! Tests of the configuration and opening of exporters.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use quipu_core::{Backend, Batch, Health, Level, Result};
use quipu_pipeline::{DeliveryConfig, RuleSignal};
use quipu_runtime::{BackendConfigs, Backends, Open, Opened, Variables};
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    key: String,
}

/// A backend that reports the config that it was opened with.
struct Far(String);

#[async_trait]
impl Backend for Far {
    fn name(&self) -> &str {
        "far"
    }

    fn is_remote(&self) -> bool {
        true
    }

    async fn write(&self, _: Arc<Batch>) -> Result<()> {
        Ok(())
    }

    fn health(&self) -> Health {
        Health::Degraded(self.0.clone())
    }
}

struct Near;

#[async_trait]
impl Backend for Near {
    fn name(&self) -> &str {
        "near"
    }

    async fn write(&self, _: Arc<Batch>) -> Result<()> {
        Ok(())
    }
}

const KNOWN: &[(&str, Open)] = &[
    ("far", |place| {
        let Said { key } = place.config()?;
        let region = place.variable("REGION").unwrap_or_default();
        Ok(Opened::Exporter(Arc::new(Far(format!("{} {key} {region}", place.path)))))
    }),
    ("near", |_| Ok(Opened::Exporter(Arc::new(Near)))),
];

fn named(list: &[&str], text: &str) -> BackendConfigs {
    let tables: BTreeMap<String, Spanned<toml::Table>> = toml::from_str(text).unwrap();
    let variables = [("KEY", "k-1"), ("REGION", "eu")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    BackendConfigs {
        list: list.iter().map(|listed| (*listed).to_owned()).collect(),
        tables,
        delivery: DeliveryConfig { batch_records: 7, ..DeliveryConfig::default() },
        keep: true,
        data_dir: PathBuf::from("/data"),
        level: Level::Info,
        file: None,
        variables: Variables::of(variables.into()),
        by_preset: std::collections::BTreeSet::new(),
    }
}

fn opened(list: &[&str], text: &str) -> Backends {
    let mut backends = Backends::default();
    backends.open(&named(list, text), KNOWN, |_| false);
    backends
}

fn failures(list: &[&str], text: &str) -> Vec<String> {
    opened(list, text).failed.iter().map(|(_, error)| error.to_string()).collect()
}

#[test]
fn two_of_one_kind_have_names_settings_and_rules_of_their_own() {
    let text = r#"
        [one]
        use = "far"
        key = "${KEY}!"
        delivery = { queue_records = 5, spool = { bytes = 99 } }
        rules = { signals = ["traces"], services = ["shop-*"], sample = 0.5 }
        [far]
        key = "plain"
    "#;
    let backends = opened(&["one:http://a:1/x", "far"], text);
    assert!(backends.failed.is_empty() && backends.notes.is_empty(), "{:?}", backends.failed);
    let [one, far] = backends.exporters.as_slice() else { panic!("two") };
    assert_eq!(one.backend.health(), Health::Degraded("http://a:1/x k-1! eu".into()));
    assert_eq!(far.backend.health(), Health::Degraded(" plain eu".into()));
    assert_eq!((one.name.as_str(), far.name.as_str()), ("one", "far"));
    assert_eq!(one.folder.as_deref(), Some("/data/exporters/one".as_ref()));
    assert_eq!((one.config.queue_records, one.config.batch_records, one.config.spool.bytes), (5, 7, 99));
    assert_eq!(one.rules.signals.as_deref(), Some([RuleSignal::Traces].as_slice()));
    assert_eq!(
        (one.rules.services.as_slice(), one.rules.sample),
        (["shop-*".to_owned()].as_slice(), Some(0.5))
    );
    assert_eq!(
        (far.config.queue_records, far.config.batch_records),
        (DeliveryConfig::default().queue_records, 7)
    );
}

#[test]
fn what_waits_is_kept_on_disk_for_the_remote_and_for_those_that_ask() {
    let text = "[far]\nkey = \"k\"\n[kept]\nuse = \"near\"\ndelivery = { spool = { bytes = 9 } }\n";
    let spools = |backends: &Backends| -> Vec<bool> {
        backends.exporters.iter().map(|exporter| exporter.config.spool.enabled).collect()
    };
    let list = ["far", "near", "kept"];
    assert_eq!(spools(&opened(&list, text)), [true, false, true]);
    let mut inside = Backends::default();
    inside.open(&BackendConfigs { keep: false, ..named(&list, text) }, KNOWN, |_| false);
    assert_eq!(spools(&inside), [false, false, true], "a library keeps what it is asked to");
}

#[test]
fn what_is_wrong_is_named_and_the_others_open() {
    let found = |list: &[&str], text: &str, words: &[&str]| {
        let failures = failures(list, text);
        let [failure] = failures.as_slice() else { panic!("{failures:?}") };
        assert!(words.iter().all(|word| failure.contains(word)), "{failure}");
    };
    found(&["near", "odd"], "", &["odd", "not a backend that this build knows", "far, near"]);
    found(&["near", "near"], "", &["near", "appears twice"]);
    found(&["../near"], "", &["letters, digits"]);
    found(&["far"], "[far]\nkey = \"${LOST}\"", &["backend.far", "the variable LOST is not set"]);
    found(&["far"], "[far]\nkey = \"k\"\nkeys = 1", &["backend.far", "keys"]);
    found(&["near"], "[near]\nrules = { signal = [] }", &["backend.near", "signal"]);
    found(&["near"], "[near]\nrules = { sample = 2.0 }", &["backend.near", "sample"]);
    found(&["near"], "[near]\ndelivery = { attempt = 1 }", &["backend.near", "attempt"]);
    assert_eq!(opened(&["odd", "near"], "").exporters.len(), 1);
}

#[test]
fn a_table_that_nobody_lists_is_told() {
    let notes = opened(&["near"], "[far]\nkey = \"k\"\n").notes;
    assert!(notes.iter().any(|note| note.contains("\"far\" is not in `backends`")), "{notes:?}");
}

#[test]
fn kinds_are_told_without_opening() {
    let named = named(&["one", "near:x"], "[one]\nuse = \"far\"");
    assert_eq!((named.kind_of("one"), named.kind_of("near:x")), ("far".to_owned(), "near".to_owned()));
}

#[test]
fn the_folder_of_an_earlier_build_is_renamed_with_its_spools() {
    let data = tempfile::tempdir().unwrap();
    let spool = "one/spool/1.seg";
    std::fs::create_dir_all(data.path().join("exits/one/spool")).unwrap();
    std::fs::write(data.path().join("exits").join(spool), "kept").unwrap();
    assert_eq!(
        BackendConfigs::folder(data.path()),
        data.path().join("exits"),
        "a command without a start reads it"
    );
    let mut backends = Backends::default();
    let named =
        BackendConfigs { data_dir: data.path().to_owned(), ..named(&["one"], "[one]\nuse = \"near\"") };
    backends.open(&named, KNOWN, |_| false);
    let folder = data.path().join("exporters");
    assert_eq!(backends.exporters[0].folder.as_deref(), Some(folder.join("one").as_path()));
    assert_eq!(std::fs::read_to_string(folder.join(spool)).unwrap(), "kept");
    assert!(!data.path().join("exits").exists());
}
