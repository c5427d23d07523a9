//! Calls at chosen times as the source of figures, and a clock that tests move.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use quipu_alert::{
    AlertError, Alerts, AlertsConfig, AlertsParts, BudgetShare, ChannelConfig, Extras, Measure, Measured,
    MeasuredGroup, RuleConfig, RuleFigures, SloConfig,
};
use quipu_core::{Clock, Error, ErrorKind, Timestamp, TraceFilter, TraceId};
use quipu_query::{FigureAsk, StepAsk};

/// Start of all tests.
pub const START: i64 = 1_800_000_000;

/// A call.
#[derive(Debug, Clone)]
pub struct Call {
    /// Seconds after [`START`].
    pub at: i64,
    pub user: &'static str,
    pub failed: bool,
}

#[derive(Default)]
pub struct World {
    pub calls: Mutex<Vec<Call>>,
    /// Seconds after [`START`].
    pub now: Mutex<i64>,
    pub broken: Mutex<bool>,
    pub budget: Mutex<f64>,
}

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_nanos((START + seconds) * Timestamp::SECOND)
}

impl World {
    pub fn call(&self, at: i64, user: &'static str, failed: bool) {
        self.calls.lock().unwrap().push(Call { at, user, failed });
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        at(*self.now.lock().unwrap())
    }
}

#[async_trait]
impl Measure for World {
    async fn figures(&self, ask: &FigureAsk, _: Timestamp) -> quipu_core::Result<Measured> {
        if *self.broken.lock().unwrap() {
            return Err(Error::new(ErrorKind::Unavailable, "read", "the disk is gone"));
        }
        let mut groups = BTreeMap::<Vec<Option<String>>, MeasuredGroup>::new();
        if ask.group_by.is_empty() {
            groups.insert(Vec::new(), MeasuredGroup::default());
        }
        for call in self.calls.lock().unwrap().iter() {
            let time = at(call.at);
            if Some(time) < ask.filter.since || Some(time) >= ask.filter.until {
                continue;
            }
            let key: Vec<_> = ask.group_by.iter().map(|_| Some(call.user.to_owned())).collect();
            let group = groups
                .entry(key.clone())
                .or_insert_with(|| MeasuredGroup { key, ..MeasuredGroup::default() });
            let mut one = RuleFigures { count: 1, errors: u64::from(call.failed), ..RuleFigures::default() };
            one.latency.add(call.at * 1_000_000, 1);
            group.figures.merge(&one);
            if let StepAsk::Of(step) = ask.step {
                let start = time.floor(step);
                match group.points.iter_mut().find(|(at, _)| *at == start) {
                    Some((_, point)) => point.merge(&one),
                    None => group.points.push((start, one)),
                }
            }
        }
        let left_out = groups.len().saturating_sub(ask.top);
        Ok(Measured { groups: groups.into_values().take(ask.top).collect(), left_out })
    }

    async fn budget(&self, name: &str) -> quipu_core::Result<Vec<BudgetShare>> {
        let share = *self.budget.lock().unwrap();
        let known = (name == "daily").then(|| BudgetShare { share, ..BudgetShare::default() });
        Ok(known.into_iter().collect())
    }

    async fn heaviest(&self, _: &TraceFilter, _: &str) -> quipu_core::Result<Vec<TraceId>> {
        Ok(["0123456789abcdef0123456789abcdef".parse().unwrap()].into())
    }
}

/// Alerts over a world: tables of a config file, and a data folder.
pub fn alerts(world: &Arc<World>, folder: Option<&Path>, text: &str) -> Alerts {
    over(world, Arc::clone(world) as _, folder, text)
}

/// Alerts with the clock of a world and other figures.
pub fn over(world: &Arc<World>, measure: Arc<dyn Measure>, folder: Option<&Path>, text: &str) -> Alerts {
    opened(world, measure, folder, text, Extras::default()).unwrap()
}

/// Alerts with actions and callbacks.
pub fn opened(
    world: &Arc<World>,
    measure: Arc<dyn Measure>,
    folder: Option<&Path>,
    text: &str,
    extras: Extras,
) -> Result<Alerts, AlertError> {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct File {
        alerts: AlertsConfig,
        alert: BTreeMap<String, RuleConfig>,
        channel: BTreeMap<String, ChannelConfig>,
        slo: BTreeMap<String, SloConfig>,
    }
    let file: File = toml::from_str(text).unwrap();
    let parts = AlertsParts {
        folder: folder.map(Path::to_owned),
        config: file.alerts,
        rules: file.alert,
        channels: file.channel,
        slos: file.slo,
        measure,
        clock: Arc::clone(world) as _,
        url: "http://quipu.example".to_owned(),
    };
    Alerts::open_with(parts, extras)
}

/// Moves the clock in steps of ten seconds up to a time, with an evaluation and a delivery at each.
pub async fn run_to(world: &World, alerts: &Alerts, seconds: i64) {
    loop {
        let now = {
            let mut now = world.now.lock().unwrap();
            if *now >= seconds {
                return;
            }
            *now += 10;
            at(*now)
        };
        alerts.evaluate(now).await.unwrap();
        alerts.deliver(now).await.unwrap();
    }
}
