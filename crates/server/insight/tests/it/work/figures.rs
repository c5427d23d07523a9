//! Tests of figures by group and over time: sums add up for every key.

use quipu_conformance::sample::{agent_runs, metric};
use quipu_core::{GroupBy, Instrument, Limits, Store, UsageQuery, WorkKey, WorkQuery, Worked};
use quipu_insight::figures::{Answer, Group, figures};
use quipu_query::Params;

use super::*;

async fn ask(store: &dyn Store, question: &str, now: Timestamp) -> Answer {
    let pairs = question.split('&').map(|pair| pair.split_once('=').unwrap());
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let asked = Params::new(pairs, now, &Limits::default()).figure_ask().unwrap();
    figures(store, &asked, now).await.unwrap()
}

fn sum(groups: &[Group], of: impl Fn(&Group) -> u64) -> u64 {
    groups.iter().map(of).sum()
}

#[tokio::test]
async fn groups_and_points_add_up_to_the_total_of_every_source() {
    let store = Arc::new(Memory::new());
    store.write(Arc::new(agent_runs(7, 60))).await.unwrap();
    let now = hour(24);
    for (from, keys) in [
        ("calls", "model"),
        ("calls", "agent,service"),
        ("calls", "provider"),
        ("tools", "tool"),
        ("agents", "agent"),
        ("spans", "kind"),
        ("failures", "error"),
        ("traces", "status"),
    ] {
        let answer =
            ask(store.as_ref(), &format!("from={from}&group_by={keys}&step=auto&top=1000"), now).await;
        let total = &answer.total;
        assert!(total.figures.count > 0, "{from}");
        assert_eq!(sum(&answer.groups, |group| group.figures.count), total.figures.count, "{from} by {keys}");
        assert_eq!(
            sum(&answer.groups, |group| group.figures.errors),
            total.figures.errors,
            "{from} by {keys}"
        );
        for group in answer.groups.iter().chain([total]) {
            let points: u64 = group.points.iter().map(|(_, figures)| figures.count).sum();
            assert_eq!(points, group.figures.count, "{from} by {keys}");
            let latest = group.points.iter().filter_map(|(_, figures)| figures.last_at).max();
            assert_eq!(latest, group.figures.last_at);
        }
        assert!(answer.groups.windows(2).all(|pair| pair[0].figures.count >= pair[1].figures.count));
        assert!(total.points.len() <= 121, "{}", total.points.len());
        assert!(total.figures.example.is_some() && total.figures.last_at.is_some());
    }
}

#[tokio::test]
async fn calls_are_those_of_usage_and_tags_overlap_but_in_the_total() {
    let store = Arc::new(Memory::new());
    store.write(Arc::new(agent_runs(3, 40))).await.unwrap();
    let now = at(400 * 86_400);
    let answer = ask(store.as_ref(), "from=calls&group_by=tag&step=1d", now).await;
    let usage = store.usage(&UsageQuery::default()).await.unwrap();
    let total = &answer.total.figures;
    assert_eq!(
        (total.count, total.errors, total.cost),
        (usage[0].totals.llm_calls, usage[0].totals.errors, usage[0].totals.cost)
    );
    assert_eq!((total.tokens, &total.latency), (Some(usage[0].totals.tokens), &usage[0].totals.latency));
    let by_tag = UsageQuery { group_by: vec![GroupBy::Tag], ..UsageQuery::default() };
    assert_eq!(answer.groups.len(), store.usage(&by_tag).await.unwrap().len());
}

#[tokio::test]
async fn a_metric_is_grouped_by_its_labels() {
    let gauge = |series: &str, values: [f64; 2]| {
        metric("depth", Instrument::Gauge, series, &[(hour(1), values[0]), (hour(2), values[1])])
    };
    let store = stored(Vec::new(), vec![gauge("a", [1.0, 3.0]), gauge("b", [10.0, 20.0])]).await;
    let now = hour(3);
    let each = ask(store.as_ref(), "from=metric&name=depth&step=1h", now).await;
    assert_eq!(each.keys, ["series"]);
    let values = |group: &Group| {
        (group.key[0].as_deref().map(str::to_owned), group.figures.value, group.figures.count)
    };
    assert_eq!(values(&each.groups[0]), (Some("b".into()), Some(15.0), 2), "the greatest first");
    assert_eq!(values(&each.groups[1]), (Some("a".into()), Some(2.0), 2));
    let points: Vec<_> = each.groups[1].points.iter().map(|(at, figures)| (*at, figures.value)).collect();
    assert_eq!(points, [(hour(1), Some(1.0)), (hour(2), Some(3.0))]);
    assert_eq!(
        (each.total.figures.value, each.total.figures.count, each.total.points.len()),
        (Some(8.5), 4, 2)
    );
    let most = ask(store.as_ref(), "from=metric&name=depth&agg=max&label=series=a&group_by=none", now).await;
    assert_eq!(
        (most.groups.len(), most.total.figures.value, most.groups[0].key[0].clone()),
        (1, Some(3.0), None)
    );
    let none = ask(store.as_ref(), "from=metric&name=width&step=auto", now).await;
    assert_eq!((none.total.figures.value, none.total.figures.count, none.since), (None, 0, None));
}

