//! Tests of fuzz targets: each runs its seeds, and every input that once broke it.

use std::path::Path;

use quipu_fuzzed::{TARGETS, seeds, target};

/// Inputs that once broke something: `found/TARGET/NAME`, each kept for ever.
const FOUND: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/found");

#[test]
fn every_target_takes_its_seeds() {
    for target in TARGETS {
        let seeds = seeds(target.name);
        assert!(!seeds.is_empty(), "{} begins with nothing", target.name);
        seeds.iter().for_each(|seed| (target.feed)(seed));
    }
}

#[test]
fn what_once_broke_something_breaks_nothing() {
    for folder in std::fs::read_dir(FOUND).into_iter().flatten() {
        let folder = folder.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let target = target(name).unwrap_or_else(|| panic!("found/{name} is of no target"));
        for input in std::fs::read_dir(&folder).unwrap() {
            (target.feed)(&std::fs::read(input.unwrap().path()).unwrap());
        }
    }
}

/// A seed with a byte changed here and there: not a search, but it runs everywhere.
#[test]
fn seeds_with_changed_bytes_break_nothing() {
    for target in TARGETS {
        let rounds: usize = if target.slow { 2 } else { 24 };
        for (at, mut seed) in seeds(target.name).into_iter().take(40).enumerate() {
            for round in 0..rounds {
                let length = seed.len().max(1);
                let place = (at * 7_919 + round * 104_729) % length;
                if let Some(byte) = seed.get_mut(place) {
                    *byte = byte.wrapping_add(u8::try_from(1 + round * 37 % 255).unwrap());
                }
                (target.feed)(&seed);
            }
        }
    }
}

/// The fuzz crate names its targets a second time, in files of its own.
#[test]
fn every_target_has_its_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/fuzz_targets");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    let mut names: Vec<_> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    names.sort();
    assert_eq!(files, names);
}
