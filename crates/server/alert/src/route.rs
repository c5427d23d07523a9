//! Routes: which channels get a notice, and with which others it is sent, as in Alertmanager.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use quipu_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::actions;
use crate::matcher::{Matchers, Matching, value};
use crate::mute::{self, TimeRange};
use crate::span::read_span;
use crate::{AlertError, Notice, TimeRangeConfig};

/// Most routes in all, and levels of routes within routes.
const MOST: usize = 100;
const DEEPEST: usize = 5;
/// Word of `group_by` for a group of each episode.
const EACH: &str = "...";

/// A route. Values that it does not set are those of the route around it, except mute times.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RouteConfig {
    /// Matchers of its notices; all without one.
    #[serde(rename = "match")]
    pub matchers: Matchers,
    /// Channels.
    pub channels: Vec<String>,
    /// Keys that notices of one message have in common: `rule`, `severity`, keys of groups, or `...` for a
    /// message of each episode. Default `rule`.
    pub group_by: Option<Vec<String>>,
    /// Time that the first notice of a group waits for others.
    pub group_wait: Option<String>,
    /// Time between two messages about a group.
    pub group_interval: Option<String>,
    /// Time after which an unchanged group is sent again.
    pub repeat_interval: Option<String>,
    /// Names of times in which it sends nothing.
    pub mute_times: Vec<String>,
    /// Names of times in which alone it sends.
    pub active_times: Vec<String>,
    /// Whether routes after it are tried too.
    #[serde(rename = "continue")]
    pub go_on: bool,
    /// Routes within it, which are tried first.
    pub route: Vec<Self>,
}

/// How notices of a route are put together.
#[derive(Debug, Clone)]
pub(crate) struct Grouping {
    /// Place of its route, which is part of the key of a group.
    pub route: String,
    pub by: Vec<String>,
    pub wait: i64,
    pub interval: i64,
    pub repeat: i64,
    mute: Vec<Named>,
    active: Vec<Named>,
}

/// A name with its time ranges.
type Named = (String, Arc<Vec<TimeRange>>);

impl Grouping {
    /// One group for each rule.
    pub(crate) fn of_rule(wait: i64, interval: i64, repeat: i64) -> Self {
        let by = vec!["rule".to_owned()];
        Self { route: String::new(), by, wait, interval, repeat, mute: Vec::new(), active: Vec::new() }
    }

    /// Key of the group of a notice.
    pub(crate) fn key(&self, notice: &Notice) -> String {
        let one = |key: &str| (key.to_owned(), value(notice, key).unwrap_or_default().to_owned());
        let labels: BTreeMap<String, String> = match self.by.first() {
            Some(first) if first == EACH => {
                let own = ["rule", "severity"].map(one);
                own.into_iter().chain(notice.group.clone()).collect()
            }
            _ => self.by.iter().map(|key| one(key)).collect(),
        };
        format!("{}{}", self.route, serde_json::to_string(&labels).unwrap_or_default())
    }

    /// Name of the times that hold its notices now.
    pub(crate) fn muted(&self, now: Timestamp) -> Option<String> {
        let has = |(_, times): &&Named| times.iter().any(|one| one.contains(now));
        if let Some((name, _)) = self.mute.iter().find(has) {
            return Some(format!("mute times {name}"));
        }
        let is_active = self.active.is_empty() || self.active.iter().any(|named| has(&named));
        (!is_active).then(|| "outside its active times".to_owned())
    }
}

/// A checked route.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    matching: Matching,
    pub channels: Vec<String>,
    grouping: Arc<Grouping>,
    go_on: bool,
    within: Vec<Self>,
}

/// The routes of a project.
#[derive(Debug, Clone)]
pub(crate) struct Routes {
    top: Vec<Route>,
    /// For the channels that rules name.
    pub of_rule: Arc<Grouping>,
    /// For actions, which wait for no other notice.
    of_action: Arc<Grouping>,
    /// Channels of every notice.
    pub always: Vec<String>,
}

impl Routes {
    /// Checks routes. `named` are the times of `[[alerts.times.NAME]]`.
    pub(crate) fn new(
        configs: &[RouteConfig],
        named: &BTreeMap<String, Vec<TimeRangeConfig>>,
        of_rule: Grouping,
    ) -> Result<Self, AlertError> {
        let mut times = BTreeMap::new();
        for (name, ranges) in named {
            let table = format!("alerts.times.{name}");
            let wrong = |why: String| wrong(&table, "times", why);
            if ranges.len() > mute::MOST {
                return Err(wrong(format!("at most {} time ranges", mute::MOST)));
            }
            let read = ranges.iter().map(|one| TimeRange::new(one).map_err(wrong));
            times.insert(name.clone(), Arc::new(read.collect::<Result<Vec<_>, _>>()?));
        }
        let mut builder = RouteBuilder { times, left: MOST };
        let parent = Route {
            matching: Matching::default(),
            channels: Vec::new(),
            grouping: Arc::new(of_rule),
            go_on: false,
            within: Vec::new(),
        };
        let top = builder.routes(configs, &parent, "", 1)?;
        let of_action = Grouping { by: vec![EACH.to_owned()], ..Grouping::of_rule(0, 0, i64::MAX) };
        Ok(Self { top, of_rule: parent.grouping, of_action: Arc::new(of_action), always: Vec::new() })
    }

