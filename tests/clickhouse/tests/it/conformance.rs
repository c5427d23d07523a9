//! Every conformance case, each in a database of its own.

use quipu_conformance::Suite;
use quipu_core::StoreInfo;

use crate::{config, fresh, open_store};

#[tokio::test(flavor = "multi_thread")]
async fn every_case() {
    let reopen = |info: StoreInfo| async move {
        let database = info.uri.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(open_store(config(&database)).await)
    };
    let suite = Suite::of_stores(|| async { open_store(fresh()).await }).reopening(reopen);
    let suite = match std::env::var("QUIPU_CASE") {
        Ok(case) => suite.only(&case),
        Err(_) => suite,
    };
    let report = suite.run().await;
    println!("{report}");
    if std::env::var("QUIPU_CASE").is_ok() {
        assert!(report.failed().is_empty(), "{report}");
        return;
    }
    report.assert_matches_snapshot(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/conformance.txt"));
}
