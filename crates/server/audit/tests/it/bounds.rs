//! Tests of the limits: strangers do not fill the disk, and parallel writers lose no entry.

use quipu_audit::{Actor, ActorKind, Audit, AuditConfig, AuditQuery, Entry, Outcome};

use crate::shared::{Hand, faults, open, read_of, small};

fn refused(action: &'static str) -> Entry {
    Entry::new(Actor::new(ActorKind::Unknown, "nobody"), action).ended(Outcome::Denied)
}

#[tokio::test]
async fn refusals_beyond_the_bound_are_counted_by_action_and_the_rest_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Hand::new();
    let settings = AuditConfig { refusals_per_minute: 10, ..small() };
    let audit = Audit::open(folder.path(), settings, clock.clone()).unwrap();
    for number in 0..50 {
        audit.note(refused("request")).await.unwrap();
        audit.note(read_of(number)).await.unwrap();
    }
    // Each action has a limit of its own, so a flood of another action hides no failed login.
    audit.note(refused("login")).await.unwrap();
    let count = async |action: &str| {
        let query = AuditQuery { action: Some(action.into()), limit: Some(1_000), ..AuditQuery::default() };
        audit.page(query).await.unwrap().entries
    };
    assert_eq!(
        (count("request").await.len(), count("trace.read").await.len(), count("login").await.len()),
        (10, 50, 1)
    );
    clock.forward(60);
    audit.note(refused("request")).await.unwrap();
    let skipped = count("audit.skipped").await;
    assert_eq!(
        (skipped.len(), skipped[0].object.as_deref(), skipped[0].detail["entries"].as_str()),
        (1, Some("request"), "40")
    );
    assert_eq!(count("request").await.len(), 11);
}

#[tokio::test]
async fn what_was_not_written_is_told_at_the_end_too() {
    let folder = tempfile::tempdir().unwrap();
    let settings = AuditConfig { refusals_per_minute: 1, ..small() };
    let audit = Audit::open(folder.path(), settings, Hand::new()).unwrap();
    (0..5).for_each(|_| audit.note_later(refused("request")));
    audit.close().await;
    let page = quipu_audit::read_folder(folder.path(), &AuditQuery::default()).unwrap();
    assert_eq!((page.entries.len(), page.entries[0].detail["entries"].as_str()), (2, "4"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_writers_of_one_folder_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let audits = [open(folder.path()), open(folder.path())];
    let work = audits.iter().enumerate().map(|(which, audit)| {
        let audit = audit.clone();
        tokio::spawn(async move {
            for number in 0..200 {
                if number % 2 == 0 {
                    audit.note(read_of(which * 1_000 + number)).await.unwrap();
                } else {
                    audit.note_later(read_of(which * 1_000 + number));
                }
            }
        })
    });
    for done in work.collect::<Vec<_>>() {
        done.await.unwrap();
    }
    for audit in &audits {
        audit.close().await;
    }
    assert_eq!(faults(folder.path()), "");
    let query = AuditQuery { limit: Some(1_000), ..AuditQuery::default() };
    let mut objects: Vec<String> = quipu_audit::read_folder(folder.path(), &query)
        .unwrap()
        .entries
        .into_iter()
        .filter_map(|entry| entry.object)
        .collect();
    objects.sort();
    objects.dedup();
    assert_eq!(objects.len(), 400);
}

#[test]
fn more_than_the_queue_holds_waits_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let audit = open(folder.path());
    let most = quipu_audit::limits::QUEUE * 2;
    std::thread::scope(|scope| {
        for half in 0..2 {
            let audit = &audit;
            scope.spawn(move || {
                (0..most / 2).for_each(|number| audit.note_later(read_of(half * most + number)))
            });
        }
    });
    drop(audit);
    let verdict = quipu_audit::verify_folder(folder.path(), &[]).unwrap();
    assert_eq!((verdict.entries, verdict.holds), (most as u64, true));
}

#[test]
fn settings_out_of_bounds_are_refused_with_the_bounds() {
    let folder = tempfile::tempdir().unwrap();
    for (settings, word) in [
        (AuditConfig { file_bytes: 10, ..small() }, "65536"),
        (AuditConfig { file_bytes: u64::MAX, ..small() }, "1073741824"),
        (AuditConfig { refusals_per_minute: 0, ..small() }, "at least 1"),
    ] {
        let told = Audit::open(folder.path(), settings, Hand::new()).err().unwrap().to_string();
        assert!(told.contains(word), "{told}");
    }
}
