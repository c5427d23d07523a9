//! Tests of the actions for a call that does not fit, and of books that cannot be written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use quipu_budget::{Scope, *};
use quipu_conformance::sample::{at, trace_id};
use quipu_core::*;

use super::{Set, accounts, count, exceeded, house, listen, one, row, usd};

#[test]
fn only_block_refuses() {
    let small = || Budget::usd(usd("1"));
    let (budgets, _) = house([
        ("a-notify", small().action(Action::Notify)),
        ("b-slow", small().throttle(Duration::from_millis(250))),
        ("c-slower", small().throttle(Duration::from_secs(2))),
        ("d-cheap", small().degrade_to("gpt-5-nano")),
    ]);
    let heard = listen(&budgets);
    let fits = budgets.admit(&Subject::default(), usd("1")).unwrap();
    assert!(fits.delay().is_none() && fits.degrade_to().is_none() && fits.notices().is_empty());
    let over = budgets.admit(&Subject::default().trace(trace_id(1)), usd("0.5")).unwrap();
    assert_eq!((over.delay(), over.degrade_to()), (Some(Duration::from_secs(2)), Some("gpt-5-nano")));
    assert_eq!(over.notices().len(), 4);
    assert_eq!(accounts(&budgets, "a-notify"), [one("", "0", "1.5")], "it is reserved all the same");
    let told: Vec<_> = heard.lock().iter().map(|notice| (notice.what.clone(), notice.action)).collect();
    let refused = |action| (What::Refused, action);
    assert_eq!(told, ["notify", "throttle", "throttle", "degrade"].map(refused));
    count(&budgets, [row(1, 1, "0.5")]);
    assert_eq!(accounts(&budgets, "a-notify"), [one("", "0.5", "1")]);
}

/// Books that can be taken away.
struct Broken {
    books: LocalAccounts,
    broken: AtomicBool,
}

impl Accounts for Broken {
    fn transact(&self, work: &mut dyn FnMut(&mut dyn Sheet) -> Result<()>) -> Result<()> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Exhausted, "write accounts", "budgets.db: no space left"));
        }
        self.books.transact(work)
    }

    fn erase(&self, whose: &Erasure<'_>, dry_run: bool) -> Result<u64> {
        self.books.erase(whose, dry_run)
    }
}

#[test]
fn what_cannot_be_checked_is_closed_for_block_and_open_for_others() {
    let books = Arc::new(Broken { books: LocalAccounts::default(), broken: AtomicBool::new(false) });
    let scope = Scope { agent: Some("planner".into()), ..Scope::default() };
    let budgets = Budgets::builder()
        .clock(Set::at(at(0)))
        .accounts(Arc::clone(&books) as _)
        .budget("soft", Budget::usd(usd("10")).action(Action::Notify))
        .budget("hard", Budget::usd(usd("10")).scope(scope))
        .build()
        .unwrap();
    let heard = listen(&budgets);
    let planner = Subject::default().agent("planner").trace(trace_id(1));
    budgets.admit(&planner, usd("1")).unwrap();
    books.broken.store(true, Ordering::SeqCst);
    let refused = budgets.admit(&planner, usd("1")).unwrap_err();
    assert!(
        matches!(&refused, BudgetError::Store { name, why } if name == "hard" && why.contains("no space left"))
    );
    let open = budgets.admit(&Subject::default(), usd("1")).unwrap();
    assert!(open.notices()[0].contains("\"soft\" cannot be checked"), "{:?}", open.notices());
    assert!(
        budgets.budget("hard").check(usd("1")).is_err() && budgets.budget("soft").check(usd("1")).is_ok()
    );
    open.settle(usd("2"));
    count(&budgets, [row(1, 1, "0.5")]);
    count(&budgets, [row(2, 1, "0.25")]);
    assert!(heard.lock().iter().any(|notice| notice.what == What::Unchecked && notice.budget == "*"));
    let unknown = budgets.budget("stored elsewhere").check(usd("1")).unwrap_err();
    assert!(matches!(unknown, BudgetError::Store { .. }), "it may be one that blocks: {unknown}");
    assert!(budgets.list().is_err() && budgets.set("x", BudgetConfig::default()).is_err());
    books.broken.store(false, Ordering::SeqCst);
    count(&budgets, [row(3, 1, "1")]);
    assert_eq!(accounts(&budgets, "soft"), [one("", "3.75", "0")], "nothing was lost");
    assert_eq!(exceeded(budgets.admit(&Subject::default().agent("planner"), usd("11"))).name, "hard");
}
