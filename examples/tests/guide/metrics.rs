//! Blocks of docs/guide/metrics.md.
#![allow(unused_variables, reason = "the guide shows two ways of one figure")]

#[test]
fn instruments_have_their_figures() {
    fn check_out() {}
    let capture = quipu::testing::capture().unwrap();
    let recorder = capture.context().recorder().unwrap();
    capture.scope(|| {
        // guide: docs/guide/metrics.md rust 3
        // guide: docs/guide/metrics.md rust 1
        // guide: docs/guide/metrics.md rust 2
        // guide: docs/guide/metrics.md rust 4
        assert_eq!(stats.unwrap().count, 1);
    });
}
