//! Tests of one budget shared by several processes.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use quipu_backend_memory::Memory;
use quipu_budget::{Scope, *};
use quipu_conformance::sample::{at, batch, draft, priced, trace_id};
use quipu_core::*;

use super::{Set, accounts, count, exceeded, filed, listen, one, row, usd};

/// Path of the books for a child process of this test, and its task.
const BOOKS: &str = "QUIPU_TEST_BOOKS";
const WORK: &str = "QUIPU_TEST_WORK";

const LIMIT: &str = "10";
const THREADS: u64 = 64;
const PROCESSES: u64 = 4;
/// The one call whose estimate is too low costs this much instead.
const SURPRISE: &str = "0.5";

fn total() -> [(&'static str, Budget); 1] {
    [("all", Budget::usd(usd(LIMIT)).per(Period::Total))]
}

fn spawn(books: &Path, work: &str) -> Child {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    command.args(["--exact", "--nocapture", "shared::child", "--test-threads=1"]);
    command.env(BOOKS, books).env(WORK, work).stdout(Stdio::piped()).spawn().unwrap()
}

/// Task of a child process of these tests; without the variable it does nothing.
#[test]
fn child() {
    let (Ok(books), Ok(work)) = (std::env::var(BOOKS), std::env::var(WORK)) else { return };
    let accounts = quipu_backend_sqlite::accounts::open(books).unwrap();
    let [(name, budget)] = total();
    let budgets = Budgets::builder().accounts(accounts).budget(name, budget).build().unwrap();
    if work == "hold" {
        let held = budgets.admit(&Subject::default(), usd("9")).unwrap();
        println!("\nholds {held:?}");
        loop {
            std::thread::park();
        }
    }
    hammer(&budgets, work.parse().unwrap());
}

/// Threads that ask, call and are counted until nothing is left.
fn hammer(budgets: &Budgets, process: u64) {
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            scope.spawn(move || {
                for turn in 1.. {
                    let number = process * 1_000_000 + thread * 10_000 + turn;
                    let subject = Subject::default().trace(trace_id(number));
                    let admitted = match budgets.admit(&subject, usd("0.05")) {
                        Ok(admitted) => admitted,
                        Err(BudgetError::Exceeded(_)) => return,
                        Err(other) => panic!("{other}"),
                    };
                    let surprise = (process, thread, turn) == (1, 7, 1);
                    let cost = if surprise {
                        SURPRISE
                    } else if turn % 2 == 0 {
                        "0.05"
                    } else {
                        "0.03"
                    };
                    if turn % 3 == 0 {
                        admitted.settle(usd(cost));
                    } else {
                        let now = SystemClock.now();
                        let span = draft(number, 1).starts(now).llm("openai/gpt-5", 100, 10).span();
                        count(budgets, [Cost { time: now, ..priced(&span, cost) }]);
                    }
                }
            });
        }
    });
}

fn check_total(budgets: &Budgets) {
    let account = budgets.list().unwrap().remove(0).accounts.remove(0);
    let (Amount::Usd(spent), Amount::Usd(reserved)) = (account.spent, account.reserved) else {
        panic!("dollars")
    };
    assert_eq!(reserved, Usd::ZERO);
    let most = usd(LIMIT) + usd(SURPRISE) - usd("0.05");
    assert!(spent <= most, "{spent}: more than the one call too much");
    assert!(spent > usd("9.9"), "{spent}: nobody was kept from spending what was left");
}

#[test]
fn sixty_four_threads_never_pass_the_limit() {
    let budgets = Budgets::new(total().map(|(name, budget)| (name.to_owned(), budget)).into());
    hammer(&budgets, 1);
    check_total(&budgets);
}

#[test]
fn four_processes_of_sixty_four_threads_never_pass_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budgets.db");
    let children: Vec<Child> = (1..=PROCESSES).map(|process| spawn(&path, &process.to_string())).collect();
    for child in children {
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    }
    check_total(&filed(&path, &Set::at(SystemClock.now()), total()));
}

#[test]
fn what_a_killed_process_held_is_let_go_of_when_its_time_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budgets.db");
    let mut holder = spawn(&path, "hold");
    let told = BufReader::new(holder.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(told.into_iter().any(|line| line.starts_with("holds")));
    // SIGKILL: the process is gone.
    holder.kill().unwrap();
    holder.wait().unwrap();
    let clock = Set::at(SystemClock.now());
    let budgets = filed(&path, &clock, total());
    let refused = exceeded(budgets.admit(&Subject::default(), usd("2")));
    assert_eq!(refused.reserved, Amount::Usd(usd("9")));
    clock.go(i64::try_from(Duration::from_secs(600).as_nanos()).unwrap());
    budgets.admit(&Subject::default(), usd("10")).unwrap().release();
    assert_eq!(accounts(&budgets, "all"), [one("", "0", "0")], "nothing leaked");
}

