//! Series that are stored, added, replaced and left out.

use std::sync::Arc;

use quipu_backend_prometheus::{Config, Format, Prometheus};
use quipu_core::{Backend, Health, Instrument, Metric, Point, Timestamp};

use crate::reading::{Sample, read};
use crate::sample::{
    Hand, at, buckets, delta, metric, number, open, point, quantiles, quiet, resource, write,
};

const INF: f64 = f64::INFINITY;

/// The samples of a name, after a check that both pages are well-formed.
fn samples(prometheus: &Prometheus, name: &str) -> Vec<Sample> {
    read(&prometheus.text(Format::OpenMetrics), Format::OpenMetrics).unwrap();
    let page = read(&prometheus.text(Format::Text), Format::Text).unwrap();
    let all = page.into_values().flat_map(|family| family.samples);
    all.filter(|sample| sample.name == name).collect()
}

fn values(prometheus: &Prometheus, name: &str) -> Vec<f64> {
    samples(prometheus, name).iter().map(|sample| sample.value).collect()
}

fn dropped(prometheus: &Prometheus, reason: &str) -> f64 {
    let all = samples(prometheus, "quipu_prometheus_dropped_series_total");
    all.iter().find(|sample| sample.labels["reason"] == reason).unwrap().value
}

fn counter(name: &str, points: Vec<Point>) -> Metric {
    metric(name, "", Instrument::Counter, points)
}

#[test]
fn a_cumulative_point_replaces_and_a_repeated_or_late_one_changes_nothing() {
    let prometheus = open();
    for (time, value, shown) in
        [(10, 3.0, 3.0), (20, 5.0, 5.0), (20, 5.0, 5.0), (15, 4.0, 5.0), (30, 1.0, 1.0)]
    {
        write(&prometheus, &[counter("c", vec![number(time, &[], value)])]);
        assert_eq!(values(&prometheus, "c_total"), [shown], "at {time}");
    }
}

#[test]
fn delta_points_are_added_up_once() {
    let prometheus = open();
    let first = delta(counter("c", vec![number(10, &[], 3.0)]));
    let more = delta(counter("c", vec![number(20, &[], 4.0)]));
    for batch in [&first, &more, &more, &first] {
        write(&prometheus, std::slice::from_ref(batch));
    }
    assert_eq!(values(&prometheus, "c_total"), [7.0]);
    let up_down =
        |time, value| delta(metric("u", "", Instrument::UpDownCounter, vec![number(time, &[], value)]));
    write(&prometheus, &[up_down(1, 5.0), up_down(2, -7.0)]);
    assert_eq!(values(&prometheus, "u"), [-2.0]);
    let histogram =
        |time, value| delta(metric("h", "s", Instrument::Histogram, vec![point(time, &[], value)]));
    write(
        &prometheus,
        &[
            histogram(1, buckets(3.0, &[(1.0, 1), (2.0, 1), (INF, 0)])),
            histogram(2, buckets(9.0, &[(1.0, 0), (2.0, 2), (INF, 1)])),
        ],
    );
    assert_eq!(values(&prometheus, "h_seconds_bucket"), [1.0, 4.0, 5.0]);
    assert_eq!(
        (values(&prometheus, "h_seconds_sum"), values(&prometheus, "h_seconds_count")),
        (vec![12.0], vec![5.0])
    );
}

#[test]
fn sources_of_one_series_are_added_and_the_newest_gauge_counts() {
    let prometheus = open();
    let of =
        |service: &str, metric: Metric| Metric { resource: resource(&[("service.name", service)]), ..metric };
    let gauge = |time, value| metric("g", "", Instrument::Gauge, vec![number(time, &[], value)]);
    write(
        &prometheus,
        &[
            of("a", counter("c", vec![number(1, &[], 10.0)])),
            of("b", counter("c", vec![number(1, &[], 5.0)])),
            of("a", gauge(2, 7.0)),
            of("b", gauge(1, 8.0)),
        ],
    );
    write(&prometheus, &[of("a", counter("c", vec![number(2, &[], 11.0)]))]);
    assert_eq!((values(&prometheus, "c_total"), values(&prometheus, "g")), (vec![16.0], vec![7.0]));
    // Attributes that become the same labels are also one series.
    write(
        &prometheus,
        &[counter("d", vec![number(1, &[("a.b", "x")], 1.0), number(1, &[("a_b", "x")], 2.0)])],
    );
    assert_eq!(values(&prometheus, "d_total"), [3.0]);
}

