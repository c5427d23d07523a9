//! Tests of pages and exports.

use std::time::Duration;

use quipu_audit::{AuditPage, AuditQuery, Entry, Outcome, export_folder, read_folder};
use quipu_core::{Clock as _, ErrorKind};

use crate::shared::{Hand, open, read_of, record, small};
use quipu_audit::{Actor, ActorKind, Audit};

fn numbers(page: &AuditPage) -> Vec<u64> {
    page.entries.iter().map(|entry| entry.seq).collect()
}

#[tokio::test]
async fn pages_follow_each_other_to_the_beginning_over_all_files() {
    let folder = record(500).await;
    let mut query = AuditQuery { limit: Some(70), ..AuditQuery::default() };
    let mut seen = Vec::new();
    loop {
        let page = read_folder(folder.path(), &query).unwrap();
        assert!(page.entries.len() <= 70);
        seen.extend(numbers(&page));
        query.before = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=500).rev().collect::<Vec<u64>>());
}

#[tokio::test]
async fn each_filter_restricts() {
    let scratch = tempfile::tempdir().unwrap();
    let clock = Hand::new();
    let audit = Audit::open(scratch.path(), small(), clock.clone()).unwrap();
    let entry = |action| Entry::new(Actor::new(ActorKind::Key, "k1"), action);
    audit.note(entry("key.add").on("k2").within("a")).await.unwrap();
    audit.note(entry("key.remove").on("k2").within("b").ended(Outcome::Denied)).await.unwrap();
    clock.forward(60);
    let later = clock.now();
    audit.note(Entry::new(Actor::new(ActorKind::User, "k1"), "login").ended(Outcome::Failed)).await.unwrap();
    let ask = async |change: &dyn Fn(&mut AuditQuery)| {
        let mut query = AuditQuery::default();
        change(&mut query);
        numbers(&audit.page(query).await.unwrap())
    };
    assert_eq!(ask(&|_| {}).await, [3, 2, 1]);
    assert_eq!(ask(&|query| query.actor = Some("k1".into())).await, [3, 2, 1]);
    assert_eq!(ask(&|query| query.actor = Some("user:k1".into())).await, [3]);
    assert_eq!(ask(&|query| query.action = Some("key.".into())).await, [2, 1]);
    assert_eq!(ask(&|query| query.action = Some("key".into())).await, [0; 0]);
    assert_eq!(ask(&|query| query.object = Some("k2".into())).await, [2, 1]);
    assert_eq!(ask(&|query| query.project = Some("b".into())).await, [2]);
    assert_eq!(ask(&|query| query.outcome = Some(Outcome::Failed)).await, [3]);
    assert_eq!(ask(&|query| query.since = Some(later)).await, [3]);
    assert_eq!(ask(&|query| query.until = Some(later)).await, [2, 1]);
    assert_eq!(ask(&|query| query.before = Some(2)).await, [1]);
}

#[tokio::test]
async fn an_export_is_the_record_line_by_line() {
    let folder = record(300).await;
    let export = |since, until| {
        let mut text = Vec::new();
        let mut to = |line: &[u8]| std::io::Write::write_all(&mut text, line);
        let count = export_folder(folder.path(), since, until, &mut to).unwrap();
        (count, text)
    };
    let whole: Vec<u8> =
        crate::shared::files(folder.path()).iter().flat_map(|file| std::fs::read(file).unwrap()).collect();
    assert_eq!(export(None, None), (300, whole));
    let audit = open(folder.path());
    let mut pieces = audit.export(None, None).unwrap();
    let mut poured = Vec::new();
    while let Some(piece) = pieces.recv().await {
        poured.extend(piece.unwrap());
    }
    assert_eq!(poured, export(None, None).1);
    // A receiver that reads nothing does not block others for ever.
    drop(audit.export(None, None).unwrap());
    assert!(audit.verify().await.unwrap().holds);
    let now = Hand::new().now();
    assert_eq!(export(Some(now), None).0, 300);
    assert_eq!(export(None, Some(now)).0, 0);
}

#[tokio::test]
async fn exports_that_nobody_takes_hold_up_no_other_reading_and_a_third_one_is_refused() {
    let folder = record(3_000).await;
    let audit = open(folder.path());
    let slow = [audit.export(None, None).unwrap(), audit.export(None, None).unwrap()];
    let refused = audit.export(None, None).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Exhausted);
    assert!(refused.to_string().contains("2 exports"), "{refused}");
    assert_eq!(audit.page(AuditQuery::default()).await.unwrap().entries.len(), 100);
    assert!(audit.verify().await.unwrap().holds);
    drop(slow);
    let again = async {
        loop {
            match audit.export(None, None) {
                Ok(pieces) => break pieces,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    let mut pieces = tokio::time::timeout(Duration::from_secs(30), again).await.unwrap();
    assert!(pieces.recv().await.unwrap().is_ok());
}

#[tokio::test]
async fn a_record_that_keeps_nothing_and_a_folder_that_is_not_there_are_empty_and_whole() {
    let none = Audit::none();
    none.note(read_of(1)).await.unwrap();
    none.note_later(read_of(2));
    assert_eq!(none.page(AuditQuery::default()).await.unwrap(), AuditPage::default());
    assert!(none.verify().await.unwrap().holds);
    none.close().await;
    let scratch = tempfile::tempdir().unwrap();
    let nowhere = scratch.path().join("nowhere");
    assert_eq!(read_folder(&nowhere, &AuditQuery::default()).unwrap(), AuditPage::default());
    assert!(quipu_audit::verify_folder(&nowhere, &[]).unwrap().holds);
    assert!(!nowhere.exists(), "reading makes nothing");
    let audit = open(&nowhere);
    assert!(audit.verify().await.unwrap().holds, "a record without an entry is whole");
}
