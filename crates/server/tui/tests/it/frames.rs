//! Pictures of every view in four sizes, compared with committed ones. `QUIPU_UPDATE=1` writes them again.

use std::path::PathBuf;
use std::sync::Arc;

use quipu_tui::{Lang, Look};
use ratatui::style::Color;

use crate::recorded::{COLOUR, PLAIN, Recorded, shown, text};

const SIZES: [(u16, u16); 4] = [(60, 20), (80, 24), (120, 40), (200, 60)];

/// Compares frames with the committed picture of a name.
fn compare(name: &str, frames: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(name);
    if std::env::var_os("QUIPU_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, frames).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(known == frames, "{} differs: look at the change, then QUIPU_UPDATE=1\n{frames}", path.display());
}

fn picture(look: Look, lang: Lang, ending: &str) {
    let source = Arc::new(Recorded::new());
    for place in source.places() {
        let mut all = String::new();
        for (width, height) in SIZES {
            let frame = shown(&source, place.clone(), look, lang).frame(width, height);
            all.push_str(&format!("=== {width}x{height}\n{}\n", text(&frame)));
        }
        compare(&format!("{}.{ending}.txt", place.word()), &all);
    }
}

#[test]
fn every_view_looks_as_committed() {
    picture(COLOUR, Lang::En, "en");
}

#[test]
fn every_view_looks_as_committed_in_german() {
    picture(COLOUR, Lang::De, "de");
}

#[test]
fn every_view_looks_as_committed_in_ascii() {
    picture(PLAIN, Lang::En, "ascii");
}

#[test]
fn ascii_frames_are_ascii_and_frames_without_colour_have_none() {
    let source = Arc::new(Recorded::new());
    for lang in [Lang::En, Lang::De] {
        for place in source.places() {
            let frame = shown(&source, place.clone(), PLAIN, lang).frame(120, 40);
            for cell in &frame.content {
                assert!(cell.symbol().is_ascii(), "{place:?}: {:?}", cell.symbol());
                assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{place:?}");
            }
        }
    }
}

#[test]
fn no_control_character_of_a_name_reaches_the_terminal() {
    let source = Arc::new(Recorded::new());
    let mut seen = false;
    for place in source.places() {
        for (width, height) in SIZES {
            let frame = shown(&source, place.clone(), COLOUR, Lang::En).frame(width, height);
            let steers = |c: char| quipu_tui::figure::steers(c);
            assert!(frame.content.iter().all(|cell| !cell.symbol().contains(steers)), "{place:?}");
            seen |= text(&frame).contains("52;c;cm0gLXJm rm");
        }
    }
    assert!(seen, "the hostile name is on no frame");
}

#[test]
fn a_view_is_empty_with_a_reason() {
    let mut source = Recorded::new();
    for answer in source.answers.as_object_mut().unwrap().values_mut() {
        for list in ["traces", "sessions", "agents", "tools", "groups", "budgets", "alerts", "plans"] {
            if answer.get(list).is_some_and(serde_json::Value::is_array) {
                answer[list] = serde_json::json!([]);
            }
        }
    }
    let source = Arc::new(source);
    let mut all = String::new();
    for place in source.places().into_iter().take(9) {
        let frame = shown(&source, place.clone(), COLOUR, Lang::En).frame(80, 12);
        all.push_str(&format!("=== {}\n{}\n", place.word(), text(&frame)));
    }
    compare("empty.en.txt", &all);
}
