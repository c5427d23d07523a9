//! Tests of spools that are killed at any point, and of damaged files.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use quipu_conformance::sample::{agent_run, at, batch, counter, draft, event};
use quipu_core::{Batch, Event, EventWire, Exponential, ExponentialSide, Level, PointWire, Value};
use tempfile::TempDir;

use super::layout::VERSION;
use super::*;

fn config(bytes: u64, segment_bytes: u64) -> SpoolConfig {
    SpoolConfig { bytes, segment_bytes, ..SpoolConfig::default() }
}

fn small() -> SpoolConfig {
    config(1 << 20, 600)
}

/// Returns the frame with this number, with one to three records.
fn numbered(number: u64) -> (Packed, usize) {
    let spans: Vec<_> = (0..=number % 3).map(|span| draft(number + 1, span + 1).span()).collect();
    let records = spans.len();
    (Packed::of(&batch(spans, [])).unwrap(), records)
}

fn append(spool: &mut Spool, number: u64) -> FrameRange {
    let (packed, records) = numbered(number);
    spool.append(&packed, records).unwrap().0
}

/// Reads all frames: their numbers and positions, and the count of damaged records.
fn drain(spool: &mut Spool) -> (Vec<(u64, FrameRange)>, u64) {
    let (mut frames, mut lost) = (Vec::new(), 0);
    while let Some(job) = spool.next_job() {
        let found = job.run().unwrap();
        lost += spool.found(&job, &found).unwrap();
        if let ReadResult::Frame { place, batch: Some(batch), .. } = found {
            let number =
                (0..200).find(|number| draft(number + 1, 1).span().trace_id == batch.spans[0].trace_id);
            frames.push((number.unwrap(), place));
        }
    }
    (frames, lost)
}

fn numbers(frames: &[(u64, FrameRange)]) -> Vec<u64> {
    frames.iter().map(|(number, _)| *number).collect()
}

/// Copies the files as a killed process leaves them.
fn copy(from: &Path) -> TempDir {
    let to = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.path().join(path.file_name().unwrap())).unwrap();
    }
    to
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let numbers = segment::numbers(folder).unwrap();
    numbers.into_iter().map(|number| segment::path(folder, number)).collect()
}

/// A step in the life of a spool.
#[derive(Debug, Clone)]
enum Act {
    Append,
    /// Delivers this many frames.
    Deliver(usize),
    /// Ends without a shutdown and starts again.
    Kill,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act =
        prop_oneof![6 => Just(Act::Append), 2 => (1_usize..6).prop_map(Act::Deliver), 1 => Just(Act::Kill)];
    proptest::collection::vec(act, 1..50)
}

