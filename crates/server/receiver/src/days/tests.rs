//! Tests of the days that a sender reaches.

use quipu_core::{Span, SpanId};

use super::*;

const NOW: Timestamp = Timestamp::from_nanos(1_795_000_000_000_000_000);

fn span(trace: u8, days_ago: i64) -> Span {
    let start = NOW.plus(-days_ago * Timestamp::DAY);
    let id = |byte| (TraceId::from_bytes([byte; 16]).unwrap(), SpanId::from_bytes([byte; 8]).unwrap());
    Span::new(id(trace).0, id(trace).1, "span", start, start)
}

fn spans(ages: impl IntoIterator<Item = i64>) -> Batch {
    let spans = (1..).zip(ages).map(|(trace, age)| span(trace, age)).collect();
    Batch { spans, ..Batch::default() }
}

fn kept(window: &DayWindow, ages: impl IntoIterator<Item = i64>, key: u64, limits: &Limits) -> usize {
    let (mut batch, mut rejected) = (spans(ages), Rejections::default());
    let sent = batch.len();
    window.bound(&mut batch, key, limits, NOW, &mut rejected);
    assert_eq!(rejected.reasons().get(REASON), (sent - batch.len()) as u64);
    batch.len()
}

fn limits(days_per_request: usize, days_per_hour: usize) -> Limits {
    Limits { days_per_request, days_per_hour, ..Limits::of_any_age() }
}

#[test]
fn near_days_are_free_and_the_nearest_of_the_others_are_taken() {
    let (window, limits) = (DayWindow::default(), limits(3, 100));
    let (mut batch, mut rejected) = (spans([0, 1, -1, 50, 2, 40, 30]), Rejections::default());
    window.bound(&mut batch, 1, &limits, NOW, &mut rejected);
    let ages: Vec<i64> = batch.spans.iter().map(|span| NOW.since(span.start) / Timestamp::DAY).collect();
    assert_eq!(ages, [0, 1, -1, 2, 40, 30]);
    assert!(rejected.summary().contains("days_per_request"), "{}", rejected.summary());
    assert!(rejected.summary().contains("of 2026-09-29"), "{}", rejected.summary());
}

#[test]
fn a_key_is_bounded_over_requests_and_a_repeated_request_is_not_counted_twice() {
    let (window, limits) = (DayWindow::default(), limits(100, 5));
    assert_eq!(kept(&window, 10..14, 1, &limits), 4);
    assert_eq!(kept(&window, 10..14, 1, &limits), 4);
    assert_eq!(kept(&window, 20..24, 1, &limits), 1);
    assert_eq!(kept(&window, [0], 1, &limits), 1);
    assert_eq!(kept(&window, 30..34, 2, &limits), 4, "another key");
}

#[test]
fn many_keys_of_a_project_reach_four_times_as_many_and_each_its_reserved_days() {
    let (window, limits) = (DayWindow::default(), limits(100, 16));
    let reach = |key: i64| {
        let from = 100 + key * 16;
        kept(&window, from..from + 16, u64::try_from(key).unwrap(), &limits)
    };
    let reached: Vec<usize> = (0..20).map(reach).collect();
    assert_eq!(reached.iter().sum::<usize>(), 4 * 16 + 16 * 2, "{reached:?}");
    assert!(reached[4..].iter().all(|days| *days == 2), "each key has an eighth: {reached:?}");
    assert_eq!(kept(&window, 100..116, 99, &limits), 16, "days that are open already");
}

#[test]
fn keys_without_a_window_of_their_own_do_not_share_one() {
    let (mut window, now) = (Window::default(), Instant::now());
    let keys = u64::try_from(MOST_KEYS).unwrap();
    assert!((0..keys).all(|key| window.reach(SHARED + key, 10, 8, now)));
    let greedy = SHARED + keys;
    let days = (100..200).filter(|day| window.reach(greedy, *day, 8, now)).count();
    assert_eq!(days, 8);
    let served = (1..SHARED).filter(|key| window.reach(greedy + key, 10_000, 8, now)).count();
    assert_eq!(served, usize::try_from(SHARED - 1).unwrap(), "one key takes the days of one window");
    let later = now + WINDOW;
    window.reach(greedy + SHARED, 10, 8, later);
    assert!(window.keys.contains_key(&(greedy + SHARED)), "idle keys make room");
}

#[test]
fn a_day_counts_for_an_hour() {
    let (mut window, start) = (Window::default(), Instant::now());
    assert!(window.reach(1, 10, 1, start));
    assert!(!window.reach(1, 11, 1, start + WINDOW / 2));
    assert!(window.reach(1, 11, 1, start + WINDOW));
}

#[test]
fn what_begins_outside_of_the_range_is_refused() {
    let (window, limits) = (DayWindow::default(), Limits::default());
    assert_eq!(kept(&window, [31, 32], 1, &limits), 2);
    assert_eq!(kept(&window, [33, 400, -2], 1, &limits), 0);
}

#[test]
fn a_batch_is_cut_by_cold_days_and_a_trace_stays_whole() {
    let window = DayWindow::default();
    let mut batch = spans([0, 1, 40, 50, 60]);
    let within = Span { span_id: SpanId::from_bytes([9; 8]).unwrap(), ..span(3, 70) };
    batch.spans.push(within);
    window.wrote(day_of(NOW) - 60);
    let (together, alone) = window.cut(batch, NOW);
    assert_eq!(together.len(), 3, "near days, and one that is open");
    let sizes: Vec<usize> = alone.iter().map(|(_, batch)| batch.len()).collect();
    assert_eq!(sizes, [1, 2]);
    let (together, alone) = window.cut(spans([0, 1]), NOW);
    assert_eq!((together.len(), alone.len()), (2, 0));
    (100..103).for_each(|age| window.wrote(day_of(NOW) - age));
    window.wrote(day_of(NOW) - 200);
    window.wrote(day_of(NOW) - 201);
    let (_, alone) = window.cut(spans([103, 102, 101, 100]), NOW);
    let ages: Vec<i64> = alone.iter().map(|(day, _)| day_of(NOW) - day).collect();
    assert_eq!(ages, [103, 100, 101, 102], "what was written lately comes last");
}