#[test]
fn resource_attributes_can_be_labels_and_target_info_has_them_all() {
    let config = Config { resource_labels: vec!["service.name".into()], ..quiet() };
    let prometheus = Prometheus::open(config).unwrap();
    let of = |service: &str| Metric {
        resource: resource(&[("service.name", service), ("host.name", "h")]),
        ..counter("c", vec![number(1, &[], 1.0)])
    };
    write(&prometheus, &[of("a"), of("b")]);
    let services: Vec<_> =
        samples(&prometheus, "c_total").iter().map(|sample| sample.labels["service_name"].clone()).collect();
    assert_eq!(services, ["a", "b"]);
    let info = samples(&prometheus, "target_info");
    assert_eq!(
        (info.len(), info[0].labels["service_name"].as_str(), info[0].labels["host_name"].as_str()),
        (1, "a", "h")
    );
}

#[test]
fn a_summary_has_the_newest_quantiles() {
    let prometheus = open();
    let summary = |time, value| metric("s", "", Instrument::Summary, vec![point(time, &[], value)]);
    write(&prometheus, &[summary(1, quantiles(2, 3.0, &[(0.5, 1.0), (2.0, 9.0)]))]);
    write(&prometheus, &[summary(2, quantiles(4, 8.0, &[(0.5, 2.0)]))]);
    assert_eq!(values(&prometheus, "s"), [2.0]);
    assert_eq!((values(&prometheus, "s_sum"), values(&prometheus, "s_count")), (vec![8.0], vec![4.0]));
}

#[test]
fn what_cannot_stand_on_one_page_is_left_out_and_counted() {
    let prometheus = open();
    let gauge = |name: &str| metric(name, "", Instrument::Gauge, vec![number(1, &[], 1.0)]);
    let histogram = metric("a", "", Instrument::Histogram, vec![point(1, &[], buckets(1.0, &[(INF, 1)]))]);
    write(
        &prometheus,
        &[histogram, gauge("a.count"), gauge("a"), gauge("target.info"), gauge("target"), gauge("fine")],
    );
    write(&prometheus, &[gauge("a.count"), gauge("quipu_prometheus_series")]);
    assert_eq!((values(&prometheus, "fine"), dropped(&prometheus, "name")), (vec![1.0], 5.0));
    assert_eq!(values(&prometheus, "a_count"), [1.0], "the histogram's");
    write(
        &prometheus,
        &[
            counter("n", vec![number(1, &[], -1.0), number(1, &[("k", "v")], f64::NAN)]),
            metric(
                "falls",
                "",
                Instrument::Histogram,
                vec![point(1, &[], buckets(1.0, &[(2.0, 1), (1.0, 1)]))],
            ),
            metric("shape", "", Instrument::Gauge, vec![point(1, &[], buckets(1.0, &[(INF, 1)]))]),
        ],
    );
    assert_eq!(dropped(&prometheus, "value"), 4.0);
    assert!(!prometheus.text(Format::Text).contains("falls"));
}

#[test]
fn series_are_bounded_and_the_rest_counted_once() {
    let prometheus = Prometheus::open(Config { max_series: 3, ..quiet() }).unwrap();
    assert_eq!(prometheus.health(), Health::Ready);
    let users = ["a", "b", "c", "d", "e"];
    for time in [1, 2] {
        let points = users.map(|user| number(time, &[("user", user)], time as f64)).to_vec();
        write(&prometheus, &[counter("c", points), counter("late", vec![number(time, &[], 1.0)])]);
    }
    assert_eq!((values(&prometheus, "c_total"), dropped(&prometheus, "limit")), (vec![2.0; 3], 3.0));
    assert!(!prometheus.text(Format::Text).contains("late"), "no family without a series");
    assert_eq!(values(&prometheus, "quipu_prometheus_series"), [3.0]);
    assert!(matches!(prometheus.health(), Health::Degraded(why) if why.contains('3')));
}

