//! Random histories: the target gives every answer of the source.

use proptest::prelude::*;
use quipu_backend_memory::Memory;
use quipu_conformance::{difference, history};
use quipu_core::{Backend as _, Store, StoreIntegrity as _};

use crate::{Place, finish, pass, write};

fn run(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(future);
}

/// Moves a history, with a pass after each part of it, and compares all answers.
async fn moves(from: &dyn Store, to: &dyn Store, seed: u64, cuts: &[usize]) {
    let place = Place::new();
    let batches = history(seed, 40);
    let mut done = 0;
    for cut in cuts {
        write(from, &batches[done..*cut]).await;
        pass(from, to, &place.file()).await.unwrap();
        done = *cut;
    }
    write(from, &batches[done..]).await;
    assert_eq!(finish(from, to, &place.file()).await.unwrap(), Vec::<String>::new());
    assert_eq!(difference(to, from).await, None);
}

#[test]
fn sqlite_to_sqlite() {
    run(async {
        for seed in 1..4 {
            let place = Place::new();
            let (from, to) = (place.sqlite("from"), place.sqlite("to"));
            moves(&from, &to, seed, &[13, 25]).await;
            assert_eq!(to.check().await.unwrap(), Vec::<String>::new());
            from.close().await.unwrap();
            to.close().await.unwrap();
        }
    });
}

#[test]
fn sqlite_to_memory_and_back() {
    run(async {
        let place = Place::new();
        let (from, between, to) = (place.sqlite("from"), Memory::new(), place.sqlite("to"));
        moves(&from, &between, 5, &[20]).await;
        moves(&between, &to, 6, &[]).await;
        to.close().await.unwrap();
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn any_history_moves_whole(seed in 100_u64.., cut in 0_usize..40) {
        run(async move { moves(&Memory::new(), &Memory::new(), seed, &[cut]).await });
    }
}
