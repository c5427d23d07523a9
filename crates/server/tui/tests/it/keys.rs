//! Keys, clicks and pasted text, in screens of every size.

use std::sync::Arc;

use proptest::prelude::*;
use quipu_tui::{Lang, Place, Still};
use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use serde_json::json;

use crate::recorded::{COLOUR, PLAIN, Recorded, shown, text};

fn press(code: KeyCode) -> Event {
    Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn write(still: &mut Still, keys: &str) {
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            '\u{1b}' => KeyCode::Esc,
            '\t' => KeyCode::Tab,
            other => KeyCode::Char(other),
        };
        still.take(&press(code));
    }
}

fn seen(still: &mut Still) -> String {
    text(&still.frame(100, 30))
}

#[test]
fn a_row_is_opened_and_left_again() {
    let mut source = Recorded::new();
    let trace = source.word("trace");
    source.answers["/api/v1/traces"]["traces"][0]["trace_id"] = json!(trace);
    let source = Arc::new(source);
    let mut still = shown(&source, Place::Traces, COLOUR, Lang::En);
    seen(&mut still);
    write(&mut still, "\n");
    assert!(seen(&mut still).starts_with("quipu top · Trace "), "{}", seen(&mut still));
    write(&mut still, "c");
    assert!(seen(&mut still).starts_with("quipu top · Conversation"));
    write(&mut still, "hh");
    assert!(seen(&mut still).starts_with("quipu top · Traces"));
    write(&mut still, "q");
    assert!(still.has_ended());
}

#[test]
fn a_group_narrows_the_filter_and_a_command_switches() {
    let source = Arc::new(Recorded::new());
    let mut still = shown(&source, Place::Models, COLOUR, Lang::En);
    seen(&mut still);
    write(&mut still, "\n");
    let frame = seen(&mut still);
    assert!(frame.starts_with("quipu top · Traces") && frame.contains(" filter: model:\""), "{frame}");
    write(&mut still, "/status:error\n");
    assert!(seen(&mut still).contains("status:error"));
    write(&mut still, ":bud\t\n");
    assert!(seen(&mut still).starts_with("quipu top · Budgets"));
    write(&mut still, ":nonsense\n");
    assert!(seen(&mut still).ends_with("unknown command: no view is named nonsense"));
    write(&mut still, ":range century\n");
    assert!(seen(&mut still).contains("expected a range such as"));
}

#[test]
fn an_alert_is_acknowledged_and_silenced_after_a_question() {
    let source = Arc::new(Recorded::new());
    let mut still = shown(&source, Place::Alerts, COLOUR, Lang::En);
    seen(&mut still);
    write(&mut still, "an");
    assert!(source.changes.lock().unwrap().is_empty());
    write(&mut still, "ay");
    assert!(seen(&mut still).ends_with("acknowledged"));
    write(&mut still, "jz");
    still.take(&Event::Paste("y\n".into()));
    assert_eq!(source.changes.lock().unwrap().len(), 1, "pasted text confirms nothing");
    write(&mut still, "y");
    let changes = source.changes.lock().unwrap();
    assert_eq!(
        (changes[0].path.as_str(), &changes[0].body),
        ("/api/v1/alerts/ack", &json!({"episode": "e-42"}))
    );
    assert_eq!(changes[1].path, "/api/v1/alerts/silences");
    assert_eq!(changes[1].body["matchers"]["rule"], "slow");
    assert_eq!(changes[1].body["duration"], "1h");
}

#[test]
fn a_trace_is_held_after_a_question() {
    let source = Arc::new(Recorded::new());
    let id = source.word("trace");
    let mut still = shown(&source, Place::Trace(id.clone()), COLOUR, Lang::En);
    seen(&mut still);
    write(&mut still, "Hy");
    assert_eq!(source.changes.lock().unwrap()[0].path, format!("/api/v1/traces/{id}/hold"));
}

#[test]
fn a_server_that_is_away_leaves_the_figures_and_comes_back() {
    let source = Arc::new(Recorded::new());
    let mut still = shown(&source, Place::Models, COLOUR, Lang::En);
    let before = seen(&mut still);
    *source.away.lock().unwrap() = Some("cannot reach http://127.0.0.1:8080\u{1b}[2J".into());
    still.load();
    let away = seen(&mut still);
    assert!(
        away.contains("not reachable") && away.contains("cannot reach http://127.0.0.1:8080 [2J"),
        "{away}"
    );
    assert!(away.contains("trying again; figures as of"), "{away}");
    assert!(away.contains("claude-haiku-4-5"), "{away}");
    *source.away.lock().unwrap() = None;
    still.load();
    assert_eq!(seen(&mut still), before);
}

