//! The alerts of one project: configuration, rules, and the loop that evaluates and delivers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use quipu_core::locks::Mutex;
use quipu_core::{Clock, Error, ErrorKind, Timestamp};
use tokio::task::JoinSet;

use crate::ack::{self, AckKey};
use crate::actions::Actor;
use crate::alerts_config::Times;
use crate::deliver::InFlight;
use crate::failing::{self, Failing};
use crate::file::{AlertFile, Groups};
use crate::quiet::Inhibition;
use crate::route::{Grouping, Routes};
use crate::shared::Shared;
use crate::unread::{self, Unread};
use crate::{
    AlertError, AlertsParts, Channel, ChannelConfig, Extras, Measure, Rule, RuleConfig, RuleRow, RuleSource,
    Slo,
};

/// Channels that exist without configuration.
const BUILT_IN: [&str; 2] = ["console", "log"];
/// Most rules of a project.
const MOST_RULES: usize = 1_000;
/// Pause between two looks at the clock or the outbox.
const PAUSE: Duration = Duration::from_secs(1);

/// The alerts of a project. Clones are the same alerts.
#[derive(Clone)]
pub struct Alerts(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub file: Arc<Mutex<AlertFile>>,
    /// The source of all figures, which is `shared`.
    pub measure: Arc<dyn Measure>,
    pub shared: Arc<Shared>,
    pub clock: Arc<dyn Clock>,
    pub times: Times,
    pub inhibit: Vec<Inhibition>,
    pub routes: Arc<Routes>,
    pub channels: BTreeMap<String, Arc<Channel>>,
    pub slos: BTreeMap<String, Slo>,
    pub url: String,
    /// Key of acknowledgement links; `None` without them.
    pub ack: Option<AckKey>,
    pub actor: Actor,
    pub live: Mutex<Live>,
    pub failing: Mutex<Failing>,
    pub unread: Mutex<Unread>,
    pub in_flight: Mutex<InFlight>,
    /// Held while a delivery is planned, so that two do not send the same.
    pub dispatching: tokio::sync::Mutex<()>,
}

