//! Tests of the router.

use quipu_primitives::router;

use crate::shared::{Failure, after, bad, good, watch};

#[test]
fn each_input_goes_the_way_that_its_route_names() {
    let (results, seen) = watch(async {
        let ways = router("intent").route("sum", |n| good(1, n + 1)).route("fail", |n| bad(1, n));
        (ways.run("sum", 1).await, ways.run("fail", 2).await, ways.run("SECRET", 3).await)
    });
    assert_eq!((results.0, results.1), (Ok(Ok(2)), Ok(Err(Failure::Number(2)))));
    let error = results.2.unwrap_err();
    assert_eq!(
        (error.asked.as_str(), error.to_string().as_str()),
        ("SECRET", "router intent: no such route; the routes are fail, sum")
    );
    for (route, times) in [("sum", 1), ("fail", 1), ("none", 1)] {
        assert_eq!(
            seen.count("quipu.router.routes", &[("router", "intent"), ("route", route)]),
            times,
            "{route}"
        );
    }
    assert_eq!(seen.text("router intent", "quipu.router.route"), Some("sum"));
    assert!(seen.failed("fail"));
}

#[test]
fn a_complete_router_always_has_a_way() {
    let (results, seen) = watch(async {
        let ways =
            router("intent").route_value("double", |n| after(1, n * 2)).otherwise_value(|n| after(1, n));
        let choose = async {
            after(5, 0).await;
            "double"
        };
        (ways.run_by(choose, 4).await, ways.clone().run("unheard of", 4).await)
    });
    assert_eq!(results, (8, 4));
    assert_eq!(seen.count("quipu.router.routes", &[("router", "intent"), ("route", "otherwise")]), 1);
    assert_eq!(seen.below("router intent"), ["double"]);
}
