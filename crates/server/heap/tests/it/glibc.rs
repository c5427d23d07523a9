//! Test with glibc's allocator. A process has one set of heaps, so one test does all steps in order.

use std::collections::HashSet;
use std::fs;
use std::sync::Barrier;

const THREADS: usize = 8;
/// Below glibc's threshold for separate mappings, and above the free memory at a heap's end that glibc
/// returns by itself.
const PIECE: usize = 16 << 10;
const PIECES: usize = 2_048;

fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}

/// All heaps but the first are mapped at multiples of 64 MiB (`HEAP_MAX_SIZE`).
fn heap_of(piece: &[u8]) -> usize {
    piece.as_ptr() as usize >> 26
}

/// Counts the heaps used by threads that allocate in parallel.
fn heaps() -> usize {
    let all = Barrier::new(THREADS);
    let pieces: Vec<Vec<Box<[u8]>>> = std::thread::scope(|scope| {
        let allocate = || {
            all.wait();
            (0..PIECES).map(|_| vec![7_u8; PIECE].into_boxed_slice()).collect()
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(allocate)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let places = pieces.iter().map(|pieces| heap_of(&pieces[PIECES / 2]));
    places.collect::<HashSet<_>>().len()
}

/// Frees every other block, so that no heap has a free end.
fn leave_holes() -> Vec<Box<[u8]>> {
    let mut pieces: Vec<_> = (0..PIECES).map(|_| vec![7_u8; PIECE].into_boxed_slice()).collect();
    let mut at = 0;
    pieces.retain(|_| {
        at += 1;
        at % 2 == 0
    });
    pieces
}

#[test]
fn threads_share_one_heap_and_holes_are_given_back() {
    assert!(quipu_heap::share(1));
    // The test's own thread may have had a heap before. Two heaps have 256 MiB in six windows at most; eight
    // heaps need eight windows.
    let windows = heaps();
    assert!(windows < THREADS, "{windows} windows");
    let pieces = leave_holes();
    let before = resident();
    assert!(quipu_heap::give_back());
    let freed = before.saturating_sub(resident());
    assert!(
        freed > (PIECES / 2 * PIECE / 4) as u64,
        "{freed} bytes of {} that were free",
        PIECES / 2 * PIECE
    );
    assert!(pieces.iter().all(|piece| piece.iter().all(|byte| *byte == 7)));
}