/// Runs the steps; returns the folder, the spool and the numbers of the waiting frames.
fn live(acts: &[Act]) -> (TempDir, Spool, Vec<u64>) {
    let mut folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), &small()).unwrap();
    let (mut next, mut waiting) = (0, Vec::new());
    for act in acts {
        match act {
            Act::Append => {
                append(&mut spool, next);
                waiting.push(next);
                next += 1;
            }
            Act::Deliver(most) => {
                for _ in 0..*most {
                    let Some(job) = spool.next_job() else { break };
                    let found = job.run().unwrap();
                    assert_eq!(spool.found(&job, &found), Some(0));
                    if let ReadResult::Frame { place, .. } = found {
                        spool.commit(place.end).unwrap();
                        waiting.remove(0);
                    }
                }
            }
            Act::Kill => {
                let left = copy(folder.path());
                spool = Spool::open(left.path(), &small()).unwrap();
                folder = left;
            }
        }
    }
    (folder, spool, waiting)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_waits_is_what_was_not_delivered_however_often_it_was_killed(acts in acts()) {
        let (_folder, mut spool, waiting) = live(&acts);
        let records: usize = waiting.iter().map(|number| numbered(*number).1).sum();
        prop_assert_eq!(spool.unread(), records as u64);
        let (frames, lost) = drain(&mut spool);
        prop_assert_eq!((numbers(&frames), lost), (waiting, 0));
        spool.commit_read().unwrap();
        prop_assert!(spool.bytes() < WORTH_REMOVING, "what was delivered makes room");
    }

    #[test]
    fn of_a_file_cut_anywhere_all_whole_frames_come(acts in acts(), file in any::<usize>(), cut in any::<u64>()) {
        let (folder, mut spool, waiting) = live(&acts);
        let (places, _) = drain(&mut spool);
        let left = copy(folder.path());
        let files = files(left.path());
        prop_assume!(!files.is_empty());
        let victim = &files[file % files.len()];
        let len = fs::metadata(victim).unwrap().len();
        let cut = cut % (len + 1);
        File::options().write(true).open(victim).unwrap().set_len(cut).unwrap();
        let number: u64 = victim.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        let whole = |place: &FrameRange| place.begin.segment != number || place.end.offset <= cut;
        let want: Vec<u64> = places.iter().filter(|(_, place)| whole(place)).map(|(number, _)| *number).collect();
        let mut again = Spool::open(left.path(), &small()).unwrap();
        prop_assert_eq!(numbers(&drain(&mut again).0), want, "of {:?}, cut at {} of {}", waiting, cut, len);
        append(&mut again, 77);
        prop_assert_eq!(numbers(&drain(&mut again).0), vec![77], "and it goes on");
    }

    #[test]
    fn of_a_flipped_bit_one_frame_is_lost_and_counted(
        acts in acts(), file in any::<usize>(), at in any::<usize>(), bit in 0..8_u8,
    ) {
        let (folder, mut spool, waiting) = live(&acts);
        let (places, _) = drain(&mut spool);
        let left = copy(folder.path());
        let files = files(left.path());
        prop_assume!(!files.is_empty());
        let victim = &files[file % files.len()];
        let mut bytes = fs::read(victim).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        fs::write(victim, &bytes).unwrap();
        let number: u64 = victim.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        let hit = |place: &FrameRange| {
            let at = at as u64;
            place.begin.segment == number && (place.begin.offset..place.end.offset).contains(&at)
        };
        let want: Vec<u64> = places.iter().filter(|(_, place)| !hit(place)).map(|(number, _)| *number).collect();
        let (frames, lost) = drain(&mut Spool::open(left.path(), &small()).unwrap());
        prop_assert_eq!(numbers(&frames), want.clone());
        let gone = waiting.iter().filter(|number| !want.contains(number));
        let records: usize = gone.map(|number| numbered(*number).1).sum();
        prop_assert_eq!(lost, records as u64, "of {:?}, at {}", waiting, at);
    }

    #[test]
    fn no_file_whatever_is_in_it_stops_the_others(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let folder = tempfile::tempdir().unwrap();
        append(&mut Spool::open(folder.path(), &small()).unwrap(), 5);
        for number in [0, 2] {
            fs::write(segment::path(folder.path(), number), &bytes).unwrap();
        }
        fs::write(folder.path().join("cursor"), &bytes).unwrap();
        let mut spool = Spool::open(folder.path(), &small()).unwrap();
        prop_assert_eq!(numbers(&drain(&mut spool).0), vec![5]);
    }
}

/// Flips a bit in the frame at a position.
fn harm(folder: &Path, place: FrameRange, at: u64) {
    let path = segment::path(folder, place.begin.segment);
    let mut bytes = fs::read(&path).unwrap();
    bytes[usize::try_from(place.begin.offset + at).unwrap()] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_head_that_is_damaged_while_more_comes_is_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), &config(1 << 20, 1 << 20)).unwrap();
    let place = append(&mut spool, 2);
    harm(folder.path(), place, 9);
    let job = spool.next_job().unwrap();
    // Another frame arrives during the read.
    append(&mut spool, 4);
    let found = job.run().unwrap();
    let mut lost = spool.found(&job, &found).unwrap();
    let (frames, more) = drain(&mut spool);
    lost += more;
    assert_eq!((numbers(&frames), lost), (vec![4], 3), "the three records of the first frame, once");
}

