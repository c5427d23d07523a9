//! Scripts: values of metrics over time, silences, and the messages that follow from them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use quipu_alert::{
    Alerts, AlertsConfig, AlertsParts, BudgetShare, ChannelConfig, Measure, Measured, MeasuredGroup,
    RuleConfig, RuleFigures, Silencing,
};
use quipu_core::{Clock, Result, Timestamp, TraceFilter, TraceId};
use quipu_query::FigureAsk;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Outcome;
use crate::hook::Hook;

/// Start of every script, a full minute.
const START: i64 = 1_800_000_000;
/// Milliseconds between two looks at the outbox.
const TICK: i64 = 500;

/// A script. Times are after its start.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    /// Tables of a config file, without channels: `hook` exists.
    config: String,
    until_s: i64,
    /// Second, metric, group and its value from then on; without a value, the group is gone.
    values: Vec<(i64, String, String, Option<f64>)>,
    /// Milliseconds of the begin and of the length, and the matchers.
    #[serde(default)]
    silences: Vec<(i64, i64, BTreeMap<String, String>)>,
    /// Adds the state of each group after each evaluation.
    #[serde(default)]
    states: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tables {
    alerts: AlertsConfig,
    alert: BTreeMap<String, RuleConfig>,
}

/// Current values by metric and group, and the clock.
#[derive(Default)]
struct World {
    values: Mutex<BTreeMap<(String, String), f64>>,
    now_ms: Mutex<i64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(START * Timestamp::SECOND + *lock(&self.now_ms) * 1_000_000)
    }
}

#[async_trait]
impl Measure for World {
    async fn figures(&self, ask: &FigureAsk, _: Timestamp) -> Result<Measured> {
        let metric = ask.metric.as_ref();
        let (name, grouped) = metric.map_or((String::new(), false), |metric| {
            (metric.name.clone(), metric.by.as_ref().is_some_and(|by| !by.is_empty()))
        });
        let mut groups = Vec::new();
        for ((of, group), value) in lock(&self.values).iter().filter(|((of, _), _)| *of == name) {
            let _ = of;
            let key = if grouped { vec![Some(group.clone())] } else { Vec::new() };
            let figures = RuleFigures { count: 1, value: Some(*value), ..RuleFigures::default() };
            groups.push(MeasuredGroup { key, figures, points: Vec::new() });
        }
        if !grouped && groups.is_empty() {
            groups.push(MeasuredGroup::default());
        }
        Ok(Measured { groups, left_out: 0 })
    }

    async fn budget(&self, _: &str) -> Result<Vec<BudgetShare>> {
        Ok(Vec::new())
    }

    async fn heaviest(&self, _: &TraceFilter, _: &str) -> Result<Vec<TraceId>> {
        Ok(Vec::new())
    }
}

/// Runs scripts one after the other: the messages of each, and its states.
pub async fn run_all(text: &str) -> Outcome<Value> {
    let scripts: Vec<Script> = serde_json::from_str(text)?;
    let hook = Hook::start().await?;
    let mut answers = Vec::with_capacity(scripts.len());
    for script in &scripts {
        answers.push(run(script, &hook).await?);
    }
    Ok(Value::Array(answers))
}

async fn run(script: &Script, hook: &Hook) -> Outcome<Value> {
    let world = Arc::new(World::default());
    let alerts = open(script, &world, hook)?;
    let (mut messages, mut states) = (Vec::new(), Vec::new());
    let mut values = script.values.clone();
    values.sort_by_key(|(second, ..)| *second);
    let mut values = values.into_iter().peekable();
    for now_ms in (0..=script.until_s * 1_000).step_by(TICK as usize) {
        *lock(&world.now_ms) = now_ms;
        while let Some((_, metric, group, value)) = values.next_if(|(second, ..)| second * 1_000 <= now_ms) {
            match value {
                Some(value) => lock(&world.values).insert((metric, group), value),
                None => lock(&world.values).remove(&(metric, group)),
            };
        }
        for (_, length, matchers) in script.silences.iter().filter(|(from, ..)| *from == now_ms) {
            let (author, reason) = ("trial".to_owned(), "trial".to_owned());
            let lasts = length * 1_000_000;
            alerts.silence(Silencing { matchers: matchers.clone(), author, reason, lasts }).await?;
        }
        let now = world.now();
        if now_ms % 1_000 == 0 {
            alerts.evaluate(now).await?;
            if script.states {
                let row =
                    |row: quipu_alert::AlertRow| json!([now_ms / 1_000, row.rule, row.group, row.state]);
                states.extend(alerts.list().into_iter().map(row));
            }
        }
        // A script of states has no channel.
        if script.states {
            continue;
        }
        alerts.deliver(now).await?;
        messages.extend(hook.take().into_iter().map(|body| message(now_ms, body)));
    }
    Ok(json!({ "messages": messages, "states": states }))
}

/// Time, notices, and the number of the notices that are not shown.
fn message(at_ms: i64, body: Value) -> Value {
    match body.get("notices") {
        Some(notices) => json!({"at_ms": at_ms, "notices": notices, "more": body["more"]}),
        None => json!({"at_ms": at_ms, "notices": [body], "more": 0}),
    }
}

fn open(script: &Script, world: &Arc<World>, hook: &Hook) -> Outcome<Alerts> {
    let tables: Tables = toml::from_str(&script.config)?;
    let channel: ChannelConfig =
        serde_json::from_value(json!({"kind": "webhook", "url": format!("{}/", hook.url)}))?;
    Ok(Alerts::open(AlertsParts {
        folder: None,
        config: tables.alerts,
        rules: tables.alert,
        channels: [("hook".to_owned(), channel)].into(),
        slos: BTreeMap::new(),
        measure: Arc::clone(world) as _,
        clock: Arc::clone(world) as _,
        url: String::new(),
    })?)
}