#[test]
fn two_processes_count_the_same_call_once_and_a_restart_keeps_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budgets.db");
    let clock = Set::at(at(0));
    let (first, second) = (filed(&path, &clock, total()), filed(&path, &clock, total()));
    let held = first.admit(&Subject::default().trace(trace_id(1)), usd("2")).unwrap();
    drop(held);
    count(&first, [row(1, 1, "1.5")]);
    count(&second, [row(1, 1, "1.5"), row(2, 1, "0.25")]);
    count(&first, [row(2, 1, "0.25")]);
    let want = [one("", "1.75", "0")];
    assert_eq!((accounts(&first, "all"), accounts(&second, "all")), (want.to_vec(), want.to_vec()));
    let kept = first.admit(&Subject::default(), usd("1")).unwrap();
    drop((first, second));
    let third = filed(&path, &clock, total());
    assert_eq!(accounts(&third, "all"), [one("", "1.75", "1")], "reservations as well");
    count(&third, [Cost { version: 2, ..row(1, 1, "1") }]);
    kept.release();
    assert_eq!(
        accounts(&third, "all"),
        [one("", "1.25", "0")],
        "a correction after the restart adds its difference"
    );
}

#[test]
fn a_process_without_a_budget_leaves_what_another_counted_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budgets.db");
    let clock = Set::at(at(0));
    let own = [("own", Budget::usd(usd("5")))];
    let (first, second) = (filed(&path, &clock, total()), filed(&path, &clock, own));
    count(&first, [row(1, 1, "1.5")]);
    count(&second, [row(1, 1, "1.5")]);
    count(&first, [Cost { version: 2, ..row(1, 1, "2") }]);
    assert_eq!(accounts(&first, "all"), [one("", "2", "0")], "once, as it is known now");
    count(&second, [Cost { version: 2, ..row(1, 1, "2") }]);
    assert_eq!(accounts(&second, "own"), [one("", "2", "0")]);
}

#[test]
fn a_stored_budget_of_a_service_holds_from_the_first_look_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budgets.db");
    let scope = Scope { service: Some("planner".into()), ..Scope::default() };
    let none = BudgetConfig { limit_calls: Some(0), scope, ..BudgetConfig::default() };
    filed(&path, &Set::at(at(0)), []).set("planner", none).unwrap();
    let mut resource = Resource::default();
    resource.attributes.push("service.name", "planner");
    let accounts = quipu_backend_sqlite::accounts::open(&path).unwrap();
    let fresh = Budgets::builder().accounts(accounts).resource(Arc::new(resource)).build().unwrap();
    assert_eq!(exceeded(fresh.admit(&Subject::default(), Estimate::call())).name, "planner");
}

#[test]
fn stored_definitions_reach_every_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budgets.db");
    let clock = Set::at(at(0));
    let (first, second) = (filed(&path, &clock, total()), filed(&path, &clock, []));
    let calls = BudgetConfig { limit_calls: Some(1), ..BudgetConfig::default() };
    assert!(first.set("all", calls.clone()).unwrap_err().to_string().contains("configuration file"));
    assert!(first.set("bad", BudgetConfig::default()).unwrap_err().to_string().contains("limit_usd"));
    first.set("few", calls).unwrap();
    second.admit(&Subject::default(), Estimate::call()).unwrap();
    assert_eq!(exceeded(first.admit(&Subject::default(), Estimate::call())).name, "few");
    assert_eq!(
        first.list().unwrap().iter().map(|view| (view.name.as_str(), view.source)).collect::<Vec<_>>(),
        [("all", Source::File), ("few", Source::Stored)]
    );
    second.remove("few").unwrap();
    assert!(matches!(second.remove("few"), Err(BudgetError::Unknown { .. })));
    assert!(matches!(first.remove("all"), Err(BudgetError::DefinedInFile { .. })));
    first.admit(&Subject::default(), Estimate::call()).unwrap();
    assert_eq!(first.list().unwrap().len(), 1);
}

