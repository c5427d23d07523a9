//! Tests of the deletion of a user's records from backlogs and dead letters.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use quipu_conformance::sample::{at, draft, event, trace_id};
use quipu_core::locks::Mutex;
use quipu_core::*;
use quipu_pipeline::{DeliveryConfig, Exporter, Forgotten, Pipeline, PipelineParts, Unstored};
use tokio::sync::Semaphore;

/// A backend that accepts batches once its gate opens, or rejects them.
struct Door {
    open: Semaphore,
    refuses: bool,
    got: Mutex<Vec<Batch>>,
}

impl Door {
    fn new(refuses: bool) -> Arc<Self> {
        Arc::new(Self { open: Semaphore::new(0), refuses, got: Mutex::default() })
    }

    fn names(&self) -> String {
        format!("{:?}", self.got.lock())
    }
}

#[async_trait]
impl Backend for Door {
    fn name(&self) -> &str {
        "door"
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        if self.refuses {
            return Err(Error::new(ErrorKind::Invalid, "write", "not of our kind"));
        }
        let Ok(_open) = self.open.acquire().await else { return Ok(()) };
        self.got.lock().push(Batch::clone(&batch));
        Ok(())
    }
}

fn pipeline(door: &Arc<Door>, folder: &Path, spool: bool) -> Pipeline {
    let mut config = DeliveryConfig { batch_records: 1, ..DeliveryConfig::default() };
    config.spool.enabled = spool;
    let exporter =
        Exporter { config, folder: Some(folder.to_owned()), ..Exporter::new(Arc::clone(door) as _) };
    Pipeline::start(PipelineParts { exporters: vec![exporter], ..PipelineParts::new(Arc::new(Unstored)) })
}

fn run(trace: u64, user: &str) -> Batch {
    let note =
        Event { session: Some(format!("of {user}").into()), ..event(at(1), Level::Info, "said", user) };
    let spans = vec![draft(trace, 1).named(user).user(user).span(), draft(trace, 2).named(user).span()];
    Batch { spans, events: vec![note], ..Batch::default() }
}

fn of(user: &str) -> Forgotten {
    let owner = Owner { kind: OwnerKind::User, id: user.into(), names: &["user.id"] };
    Forgotten { owner: Some(owner), ..Forgotten::default() }
}

/// Submits batches; the first one, of another user, is already in delivery and cannot be recalled.
async fn waiting(pipeline: &Pipeline) {
    for (trace, user) in [(1, "first"), (2, "ann"), (3, "bob"), (4, "ann"), (5, "eve")] {
        pipeline.submit(run(trace, user)).await.unwrap();
    }
}

#[tokio::test]
async fn what_waits_goes_and_the_others_arrive() {
    for spool in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let door = Door::new(false);
        let pipeline = pipeline(&door, folder.path(), spool);
        waiting(&pipeline).await;
        let count = async |dry| {
            let swept = pipeline.forget(of("ann"), dry).await.remove(0);
            assert_eq!(swept.troubles, Vec::<String>::new());
            (swept.waiting, swept.spooled)
        };
        let there = if spool { (0, 4) } else { (4, 0) };
        assert_eq!((count(true).await, count(true).await), (there, there), "a look changes nothing");
        assert_eq!((count(false).await, count(true).await), (there, (0, 0)));
        pipeline.submit(run(6, "zoe")).await.unwrap();
        door.open.add_permits(Semaphore::MAX_PERMITS / 2);
        pipeline.flush().await.unwrap();
        let status = pipeline.exporters().remove(0);
        assert!(status.queued == 0 && status.dropped.is_empty(), "{status:?}");
        let got = door.names();
        assert!(
            ["first", "bob", "eve", "zoe"].iter().all(|user| got.contains(&format!("\"{user}\""))),
            "{got}"
        );
        // Its text mentions the user, but it belongs to another session, so it stays.
        assert!(!got.contains("name: \"ann\"") && got.contains("of ann"), "{got}");
    }
}

#[tokio::test]
async fn the_next_process_finds_nothing_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let door = Door::new(false);
    let first = pipeline(&door, folder.path(), true);
    waiting(&first).await;
    let owner = Owner { kind: OwnerKind::Session, id: "of ann".into(), names: &["session.id"] };
    let what = Forgotten { traces: [trace_id(2), trace_id(4)].into(), owner: Some(owner) };
    assert_eq!(first.forget(what, false).await[0].spooled, 6);
    // The process ends without delivery, and its records stay on disk.
    first.close().await.unwrap();
    let (door, left) = (Door::new(false), folder);
    door.open.add_permits(Semaphore::MAX_PERMITS / 2);
    let second = pipeline(&door, left.path(), true);
    second.flush().await.unwrap();
    let got = door.names();
    assert!(!got.contains("ann") && got.contains("bob") && got.contains("eve"), "{got}");
    assert!(second.exporters()[0].dropped.is_empty(), "nothing is taken for damage");
}