#[tokio::test]
async fn too_many_points_are_refused_before_they_are_made() {
    let store = Memory::new();
    let ask = |question: &str| {
        let pairs = question.split('&').map(|pair| pair.split_once('=').unwrap());
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Params::new(pairs, hour(100), &Limits::default()).figure_ask().unwrap()
    };
    let fits = ask("from=calls&since=-20000s&step=1s");
    assert!(figures(&store, &fits, hour(100)).await.unwrap_err().to_string().contains("more than 20000"));
    assert!(figures(&store, &ask("from=calls&since=-19999s&step=1s"), hour(100)).await.is_ok());
    assert!(figures(&store, &ask("from=calls&since=-999s&step=1s&group_by=model"), hour(100)).await.is_ok());
    let wide =
        figures(&store, &ask("from=calls&since=-1000s&step=1s&group_by=model"), hour(100)).await.unwrap_err();
    let auto = ask("from=calls&since=-30d&step=auto&group_by=model&top=1000");
    let step = figures(&store, &auto, hour(100)).await.unwrap().step;
    assert_eq!(step, Some(48 * Timestamp::HOUR), "wide enough for a thousand groups");
    assert!(wide.to_string().contains("1001 points for each of 20 groups"), "{wide}");
}

/// Calls of as many sessions, each with a name of 10 kB.
async fn sessions(count: u64) -> Arc<Memory> {
    let call = |number: u64| {
        let session = format!("{number:010000}");
        draft(number + 1, 1).llm("gpt-4o", 3, 4).session(&session).starts(hour(1)).span()
    };
    stored((0..count).map(call).collect(), Vec::new()).await
}

#[tokio::test]
async fn groups_are_charged_with_their_names_until_the_answer_is_made() {
    const COUNT: usize = 100;
    let store = sessions(COUNT as u64).await;
    let store = store.as_ref() as &dyn Store;
    let (by, work) = (vec![GroupBy::Session], vec![WorkKey::Session]);
    let usage = UsageQuery { group_by: by, ..UsageQuery::default() };
    let calls = Worked::Spans(vec![Kind::Llm, Kind::Embedding, Kind::Rerank]);
    let work = WorkQuery { of: calls, group_by: work, ..WorkQuery::default() };
    let of_store = reserved(store.usage(&usage)).await + reserved(store.work(&work)).await;
    let of_answer = reserved(ask(store, "from=calls&group_by=session&top=10", hour(24))).await;
    assert!(of_answer > of_store + 2 * COUNT * 10_000, "{of_answer} and {of_store}");
}

#[tokio::test]
async fn the_first_of_many_groups_are_those_of_all() {
    let all = 200;
    let call = |number: u64| {
        let name = format!("{:03}", number * 37 % all);
        draft(number + 1, 1).llm("gpt-4o", 3, 4).session(&name).starts(hour(1)).lasts(MILLI).span()
    };
    // Each number below 200 once, and those below 100 in a second trace.
    let calls = (0..all).chain((all..2 * all).filter(|number| number * 37 % all < 100)).map(call);
    let store = stored(calls.collect(), Vec::new()).await;
    let answer = ask(store.as_ref(), "from=calls&group_by=session&top=7", hour(24)).await;
    let names: Vec<_> = answer.groups.iter().map(|group| group.key[0].clone().unwrap()).collect();
    assert_eq!(names, ["000", "001", "002", "003", "004", "005", "006"]);
    assert!(answer.groups.iter().all(|group| group.figures.count == 2));
    assert_eq!((answer.left_out, answer.total.figures.count), (193, 300));
}
