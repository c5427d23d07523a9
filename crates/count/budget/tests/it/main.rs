//! Tests of budgets through the public interface.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod actions;
mod basic;
mod calendar;
mod loops;
mod model;
mod notices;
mod scopes;
mod shared;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use quipu_budget::*;
use quipu_conformance::sample::{at, draft, priced};
use quipu_core::locks::Mutex;
use quipu_core::*;

/// A clock with a settable time.
#[derive(Default)]
struct Set(AtomicI64);

impl Set {
    fn at(time: Timestamp) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(time.nanos())))
    }

    fn put(&self, time: &str) {
        self.0.store(time.parse::<Timestamp>().unwrap().nanos(), Ordering::SeqCst);
    }

    fn go(&self, nanos: i64) {
        self.0.fetch_add(nanos, Ordering::SeqCst);
    }
}

impl Clock for Set {
    fn now(&self) -> Timestamp {
        Timestamp::from_nanos(self.0.load(Ordering::SeqCst))
    }
}

fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

/// A counted call of a trace.
fn row(trace: u64, number: u64, cost: &str) -> Cost {
    let span = draft(trace, number).starts(at(0)).llm("openai/gpt-5", 100, 10).span();
    Cost { time: at(0), ..priced(&span, cost) }
}

fn count(budgets: &Budgets, rows: impl Into<Vec<Cost>>) {
    Stage::apply(budgets, &mut Batch { costs: rows.into(), ..Batch::default() });
}

/// Budgets by name with a clock that stands at `at(0)`.
fn house(all: impl IntoIterator<Item = (&'static str, Budget)>) -> (Budgets, Arc<Set>) {
    let clock = Set::at(at(0));
    let builder = Budgets::builder().clock(Arc::clone(&clock) as _);
    let builder = all.into_iter().fold(builder, |builder, (name, budget)| builder.budget(name, budget));
    (builder.build().unwrap(), clock)
}

/// The same in a file.
fn filed(path: &Path, clock: &Arc<Set>, all: impl IntoIterator<Item = (&'static str, Budget)>) -> Budgets {
    let accounts = quipu_backend_sqlite::accounts::open(path).unwrap();
    let builder = Budgets::builder().clock(Arc::clone(clock) as _).accounts(accounts);
    let builder = all.into_iter().fold(builder, |builder, (name, budget)| builder.budget(name, budget));
    builder.build().unwrap()
}

/// Spent and reserved amounts of every account of a budget, with its scope.
fn accounts(budgets: &Budgets, name: &str) -> Vec<(String, String, String)> {
    let view = budgets.list().unwrap().into_iter().find(|view| view.name == name).unwrap();
    let told = view.accounts.into_iter().map(|account| {
        let whose: Vec<String> = account.scope.values().cloned().collect();
        (whose.join(" "), account.spent.plain(), account.reserved.plain())
    });
    told.collect()
}

fn one(whose: &str, spent: &str, reserved: &str) -> (String, String, String) {
    (whose.into(), spent.into(), reserved.into())
}

/// Collects every notice as text.
fn listen(budgets: &Budgets) -> Arc<Mutex<Vec<Notice>>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    budgets.on_notice(move |notice| ear.lock().push(notice.clone()));
    heard
}

fn exceeded(answer: std::result::Result<Admission, BudgetError>) -> Exceeded {
    match answer {
        Err(BudgetError::Exceeded(exceeded)) => *exceeded,
        other => panic!("{other:?}"),
    }
}