    /// Channels of all routes.
    pub(crate) fn channels(&self) -> BTreeSet<String> {
        fn add(routes: &[Route], all: &mut BTreeSet<String>) {
            for route in routes {
                all.extend(route.channels.iter().cloned());
                add(&route.within, all);
            }
        }
        let mut all = BTreeSet::new();
        add(&self.top, &mut all);
        all
    }

    /// Channels of a notice with their grouping: those of the routes, then those of the rule. A channel gets
    /// a notice once, by the first route that has it.
    pub(crate) fn of(&self, notice: &Notice, of_rule: &[String]) -> Vec<(String, Arc<Grouping>)> {
        let mut matched = Vec::new();
        walk(&self.top, notice, &mut matched);
        let routed = matched.iter().flat_map(|route| {
            route.channels.iter().map(|channel| (channel.clone(), Arc::clone(&route.grouping)))
        });
        let own =
            of_rule.iter().chain(&self.always).map(|channel| (channel.clone(), Arc::clone(&self.of_rule)));
        let mut seen = BTreeSet::new();
        routed.chain(own).filter(|(channel, _)| seen.insert(channel.clone())).collect()
    }

    /// The grouping of a notice for a channel.
    pub(crate) fn grouping(&self, notice: &Notice, channel: &str) -> Arc<Grouping> {
        if channel.starts_with(actions::PREFIX) {
            return Arc::clone(&self.of_action);
        }
        let mut matched = Vec::new();
        walk(&self.top, notice, &mut matched);
        let found = matched.iter().find(|route| route.channels.iter().any(|one| one == channel));
        found.map_or_else(|| Arc::clone(&self.of_rule), |route| Arc::clone(&route.grouping))
    }

    /// The least repetition of all routes.
    pub(crate) fn least_repeat(&self) -> i64 {
        fn least(routes: &[Route]) -> i64 {
            let each = |route: &Route| route.grouping.repeat.min(least(&route.within));
            routes.iter().map(each).min().unwrap_or(i64::MAX)
        }
        least(&self.top).min(self.of_rule.repeat)
    }
}

/// The first route that matches, and the next ones while a route says `continue`. A route within another
/// takes its place.
fn walk<'a>(routes: &'a [Route], notice: &Notice, matched: &mut Vec<&'a Route>) -> bool {
    let mut found = false;
    for route in routes.iter().filter(|route| route.matching.matches(notice)) {
        found = true;
        if !walk(&route.within, notice, matched) {
            matched.push(route);
        }
        if !route.go_on {
            break;
        }
    }
    found
}

fn wrong(table: &str, key: &'static str, expected: String) -> AlertError {
    AlertError::Config { table: table.to_owned(), key, expected, found: "an invalid value".to_owned() }
}

struct RouteBuilder {
    times: BTreeMap<String, Arc<Vec<TimeRange>>>,
    left: usize,
}

impl RouteBuilder {
    fn routes(
        &mut self,
        configs: &[RouteConfig],
        parent: &Route,
        place: &str,
        depth: usize,
    ) -> Result<Vec<Route>, AlertError> {
        let mut routes = Vec::with_capacity(configs.len());
        for (number, config) in configs.iter().enumerate() {
            if self.left == 0 || depth > DEEPEST {
                let expected = format!("at most {MOST} routes on {DEEPEST} levels");
                return Err(wrong("alerts.route", "route", expected));
            }
            self.left -= 1;
            let place = format!("{place}{number}/");
            let mut route = self.route(config, parent, &place)?;
            route.within = self.routes(&config.route, &route, &place, depth + 1)?;
            if route.channels.is_empty() && route.within.is_empty() {
                return Err(wrong("alerts.route", "channels", "at least one channel".to_owned()));
            }
            routes.push(route);
        }
        Ok(routes)
    }

