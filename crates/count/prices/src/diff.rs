//! Differences between an older and a newer price list.

use std::collections::BTreeMap;
use std::fmt;

use quipu_core::{Timestamp, Usd};

use crate::Books;
use crate::edition::Edition;
use crate::schema::{Body, Clause, Price, When, Window};

/// New, removed and changed rules in the lists in use, by source, provider and rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// Rules that only the newer list has.
    pub new: Vec<Change>,
    /// Rules that only the older list has.
    pub gone: Vec<Change>,
    /// Rules with different prices or different matching names.
    pub changed: Vec<Change>,
}

/// One changed rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Name of the source.
    pub source: String,
    /// Id of the provider.
    pub provider: String,
    /// Id of the rule.
    pub id: String,
    /// Changed prices: the price with its conditions (`input_tokens above 200000 processing=batch`), the old
    /// value, the new value. Each value is for [`crate::Unit::per`] units. A factor is a plain number.
    pub prices: Vec<(String, Option<Usd>, Option<Usd>)>,
    /// Different names match the rule.
    pub names: bool,
}

/// Differences of the lists in use of `new` from those of `old`, for the sources in `new`.
pub fn diff(old: &Books, new: &Books) -> Diff {
    let (old, new) = (old.state(), new.state());
    let mut diff = Diff::default();
    for newer in new.families().iter().filter_map(|family| family.newest()) {
        let mut older = old.families().iter().filter_map(|family| family.newest());
        let older = older.find(|edition| edition.info.source == newer.info.source);
        diff.add(older.map(|edition| &**edition), newer);
    }
    diff
}

struct Facts<'e> {
    prices: BTreeMap<String, Usd>,
    names: &'e Clause<'static>,
}

type Rules<'e> = BTreeMap<(&'e str, &'e str), Facts<'e>>;

impl Diff {
    /// Whether there are no differences.
    pub const fn is_empty(&self) -> bool {
        self.new.is_empty() && self.gone.is_empty() && self.changed.is_empty()
    }

    fn add(&mut self, old: Option<&Edition>, new: &Edition) {
        let (before, after) = (old.map(facts).unwrap_or_default(), facts(new));
        let source = new.info.source;
        let change = |key: &(&str, &str), old: Option<&Facts<'_>>, new: Option<&Facts<'_>>| Change {
            source: source.to_owned(),
            provider: key.0.to_owned(),
            id: key.1.to_owned(),
            prices: unequal(old.map(|facts| &facts.prices), new.map(|facts| &facts.prices)),
            names: matches!((old, new), (Some(old), Some(new)) if old.names != new.names),
        };
        for (key, facts) in &after {
            match before.get(key) {
                None => self.new.push(change(key, None, Some(facts))),
                Some(old) => {
                    let change = change(key, Some(old), Some(facts));
                    if change.names || !change.prices.is_empty() {
                        self.changed.push(change);
                    }
                }
            }
        }
        let gone = before.iter().filter(|(key, _)| !after.contains_key(*key));
        self.gone.extend(gone.map(|(key, facts)| change(key, Some(facts), None)));
    }
}

fn facts(edition: &Edition) -> Rules<'_> {
    let mut all = Rules::new();
    for provider in &edition.rules().providers {
        for rule in &provider.rules {
            if let Ok(body) = postcard::from_bytes::<Body<'_>>(rule.body) {
                all.insert((provider.id, rule.id), Facts { prices: flat(&body), names: &rule.matches });
            }
        }
    }
    all
}

/// Every price of a rule by its conditions as text.
fn flat(body: &Body<'_>) -> BTreeMap<String, Usd> {
    let mut all = BTreeMap::new();
    let mut add = |prices: &[Price], conditions: &str| {
        for price in prices {
            let unit = price.unit.name();
            all.insert(format!("{unit}{conditions}"), price.price.usd());
            for (above, tier) in &price.tiers {
                all.insert(format!("{unit} above {above}{conditions}"), tier.usd());
            }
        }
    };
    for dated in &body.base {
        add(&dated.prices, &dated.when.to_string());
    }
    for variant in &body.variants {
        let context: String = variant.context.iter().map(|(key, value)| format!(" {key}={value}")).collect();
        add(&variant.prices, &format!("{context}{}", variant.when));
    }
    for factor in &body.factors {
        all.insert(format!("factor {}={}", factor.key, factor.value), factor.factor.usd());
    }
    all
}

fn unequal(
    old: Option<&BTreeMap<String, Usd>>,
    new: Option<&BTreeMap<String, Usd>>,
) -> Vec<(String, Option<Usd>, Option<Usd>)> {
    let mut all = BTreeMap::<&String, (Option<Usd>, Option<Usd>)>::new();
    for (label, price) in old.into_iter().flatten() {
        all.entry(label).or_default().0 = Some(*price);
    }
    for (label, price) in new.into_iter().flatten() {
        all.entry(label).or_default().1 = Some(*price);
    }
    let others = all.into_iter().filter(|(_, (old, new))| old != new);
    others.map(|(label, (old, new))| (label.clone(), old, new)).collect()
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(day) = self.from_day {
            let date = Timestamp::from_nanos(i64::from(day).saturating_mul(Timestamp::DAY)).to_string();
            write!(f, " from {}", date.get(..10).unwrap_or(&date))?;
        }
        self.window.as_ref().map_or(Ok(()), |window| window.fmt(f))
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |second: u32| format!("{:02}:{:02}", second / 3_600, second / 60 % 60);
        write!(f, " {}-{} UTC", clock(self.start), clock(self.end))?;
        if self.weekdays & 0x7f == 0x7f {
            return Ok(());
        }
        let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let days: Vec<_> =
            names.iter().enumerate().filter(|(day, _)| self.weekdays >> day & 1 == 1).collect();
        let days: Vec<&str> = days.into_iter().map(|(_, name)| *name).collect();
        write!(f, " {}", days.join(","))
    }
}

impl fmt::Display for Change {
    /// One line: the rule, then each price as `unit old -> new`, `-` for none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.source, self.id)?;
        if self.names {
            f.write_str(" (other names)")?;
        }
        let text = |price: &Option<Usd>| price.map_or_else(|| "-".to_owned(), |price| price.to_string());
        for (at, (label, old, new)) in self.prices.iter().enumerate() {
            write!(f, "{} {label} {} -> {}", if at == 0 { ":" } else { "," }, text(old), text(new))?;
        }
        Ok(())
    }
}

impl fmt::Display for Diff {
    /// The numbers, then a line for each rule: `+` new, `-` gone, `~` changed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} new, {} removed, {} changed", self.new.len(), self.gone.len(), self.changed.len())?;
        for (sign, changes) in [('+', &self.new), ('-', &self.gone), ('~', &self.changed)] {
            for change in changes {
                writeln!(f, "{sign} {change}")?;
            }
        }
        Ok(())
    }
}
