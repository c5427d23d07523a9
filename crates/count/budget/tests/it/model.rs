//! Property tests: random work against a simple model.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use quipu_budget::{Scope, *};
use quipu_conformance::sample::{at, draft, priced, trace_id};
use quipu_core::*;

use super::{Set, accounts, count};

const ALL: i128 = 100;
const EACH: i128 = 40;
const HOLD: i64 = 60;

#[derive(Debug, Clone)]
enum Step {
    /// A check in a trace, with or without a user.
    Ask {
        trace: u64,
        said: bool,
        cents: i128,
    },
    /// A call is counted, or corrected.
    Count {
        trace: u64,
        span: u64,
        cents: i128,
    },
    /// A trace gets its user.
    Learn {
        trace: u64,
    },
    /// One of the reservations is given back, or settled by hand.
    Release {
        which: usize,
    },
    Settle {
        which: usize,
        cents: i128,
    },
    /// Time passes: in all less than the time for which calls are remembered.
    Wait {
        seconds: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (trace, cents) = (1..6_u64, 0..30_i128);
    prop_oneof![
        4 => (trace.clone(), any::<bool>(), cents.clone())
            .prop_map(|(trace, said, cents)| Step::Ask { trace, said, cents }),
        4 => (trace.clone(), 1..4_u64, cents.clone())
            .prop_map(|(trace, span, cents)| Step::Count { trace, span, cents }),
        1 => trace.prop_map(|trace| Step::Learn { trace }),
        1 => any::<usize>().prop_map(|which| Step::Release { which }),
        1 => (any::<usize>(), cents).prop_map(|(which, cents)| Step::Settle { which, cents }),
        1 => prop_oneof![1..40_i64, Just(90_000)].prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// The user of a trace: two share their traces.
fn user(trace: u64) -> &'static str {
    if trace.is_multiple_of(2) { "ann" } else { "bob" }
}

/// A reservation in one of the two budgets.
struct Hold {
    id: usize,
    trace: u64,
    budget: &'static str,
    user: Option<&'static str>,
    cents: i128,
    expires: Timestamp,
}

#[derive(Default)]
struct Model {
    holds: Vec<Hold>,
    /// By call: its cents and its day.
    calls: BTreeMap<(u64, u64), (i128, Timestamp)>,
    known: BTreeMap<u64, &'static str>,
    /// Settled by hand: cents, whose, and the day.
    settled: Vec<(i128, Option<&'static str>, Timestamp)>,
}

fn day(time: Timestamp) -> Timestamp {
    time.floor(Timestamp::DAY)
}

impl Model {
    fn spent(&self, whose: Option<&str>, now: Timestamp) -> i128 {
        let calls = self.calls.iter().filter(|((trace, _), (_, when))| {
            day(*when) == day(now) && whose.is_none_or(|user| self.known.get(trace) == Some(&user))
        });
        let settled = self.settled.iter().filter(|(_, user, when)| {
            day(*when) == day(now) && whose.is_none_or(|whose| *user == Some(whose))
        });
        calls.map(|(_, (cents, _))| cents).sum::<i128>() + settled.map(|(cents, ..)| cents).sum::<i128>()
    }

    fn reserved(&self, budget: &str, whose: Option<&str>) -> i128 {
        let holds = self.holds.iter().filter(|hold| hold.budget == budget);
        holds.filter(|hold| whose.is_none_or(|user| hold.user == Some(user))).map(|hold| hold.cents).sum()
    }

    fn fits(&self, budget: &str, whose: Option<&str>, limit: i128, cents: i128, now: Timestamp) -> bool {
        let taken = self.spent(whose, now) + self.reserved(budget, whose);
        taken < limit && taken + cents <= limit
    }
}

struct Run {
    budgets: Budgets,
    clock: Arc<Set>,
    model: Model,
    out: Vec<(usize, Admission, Option<&'static str>)>,
    next: usize,
}

fn cents(count: i128) -> Usd {
    Usd::cents(i64::try_from(count).unwrap())
}

impl Run {
    fn new(accounts: Arc<dyn Accounts>) -> Self {
        let clock = Set::at(at(0));
        let hold = std::time::Duration::from_secs(HOLD.unsigned_abs());
        let each = Scope { user: Some("*".into()), ..Scope::default() };
        let builder = Budgets::builder().clock(Arc::clone(&clock) as _).accounts(accounts);
        let builder = builder.budget("all", Budget::usd(cents(ALL)).hold(hold));
        let builder = builder.budget("each", Budget::usd(cents(EACH)).hold(hold).scope(each));
        let budgets = builder.build().unwrap();
        Self { budgets, clock, model: Model::default(), out: Vec::new(), next: 0 }
    }

    fn step(&mut self, step: &Step) {
        let now = self.clock.now();
        self.model.holds.retain(|hold| hold.expires > now);
        match *step {
            Step::Ask { trace, said, cents } => self.ask(trace, said.then(|| user(trace)), cents, now),
            Step::Count { trace, span, cents } => self.count(trace, span, cents, now),
            Step::Learn { trace } => {
                let span = draft(trace, 99).user(user(trace)).span();
                Stage::apply(&self.budgets, &mut Batch { spans: vec![span], ..Batch::default() });
                self.model.known.insert(trace, user(trace));
            }
            Step::Release { which } => {
                if let Some((id, admitted, _)) = self.take(which) {
                    admitted.release();
                    self.model.holds.retain(|hold| hold.id != id);
                }
            }
            Step::Settle { which, cents } => {
                if let Some((id, admitted, whose)) = self.take(which) {
                    admitted.settle(Estimate { usd: self::cents(cents), ..Estimate::default() });
                    self.model.holds.retain(|hold| hold.id != id);
                    self.model.settled.push((cents, whose, now));
                }
            }
            Step::Wait { seconds } => {
                if self.clock.now().since(at(0)) < 6 * Timestamp::DAY {
                    self.clock.go(seconds * Timestamp::SECOND);
                }
            }
        }
        self.compare();
    }

    fn take(&mut self, which: usize) -> Option<(usize, Admission, Option<&'static str>)> {
        let count = self.out.len();
        (count > 0).then(|| self.out.swap_remove(which % count))
    }

    fn ask(&mut self, trace: u64, whose: Option<&'static str>, cents: i128, now: Timestamp) {
        let mut subject = Subject::default().trace(trace_id(trace));
        subject.user = whose.map(Into::into);
        let answer = self.budgets.admit(&subject, self::cents(cents));
        let fits = self.model.fits("all", None, ALL, cents, now)
            && whose.is_none_or(|user| self.model.fits("each", Some(user), EACH, cents, now));
        assert_eq!(answer.is_ok(), fits, "{answer:?}");
        let Ok(admitted) = answer else { return };
        self.next += 1;
        let (id, expires) = (self.next, now.plus(HOLD * Timestamp::SECOND));
        let mut hold =
            |budget| self.model.holds.push(Hold { id, trace, budget, user: whose, cents, expires });
        hold("all");
        if whose.is_some() {
            hold("each");
        }
        self.out.push((id, admitted, whose));
        let taken = self.model.spent(None, now) + self.model.reserved("all", None);
        assert!(taken <= ALL, "what is let through fits");
    }

    fn count(&mut self, trace: u64, span: u64, cents: i128, now: Timestamp) {
        let known = self.model.calls.get(&(trace, span)).copied();
        let time = known.map_or(now, |(_, time)| time);
        let drawn = draft(trace, span).starts(time).llm("openai/gpt-5", 1, 1).span();
        count(&self.budgets, [Cost { time, ..priced(&drawn, &self::cents(cents).to_string()) }]);
        if known.is_none() {
            for budget in ["all", "each"] {
                let of_it = self.model.holds.iter().enumerate();
                let of_it = of_it.filter(|(_, hold)| hold.trace == trace && hold.budget == budget);
                if let Some((smallest, _)) = of_it.min_by_key(|(_, hold)| (hold.cents, hold.id)) {
                    self.model.holds.remove(smallest);
                }
            }
        }
        self.model.calls.insert((trace, span), (cents, time));
    }

    fn compare(&self) {
        let now = self.clock.now();
        let alive = |hold: &&Hold| hold.expires > now;
        for (budget, whose) in [("all", None), ("each", Some("ann")), ("each", Some("bob"))] {
            let spent = cents(self.model.spent(whose, now)).to_string();
            let held = self.model.holds.iter().filter(alive).filter(|hold| hold.budget == budget);
            let held = held.filter(|hold| whose.is_none_or(|user| hold.user == Some(user)));
            let reserved = cents(held.map(|hold| hold.cents).sum()).to_string();
            let told = accounts(&self.budgets, budget);
            let told = told.into_iter().find(|(name, ..)| name == whose.unwrap_or_default());
            let told = told.map_or(("0".into(), "0".into()), |(_, spent, reserved)| (spent, reserved));
            assert_eq!(told, (spent, reserved), "budget {budget} {whose:?}: spent and reserved");
        }
    }
}

fn run(accounts: Arc<dyn Accounts>, steps: &[Step]) {
    let mut run = Run::new(accounts);
    steps.iter().for_each(|step| run.step(step));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_memory_it_is_as_the_model_says(steps in prop::collection::vec(step(), 1..80)) {
        run(Arc::new(LocalAccounts::default()), &steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_a_file_it_is_as_the_model_says(steps in prop::collection::vec(step(), 1..80)) {
        let folder = tempfile::tempdir().unwrap();
        run(quipu_backend_sqlite::accounts::open(folder.path().join("budgets.db")).unwrap(), &steps);
    }
}
