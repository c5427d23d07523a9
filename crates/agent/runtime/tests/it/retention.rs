//! Tests of data retention in the library's store.

use std::time::{Duration, Instant};

use quipu_core::{Clock, Retention, SystemClock, Timestamp, TraceQuery};
use tempfile::TempDir;

use crate::house::{SOON, library};

async fn traces(folder: &TempDir, rules: &str, wanted: usize) -> usize {
    let rules: Retention = toml::from_str(rules).unwrap();
    let quipu = library().data_dir(folder.path()).backend("sqlite:").retention(rules).init().unwrap();
    let store = quipu.store().unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let query = TraceQuery { limit: 10, ..TraceQuery::default() };
        let found = store.traces(&query).await.unwrap().rows.len();
        if found == wanted || Instant::now() > until {
            quipu.shutdown_async(SOON).await.unwrap();
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn the_library_removes_what_its_retention_does_not_keep() {
    let folder = TempDir::new().unwrap();
    let quipu = library().data_dir(folder.path()).backend("sqlite:").init().unwrap();
    let old = SystemClock.now().plus(-40 * Timestamp::DAY);
    quipu.context().agent("old").started_at(old).duration(Duration::from_secs(1)).end();
    quipu.context().agent("new").end();
    quipu.shutdown_async(SOON).await.unwrap();
    assert_eq!(traces(&folder, "", 2).await, 2, "without rules all is kept");
    assert_eq!(traces(&folder, "traces = \"7d\"\ncosts = \"7d\"", 1).await, 1);
}

#[test]
fn wrong_rules_are_an_error_of_the_start() {
    let rules: Retention = toml::from_str("days_per_run = 0").unwrap();
    let wrong = library().retention(rules).init().err().unwrap().to_string();
    assert!(wrong.contains("retention.days_per_run"), "{wrong}");
}
