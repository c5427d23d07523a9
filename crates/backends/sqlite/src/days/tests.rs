//! Tests of the days in memory.

use compact_str::CompactString;

use super::*;

fn ask(state: &DayState, version: u64, value: &str) -> CompactString {
    let load = || Ok(Some(vec![(value.into(), 1)]));
    state.values(version, FacetField::Model, load).unwrap().unwrap()[0].0.clone()
}

#[test]
fn cached_answers_of_many_days_share_one_limit() {
    let days = Days::default();
    let long = "x".repeat(10_000);
    let value = |at: usize| (CompactString::from(format!("{long}{at}")), 1);
    for day in 0..50 {
        let state = days.get_or_add(Day(day));
        let load = || Ok(Some((0..100).map(value).collect()));
        let values = state.values(state.version(), FacetField::Model, load).unwrap();
        assert_eq!(values.unwrap().len(), 100, "a full cache still answers");
    }
    let bytes = days.answers.load(Ordering::Relaxed);
    assert!((8 << 20..=16 << 20).contains(&bytes), "{bytes} bytes of 50 MB are cached");
    days.trim(Duration::ZERO);
    assert_eq!(days.answers.load(Ordering::Relaxed), 0);
}

#[test]
fn what_was_read_of_files_from_before_a_change_is_not_kept() {
    let state = DayState::default();
    let before = state.version();
    // The connection was taken before the exchange of the files, and is used after it.
    state.changed(1, false, &Touched::All);
    assert_eq!(ask(&state, before, "gone"), "gone");
    assert_eq!(ask(&state, state.version(), "there"), "there");
    assert_eq!(ask(&state, state.version(), "nobody reads this"), "there");
}

#[test]
fn what_is_committed_while_the_index_looks_is_left_for_its_next_look() {
    let state = DayState::default();
    state.changed(7, false, &Touched::All);
    let seen = state.committed();
    state.changed(8, false, &Touched::All);
    // The index has the six remaining of seven spans, and did not see the eighth.
    state.agreed(6, seen);
    assert_eq!(state.lag_spans(), 1);
    state.agreed(6, state.committed());
    assert_eq!(state.lag_spans(), 0);
}

#[test]
fn answers_that_nobody_asks_for_are_let_go_and_the_times_stay() {
    let days = Days::default();
    let state = days.get_or_add(Day(1));
    let bounds = Bounds { traces: Some((1, 2)), calls: None };
    state.bounds(true, || Ok(bounds)).unwrap();
    ask(&state, state.version(), "first");
    days.trim(Duration::from_secs(3_600));
    assert_eq!(ask(&state, state.version(), "second"), "first");
    days.trim(Duration::ZERO);
    assert_eq!(ask(&state, state.version(), "third"), "third");
    assert_eq!(state.bounds(true, || Ok(Bounds::default())).unwrap().traces, bounds.traces);
}
