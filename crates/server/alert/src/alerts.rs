//! The alerts of one project: configuration, rules, and the loop that evaluates and delivers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use quipu_core::{Clock, Error, ErrorKind, Timestamp};
use serde::{Deserialize, Serialize};

use crate::file::{AlertFile, GroupRecord};
use crate::quiet::Inhibit;
use crate::span::read_span;
use crate::{
    AlertError, AlertRow, Channel, ChannelConfig, Measure, Rule, RuleConfig, RuleRow, RuleSource, Slo,
    SloConfig,
};

/// Channels that exist without configuration.
const BUILT_IN: [&str; 2] = ["console", "log"];
/// Most rules of a project.
const MOST_RULES: usize = 1_000;
/// Pause between two looks at the clock or the outbox.
const PAUSE: Duration = Duration::from_secs(1);

/// The table `[alerts]`: times of evaluation and grouping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertsConfig {
    /// Time between two evaluations: 1s to 60s, a divisor of a minute; default 10s.
    pub every: String,
    /// Time that the first notice of a rule waits for others; default 0s.
    pub group_wait: String,
    /// Least time between two messages about a rule to a channel; default 5m.
    pub group_interval: String,
    /// Time after which an open episode is told again; default 4h.
    pub repeat_interval: String,
    /// Retention of ended episodes; default 90d.
    pub history: String,
    /// Time after the last episode of an incident after which it closes; default 10m.
    pub incident_quiet: String,
    /// Address of the dashboard for links; default the server's own.
    pub url: String,
    /// Inhibitions.
    pub inhibit: Vec<Inhibit>,
}

impl Default for AlertsConfig {
    fn default() -> Self {
        Self {
            every: "10s".to_owned(),
            group_wait: "0s".to_owned(),
            group_interval: "5m".to_owned(),
            repeat_interval: "4h".to_owned(),
            history: "90d".to_owned(),
            incident_quiet: "10m".to_owned(),
            url: String::new(),
            inhibit: Vec::new(),
        }
    }
}

/// Times of [`AlertsConfig`] in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub every: i64,
    pub wait: i64,
    pub interval: i64,
    pub repeat: i64,
    pub history: i64,
    pub quiet: i64,
}

impl AlertsConfig {
    fn times(&self) -> Result<Times, AlertError> {
        let read = |key: &'static str, text: &str, least: i64| {
            let wrong = || AlertError::Config {
                table: "alerts".to_owned(),
                key,
                expected: "a duration such as 30s, 5m, 4h or 90d".to_owned(),
                found: format!("{text:?}"),
            };
            read_span(text).filter(|nanos| *nanos >= least).ok_or_else(wrong)
        };
        let every = read("every", &self.every, Timestamp::SECOND)?;
        if 60 * Timestamp::SECOND % every != 0 {
            return Err(AlertError::Config {
                table: "alerts".to_owned(),
                key: "every",
                expected: "a divisor of a minute, such as 5s, 10s, 15s or 60s".to_owned(),
                found: format!("{:?}", self.every),
            });
        }
        self.inhibit.iter().try_for_each(Inhibit::check)?;
        Ok(Times {
            every,
            wait: read("group_wait", &self.group_wait, 0)?,
            interval: read("group_interval", &self.group_interval, 0)?,
            repeat: read("repeat_interval", &self.repeat_interval, Timestamp::SECOND)?,
            history: read("history", &self.history, Timestamp::DAY)?,
            quiet: read("incident_quiet", &self.incident_quiet, 0)?,
        })
    }
}

/// Parts of the alerts of a project.
pub struct AlertsParts {
    /// Data folder; `None` keeps the state in memory.
    pub folder: Option<PathBuf>,
    /// `[alerts]`.
    pub config: AlertsConfig,
    /// `[alert.NAME]`.
    pub rules: BTreeMap<String, RuleConfig>,
    /// `[channel.NAME]`.
    pub channels: BTreeMap<String, ChannelConfig>,
    /// `[slo.NAME]`.
    pub slos: BTreeMap<String, SloConfig>,
    /// Source of the figures.
    pub measure: Arc<dyn Measure>,
    /// Clock.
    pub clock: Arc<dyn Clock>,
    /// Address of the dashboard, unless the config has one.
    pub url: String,
}

/// The alerts of a project. Clones are the same alerts.
#[derive(Clone)]
pub struct Alerts(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub file: Arc<Mutex<AlertFile>>,
    pub measure: Arc<dyn Measure>,
    pub clock: Arc<dyn Clock>,
    pub times: Times,
    pub inhibit: Vec<Inhibit>,
    pub channels: BTreeMap<String, Arc<Channel>>,
    pub slos: BTreeMap<String, Slo>,
    pub url: String,
    pub live: Mutex<Live>,
}

