//! Tests on generated traffic: real changes, and mere variation.

use std::sync::Arc;

use proptest::prelude::*;
use quipu_core::{Batch, Canonical, Kind, Resource, Scope, Span, SpanId, Timestamp, TraceId, Usage, Usd};
use quipu_drift::{BatchCounts, Change, Report, Saved, Watch};

/// Midnight of the first day of all traffic here.
const BEGIN: i64 = 20_000 * Timestamp::DAY;

/// A random number generator with a seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number below `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn shows(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// The properties of a source's spans.
#[derive(Clone)]
struct Sender {
    scope: Arc<Scope>,
    resource: Arc<Resource>,
    model: &'static str,
    /// Percent of spans with a cost, a finish reason, and cached tokens.
    shares: [u64; 3],
}

fn sender(version: &str, service: &str, model: &'static str, shares: [u64; 3]) -> Sender {
    let scope = Scope { name: "acme.llm".into(), version: version.into(), ..Scope::default() };
    let mut resource = Resource::default();
    resource.attributes.push("service.name", service);
    Sender { scope: Arc::new(scope), resource: Arc::new(resource), model, shares }
}

/// Spans of a day.
fn day(sender: &Sender, day: i64, spans: u64, dice: &mut Dice) -> Batch {
    let span = |dice: &mut Dice| {
        let start = Timestamp::from_nanos(
            BEGIN + day * Timestamp::DAY + dice.below(86_400).cast_signed() * Timestamp::SECOND,
        );
        let id = dice.next().to_string();
        let mut span = Span::new(TraceId::made_of(&[&id]), SpanId::made_of(&[&id]), "chat", start, start);
        (span.scope, span.resource) = (sender.scope.clone(), sender.resource.clone());
        let [cost, finish, cached] = sender.shares.map(|percent| dice.shows(percent));
        *span.canonical = Canonical {
            kind: Kind::Llm,
            request_model: Some(sender.model.into()),
            usage: Some(Usage {
                input: Some(9),
                output: Some(1),
                cache_read: cached.then_some(3),
                ..Usage::default()
            }),
            reported_cost: cost.then_some(Usd::default()),
            finish_reasons: finish.then(|| "stop".into()).into_iter().collect(),
            ..Canonical::default()
        };
        span
    };
    Batch { spans: (0..spans).map(|_| span(dice)).collect(), ..Batch::default() }
}

fn at(day: i64) -> Timestamp {
    Timestamp::from_nanos(BEGIN + day * Timestamp::DAY + Timestamp::DAY / 2)
}

fn send(watch: &Watch, batch: &Batch, day: i64) {
    watch.add(BatchCounts::of(batch, &|_, _| None), at(day));
}

