//! Random sequences of alerts, as a script of ours and as calls of Alertmanager.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::bench::words::Random;

/// What a sequence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Alerts begin and end at multiples of the group interval.
    InStep,
    /// And some are silenced.
    Silenced,
    /// And critical alerts inhibit warnings of the same instance.
    Inhibited,
    /// A few alerts fire for long, and are told again.
    Repeated,
    /// Alerts begin and end at any second.
    Free,
}

/// One alert from its begin to its end, in seconds.
#[derive(Debug, Clone)]
pub struct Episode {
    pub rule: usize,
    pub instance: String,
    pub on: i64,
    pub off: i64,
}

/// A silence of an instance, in milliseconds.
#[derive(Debug, Clone)]
pub struct Silence {
    pub from: i64,
    pub to: i64,
    pub instance: String,
}

/// A sequence. Rules with an odd number are critical, the others warn.
#[derive(Debug, Clone)]
pub struct Sequence {
    pub number: usize,
    pub kind: Kind,
    pub wait: i64,
    pub interval: i64,
    pub repeat: i64,
    pub rules: usize,
    pub episodes: Vec<Episode>,
    pub silences: Vec<Silence>,
}

/// Steps of a sequence; alerts end by the last but one.
const STEPS: i64 = 9;
/// No alert is told again within a sequence.
const NEVER: i64 = 3_600;

impl Sequence {
    pub fn random(number: usize, kind: Kind, random: &mut Random) -> Self {
        let mut pick = |low: i64, high: i64| random.range(low as u64, high as u64) as i64;
        let interval = if kind == Kind::Repeated { pick(5, 7) } else { pick(3, 6) };
        let wait = match kind {
            Kind::Free => pick(0, 3),
            Kind::Repeated => 1,
            _ => pick(1, 3),
        };
        let repeat = if kind == Kind::Repeated { 2 * interval - 1 } else { NEVER };
        let rules = if kind == Kind::Inhibited { 2 } else { pick(1, 4) as usize };
        let mut found =
            Self { number, kind, wait, interval, repeat, rules, episodes: Vec::new(), silences: Vec::new() };
        for rule in 0..rules {
            for instance in ["a", "b", "c", "d"] {
                found.add(rule, instance, random);
            }
        }
        if found.episodes.is_empty() {
            let (instance, off) = ("a".to_owned(), interval * 6);
            found.episodes.push(Episode { rule: 0, instance, on: interval, off });
        }
        if kind == Kind::Silenced {
            for instance in ["a", "b"] {
                found.silence(instance, random);
            }
        }
        found
    }

    /// Episodes of one instance, one after the other.
    fn add(&mut self, rule: usize, instance: &str, random: &mut Random) {
        if self.kind == Kind::Repeated {
            if random.chance(0.5) {
                let (on, off) = (self.interval, 6 * self.interval);
                self.episodes.push(Episode { rule, instance: instance.to_owned(), on, off });
            }
            return;
        }
        let (unit, last) = match self.kind {
            Kind::Free => (1, STEPS * self.interval),
            _ => (self.interval, STEPS - 1),
        };
        let longest = if self.kind == Kind::Free { 4 * self.interval as u64 } else { 4 };
        let mut at = random.range(1, 2 * longest) as i64;
        loop {
            let length = random.range(1, longest) as i64;
            if at + length > last {
                return;
            }
            let (on, off) = (at * unit, (at + length) * unit);
            self.episodes.push(Episode { rule, instance: instance.to_owned(), on, off });
            at += length + random.range(1, longest) as i64;
        }
    }

    /// A silence that begins just after a message is due, and ends just before one is.
    fn silence(&mut self, instance: &str, random: &mut Random) {
        let first = random.range(0, STEPS as u64 - 3) as i64;
        let last = first + random.range(1, 4) as i64;
        let due = |step: i64| (step * self.interval + self.wait) * 1_000;
        let (from, to) = (due(first) + 500, due(last) - 500);
        if to - from >= 1_000 {
            self.silences.push(Silence { from, to, instance: instance.to_owned() });
        }
    }

    /// When the last message has come.
    pub fn ends_at(&self) -> i64 {
        STEPS * self.interval + 2 * self.interval + self.wait + 1
    }

    pub fn severity(rule: usize) -> &'static str {
        if rule % 2 == 1 { "critical" } else { "warning" }
    }

    /// The sequence as a script of `trial`.
    pub fn script(&self) -> Value {
        let mut config = format!(
            "[alerts]\nevery = \"1s\"\ngroup_wait = \"{}s\"\ngroup_interval = \"{}s\"\nrepeat_interval = \"{}s\"\n",
            self.wait, self.interval, self.repeat
        );
        if self.kind == Kind::Inhibited {
            config += "[[alerts.inhibit]]\nsource = { severity = \"critical\" }\n\
                       target = { severity = \"warning\" }\nequal = [\"instance\"]\n";
        }
        for rule in 0..self.rules {
            let severity = Self::severity(rule);
            let _ = write!(
                config,
                "[alert.r{rule}]\nkind = \"metric\"\nmetric = \"r{rule}\"\ngroup_by = [\"instance\"]\n\
                 window = \"1m\"\nabove = 0.5\nseverity = \"{severity}\"\nchannels = [\"hook\"]\n"
            );
        }
        let mut values = Vec::new();
        for Episode { rule, instance, on, off } in &self.episodes {
            values.push(json!([on, format!("r{rule}"), instance, 1.0]));
            values.push(json!([off, format!("r{rule}"), instance, null]));
        }
        let silence = |one: &Silence| json!([one.from, one.to - one.from, {"instance": one.instance}]);
        let silences: Vec<Value> = self.silences.iter().map(silence).collect();
        json!({"config": config, "until_s": self.ends_at(), "values": values, "silences": silences})
    }

    /// Its route in the configuration of Alertmanager.
    pub fn route(&self) -> String {
        format!(
            "  - {{receiver: hook, matchers: ['seq=\"{}\"'], group_by: [alertname], group_wait: {}s, \
             group_interval: {}s, repeat_interval: {}s}}\n",
            self.number, self.wait, self.interval, self.repeat
        )
    }

    /// Labels of an episode's alert in Alertmanager.
    pub fn labels(&self, episode: &Episode) -> Value {
        let inhibits = if self.kind == Kind::Inhibited { "yes" } else { "no" };
        json!({
            "alertname": format!("r{}", episode.rule), "instance": episode.instance,
            "severity": Self::severity(episode.rule), "seq": self.number.to_string(), "inhibits": inhibits,
        })
    }
}