#[tokio::test]
async fn what_was_refused_goes_too() {
    let folder = tempfile::tempdir().unwrap();
    let door = Door::new(true);
    let pipeline = pipeline(&door, folder.path(), true);
    let mut mixed = run(1, "ann");
    mixed.append(run(2, "bob"));
    mixed.events.clear();
    pipeline.submit(mixed).await.unwrap();
    pipeline.submit(Batch { events: Vec::new(), ..run(3, "ann") }).await.unwrap();
    pipeline.flush().await.unwrap();
    let letters = pipeline.dead_letters("door").unwrap();
    let before = letters.list().unwrap().len();
    // Each letter holds one span, and only one span of each trace names the user; the store knows the traces.
    let what = Forgotten { traces: [trace_id(1), trace_id(3)].into(), ..of("ann") };
    let swept = pipeline.forget(what, false).await.remove(0);
    assert_eq!((swept.dead_letters, swept.troubles), (4, Vec::new()));
    let left = letters.list().unwrap();
    assert!(left.len() < before && !left.is_empty(), "{left:?}");
    for letter in left {
        let batch = letters.batch(letter.id).unwrap();
        assert!(batch.spans.iter().all(|span| span.name == "bob"), "{batch:?}");
        assert_eq!(letter.records, batch.len() as u64);
    }
    assert_eq!(pipeline.forget(of("ann"), true).await[0].dead_letters, 0);
}

#[tokio::test]
async fn a_damaged_letter_is_told_of_and_the_others_are_done() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = pipeline(&Door::new(true), folder.path(), false);
    waiting(&pipeline).await;
    pipeline.flush().await.unwrap();
    let letters = pipeline.dead_letters("door").unwrap();
    let first = letters.list().unwrap().remove(0);
    let path = folder.path().join("dead").join(format!("{:020}.dead", first.id));
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 0xff;
    std::fs::write(&path, bytes).unwrap();
    let what = Forgotten { traces: [trace_id(2), trace_id(4)].into(), ..of("ann") };
    let swept = pipeline.forget(what.clone(), false).await.remove(0);
    assert_eq!((swept.dead_letters, swept.troubles.len()), (4, 1), "{swept:?}");
    assert!(swept.troubles[0].contains(&format!("{:020}.dead", first.id)), "{swept:?}");
    assert_eq!(pipeline.forget(what, true).await[0].dead_letters, 0);
}

#[tokio::test]
async fn what_a_process_left_beside_its_files_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let left = [folder.path().join("spool/00000000000000000001.forget"), folder.path().join("dead/7.part")];
    for path in &left {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "ann").unwrap();
    }
    let _pipeline = pipeline(&Door::new(false), folder.path(), true);
    assert!(left.iter().all(|path| !path.exists()));
}

#[tokio::test]
async fn several_may_be_forgotten_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let door = Door::new(false);
    let pipeline = Arc::new(pipeline(&door, folder.path(), true));
    pipeline.submit(run(1, "first")).await.unwrap();
    for number in 2..80 {
        pipeline.submit(run(number, &format!("u{:02}", number % 8))).await.unwrap();
    }
    let mut all = tokio::task::JoinSet::new();
    for number in 0..7 {
        let pipeline = Arc::clone(&pipeline);
        all.spawn(async move { pipeline.forget(of(&format!("u0{number}")), false).await.remove(0) });
    }
    for swept in all.join_all().await {
        assert!(swept.troubles.is_empty() && swept.spooled > 0, "{swept:?}");
    }
    for number in 0..7 {
        assert_eq!(pipeline.forget(of(&format!("u0{number}")), true).await[0].spooled, 0, "{number}");
    }
    door.open.add_permits(Semaphore::MAX_PERMITS / 2);
    pipeline.flush().await.unwrap();
    let got = door.names();
    assert!(got.contains("name: \"u07\"") && !got.contains("name: \"u03\""), "{got}");
    assert!(pipeline.exporters()[0].dropped.is_empty(), "nothing is damaged: {:?}", pipeline.exporters());
}

/// A backend that is unreachable while its flag is set.
struct Down {
    down: AtomicBool,
    refused: Semaphore,
    got: Mutex<Vec<Batch>>,
}

#[async_trait]
impl Backend for Down {
    fn name(&self) -> &str {
        "down"
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        if self.down.load(Ordering::SeqCst) {
            self.refused.add_permits(1);
            return Err(Error::new(ErrorKind::Unavailable, "write", "not there"));
        }
        self.got.lock().push(Batch::clone(&batch));
        Ok(())
    }
}

#[tokio::test]
async fn what_is_tried_again_is_tried_without_it() {
    for spool in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let down =
            Arc::new(Down { down: AtomicBool::new(true), refused: Semaphore::new(0), got: Mutex::default() });
        let mut config = DeliveryConfig {
            retry_first_ms: 1,
            retry_most_ms: 2,
            breaker_open_ms: 1,
            attempts: 0,
            ..DeliveryConfig::default()
        };
        config.spool.enabled = spool;
        let exporter = Exporter {
            config,
            folder: Some(folder.path().to_owned()),
            ..Exporter::new(Arc::clone(&down) as _)
        };
        let pipeline = Pipeline::start(PipelineParts {
            exporters: vec![exporter],
            ..PipelineParts::new(Arc::new(Unstored))
        });
        let mut mixed = run(1, "ann");
        mixed.append(run(2, "bob"));
        pipeline.submit(mixed).await.unwrap();
        // The worker already holds the batch.
        down.refused.acquire().await.unwrap().forget();
        pipeline.forget(of("ann"), false).await;
        down.down.store(false, Ordering::SeqCst);
        pipeline.flush().await.unwrap();
        let got = format!("{:?}", down.got.lock());
        assert!(got.contains("name: \"bob\"") && !got.contains("name: \"ann\""), "{spool}: {got}");
        // New records of the user arrive as usual.
        pipeline.submit(run(3, "ann")).await.unwrap();
        pipeline.flush().await.unwrap();
        assert!(format!("{:?}", down.got.lock()).contains("name: \"ann\""));
    }
}
