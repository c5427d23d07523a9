//! Tests of the kinds of rules that are not plain queries, and of comparison, weight and missing data.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use quipu_alert::{
    Alerts, BudgetShare, Measure, Measured, MeasuredScore, OwnFigure, RuleConfig, StoreMeasure,
};
use quipu_backend_memory::Memory;
use quipu_budget::Budgets;
use quipu_core::{
    Attributes, Backend as _, Batch, Event, Level, Result, Timestamp, TraceFilter, TraceId, Value,
};
use quipu_query::FigureAsk;

use crate::receiver::Receiver;
use crate::world::{World, alerts, at, over, run_to};

/// A world with scores and figures of the program.
#[derive(Default)]
struct Wider {
    world: Arc<World>,
    scores: Mutex<Vec<(i64, f64)>>,
    own: Mutex<f64>,
}

#[async_trait]
impl Measure for Wider {
    async fn figures(&self, ask: &FigureAsk, now: Timestamp) -> Result<Measured> {
        self.world.figures(ask, now).await
    }

    async fn budget(&self, _: &str) -> Result<Vec<BudgetShare>> {
        let share = *self.world.budget.lock().unwrap();
        Ok(vec![BudgetShare { share, period: Some((at(0), at(1_000))), ..BudgetShare::default() }])
    }

    async fn scores(
        &self,
        name: &str,
        by: &[String],
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<MeasuredScore>> {
        assert_eq!(name, "helpful");
        let scores = self.scores.lock().unwrap();
        let within = scores.iter().filter(|(time, _)| (since..until).contains(&at(*time)));
        let key = || by.iter().map(|_| Some("ada".to_owned())).collect();
        Ok(within.map(|(_, value)| MeasuredScore { value: *value, trace: None, key: key() }).collect())
    }

    async fn own(&self, figure: OwnFigure) -> Result<Vec<(BTreeMap<String, String>, f64)>> {
        let value = if figure == OwnFigure::IngestLag { *self.own.lock().unwrap() } else { 0.0 };
        Ok(vec![([("backend".to_owned(), "otlp".to_owned())].into(), value)])
    }

    async fn heaviest(&self, filter: &TraceFilter, rank: &str) -> Result<Vec<TraceId>> {
        self.world.heaviest(filter, rank).await
    }
}

fn states(alerts: &Alerts) -> BTreeMap<String, String> {
    alerts.list().into_iter().map(|row| (row.rule, row.state)).collect()
}

#[tokio::test]
async fn scores_lag_dead_letters_and_forecasts_are_rules() {
    let wider = Arc::<Wider>::default();
    let text = r#"
        [alert.score]
        kind = "score"
        score = "helpful"
        below = 0.5
        window = "1m"
        [alert.lag]
        kind = "ingest_lag"
        above = 60.0
        [alert.dead]
        kind = "dead_letters"
        above = 0.0
        [alert.forecast]
        kind = "budget"
        budget = "daily"
        figure = "forecast"
        above = 1.0
        [alert.spent]
        kind = "budget"
        budget = "daily"
        above = 1.0
    "#;
    let alerts = over(&wider.world, Arc::clone(&wider) as _, None, text);
    wider.scores.lock().unwrap().extend([(1, 0.9), (2, 0.2)]);
    *wider.world.budget.lock().unwrap() = 0.3;
    run_to(&wider.world, &alerts, 10).await;
    let before = states(&alerts);
    assert_eq!(
        (before["score"].as_str(), before["lag"].as_str(), before["forecast"].as_str()),
        ("ok", "ok", "no_data")
    );
    wider.scores.lock().unwrap().push((15, 0.1));
    *wider.own.lock().unwrap() = 61.0;
    run_to(&wider.world, &alerts, 100).await;
    let after = states(&alerts);
    assert_eq!(after["lag"], "firing");
    assert_eq!(after["dead"], "ok");
    assert_eq!(after["forecast"], "firing", "30 % after a tenth of the period");
    assert_eq!(after["spent"], "ok");
    let lag = alerts.list().into_iter().find(|row| row.rule == "lag").unwrap();
    assert_eq!((lag.group["backend"].as_str(), lag.value), ("otlp", Some(61.0)));
}

#[tokio::test]
async fn a_score_fires_and_its_back_test_agrees() {
    let wider = Arc::<Wider>::default();
    let text = "kind = \"score\"\nscore = \"helpful\"\nbelow = 0.5\nwindow = \"1m\"\nno_data = \"ok\"";
    let alerts = over(&wider.world, Arc::clone(&wider) as _, None, &format!("[alert.r]\n{text}"));
    wider.scores.lock().unwrap().extend([(1, 0.9), (2, 0.2), (15, 0.1)]);
    run_to(&wider.world, &alerts, 20).await;
    assert_eq!(states(&alerts)["r"], "firing", "the mean of 0.9, 0.2 and 0.1 is 0.4");
    run_to(&wider.world, &alerts, 200).await;
    assert_eq!(states(&alerts)["r"], "no_data");
    let config: RuleConfig = toml::from_str(text).unwrap();
    let test = alerts.backtest("r", config, at(10), at(200)).await.unwrap();
    assert_eq!((test.episodes.len(), test.episodes[0].from), (1, at(20)));
}

#[tokio::test]
async fn a_value_is_compared_with_the_time_before() {
    let world = Arc::<World>::default();
    let text = "kind = \"calls\"\nwindow = \"1m\"\nabove = 2.0\ncompared_with = \"10m\"";
    let alerts = alerts(&world, None, &format!("[alert.more]\n{text}"));
    (0..10).for_each(|second| world.call(second, "ada", false));
    (600..620).for_each(|second| world.call(second, "ada", false));
    run_to(&world, &alerts, 600).await;
    assert_eq!(states(&alerts)["more"], "no_data", "there is nothing to compare with");
    run_to(&world, &alerts, 620).await;
    assert_eq!((states(&alerts)["more"].as_str(), alerts.list()[0].value), ("ok", Some(2.0)));
    world.call(615, "ada", false);
    run_to(&world, &alerts, 630).await;
    assert_eq!((states(&alerts)["more"].as_str(), alerts.list()[0].value), ("firing", Some(2.1)));
    let test = alerts.backtest("more", toml::from_str(text).unwrap(), at(10), at(630)).await.unwrap();
    assert_eq!((test.episodes.len(), test.episodes[0].peak), (1, Some(2.1)), "{test:?}");
}

/// Calls above 2 are a warning, and above 5 critical.
fn critical_calls(world: &Arc<World>, receiver: &Receiver, grouping: &str) -> Alerts {
    let text = format!(
        "[alert.calls]\nkind = \"calls\"\nwindow = \"1m\"\nabove = 2.0\ncritical = 5.0\nchannels = [\"hook\"]\n\
         [alerts]\n{grouping}\n[channel.hook]\nkind = \"webhook\"\nurl = \"{}\"",
        receiver.url
    );
    alerts(world, None, &text)
}

#[tokio::test]
async fn a_value_beyond_critical_is_told_again_with_its_weight() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let alerts = critical_calls(&world, &receiver, "group_interval = \"0s\"");
    (0..4).for_each(|second| world.call(second, "ada", false));
    (12..18).for_each(|second| world.call(second, "ada", false));
    run_to(&world, &alerts, 10).await;
    assert_eq!(alerts.list()[0].severity, "warning");
    run_to(&world, &alerts, 60).await;
    assert_eq!(alerts.list()[0].severity, "critical");
    run_to(&world, &alerts, 200).await;
    let told: Vec<_> = receiver
        .bodies()
        .iter()
        .map(|body| (body["status"].clone(), body["severity"].clone(), body["threshold"].clone()))
        .collect();
    let row =
        |status: &str, severity: &str, threshold: f64| (status.into(), severity.into(), threshold.into());
    assert_eq!(
        told,
        [row("firing", "warning", 2.0), row("firing", "critical", 5.0), row("resolved", "critical", 5.0)]
    );
    assert_eq!(alerts.list()[0].severity, "warning");
}