/// State in memory: what the file has, and groups at rest.
#[derive(Default)]
pub(crate) struct Live {
    pub rules: BTreeMap<String, (Rule, RuleSource)>,
    /// Groups by rule and key.
    pub groups: BTreeMap<String, BTreeMap<String, GroupRecord>>,
    /// Groups beyond the limit, by rule.
    pub left_out: BTreeMap<String, usize>,
    /// Time of the latest evaluation, by rule.
    pub evaluated: BTreeMap<String, Timestamp>,
}

impl std::fmt::Debug for Alerts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Alerts").field("channels", &self.0.channels.len()).finish_non_exhaustive()
    }
}

impl Alerts {
    /// Checks all rules, channels and objectives, and opens the alert file. Blocks.
    ///
    /// # Errors
    /// A key has an invalid value, a rule names an unknown channel, or the file cannot be used.
    pub fn open(parts: AlertsParts) -> Result<Self, AlertError> {
        let times = parts.config.times()?;
        let channels = open_channels(parts.channels)?;
        let slos = parts.slos.into_iter().map(|(name, config)| Ok((name.clone(), Slo::new(&name, config)?)));
        let slos: BTreeMap<String, Slo> = slos.collect::<Result<_, AlertError>>()?;
        let file = AlertFile::open(parts.folder.as_deref())?;
        let mut live = Live::default();
        for (name, config) in parts.rules {
            let rule = Rule::new(&name, config)?;
            check_names(&rule, &channels, &slos)?;
            live.rules.insert(name, (rule, RuleSource::File));
        }
        for (name, config) in file.rules()? {
            match Rule::new(&name, config) {
                Ok(rule) if !live.rules.contains_key(&name) => {
                    live.rules.insert(name, (rule, RuleSource::Stored));
                }
                Ok(_) => tracing::warn!(rule = name, "the config file replaces the stored alert rule"),
                Err(error) => tracing::error!(rule = name, %error, "a stored alert rule is not evaluated"),
            }
        }
        for (rule, grp, record) in file.states()? {
            live.groups.entry(rule).or_default().insert(grp, record);
        }
        let url = if parts.config.url.is_empty() { parts.url } else { parts.config.url };
        Ok(Self(Arc::new(Inner {
            file: Arc::new(Mutex::new(file)),
            measure: parts.measure,
            clock: parts.clock,
            times,
            inhibit: parts.config.inhibit,
            channels,
            slos,
            url: url.trim_end_matches('/').to_owned(),
            live: Mutex::new(live),
        })))
    }

    /// Evaluates and delivers until it is dropped. A receiver that does not answer delays no evaluation.
    pub async fn run(self) {
        tokio::join!(self.keep_evaluating(), self.keep_delivering());
    }

