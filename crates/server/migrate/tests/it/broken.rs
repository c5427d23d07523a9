//! Interrupted passes: the next one continues, and nothing is doubled.

use quipu_backend_memory::Memory;
use quipu_conformance::sample::Random;
use quipu_conformance::{difference, history};
use quipu_core::{Backend as _, StoreIntegrity as _};

use crate::{Place, finish, pass, write};

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_fails_is_continued_by_the_next() {
    let place = Place::new();
    let (from, to) = (Memory::new(), place.sqlite("to"));
    write(&from, &history(17, 40)).await;
    let mut random = Random::new(3);
    let mut failed = 0;
    for _ in 0..200 {
        to.fail_at(1 + random.below(12) as u32);
        match pass(&from, &to, &place.file()).await {
            Ok(_) => {}
            Err(_) => failed += 1,
        }
    }
    to.fail_at(0);
    assert!(failed >= 3, "{failed} passes failed");
    assert_eq!(finish(&from, &to, &place.file()).await.unwrap(), Vec::<String>::new());
    assert_eq!(difference(&to, &from).await, None);
    assert_eq!(to.check().await.unwrap(), Vec::<String>::new());
    to.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pass_that_is_dropped_is_continued_by_the_next() {
    let place = Place::new();
    let (from, to) = (place.sqlite("from"), place.sqlite("to"));
    write(&from, &history(18, 40)).await;
    let mut dropped = 0;
    for millis in 1..30 {
        let time = std::time::Duration::from_millis(millis);
        dropped += u64::from(tokio::time::timeout(time, pass(&from, &to, &place.file())).await.is_err());
    }
    assert!(dropped > 0);
    assert_eq!(finish(&from, &to, &place.file()).await.unwrap(), Vec::<String>::new());
    assert_eq!(difference(&to, &from).await, None);
    assert_eq!(to.check().await.unwrap(), Vec::<String>::new());
}