/// State in memory: what the file has, and groups at rest.
#[derive(Default)]
pub(crate) struct Live {
    pub rules: BTreeMap<String, (Arc<Rule>, RuleSource)>,
    /// Groups by rule and key.
    pub groups: BTreeMap<String, Arc<Groups>>,
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
        Self::open_with(parts, Extras::default())
    }

    /// [`Self::open`] with actions and functions that get every notice. Blocks.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(parts: AlertsParts, extras: Extras) -> Result<Self, AlertError> {
        let times = parts.config.times()?;
        let mut channels = open_channels(parts.channels)?;
        let actor = Actor::new(extras.actions, parts.config.commands.clone());
        let slos = parts.slos.into_iter().map(|(name, config)| Ok((name.clone(), Slo::new(&name, config)?)));
        let slos: BTreeMap<String, Slo> = slos.collect::<Result<_, AlertError>>()?;
        let of_rule = Grouping::of_rule(times.wait, times.interval, times.repeat);
        let mut routes = Routes::new(&parts.config.route, &parts.config.times, of_rule)?;
        check_routes(&routes, &channels)?;
        routes.always = extras.callbacks.keys().cloned().collect();
        for (name, call) in extras.callbacks {
            channels.insert(name.clone(), Arc::new(Channel::callback(&name, call)));
        }
        let inhibit = parts.config.inhibit.iter().map(Inhibition::new).collect::<Result<_, _>>()?;
        let mut file = AlertFile::open(parts.folder.as_deref())?;
        let has_links = !parts.config.url.is_empty() && times.ack_links > 0;
        let ack = if has_links { link_key(&mut file)? } else { None };
        let mut live = Live::default();
        for (name, config) in parts.rules {
            let rule = Rule::new(&name, config)?;
            check_names(&rule, &channels, &slos)?;
            check_actions(&rule, &actor)?;
            live.rules.insert(name, (Arc::new(rule), RuleSource::File));
        }
        for (name, config) in file.rules()? {
            match Rule::new(&name, config) {
                Ok(rule) if !live.rules.contains_key(&name) => {
                    live.rules.insert(name, (Arc::new(rule), RuleSource::Stored));
                }
                Ok(_) => tracing::warn!(rule = name, "the config file replaces the stored alert rule"),
                Err(error) => tracing::error!(rule = name, %error, "a stored alert rule is not evaluated"),
            }
        }
        for (rule, grp, record) in file.states()? {
            Arc::make_mut(live.groups.entry(rule).or_default()).insert(grp.into(), record);
        }
        let shared = Arc::new(Shared::new(parts.measure));
        let failing = failing::restored(file.open_of(failing::RULE)?);
        let unread = unread::restored(file.open_of(unread::RULE)?);
        let url = if parts.config.url.is_empty() { parts.url } else { parts.config.url };
        Ok(Self(Arc::new(Inner {
            file: Arc::new(Mutex::new(file)),
            measure: Arc::clone(&shared) as _,
            shared,
            clock: parts.clock,
            times,
            inhibit,
            routes: Arc::new(routes),
            channels,
            slos,
            url: url.trim_end_matches('/').to_owned(),
            ack,
            actor,
            live: Mutex::new(live),
            failing: Mutex::new(failing),
            unread: Mutex::new(unread),
            in_flight: Mutex::default(),
            dispatching: tokio::sync::Mutex::default(),
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
        let told = |error: AlertError| tracing::error!(%error, "the notices of alerts cannot be delivered");
        let mut sending = JoinSet::new();
        loop {
            self.dispatch(self.0.clock.now(), &mut sending).await.unwrap_or_else(told);
            while let Some(done) = sending.try_join_next() {
                done.unwrap_or(Ok(())).unwrap_or_else(told);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// All rules by name.
    pub fn rules(&self) -> Vec<RuleRow> {
        let live = self.0.live.lock();
        let row = |(name, (rule, source)): (&String, &(Arc<Rule>, RuleSource))| RuleRow {
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
        check_actions(&rule, &self.0.actor)?;
        self.check_statement(&rule).await?;
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
        live.rules.insert(name.to_owned(), (Arc::new(rule), RuleSource::Stored));
        Ok(row)
    }

    /// Ends the episodes of the replaced rule if the new one has other groups.
    async fn forget_other_groups(&self, rule: &Rule) -> Result<(), AlertError> {
        let other =
            |(old, _): &(Arc<Rule>, RuleSource)| old.group_by != rule.group_by || old.kind != rule.kind;
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

/// Checks that the actions of a rule can run here.
fn check_actions(rule: &Rule, actor: &Actor) -> Result<(), AlertError> {
    let wrong = |expected| AlertError::Rule {
        rule: rule.name.clone(),
        key: "actions",
        expected,
        found: "an action that cannot run".to_owned(),
    };
    rule.actions.iter().try_for_each(|action| actor.check(action).map_err(wrong))
}

/// The key of acknowledgement links, made at the first start.
fn link_key(file: &mut AlertFile) -> Result<Option<AckKey>, AlertError> {
    let none = || Error::new(ErrorKind::Internal, "make a key for links", "the system has no random bytes");
    let new = ack::random::<32>().ok_or_else(none)?;
    Ok(Some(AckKey::new(&file.link_key(&new)?)))
}

/// Checks the channels that routes name.
fn check_routes(routes: &Routes, channels: &BTreeMap<String, Arc<Channel>>) -> Result<(), AlertError> {
    let Some(unknown) = routes.channels().into_iter().find(|name| !channels.contains_key(name)) else {
        return Ok(());
    };
    Err(AlertError::Config {
        table: "alerts.route".to_owned(),
        key: "channels",
        expected: format!("one of {}", channels.keys().cloned().collect::<Vec<_>>().join(", ")),
        found: format!("{unknown:?}"),
    })
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