#[test]
fn of_damaged_heads_and_a_torn_end_every_record_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), &config(1 << 20, 1 << 20)).unwrap();
    let places: Vec<FrameRange> = (0..6).map(|number| append(&mut spool, number)).collect();
    drop(spool);
    // Frames 0, 1 and 2 have one, two and three records; the last has three.
    harm(folder.path(), places[1], 3);
    harm(folder.path(), places[2], 30);
    let path = segment::path(folder.path(), 1);
    let end = places[5].end.offset - 7;
    File::options().write(true).open(path).unwrap().set_len(end).unwrap();
    let (frames, lost) = drain(&mut Spool::open(folder.path(), &small()).unwrap());
    assert_eq!((numbers(&frames), lost), (vec![0, 3, 4], 2 + 3 + 3));
}

/// A batch with every field of every signal in use.
fn full() -> Batch {
    let mut sent = agent_run(7, 1);
    let body = Value::Map(vec![(
        "k".into(),
        Value::Array(vec![Value::Double(f64::MAX), Value::Bytes(vec![0, 255])]),
    )]);
    let said = event(at(1), Level::Error, "said", "hello");
    let wire = EventWire { timeless: true, severity: 17, named: true, ..EventWire::default() };
    sent.events = vec![said.clone(), Event { body, wire: Some(Box::new(wire)), ..said }];
    let mut points = counter("calls", "a", &[(at(0), 1.0), (at(1), f64::INFINITY)]);
    let exponential = Exponential {
        scale: -3,
        positive: Some(ExponentialSide { offset: -7, counts: vec![1, 0] }),
        ..Exponential::default()
    };
    let wire =
        PointWire { integer: Some(-1), exponential: Some(Box::new(exponential)), ..PointWire::default() };
    points.points[0].wire = Some(Box::new(wire));
    sent.metrics = vec![points];
    sent
}

#[test]
fn the_layout_is_that_of_its_version() {
    let batch = full();
    let counts = [batch.spans.len(), batch.events.len(), batch.metrics.len(), batch.costs.len()];
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    let sum = crc32fast::hash(&postcard::to_stdvec(&batch).unwrap());
    assert_eq!(
        (VERSION, sum),
        (1, 310_395_038),
        "a field of a record has changed (or the sample has): raise VERSION, or what waits on disks is read as something else"
    );
}

#[test]
fn records_come_back_as_they_went() {
    let folder = tempfile::tempdir().unwrap();
    let sent = full();
    let mut spool = Spool::open(folder.path(), &SpoolConfig::default()).unwrap();
    spool.append(&Packed::of(&sent).unwrap(), sent.len()).unwrap();
    let job = spool.next_job().unwrap();
    let ReadResult::Frame { head, batch: Some(batch), .. } = job.run().unwrap() else { panic!("a frame") };
    assert_eq!(batch, sent);
    assert_eq!(head.records as usize, sent.len());
    let shared = batch.spans.windows(2).all(|two| std::sync::Arc::ptr_eq(&two[0].resource, &two[1].resource));
    assert!(shared, "what was one resource is one again");
}

#[test]
fn it_takes_no_more_than_its_bytes_and_makes_room_by_the_oldest_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let bound = config(20_000, 16 << 20);
    let mut spool = Spool::open(folder.path(), &bound).unwrap();
    let (packed, records) = numbered(1);
    let mut count: u64 = 0;
    while spool.has_room(&packed) {
        spool.append(&packed, records).unwrap();
        count += 1;
    }
    let error = spool.append(&packed, records).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exhausted, "{error}");
    let on_disk: u64 = files(folder.path()).iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    assert_eq!(spool.bytes(), on_disk);
    assert!((19_000..=20_000).contains(&on_disk), "{on_disk}");
    assert!(files(folder.path()).len() >= 6, "room is made in small steps: {:?}", files(folder.path()));
    let dropped = spool.drop_oldest().unwrap().1;
    assert!(dropped > 0 && dropped <= count * records as u64 / 5, "{dropped} of {count}");
    append(&mut spool, 9);
    let (frames, lost) = drain(&mut spool);
    assert_eq!((frames.len() as u64, lost), (count - dropped / records as u64 + 1, 0));
}