fn fields(changes: &[Change]) -> Vec<(&'static str, &str, &str)> {
    changes
        .iter()
        .map(|change| (change.field, change.version_before.as_str(), change.version.as_str()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Two services with different models send a field always, never or sometimes. Their share of the traffic
    /// and the share of an optional field vary each day, and a new version starts meanwhile.
    #[test]
    fn mixed_traffic_is_no_change(seed in any::<u64>(), update in 1_i64..27, most in 10_u64..300) {
        let (dice, watch) = (&mut Dice(seed), Watch::default());
        let fixed = [dice.below(3) * 50, dice.below(3) * 50];
        for today in 0..28 {
            for (service, model, share) in [("shop", "gpt-4o", fixed[0]), ("desk", "claude-x", fixed[1])] {
                let spans = dice.below(most);
                let shares = [share, share, 10 + dice.below(80)];
                for version in ["1.0", "1.1"] {
                    let in_use = version == "1.0" && today <= update + 2 || version == "1.1" && today >= update;
                    let spans = if in_use { spans } else { 0 };
                    send(&watch, &day(&sender(version, service, model, shares), today, spans, dice), today);
                }
            }
        }
        let changes = watch.report(at(27)).changes;
        prop_assert!(changes.is_empty(), "{changes:?}");
    }

    /// A version that stops sending a field, and one that starts, are one change each in any traffic.
    #[test]
    fn a_version_that_drops_a_field_is_reported(
        seed in any::<u64>(), days in 1_i64..12, spans in 20_u64..200, rises in any::<bool>(), overlap in any::<bool>(),
    ) {
        let (dice, watch) = (&mut Dice(seed), Watch::default());
        let (before, after) = if rises { (0, 100) } else { (100, 0) };
        for today in 0..days {
            send(&watch, &day(&sender("2.1.9", "cli", "m", [before, 100, 50]), today, spans, dice), today);
        }
        for today in days - i64::from(overlap)..days + 2 {
            send(&watch, &day(&sender("2.1.122", "cli", "m", [after, 100, 50]), today, spans, dice), today);
        }
        let report = watch.report(at(days + 2));
        prop_assert_eq!(fields(&report.changes), [("reported_cost_usd", "2.1.9", "2.1.122")]);
        let change = &report.changes[0];
        prop_assert_eq!((change.share_before * 100.0, change.share_after * 100.0), (f64::from(u8::try_from(before).unwrap()), f64::from(u8::try_from(after).unwrap())));
        let first = report.sources.iter().find(|one| one.source.version == "2.1.122").unwrap().first_seen;
        prop_assert_eq!(change.since, first);
    }

    /// A field that stops and returns within a version is two changes, each with its day.
    #[test]
    fn a_field_that_goes_and_comes_within_a_version_is_reported(
        seed in any::<u64>(), first in 1_i64..9, gone in 1_i64..9, spans in 20_u64..200,
    ) {
        let (dice, watch) = (&mut Dice(seed), Watch::default());
        for today in 0..first + gone + 3 {
            let share = if (first..first + gone).contains(&today) { 0 } else { 100 };
            send(&watch, &day(&sender("", "cli", "m", [100, share, 50]), today, spans, dice), today);
        }
        let mut changes = watch.report(at(first + gone + 3)).changes;
        changes.reverse();
        prop_assert_eq!(fields(&changes), [("finish_reasons", "", ""); 2]);
        let since: Vec<i64> = changes.iter().map(|change| (change.since.nanos() - BEGIN) / Timestamp::DAY).collect();
        prop_assert_eq!(since, [first, first + gone]);
    }
}

/// A watch after a restart.
fn restarted(watch: &Watch, now: Timestamp) -> Watch {
    let stored = serde_json::to_string(&watch.saved(now)).unwrap();
    let next = Watch::default();
    next.resume(serde_json::from_str::<Saved>(&stored).unwrap(), now);
    next
}

#[test]
fn a_restart_forgets_nothing() {
    let (dice, mut watch) = (&mut Dice(1), Watch::default());
    for today in 0..4 {
        let (version, cost) = if today < 2 { ("1", 100) } else { ("2", 0) };
        send(&watch, &day(&sender(version, "cli", "m", [cost, 100, 50]), today, 30, dice), today);
        let Report { changes, sources } = watch.report(at(today));
        watch = restarted(&watch, at(today));
        assert_eq!(watch.report(at(today)), Report { changes, sources });
    }
    assert_eq!(fields(&watch.report(at(4)).changes), [("reported_cost_usd", "1", "2")]);
    assert_eq!(watch.report(at(40)).sources.len(), 2);
}

#[test]
fn hostile_sources_stay_within_bounds() {
    let (dice, watch) = (&mut Dice(1), Watch::default());
    for number in 0..300_u64 {
        let mut one = sender(&number.to_string(), &format!("service {}", number % 90), "m", [100; 3]);
        Arc::make_mut(&mut one.scope).name = format!("{number}{}", "x".repeat(10_000)).into();
        for today in 0..20 {
            send(&watch, &day(&one, today, 2, dice), today);
        }
    }
    let one = sender("1", "cli", "m", [100; 3]);
    for number in 0..2_000 {
        let mut one = one.clone();
        Arc::make_mut(&mut one.resource).attributes.push("service.version", number.to_string().as_str());
        let mut batch = day(&one, number % 25, 1, dice);
        batch.spans[0].canonical.request_model = Some(number.to_string().into());
        send(&watch, &batch, number % 25);
    }
    let report = watch.report(at(25));
    assert_eq!(report.sources.len(), 256);
    let stored = serde_json::to_string(&watch.saved(at(25))).unwrap();
    assert!(stored.len() < 8 << 20, "{} bytes", stored.len());
}

#[test]
fn a_source_that_pauses_far_longer_than_before_is_silent_until_its_next_version_speaks() {
    let (dice, watch) = (&mut Dice(1), Watch::default());
    for today in 0..3 {
        send(&watch, &day(&sender("1", "cli", "m", [100; 3]), today, 3, dice), today);
    }
    let silent =
        |now: i64| watch.report(at(now)).sources.iter().filter(|one| one.silent_since.is_some()).count();
    assert_eq!((silent(7), silent(8)), (0, 1));
    send(&watch, &day(&sender("2", "cli", "m", [100; 3]), 8, 3, dice), 8);
    assert_eq!(silent(9), 0);
}

#[test]
fn models_and_kinds_that_are_no_longer_named_are_reported() {
    let (dice, watch) = (&mut Dice(3), Watch::default());
    for today in 0..2 {
        let mut batch = day(&sender("1", "cli", "m", [100; 3]), today, 30, dice);
        for span in batch.spans.iter_mut().filter(|_| today == 1) {
            *span.canonical = Canonical { kind: Kind::Llm, ..Canonical::default() };
        }
        send(&watch, &batch, today);
        let mut tools = day(&sender("7", "ops", "m", [100; 3]), today, 30, dice);
        for span in &mut tools.spans {
            span.scope = Arc::new(Scope { name: "acme.tools".into(), ..Scope::default() });
            let kind = if today == 0 { Kind::Tool } else { Kind::Other };
            *span.canonical = Canonical { kind, ..Canonical::default() };
        }
        send(&watch, &tools, today);
    }
    let mut found: Vec<_> =
        watch.report(at(1)).changes.into_iter().map(|change| (change.source, change.field)).collect();
    found.sort();
    assert_eq!(found, [("acme.llm".into(), "request_model"), ("acme.tools".into(), "kind")]);
}