#[test]
fn a_refused_filter_is_no_lost_server() {
    let source = Arc::new(Recorded::new());
    let mut still = shown(&source, Place::Session("unknown".into()), COLOUR, Lang::En);
    let frame = seen(&mut still);
    assert!(frame.contains("refused") && !frame.contains("not reachable"), "{frame}");
    assert!(frame.contains("no answer is recorded"), "{frame}");
}

#[test]
fn the_mouse_selects_opens_and_switches() {
    let source = Arc::new(Recorded::new());
    let mut still = shown(&source, Place::Models, COLOUR, Lang::En);
    let frame = seen(&mut still);
    let row = frame.lines().position(|line| line.contains("claude-haiku-4-5")).unwrap();
    let at =
        |kind, column, row| Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
    let click = MouseEventKind::Down(MouseButton::Left);
    still.take(&at(click, 10, u16::try_from(row).unwrap()));
    still.take(&at(click, 10, u16::try_from(row).unwrap()));
    assert!(seen(&mut still).contains("model:\"claude-haiku-4-5\""));
    still.take(&at(MouseEventKind::Down(MouseButton::Right), 10, 10));
    assert!(seen(&mut still).starts_with("quipu top · Models"));
    still.take(&at(click, 2, 1));
    assert!(seen(&mut still).starts_with("quipu top · Overview"));
}

#[test]
fn the_help_names_every_key() {
    let source = Arc::new(Recorded::new());
    let mut still = shown(&source, Place::Overview, COLOUR, Lang::En);
    write(&mut still, "?");
    let help = text(&still.frame(80, 24));
    for word in ["acknowledge", "hold trace", "browser", "copy id", "range", "suspend", "any key closes"] {
        assert!(help.contains(word), "{word}\n{help}");
    }
}

fn events() -> impl Strategy<Value = Event> {
    let codes = prop_oneof![
        proptest::char::range(' ', '~').prop_map(KeyCode::Char),
        any::<char>().prop_map(KeyCode::Char),
        Just(KeyCode::Enter),
        Just(KeyCode::Enter),
        Just(KeyCode::Esc),
        Just(KeyCode::Tab),
        Just(KeyCode::BackTab),
        Just(KeyCode::Backspace),
        Just(KeyCode::Delete),
        Just(KeyCode::Up),
        Just(KeyCode::Down),
        Just(KeyCode::Left),
        Just(KeyCode::Right),
        Just(KeyCode::Home),
        Just(KeyCode::End),
        Just(KeyCode::PageUp),
        Just(KeyCode::PageDown),
    ];
    let keys = (codes, prop_oneof![Just(KeyModifiers::NONE), Just(KeyModifiers::CONTROL)])
        .prop_map(|(code, modifiers)| Event::Key(KeyEvent::new(code, modifiers)));
    let kinds = prop_oneof![
        Just(MouseEventKind::Down(MouseButton::Left)),
        Just(MouseEventKind::Down(MouseButton::Right)),
        Just(MouseEventKind::ScrollDown),
        Just(MouseEventKind::ScrollUp),
    ];
    let mouse = (kinds, 0..400_u16, 0..200_u16).prop_map(|(kind, column, row)| {
        Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
    });
    prop_oneof![8 => keys, 2 => mouse, 1 => any::<String>().prop_map(Event::Paste)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_keys_in_no_size_panic(
        steps in proptest::collection::vec((events(), 1..=400_u16, 1..=200_u16, any::<bool>()), 1..40),
        first in 0..14_usize,
        ascii in any::<bool>(),
        german in any::<bool>(),
    ) {
        let source = Arc::new(Recorded::new());
        let place = source.places()[first].clone();
        let lang = if german { Lang::De } else { Lang::En };
        let mut still = shown(&source, place, if ascii { PLAIN } else { COLOUR }, lang);
        for (event, width, height, small) in steps {
            let (width, height) = if small { (1 + width % 24, 1 + height % 12) } else { (width, height) };
            still.take(&event);
            let frame = still.frame(width, height);
            let steers = |c: char| quipu_tui::figure::steers(c);
            prop_assert!(frame.content.iter().all(|cell| !cell.symbol().contains(steers)));
        }
    }
}
