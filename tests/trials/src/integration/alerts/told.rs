//! Messages of both sides in one form, and their comparison.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::sequence::{Episode, Kind, Sequence};

/// An episode's begin or its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Begin,
    End,
}

/// Index of the episode, and its side.
pub type Key = (usize, Side);

/// One message: seconds after the start, and what it says.
#[derive(Debug, Clone)]
pub struct Message {
    pub at: f64,
    pub says: BTreeSet<Key>,
}

/// What one side told: the messages with something new, and how often each begin was told.
#[derive(Debug, Default)]
pub struct Told {
    pub first: BTreeMap<Key, f64>,
    pub times: BTreeMap<Key, usize>,
    /// New things by message.
    pub news: BTreeSet<Vec<Key>>,
    /// Times of the messages about each rule.
    pub at: BTreeMap<usize, Vec<f64>>,
}

impl Told {
    /// From messages in any order.
    pub fn of(sequence: &Sequence, mut messages: Vec<Message>) -> Self {
        messages.sort_by(|one, other| one.at.total_cmp(&other.at));
        let mut told = Self::default();
        for Message { at, says } in messages {
            let mut news = Vec::new();
            for key in says {
                *told.times.entry(key).or_default() += 1;
                if let std::collections::btree_map::Entry::Vacant(none) = told.first.entry(key) {
                    none.insert(at);
                    news.push(key);
                }
                let times = told.at.entry(sequence.episodes[key.0].rule).or_default();
                if times.last() != Some(&at) {
                    times.push(at);
                }
            }
            if !news.is_empty() {
                told.news.insert(news);
            }
        }
        told
    }
}

/// Differences with a reason, and how often they were seen.
pub type Named = BTreeMap<&'static str, usize>;

/// Compares both sides; returns what has no reason.
pub fn differences(sequence: &Sequence, ours: &Told, theirs: &Told, named: &mut Named) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut strict = true;
    for (index, episode) in sequence.episodes.iter().enumerate() {
        for side in [Side::Begin, Side::End] {
            let key = (index, side);
            let both = (ours.first.get(&key).copied(), theirs.first.get(&key).copied());
            match reason(sequence, ours, episode, key, both) {
                Ok(None) => {}
                Ok(Some(name)) => {
                    strict = false;
                    *named.entry(name).or_default() += 1;
                }
                Err(why) => {
                    strict = false;
                    wrong.push(format!("sequence {} {:?}: {why}", sequence.number, sequence.kind));
                }
            }
        }
    }
    if strict && sequence.kind != Kind::Free && ours.news != theirs.news {
        wrong.push(format!(
            "sequence {}: messages {:?}, expected {:?}",
            sequence.number, ours.news, theirs.news
        ));
    }
    if sequence.kind == Kind::Repeated {
        let begins = |told: &Told| -> Vec<(Key, usize)> {
            told.times.iter().filter(|((_, side), _)| *side == Side::Begin).map(|(k, n)| (*k, *n)).collect()
        };
        if begins(ours) != begins(theirs) {
            let text = format!("{:?} repeats, expected {:?}", begins(ours), begins(theirs));
            wrong.push(format!("sequence {}: {text}", sequence.number));
        }
    }
    for times in ours.at.values() {
        let near = |pair: &[f64]| pair[1] - pair[0] < sequence.interval as f64 - 0.01;
        if times.windows(2).any(near) {
            wrong.push(format!("sequence {}: two messages within {times:?}", sequence.number));
        }
    }
    wrong
}

