//! Tests of configuration from a file on disk.

use std::fs;

use quipu_core::Health;
use quipu_runtime::Quipu;
use tempfile::TempDir;

use crate::house::{House, SOON};

#[test]
fn a_file_names_backends_and_their_settings() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("quipu.toml");
    let data = folder.path().join("data");
    let text = format!("data_dir = {data:?}\nbackends = [\"sqlite:\"]\n[backend.sqlite]\nsearch = false\n");
    fs::write(&file, text).unwrap();
    let quipu = Quipu::<House>::builder().detached().without_env().config_file(&file).init().unwrap();
    quipu.context().agent("a").end();
    quipu.shutdown(SOON).unwrap();
    assert!(data.join("catalog.db").exists());
    assert_eq!(quipu.status().backend("sqlite").unwrap().dropped.len(), 0, "{}", quipu.status());
}

#[test]
fn wrong_settings_of_a_backend_are_its_own_trouble_and_name_the_line() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("quipu.toml");
    fs::write(&file, "backends = [\"memory:\", \"sqlite:\"]\n\n[backend.sqlite]\nlook_up = false\n").unwrap();
    let quipu = Quipu::<House>::builder().detached().without_env().config_file(&file).init().unwrap();
    let status = quipu.status();
    let Health::Down(why) = &status.backend("sqlite").unwrap().health else { panic!("{status}") };
    assert!(
        why.contains("quipu.toml:3") && why.contains("backend.sqlite") && why.contains("look_up"),
        "{why}"
    );
    assert_eq!(status.backend("memory").unwrap().health, Health::Ready);
}

#[test]
fn a_file_that_is_named_must_be_there_and_right() {
    let make = || Quipu::<House>::builder().detached().without_env();
    let missing = make().config_file("/nowhere/quipu.toml").init().err().unwrap().to_string();
    assert!(missing.contains("/nowhere/quipu.toml"), "{missing}");
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("quipu.toml");
    fs::write(&file, "service = \"a\"\nbudget = 5\n").unwrap();
    let wrong = make().config_file(&file).init().err().unwrap().to_string();
    assert!(wrong.contains("quipu.toml:2: budget"), "{wrong}");
    let variables = [("QUIPU_CONFIG", file.display().to_string())];
    let wrong = Quipu::<House>::builder().detached().variables(variables).init().err().unwrap().to_string();
    assert!(wrong.contains("quipu.toml:2"), "{wrong}");
}

#[test]
fn unknown_variables_are_in_the_status() {
    let variables = [("QUIPU_BACKENDS", "memory:"), ("QUIPU_SHOP", "shop"), ("QUIPU_CONFIG", "")];
    let quipu = Quipu::<House>::builder().detached().without_file().variables(variables).init().unwrap();
    let status = quipu.status();
    assert!(status.problems.iter().any(|problem| problem.contains("QUIPU_SHOP")), "{status}");
    assert_eq!(status.backends.len(), 1);
}

/// A file with the keys of both programs. The tests of the server read the same one.
const BOTH: &str = include_str!("../../../../../tests/fixtures/both.toml");

#[test]
fn the_library_reads_a_file_with_keys_of_the_server_and_ignores_them() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("quipu.toml");
    fs::write(&file, BOTH).unwrap();
    let quipu = Quipu::<House>::builder()
        .detached()
        .without_env()
        .config_file(&file)
        .data_dir(folder.path())
        .only_backends()
        .backend("memory:")
        .init()
        .unwrap();
    assert_eq!(quipu.recorder().unwrap().config().resource.service(), Some("shop"));
    fs::write(&file, format!("{BOTH}\n[retain]\ntraces = \"1d\"\n")).unwrap();
    let wrong = Quipu::<House>::builder().detached().without_env().config_file(&file).init();
    let wrong = wrong.err().unwrap().to_string();
    assert!(wrong.contains("retain"), "{wrong}");
}

/// Names of the backends of a library with a file that lists `memory:`.
fn names(change: impl FnOnce(quipu_runtime::Builder<House>) -> quipu_runtime::Builder<House>) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("quipu.toml");
    fs::write(&file, "backends = [\"memory:\", \"stuck:\"]\n").unwrap();
    let builder =
        Quipu::<House>::builder().detached().without_env().config_file(&file).data_dir(folder.path());
    let quipu = change(builder).init().unwrap();
    quipu.status().backends.into_iter().map(|backend| backend.name).collect()
}

#[test]
fn code_adds_backends_or_replaces_all() {
    assert_eq!(names(|builder| builder), ["memory", "stuck"]);
    assert_eq!(names(|builder| builder.backend("failing:")), ["memory", "stuck", "failing"]);
    assert_eq!(names(|builder| builder.backend("memory:")), ["memory", "stuck"], "one of each name");
    assert_eq!(names(|builder| builder.backend("failing:").only_backends()), ["failing"]);
}

#[test]
fn an_otlp_endpoint_in_the_environment_works_or_tells_what_is_missing() {
    let folder = TempDir::new().unwrap();
    let start = |more: Option<(&str, &str)>| {
        let variables =
            [("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1")].into_iter().chain(more);
        let builder = Quipu::<House>::builder().detached().without_file().data_dir(folder.path());
        builder.variables(variables).init().unwrap().status()
    };
    let status = start(None);
    let Health::Down(why) = &status.backend("otlp").expect("it is tried").health else { panic!("{status}") };
    assert!(why.contains("backend-otlp"), "it names the cargo feature: {why}");
    let status = start(Some(("QUIPU_BACKENDS", "memory:")));
    let told = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT has no effect";
    assert!(status.problems.iter().any(|problem| problem.starts_with(told)), "{status}");
}
