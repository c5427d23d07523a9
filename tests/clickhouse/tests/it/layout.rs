//! Layouts, the statements that make tables, and the check of sums.

use quipu_backend_clickhouse::{Clickhouse, Cluster, LAYOUT, statements};
use quipu_conformance::sample::agent_run;
use quipu_core::{Backend, ErrorKind, Store, StoreIntegrity};

use crate::{fresh, open, sql};

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_layout_is_refused_and_left_alone() {
    let config = fresh();
    open(config.clone()).await.close().await.unwrap();
    sql(&format!("INSERT INTO {}.layout VALUES ({})", config.database, LAYOUT + 7)).await;
    let error = Clickhouse::open(config).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains(&format!("layout {}", LAYOUT + 7)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statements_may_run_again() {
    let config = fresh();
    let store = open(config.clone()).await;
    store.write(agent_run(1, 1).into()).await.unwrap();
    for statement in statements(&config.database, None) {
        sql(&statement).await;
    }
    let spans = store.info().await.unwrap().spans;
    assert_eq!(open(config).await.info().await.unwrap().spans, spans);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_parses_the_statements_for_a_cluster() {
    for statement in statements("quipu", Some(&Cluster { name: "main".into() })) {
        let tree = sql(&format!("EXPLAIN AST {statement}")).await;
        assert!(tree.contains("Query"), "{statement}: {tree}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_sums_are_found() {
    let config = fresh();
    let store = open(config.clone()).await;
    store.write(agent_run(3, 1).into()).await.unwrap();
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    sql(&format!("INSERT INTO {}.usage_hours (hour, model, calls) VALUES (0, 'm', 1)", config.database))
        .await;
    let findings = store.check().await.unwrap();
    assert!(findings.len() == 1 && findings[0].contains("1970-01-01"), "{findings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_told_with_its_address_and_without_the_password() {
    let config = quipu_backend_clickhouse::Config::of_uri("//ada:hunter2@127.0.0.1:1/quipu").unwrap();
    let error = Clickhouse::open(config).await.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}