    fn route(&self, config: &RouteConfig, parent: &Route, place: &str) -> Result<Route, AlertError> {
        let told = |key, why: String| wrong("alerts.route", key, why);
        let span = |key, text: &Option<String>, inherited: i64, least: i64| match text {
            None => Ok(inherited),
            Some(text) => read_span(text)
                .filter(|nanos| *nanos >= least)
                .ok_or_else(|| told(key, format!("a duration such as 30s, 5m or 4h, got {text:?}"))),
        };
        let above = &parent.grouping;
        let grouping = Grouping {
            route: place.to_owned(),
            by: config.group_by.clone().unwrap_or_else(|| above.by.clone()),
            wait: span("group_wait", &config.group_wait, above.wait, 0)?,
            interval: span("group_interval", &config.group_interval, above.interval, 0)?,
            repeat: span("repeat_interval", &config.repeat_interval, above.repeat, Timestamp::SECOND)?,
            mute: self.named("mute_times", &config.mute_times)?,
            active: self.named("active_times", &config.active_times)?,
        };
        Ok(Route {
            matching: Matching::of(&config.matchers).map_err(|why| told("match", why))?,
            channels: if config.channels.is_empty() {
                parent.channels.clone()
            } else {
                config.channels.clone()
            },
            grouping: Arc::new(grouping),
            go_on: config.go_on,
            within: Vec::new(),
        })
    }

    fn named(&self, key: &'static str, names: &[String]) -> Result<Vec<Named>, AlertError> {
        let find = |name: &String| {
            let known = || self.times.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let times = self.times.get(name).ok_or_else(|| {
                wrong("alerts.route", key, format!("one of [[alerts.times.NAME]]: {}; got {name:?}", known()))
            })?;
            Ok((name.clone(), Arc::clone(times)))
        };
        names.iter().map(find).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Severity;

    const HOUR: i64 = Timestamp::HOUR;

    fn routes(text: &str) -> Result<Routes, AlertError> {
        #[derive(serde::Deserialize)]
        #[serde(default)]
        #[derive(Default)]
        struct File {
            route: Vec<RouteConfig>,
            times: BTreeMap<String, Vec<TimeRangeConfig>>,
        }
        let file: File = toml::from_str(text).unwrap();
        Routes::new(&file.route, &file.times, Grouping::of_rule(0, HOUR, 4 * HOUR))
    }

    fn channels(routes: &Routes, severity: Severity, model: &str) -> Vec<String> {
        let notice = Notice {
            group: [("model".to_owned(), model.to_owned())].into(),
            ..crate::deliver::test_notice("failing", severity)
        };
        routes.of(&notice, &["own".to_owned()]).into_iter().map(|(channel, _)| channel).collect()
    }

    const TREE: &str = r#"
        [[route]]
        match = { severity = "critical" }
        channels = ["pager"]
        group_wait = "30s"
        continue = true
        [[route]]
        channels = ["chat"]
        group_by = ["model"]
        [[route.route]]
        match = { model = "~gpt-.*" }
        channels = ["openai"]
        [[route]]
        channels = ["never"]
    "#;

    #[test]
    fn the_first_matching_route_decides_unless_it_continues_and_inner_ones_come_first() {
        let routes = routes(TREE).unwrap();
        assert_eq!(channels(&routes, Severity::Warning, "o3"), ["chat", "own"]);
        assert_eq!(channels(&routes, Severity::Critical, "gpt-5"), ["pager", "openai", "own"]);
        let notice = crate::deliver::test_notice("failing", Severity::Critical);
        assert_eq!(routes.grouping(&notice, "pager").wait, 30 * Timestamp::SECOND);
        assert_eq!(routes.grouping(&notice, "chat").by, ["model"]);
        assert_eq!(routes.grouping(&notice, "own").by, ["rule"]);
    }

    #[test]
    fn inner_routes_inherit_and_their_groups_are_their_own() {
        let routes = routes(TREE).unwrap();
        let notice = Notice {
            group: [("model".to_owned(), "gpt-5".to_owned())].into(),
            ..crate::deliver::test_notice("failing", Severity::Warning)
        };
        let inner = routes.grouping(&notice, "openai");
        assert_eq!(
            (inner.by.as_slice(), inner.key(&notice).as_str()),
            (&["model".to_owned()][..], "1/0/{\"model\":\"gpt-5\"}")
        );
    }

    #[test]
    fn a_wrong_route_is_rejected_with_its_key() {
        for (text, part) in [
            ("[[route]]\nmatch = { rule = \"x\" }", "channels"),
            ("[[route]]\nchannels = [\"a\"]\ngroup_wait = \"soon\"", "soon"),
            ("[[route]]\nchannels = [\"a\"]\nmute_times = [\"nights\"]", "nights"),
            ("[[route]]\nchannels = [\"a\"]\nmatch = { rule = \"~(\" }", "match"),
            ("[[times.nights]]\ntimes = [\"22:00-06:00\"]", "22:00-06:00"),
        ] {
            let error = routes(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        let many = "[[route]]\nchannels = [\"a\"]\n".repeat(101);
        assert!(routes(&many).unwrap_err().to_string().contains("100"));
    }
}
