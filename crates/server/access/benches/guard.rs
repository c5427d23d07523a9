//! Benchmark: the cost of the guard before a route that does nothing.

#![allow(clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use quipu_access::{Access, AccessConfig, Gate, NewKey, guard};
use quipu_audit::Audit;
use quipu_core::{NoMeter, SystemClock};
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

fn main() {
    divan::main();
}

/// Returns a router, with the guard if `guarded` is set, and a key that the guard accepts.
fn open(folder: &std::path::Path, guarded: bool) -> (Router, String) {
    let clock = Arc::new(SystemClock);
    let access =
        Access::open(folder, AccessConfig::default(), Audit::none(), Arc::new(NoMeter), clock).unwrap();
    let new = NewKey {
        name: "bench".into(),
        project: None,
        scopes: "ingest".parse().unwrap(),
        expires: None,
        created_by: "cli:bench".into(),
    };
    let key = access.register().add_key(&new).unwrap().1.expose().to_owned();
    let app = Router::new().fallback(async || ());
    (if guarded { guard(&access, app, Gate::Ingest) } else { app }, key)
}

#[divan::bench(args = [false, true])]
fn request(bencher: divan::Bencher<'_, '_>, guarded: bool) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = Runtime::new().unwrap();
    let (app, key) = open(folder.path(), guarded);
    let ask = || {
        let request = Request::builder().method("POST").uri("/v1/traces").header("x-quipu-key", &key);
        let request = request.body(Body::empty()).unwrap();
        runtime.block_on(app.clone().oneshot(request)).unwrap()
    };
    assert!(ask().status().is_success());
    bencher.bench_local(ask);
}