#[test]
fn the_page_is_bounded_in_bytes() {
    const MOST: usize = 64 << 10;
    let clock = Arc::new(Hand::default());
    clock.set(at(0));
    let config = Config { max_page_bytes: MOST, stale_after_minutes: Some(5), ..quiet() };
    let prometheus = Prometheus::with_clock(config, Arc::clone(&clock) as _).unwrap();
    let users: Vec<String> = (0..300).map(|user| format!("{user:0>1000}")).collect();
    let bounds: Vec<(f64, u64)> = (0..16).map(|bound| (f64::from(bound), 1)).collect();
    let many = |time: i64| {
        let numbers = users.iter().map(|user| number(time, &[("user", user)], 1.0)).collect();
        let shapes =
            users.iter().map(|user| point(time, &[("user", user)], buckets(16.0, &bounds))).collect();
        [counter("c", numbers), metric("h", "", Instrument::Histogram, shapes)]
    };
    write(&prometheus, &many(1));
    let [text, open] = [Format::Text, Format::OpenMetrics].map(|format| prometheus.text(format).len());
    assert!(text < MOST && open < MOST, "{text} and {open} bytes");
    let kept = values(&prometheus, "c_total").len();
    assert!(kept > 10 && dropped(&prometheus, "size") >= (2 * users.len() - kept - 3) as f64);
    assert!(matches!(prometheus.health(), Health::Degraded(why) if why.contains("max_page_bytes")));
    clock.set(at(301));
    write(&prometheus, &[counter("later", vec![number(301, &[], 1.0)])]);
    assert_eq!((values(&prometheus, "c_total"), values(&prometheus, "later_total")), (vec![], vec![1.0]));
}

#[test]
fn a_series_that_gains_buckets_stays_within_the_page() {
    let prometheus = Prometheus::open(Config { max_page_bytes: 4_096, ..quiet() }).unwrap();
    for (time, bounds) in [(1, 4), (2, 1_000), (3, 5)] {
        let bounds: Vec<(f64, u64)> = (0..bounds).map(|bound| (f64::from(bound), 1)).collect();
        let shape = point(time, &[], buckets(bounds.len() as f64, &bounds));
        write(&prometheus, &[metric("h", "", Instrument::Histogram, vec![shape])]);
    }
    assert_eq!((values(&prometheus, "h_count"), dropped(&prometheus, "size")), (vec![5.0], 1.0));
}

#[test]
fn series_without_new_points_go_when_asked_for() {
    let clock = Arc::new(Hand::default());
    clock.set(at(0));
    let config = Config { stale_after_minutes: Some(5), max_series: 2, ..quiet() };
    let prometheus = Prometheus::with_clock(config, Arc::clone(&clock) as _).unwrap();
    write(
        &prometheus,
        &[counter("old", vec![number(0, &[], 1.0)]), counter("kept", vec![number(0, &[], 1.0)])],
    );
    clock.set(at(240));
    write(&prometheus, &[counter("kept", vec![number(240, &[], 2.0)])]);
    clock.set(at(301));
    assert_eq!((values(&prometheus, "old_total"), values(&prometheus, "kept_total")), (vec![], vec![2.0]));
    // Its slot and its name are free again.
    write(&prometheus, &[metric("old.total", "", Instrument::Gauge, vec![number(301, &[], 4.0)])]);
    assert_eq!((values(&prometheus, "old_total"), dropped(&prometheus, "limit")), (vec![4.0], 0.0));
    clock.set(at(0).plus(Timestamp::HOUR));
    assert_eq!(values(&prometheus, "quipu_prometheus_series"), [0.0]);
}

#[test]
fn each_bucket_shows_its_newest_exemplar() {
    use crate::sample::exemplar;
    let prometheus = open();
    let write_one = |time, exemplars| {
        let mut point = point(time, &[], buckets(1.0, &[(1.0, 1), (INF, 1)]));
        point.exemplars = exemplars;
        write(&prometheus, &[metric("h", "", Instrument::Histogram, vec![point])]);
    };
    write_one(10, vec![exemplar(1, 0.5, 1), exemplar(2, 0.6, 2), exemplar(3, 5.0, 3)]);
    write_one(20, vec![exemplar(4, 0.7, 4)]);
    write_one(30, vec![]);
    let page = read(&prometheus.text(Format::OpenMetrics), Format::OpenMetrics).unwrap();
    let shown: Vec<_> = page["h"].samples.iter().filter_map(|sample| sample.exemplar.clone()).collect();
    assert_eq!(shown.len(), 2);
    assert!(shown[0].contains(&"04".repeat(16)) && shown[0].ends_with("} 0.7 1795000004.000"), "{shown:?}");
    assert!(shown[1].contains(&"03".repeat(8)), "{shown:?}");
}
