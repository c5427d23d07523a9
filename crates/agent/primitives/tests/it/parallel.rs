//! Tests of concurrent execution.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use quipu_primitives::parallel;

use crate::shared::{Failure, after, bad, good, watch};

#[test]
fn results_have_the_order_of_the_work() {
    let ((values, took), seen) = watch(async {
        let begin = tokio::time::Instant::now();
        let values = parallel("look up").run((0..5).map(|number| good(50 - number * 10, number))).await;
        (values, begin.elapsed())
    });
    assert_eq!(values, Ok(vec![0, 1, 2, 3, 4]));
    assert_eq!(took, Duration::from_millis(50));
    assert_eq!(seen.below("parallel look up").len(), 5);
    assert_eq!(seen.count("quipu.parallel.branches", &[("parallel", "look up"), ("outcome", "ok")]), 5);
}

#[test]
fn no_more_than_the_limit_run_at_once() {
    let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (values, _) = watch(async {
        let work = (0..20).map(|number| {
            let (running, most) = (&running, &most);
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let value = after(number % 7, number).await;
                running.fetch_sub(1, Ordering::SeqCst);
                value
            }
        });
        parallel("limited").limit(3).run_values(work).await
    });
    assert_eq!(values, (0..20).collect::<Vec<_>>());
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

#[test]
fn the_first_error_cancels_the_rest() {
    let (result, seen) = watch(async {
        let slow = [bad(30, 1), bad(10, 2), bad(20, 3)];
        parallel("race").run(slow).await
    });
    assert_eq!(result, Err(Failure::Number(2)));
    assert_eq!(seen.cancelled(), ["race", "race"]);
    assert!(seen.failed("parallel race"));
    let count =
        |outcome| seen.count("quipu.parallel.branches", &[("parallel", "race"), ("outcome", outcome)]);
    assert_eq!((count("error"), count("cancelled"), count("ok")), (1, 2, 0));
}

#[test]
fn all_results_are_collected_when_asked_for() {
    let (results, seen) = watch(async {
        parallel("all").limit(0).run_all([good(3, 1), good(1, 2)].into_iter().chain([])).await
    });
    assert_eq!(results, [Ok(1), Ok(2)]);
    assert!(!seen.failed("parallel all"));
    let (results, _) = watch(async {
        let work = (0..4).map(|number| async move {
            if number % 2 == 0 { good(1, number).await } else { bad(1, number).await }
        });
        parallel("all").run_all(work).await
    });
    assert_eq!(results, [Ok(0), Err(Failure::Number(1)), Ok(2), Err(Failure::Number(3))]);
}

#[test]
fn nothing_to_do_is_done_at_once() {
    let (result, seen) =
        watch(async { parallel("none").run(Vec::<std::future::Ready<Result<u64, Failure>>>::new()).await });
    assert_eq!(result, Ok(Vec::new()));
    assert_eq!(seen.names(), ["parallel none"]);
}