#[tokio::test]
async fn an_episode_that_becomes_critical_does_not_wait_anew() {
    let (world, receiver) = (Arc::<World>::default(), Receiver::start().await);
    let alerts = critical_calls(&world, &receiver, "group_wait = \"30s\"");
    (0..4).for_each(|second| world.call(second, "ada", false));
    (22..28).for_each(|second| world.call(second, "ada", false));
    run_to(&world, &alerts, 30).await;
    assert_eq!(alerts.list()[0].severity, "critical");
    assert!(receiver.bodies().is_empty());
    run_to(&world, &alerts, 40).await;
    assert_eq!(receiver.bodies()[0]["severity"], "critical", "it fired at 10 s");
}

#[tokio::test]
async fn a_source_that_falls_silent_fires_after_its_time() {
    let world = Arc::<World>::default();
    let text = "[alert.r]\nkind = \"error_rate\"\nwindow = \"1m\"\nabove = 0.5\nno_data = \"alert\"\nno_data_for = \"2m\"";
    let alerts = alerts(&world, None, text);
    world.call(5, "ada", false);
    run_to(&world, &alerts, 170).await;
    assert_eq!(states(&alerts)["r"], "no_data");
    run_to(&world, &alerts, 200).await;
    assert_eq!(states(&alerts)["r"], "firing");
}