/// Nothing for the same notice at the same time, the name of a known difference, or what is wrong.
fn reason(
    sequence: &Sequence,
    ours: &Told,
    episode: &Episode,
    (index, side): Key,
    both: (Option<f64>, Option<f64>),
) -> Result<Option<&'static str>, String> {
    let text = || format!("{side:?} of {episode:?} at {:?}, expected {:?}", both.0, both.1);
    let held = is_held(sequence, episode);
    match both {
        (None, None) if held || sequence.kind == Kind::Free => Ok(None),
        (None, None) => Err(format!("{} was never told", text())),
        (Some(one), Some(other)) if (one - other).abs() < 0.9 => Ok(None),
        (Some(_), Some(_)) if sequence.kind == Kind::Free => in_time(sequence, episode, side, both.0)
            .then_some(Some("a group whose episodes all ended begins anew, with times of its own"))
            .ok_or_else(text),
        (Some(one), Some(other)) if held && (one - other).abs() <= 2.0 * sequence.interval as f64 => {
            Ok(Some("a held notice goes once nothing holds it, if its group has sent nothing yet"))
        }
        (Some(one), Some(other))
            if sequence.kind == Kind::Inhibited
                && (0.0..=sequence.wait as f64 + 0.9).contains(&(other - one)) =>
        {
            Ok(Some("a notice goes along with a held one of its rule"))
        }
        (Some(_), None) if side == Side::Begin && is_again(sequence, episode) => {
            Ok(Some("an alert that begins again after a held end is a new episode"))
        }
        (Some(_), None) if sequence.kind == Kind::Free && side == Side::End => {
            Ok(Some("a short episode is told by its end"))
        }
        (Some(at), None) if sequence.kind == Kind::Free => in_time(sequence, episode, side, Some(at))
            .then_some(Some("a short episode is told because its group began anew"))
            .ok_or_else(text),
        (None, Some(_)) if sequence.kind == Kind::Free && ours.first.contains_key(&(index, Side::End)) => {
            Ok(Some("a short episode is told by its end"))
        }
        (None, Some(_)) if sequence.kind == Kind::Free && episode.off - episode.on <= sequence.wait => {
            Ok(Some("an episode that ends in the instant of its first message is not told"))
        }
        (Some(_), None) if held && side == Side::End => {
            Ok(Some("the end of a told episode is told in spite of a silence or an inhibition"))
        }
        (None, Some(_)) if held && side == Side::End => {
            Ok(Some("the end of an episode whose begin was held is not told"))
        }
        _ => Err(text()),
    }
}

/// Whether a notice comes within what the times promise.
fn in_time(sequence: &Sequence, episode: &Episode, side: Side, at: Option<f64>) -> bool {
    let since = if side == Side::Begin { episode.on } else { episode.off };
    let most = sequence.wait + sequence.interval;
    at.is_some_and(|at| at >= since as f64 - 0.01 && at <= (since + most) as f64 + 0.01)
}

/// Whether a silence or an inhibition touches the episode.
fn is_held(sequence: &Sequence, episode: &Episode) -> bool {
    let until = (episode.off + sequence.wait + sequence.interval) * 1_000;
    let silenced = sequence.silences.iter().any(|silence| {
        silence.instance == episode.instance && silence.from < until && silence.to > episode.on * 1_000
    });
    let inhibits = |other: &Episode| {
        Sequence::severity(other.rule) == "critical"
            && Sequence::severity(episode.rule) == "warning"
            && other.instance == episode.instance
            && other.on * 1_000 < until
            && other.off + sequence.wait > episode.on
    };
    silenced || (sequence.kind == Kind::Inhibited && sequence.episodes.iter().any(inhibits))
}

/// Whether the same alert had an episode before whose end was held.
fn is_again(sequence: &Sequence, episode: &Episode) -> bool {
    sequence.episodes.iter().any(|before| {
        before.rule == episode.rule
            && before.instance == episode.instance
            && before.off <= episode.on
            && is_held(sequence, before)
    })
}

/// Messages of `trial`.
pub fn ours(sequence: &Sequence, answer: &Value, start: i64) -> Result<Vec<Message>, String> {
    let mut messages = Vec::new();
    for message in answer["messages"].as_array().into_iter().flatten() {
        let mut says = BTreeSet::new();
        for notice in message["notices"].as_array().into_iter().flatten() {
            let began = notice["started_at"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
            let began = began.ok_or_else(|| format!("no time in {notice}"))?.as_second() - start;
            let is = |episode: &Episode| {
                notice["rule"] == format!("r{}", episode.rule)
                    && notice["group"]["instance"] == episode.instance.as_str()
                    && episode.on == began
            };
            let found = sequence.episodes.iter().position(is);
            let index = found.ok_or_else(|| format!("no episode of {notice} at {began}"))?;
            says.insert((index, if notice["status"] == "firing" { Side::Begin } else { Side::End }));
        }
        messages.push(Message { at: message["at_ms"].as_f64().unwrap_or(0.0) / 1_000.0, says });
    }
    Ok(messages)
}