#[tokio::test]
async fn the_store_is_looked_at_once_for_each_budget() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budgets.db");
    let clock = Set::at(at(0));
    let store = Memory::new();
    let span = draft(1, 1).starts(at(0)).llm("openai/gpt-5", 100, 10).user("ann").session("s").span();
    store.write(Arc::new(batch([span.clone()], [priced(&span, "0.75")]))).await.unwrap();
    let users = || {
        let scope = Scope { user: Some("*".into()), ..Scope::default() };
        [("users", Budget::usd(usd("1")).scope(scope))]
    };
    let first = filed(&path, &clock, users());
    first.begin(&store).await.unwrap();
    first.begin(&store).await.unwrap();
    let second = filed(&path, &clock, users());
    second.begin(&store).await.unwrap();
    assert_eq!(accounts(&second, "users"), [one("ann", "0.75", "0")]);
    count(&second, [Cost { version: 2, ..priced(&span, "0.5") }]);
    assert_eq!(accounts(&first, "users"), [one("ann", "0.5", "0")], "the call is known one by one");
}

#[tokio::test]
async fn a_beginning_that_was_interrupted_begins_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budgets.db");
    let store = Memory::new();
    let call = draft(1, 1).starts(at(0)).llm("openai/gpt-5", 100, 10).user("ann").span();
    store.write(Arc::new(batch([call.clone()], [priced(&call, "0.75")]))).await.unwrap();
    // The books of a process that was killed while it read the store.
    let books = quipu_backend_sqlite::accounts::open(&path).unwrap();
    let collected = |scope: &str| AccountId {
        budget: "\u{1}7 users".into(),
        scope: scope.into(),
        unit: AccountUnit::Usd,
    };
    let interrupted = &mut |sheet: &mut dyn Sheet| {
        sheet.set_mark("beginning users", "7")?;
        let post = |scope: &str| Posting { account: collected(scope), bucket: at(0), figure: 1 };
        ["user=ann", "user=eve"].into_iter().try_for_each(|scope| sheet.post(&post(scope)))
    };
    books.transact(interrupted).unwrap();
    let scope = Scope { user: Some("*".into()), ..Scope::default() };
    let users = [("users", Budget::usd(usd("1")).scope(scope))];
    let budgets = filed(&path, &Set::at(at(0)), users);
    budgets.begin(&store).await.unwrap();
    assert_eq!(accounts(&budgets, "users"), [one("ann", "0.75", "0")]);
    let left = &mut |sheet: &mut dyn Sheet| {
        let left = sheet.accounts("\u{1}7 users", Timestamp::from_nanos(i64::MIN), 10)?;
        assert_eq!(left, []);
        Ok(())
    };
    books.transact(left).unwrap();
}

/// A budget that is set during calls begins with all earlier spending in the store, and counts none of it
/// twice.
#[tokio::test]
async fn a_budget_set_late_counts_what_was_before_once() {
    let folder = tempfile::tempdir().unwrap();
    let budgets = filed(&folder.path().join("budgets.db"), &Set::at(at(0)), total());
    let store = Memory::new();
    let call = |number: u64| draft(number, 1).starts(at(0)).llm("openai/gpt-5", 100, 10).span();
    let mut keep = batch([call(1)], [priced(&call(1), "0.5")]);
    Stage::apply(&budgets, &mut keep);
    store.write(Arc::new(keep)).await.unwrap();
    budgets.set("late", BudgetConfig { limit_usd: Some(usd("9")), ..BudgetConfig::default() }).unwrap();
    let mut keep = batch([call(2)], [priced(&call(2), "0.25")]);
    Stage::apply(&budgets, &mut keep);
    store.write(Arc::new(keep)).await.unwrap();
    assert_eq!(accounts(&budgets, "late"), [one("", "0.25", "0")]);
    budgets.begin(&store).await.unwrap();
    assert_eq!(accounts(&budgets, "late"), [one("", "0.75", "0")]);
    for number in [1, 2] {
        count(&budgets, [Cost { version: 2, ..priced(&call(number), "1") }]);
    }
    assert_eq!(accounts(&budgets, "late"), [one("", "2", "0")], "corrections add their difference");
    assert_eq!(accounts(&budgets, "all"), [one("", "2", "0")]);
}

#[test]
fn a_file_that_is_no_book_or_cannot_be_written_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "no database at all, but long enough to be looked at as if it were one").unwrap();
    let why = quipu_backend_sqlite::accounts::open(&text).err().unwrap();
    assert_eq!(why.kind(), ErrorKind::Damaged, "{why}");
    let below = text.join("budgets.db");
    assert!(quipu_backend_sqlite::accounts::open(below).is_err());
    let budgets = filed(&folder.path().join("budgets.db"), &Set::at(at(0)), total());
    let heard = listen(&budgets);
    budgets.admit(&Subject::default(), usd("1")).unwrap();
    assert!(heard.lock().is_empty());
}