#[test]
fn two_processes_do_not_share_one() {
    let folder = tempfile::tempdir().unwrap();
    let first = Spool::open(folder.path(), &small()).unwrap();
    let Err(error) = Spool::open(folder.path(), &small()) else { panic!("it is taken") };
    assert_eq!(error.kind(), ErrorKind::Locked);
    assert!(error.to_string().contains("spool.path"), "{error}");
    drop(first);
    Spool::open(folder.path(), &small()).unwrap();
}

#[test]
fn files_of_another_layout_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    append(&mut Spool::open(folder.path(), &small()).unwrap(), 1);
    let file = files(folder.path()).remove(0);
    let mut bytes = fs::read(&file).unwrap();
    bytes[8..12].copy_from_slice(&(VERSION + 1).to_le_bytes());
    let sum = crc32fast::hash(&bytes[..12]);
    bytes[12..16].copy_from_slice(&sum.to_le_bytes());
    fs::write(&file, &bytes).unwrap();
    for _ in 0..2 {
        let mut spool = Spool::open(folder.path(), &small()).unwrap();
        assert_eq!(drain(&mut spool).0.len(), 0);
        let place = append(&mut spool, 2);
        assert_eq!(numbers(&drain(&mut spool).0), [2]);
        spool.commit(place.end).unwrap();
        assert_eq!(fs::read(&file).unwrap(), bytes, "even when the cursor is behind it");
    }
}

#[test]
fn its_clock_goes_on_where_it_stood() {
    let folder = tempfile::tempdir().unwrap();
    let stamps: Vec<u64> = (0..3)
        .map(|number| {
            let mut spool = Spool::open(folder.path(), &small()).unwrap();
            let (packed, records) = numbered(number);
            spool.append(&packed, records).unwrap().1
        })
        .collect();
    assert!(stamps.is_sorted(), "{stamps:?}");
    let spool = Spool::open(folder.path(), &small()).unwrap();
    assert_eq!(spool.unread_stamp(), stamps[0]);
    assert!(spool.now() >= stamps[2]);
}

#[test]
fn a_disk_without_room_gets_some_back_as_soon_as_it_can() {
    let root = tempfile::tempdir().unwrap();
    let (folder, away) = (root.path().join("spool"), root.path().join("away"));
    let mut spool = Spool::open(&folder, &config(1 << 30, 200)).unwrap();
    let (packed, records) = numbered(2);
    let place = spool.append(&packed, records).unwrap().0;
    // A missing folder fails like a full disk: no new file can be created.
    fs::rename(&folder, &away).unwrap();
    spool.append(&packed, records).unwrap_err();
    fs::rename(&away, &folder).unwrap();
    spool.remember(place, records);
    spool.commit(place.end).unwrap();
    assert_eq!((spool.bytes(), files(&folder).len()), (0, 0), "however small the file is");
    let place = spool.append(&packed, records).unwrap().0;
    spool.remember(place, records);
    spool.commit(place.end).unwrap();
    assert_eq!(files(&folder).len(), 1, "and small files are kept again");
}

#[test]
fn what_was_delivered_can_be_noted_on_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(folder.path(), &small()).unwrap();
    let room = fs::metadata(folder.path().join("cursor")).unwrap().len();
    for number in 0..3 {
        let place = append(&mut spool, number);
        spool.commit(place.end).unwrap();
    }
    assert_eq!(fs::metadata(folder.path().join("cursor")).unwrap().len(), room, "it is written in place");
}