    async fn keep_evaluating(&self) {
        let mut last = Timestamp::from_nanos(i64::MIN);
        loop {
            let now = self.0.clock.now();
            let tick = now.floor(self.0.times.every);
            if tick > last {
                last = tick;
                if let Err(error) = self.evaluate(now).await {
                    tracing::error!(%error, "alert rules cannot be evaluated");
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn keep_delivering(&self) {
        loop {
            if let Err(error) = self.deliver(self.0.clock.now()).await {
                tracing::error!(%error, "the notices of alerts cannot be delivered");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Current state of each group, firing ones first.
    pub fn list(&self) -> Vec<AlertRow> {
        let live = self.0.live.lock();
        let mut rows = Vec::new();
        for (name, (rule, _)) in &live.rules {
            for record in live.groups.get(name).into_iter().flat_map(BTreeMap::values) {
                rows.push(AlertRow {
                    rule: name.clone(),
                    group: record.group.clone(),
                    state: record.state.word().to_owned(),
                    severity: rule.severity.as_str().to_owned(),
                    value: record.state.value,
                    threshold: rule.law.bound.threshold(),
                    since: Some(record.state.since.to_string()),
                    episode: record.episode.clone(),
                    error: record.error.clone(),
                });
            }
        }
        let order = ["firing", "error", "pending", "no_data", "ok"];
        rows.sort_by_key(|row| order.iter().position(|word| *word == row.state));
        rows
    }

    /// All rules by name.
    pub fn rules(&self) -> Vec<RuleRow> {
        let live = self.0.live.lock();
        let row = |(name, (rule, source)): (&String, &(Rule, RuleSource))| RuleRow {
            name: name.clone(),
            source: *source,
            config: rule.said.clone(),
            effective: rule.config.clone(),
            left_out: live.left_out.get(name).copied().unwrap_or(0),
        };
        live.rules.iter().map(row).collect()
    }

    /// Names and kinds of the channels.
    pub fn channels(&self) -> Vec<(String, &'static str)> {
        self.0.channels.iter().map(|(name, channel)| (name.clone(), channel.kind())).collect()
    }

    /// Stores a rule, or replaces it. Its groups keep their states.
    ///
    /// # Errors
    /// The rule is invalid, the config file defines it, or the limit of 1,000 rules is reached.
    pub async fn put_rule(&self, name: &str, config: RuleConfig, by: &str) -> Result<RuleRow, AlertError> {
        let rule = Rule::new(name, config.clone())?;
        check_names(&rule, &self.0.channels, &self.0.slos)?;
        {
            let live = self.0.live.lock();
            match live.rules.get(name) {
                Some((_, RuleSource::File)) => return Err(AlertError::OfFile(name.to_owned())),
                None if live.rules.len() >= MOST_RULES => {
                    return Err(AlertError::Full { what: "alert rules", most: MOST_RULES });
                }
                _ => {}
            }
        }
        self.forget_other_groups(&rule).await?;
        let (named, by, now) = (name.to_owned(), by.to_owned(), self.0.clock.now());
        self.with_file(move |file| file.put_rule(&named, &config, &by, now)).await?;
        let row = RuleRow {
            name: name.to_owned(),
            source: RuleSource::Stored,
            config: rule.said.clone(),
            effective: rule.config.clone(),
            left_out: 0,
        };
        let mut live = self.0.live.lock();
        live.evaluated.remove(name);
        live.rules.insert(name.to_owned(), (rule, RuleSource::Stored));
        Ok(row)
    }

    /// Ends the episodes of the replaced rule if the new one has other groups.
    async fn forget_other_groups(&self, rule: &Rule) -> Result<(), AlertError> {
        let other = |(old, _): &(Rule, RuleSource)| old.group_by != rule.group_by || old.kind != rule.kind;
        if !self.0.live.lock().rules.get(&rule.name).is_some_and(other) {
            return Ok(());
        }
        self.end_episodes(&rule.name).await?;
        let named = rule.name.clone();
        self.with_file(move |file| file.remove_rule(&named)).await?;
        self.0.live.lock().groups.remove(&rule.name);
        Ok(())
    }

    /// Removes a stored rule. Its open episodes end, and their channels get a notice.
    ///
    /// # Errors
    /// There is no such rule, or the config file defines it.
    pub async fn remove_rule(&self, name: &str) -> Result<(), AlertError> {
        match self.0.live.lock().rules.get(name) {
            Some((_, RuleSource::File)) => return Err(AlertError::OfFile(name.to_owned())),
            None => return Err(AlertError::Missing { what: "alert rule", name: name.to_owned() }),
            Some(_) => {}
        }
        self.end_episodes(name).await?;
        let named = name.to_owned();
        self.with_file(move |file| file.remove_rule(&named)).await?;
        let mut live = self.0.live.lock();
        live.rules.remove(name);
        live.groups.remove(name);
        live.evaluated.remove(name);
        Ok(())
    }

    /// Runs work on the file on a thread that may block.
    pub(crate) async fn with_file<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut AlertFile) -> Result<T, AlertError> + Send + 'static,
    ) -> Result<T, AlertError> {
        let file = Arc::clone(&self.0.file);
        let done = tokio::task::spawn_blocking(move || work(&mut file.lock())).await;
        done.map_err(|cause| Error::new(ErrorKind::Internal, "use the alert file", cause.to_string()))?
    }
}

fn open_channels(
    configs: BTreeMap<String, ChannelConfig>,
) -> Result<BTreeMap<String, Arc<Channel>>, AlertError> {
    let mut channels = BTreeMap::new();
    for name in BUILT_IN {
        let config = ChannelConfig { kind: name.to_owned(), ..ChannelConfig::default() };
        channels.insert(name.to_owned(), Arc::new(Channel::open(name, config)?));
    }
    for (name, config) in configs {
        let channel = Arc::new(Channel::open(&name, config)?);
        channels.insert(name, channel);
    }
    let names: BTreeSet<&String> = channels.keys().collect();
    for (name, channel) in &channels {
        if channel.fallback().is_some_and(|to| to == name || !names.contains(&to.to_owned())) {
            let expected = "another channel of the config file".to_owned();
            return Err(AlertError::Channel { channel: name.clone(), key: "fallback", expected });
        }
    }
    Ok(channels)
}

/// Checks the channels and the objective that a rule names.
fn check_names(
    rule: &Rule,
    channels: &BTreeMap<String, Arc<Channel>>,
    slos: &BTreeMap<String, Slo>,
) -> Result<(), AlertError> {
    let wrong = |key, names: Vec<&str>, found: &str| AlertError::Rule {
        rule: rule.name.clone(),
        key,
        expected: format!("one of {}", names.join(", ")),
        found: format!("{found:?}"),
    };
    let names = || channels.keys().map(String::as_str).collect();
    let escalated = rule.escalate.iter().flat_map(|(_, to)| to);
    if let Some(unknown) = rule.channels.iter().chain(escalated).find(|name| !channels.contains_key(*name)) {
        return Err(wrong("channels", names(), unknown));
    }
    match &rule.config.slo {
        Some(slo) if !slos.contains_key(slo) => {
            Err(wrong("slo", slos.keys().map(String::as_str).collect(), slo))
        }
        _ => Ok(()),
    }
}
