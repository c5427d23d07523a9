//! Tests of options whose cargo features are in the build or are not.

use quipu_core::ErrorKind;

use crate::house::library;

#[test]
fn an_end_on_signals_needs_its_feature() {
    let started = library().end_on_signals(true).init();
    if cfg!(feature = "signals") {
        drop(started.unwrap());
        return;
    }
    let error = started.err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.context().contains("the feature `signals`"), "{error}");
}

#[test]
fn metrics_of_the_system_without_their_feature_are_a_problem() {
    let quipu = library().system_metrics(true).init().unwrap();
    let problems = quipu.status().problems;
    let told = problems.iter().filter(|problem| problem.contains("the feature `system-metrics`")).count();
    assert_eq!(told, usize::from(!cfg!(feature = "system-metrics")), "{problems:?}");
}
