//! Connections that are cut in the middle of requests and answers: nothing is doubled and nothing
//! acknowledged is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quipu_backend_clickhouse::{Clickhouse, Config};
use quipu_backend_memory::Memory;
use quipu_conformance::sample::Random;
use quipu_conformance::{difference, history};
use quipu_core::{Backend, Retry, StoreIntegrity};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

use crate::{fresh, open};

/// Cuts to make.
const CUTS: u64 = 200;
/// Most bytes between two cuts.
const BYTES: u64 = 40_000;
/// Attempts at one batch. Small budgets of bytes can cut several in a row.
const ATTEMPTS: usize = 500;

/// Bytes until the next cut.
struct Fuse {
    random: Random,
    left: u64,
    cuts: Arc<AtomicU64>,
}

impl Fuse {
    /// Takes bytes that are to pass. Returns how many of them do, and whether the connection is cut then.
    fn pass(&mut self, bytes: usize) -> (usize, bool) {
        let bytes = bytes as u64;
        if self.cuts.load(Ordering::Relaxed) >= CUTS || bytes < self.left {
            self.left = self.left.saturating_sub(bytes).max(1);
            return (bytes as usize, false);
        }
        let passed = self.left;
        self.left = 1 + self.random.below(BYTES);
        self.cuts.fetch_add(1, Ordering::Relaxed);
        (passed as usize, true)
    }
}

/// Copies both ways until one side ends or the fuse blows.
async fn carry(mut client: TcpStream, mut server: TcpStream, fuse: Arc<Mutex<Fuse>>) -> std::io::Result<()> {
    let (mut up, mut down) = ([0; 4_096], [0; 4_096]);
    loop {
        let (size, is_up) = tokio::select! {
            size = client.read(&mut up) => (size?, true),
            size = server.read(&mut down) => (size?, false),
        };
        if size == 0 {
            return Ok(());
        }
        let (passed, is_cut) = fuse.lock().await.pass(size);
        match is_up {
            true => server.write_all(&up[..passed]).await?,
            false => client.write_all(&down[..passed]).await?,
        }
        if is_cut {
            return Ok(());
        }
    }
}

/// A proxy before the server that cuts connections; returns its address and the number of cuts so far.
async fn cutting(server: String, seed: u64) -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let cuts = Arc::new(AtomicU64::new(0));
    let fuse = Fuse { random: Random::new(seed), left: BYTES, cuts: Arc::clone(&cuts) };
    let fuse = Arc::new(Mutex::new(fuse));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(server) = TcpStream::connect(&server).await else { continue };
            tokio::spawn(carry(client, server, Arc::clone(&fuse)));
        }
    });
    (address, cuts)
}

async fn open_through(config: &Config) -> Arc<Clickhouse> {
    for _ in 0..ATTEMPTS {
        match Clickhouse::open(config.clone()).await {
            Ok(store) => return Arc::new(store),
            Err(error) => assert_eq!(error.retry(), Retry::Yes, "{error}"),
        }
    }
    panic!("the store was not opened in {ATTEMPTS} attempts");
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_connections_double_nothing() {
    let direct = fresh();
    let reference = Memory::new();
    let straight = open(direct.clone()).await;
    let (address, cuts) = cutting(direct.address.clone(), 77).await;
    let config = Config { address, compress: false, ..direct };
    let mut store = open_through(&config).await;
    let mut random = Random::new(78);
    let mut failed = 0;
    for seed in 1.. {
        for batch in history(seed, 30) {
            let batch = Arc::new(batch);
            reference.write(Arc::clone(&batch)).await.unwrap();
            let mut attempts = 0;
            while let Err(error) = store.write(Arc::clone(&batch)).await {
                assert_eq!(error.retry(), Retry::Yes, "{error}");
                (attempts, failed) = (attempts + 1, failed + 1);
                assert!(attempts < ATTEMPTS, "{error}");
                // A process that is killed forgets what it did not finish.
                if random.one_in(4) {
                    store = open_through(&config).await;
                }
            }
        }
        if cuts.load(Ordering::Relaxed) >= CUTS || seed >= 12 {
            break;
        }
    }
    println!("{} cuts, {failed} writes failed and were sent again", cuts.load(Ordering::Relaxed));
    assert!(cuts.load(Ordering::Relaxed) >= CUTS, "{} cuts", cuts.load(Ordering::Relaxed));
    store.flush().await.unwrap();
    assert_eq!(straight.check().await.unwrap(), Vec::<String>::new());
    assert_eq!(difference(straight.as_ref(), &reference).await, None);
}