#[tokio::test]
async fn health_is_a_rule_and_does_not_judge_itself() {
    let world = Arc::<World>::default();
    let text = "[alert.sick]\nkind = \"health\"\nbelow = 90.0\nseverity = \"critical\"";
    let alerts = alerts(&world, None, text);
    (0..30).for_each(|second| world.call(second, "ada", second % 5 == 0));
    run_to(&world, &alerts, 30).await;
    let (first, state) = (alerts.list()[0].value.unwrap(), states(&alerts)["sick"].clone());
    assert_eq!(state, "firing");
    run_to(&world, &alerts, 60).await;
    assert_eq!(alerts.list()[0].value, Some(first), "its own episode does not lower the score");
}

#[tokio::test]
async fn a_store_gives_the_latest_version_of_each_score() {
    let store = Arc::new(Memory::new());
    let score = |second: i64, id: Option<&str>, name: &str, value: Option<f64>| {
        let mut event = Event {
            time: at(second),
            level: Level::Info,
            name: "gen_ai.evaluation.result".into(),
            trace_id: None,
            span_id: None,
            session: None,
            agent: None,
            framework: None,
            body: Value::Null,
            attributes: Attributes::new(),
            wire: None,
            resource: Arc::default(),
            scope: Arc::default(),
        };
        event.attributes.push("gen_ai.evaluation.name", name);
        if let Some(id) = id {
            event.attributes.push("quipu.score.id", id);
        }
        if let Some(value) = value {
            event.attributes.push("gen_ai.evaluation.score.value", Value::Double(value));
        }
        event
    };
    let events = vec![
        score(1, Some("a"), "helpful", Some(0.1)),
        score(2, Some("a"), "helpful", Some(0.9)),
        score(3, Some("b"), "helpful", Some(0.4)),
        score(4, Some("b"), "helpful", None),
        score(5, None, "helpful", Some(0.7)),
        score(6, None, "other", Some(0.0)),
        score(99, None, "helpful", Some(0.0)),
    ];
    store.write(Arc::new(Batch { events, ..Batch::default() })).await.unwrap();
    let measure = StoreMeasure::new(store, Budgets::off());
    let values = measure.scores("helpful", &[], at(0), at(60)).await.unwrap();
    assert_eq!(values.iter().map(|score| score.value).collect::<Vec<_>>(), [0.9, 0.7]);
}

#[tokio::test]
async fn scores_have_the_keys_of_their_event_and_of_their_trace() {
    let store = Arc::new(Memory::new());
    let trace = quipu_conformance::sample::trace_id(1);
    let mut event = Event {
        time: at(5),
        level: Level::Info,
        name: "gen_ai.evaluation.result".into(),
        trace_id: Some(trace),
        span_id: None,
        session: Some("s-1".into()),
        agent: None,
        framework: None,
        body: Value::Null,
        attributes: Attributes::new(),
        wire: None,
        resource: Arc::default(),
        scope: Arc::default(),
    };
    event.attributes.push("gen_ai.evaluation.name", "helpful");
    event.attributes.push("gen_ai.evaluation.score.value", Value::Double(0.25));
    let span = quipu_conformance::sample::draft(1, 1).starts(at(1)).user("ada").agent("clerk").span();
    let batch = Batch { events: vec![event], spans: vec![span], ..Batch::default() };
    store.write(Arc::new(batch)).await.unwrap();
    let measure = StoreMeasure::new(store, Budgets::off());
    let by = ["session", "user", "agent", "project"].map(str::to_owned);
    let scores = measure.scores("helpful", &by, at(0), at(60)).await.unwrap();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(scores[0].key, [text("s-1"), text("ada"), text("clerk"), None]);
}

#[tokio::test]
async fn a_score_is_judged_for_each_group() {
    let world = Arc::<World>::default();
    let wider = Arc::new(Wider { world: Arc::clone(&world), ..Wider::default() });
    wider.scores.lock().unwrap().push((5, 0.2));
    let text = "[alert.low]\nkind = \"score\"\nscore = \"helpful\"\nbelow = 0.5\ngroup_by = [\"user\"]";
    let alerts = over(&world, wider, None, text);
    run_to(&world, &alerts, 20).await;
    let row = alerts.list().into_iter().find(|row| row.rule == "low").unwrap();
    assert_eq!((row.state.as_str(), row.group["user"].as_str()), ("firing", "ada"));
    let bad = "kind = \"score\"\nscore = \"helpful\"\nbelow = 0.5\ngroup_by = [\"model\"]";
    let error = quipu_alert::Rule::new("low", toml::from_str::<RuleConfig>(bad).unwrap()).unwrap_err();
    assert!(error.to_string().contains("agent, framework, project, service, session, user"), "{error}");
}
