//! Keys, clicks and pasted text.

use ratatui::crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};

use super::command::{Wrong, complete};
use super::prompt::{Editor, Prompt};
use super::{App, Command, Effect, RANGES, read};
use crate::form::Tone;
use crate::place::Place;
use crate::view::SORTS;

/// Lines that a turn of the wheel moves.
const WHEEL: isize = 3;

/// Takes an event of the terminal; returns what the screen has to do.
pub(crate) fn on_event(app: &mut App, event: &Event) -> Vec<Effect> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => on_key(app, key),
        Event::Mouse(mouse) => on_mouse(app, mouse),
        Event::Paste(text) => {
            match &mut app.prompt {
                Prompt::Filter(editor) | Prompt::Command(editor) => editor.insert(text),
                // Pasted text is never a key: a line break would confirm a change.
                Prompt::Keys | Prompt::Confirm { .. } => {}
            }
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn on_key(app: &mut App, key: &KeyEvent) -> Vec<Effect> {
    app.message = None;
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if control && key.code == KeyCode::Char('c') {
        return vec![Effect::Quit];
    }
    if control && key.code == KeyCode::Char('z') {
        return vec![Effect::Suspend];
    }
    if app.help {
        app.help = false;
        return Vec::new();
    }
    match app.prompt {
        Prompt::Keys => normal(app, key.code, control),
        Prompt::Filter(_) | Prompt::Command(_) => edit(app, key.code, control),
        Prompt::Confirm { .. } => confirm(app, key.code),
    }
}

fn normal(app: &mut App, code: KeyCode, control: bool) -> Vec<Effect> {
    let half = app.half();
    match (code, control) {
        (KeyCode::Char('q'), false) => return vec![Effect::Quit],
        (KeyCode::Char('j'), false) | (KeyCode::Down, _) | (KeyCode::Char('n'), true) => app.step(1),
        (KeyCode::Char('k'), false) | (KeyCode::Up, _) | (KeyCode::Char('p'), true) => app.step(-1),
        (KeyCode::Char('d' | 'f'), true) | (KeyCode::PageDown, _) => app.roll(half),
        (KeyCode::Char('u' | 'b'), true) | (KeyCode::PageUp, _) => app.roll(-half),
        (KeyCode::Char('g'), false) | (KeyCode::Home, _) => app.first(),
        (KeyCode::Char('G'), _) | (KeyCode::End, _) => app.last(),
        (KeyCode::Enter | KeyCode::Right, _) | (KeyCode::Char('l'), false) => return app.enter(),
        (KeyCode::Esc | KeyCode::Backspace | KeyCode::Left, _) | (KeyCode::Char('h'), false) => {
            return app.back();
        }
        (KeyCode::Tab, _) => return app.turn(1),
        (KeyCode::BackTab, _) => return app.turn(Place::MENU.len() - 1),
        (KeyCode::Char('/'), _) => app.prompt = Prompt::Filter(Editor::new(app.filter())),
        (KeyCode::Char(':'), _) => app.prompt = Prompt::Command(Editor::default()),
        (KeyCode::Char('?') | KeyCode::F(1), _) => app.help = true,
        (KeyCode::Char(digit @ '0'..='9'), false) => {
            let at = (digit as usize + 9 - '0' as usize) % 10;
            return app.switch(Place::MENU[at].clone());
        }
        (KeyCode::Char(letter), false) => return act(app, letter),
        _ => {}
    }
    Vec::new()
}

fn act(app: &mut App, letter: char) -> Vec<Effect> {
    match letter {
        't' => {
            let at = RANGES.iter().position(|range| *range == app.range).map_or(0, |at| at + 1);
            app.range = RANGES[at % RANGES.len()].to_owned();
            vec![Effect::Load]
        }
        's' => {
            app.sort = (app.sort + 1) % SORTS.len();
            let sort = SORTS[app.sort].trim_start_matches('-');
            app.say(format!("{}: {sort}", app.setting.words.key_sort), Tone::Dim);
            vec![Effect::Load]
        }
        'r' => vec![Effect::Load],
        'p' | ' ' => {
            app.paused = !app.paused;
            if app.paused { Vec::new() } else { vec![Effect::Load] }
        }
        'y' => app.copy(),
        'o' => app.browse(),
        'c' => app.converse(),
        'H' => app.hold(),
        'a' => app.acknowledge(),
        'z' => app.silence("1h"),
        _ => Vec::new(),
    }
}

fn edit(app: &mut App, code: KeyCode, control: bool) -> Vec<Effect> {
    let is_command = matches!(app.prompt, Prompt::Command(_));
    let (Prompt::Filter(editor) | Prompt::Command(editor)) = &mut app.prompt else { return Vec::new() };
    match (code, control) {
        (KeyCode::Esc, _) => app.prompt = Prompt::Keys,
        (KeyCode::Enter, _) => {
            let text = editor.text();
            app.prompt = Prompt::Keys;
            return if is_command { run_text(app, &text) } else { app.set_filter(&text) };
        }
        (KeyCode::Backspace, _) | (KeyCode::Char('h'), true) if editor.text().is_empty() => {
            app.prompt = Prompt::Keys;
        }
        (KeyCode::Backspace, _) | (KeyCode::Char('h'), true) => editor.back(),
        (KeyCode::Delete, _) => editor.delete(),
        (KeyCode::Char('w'), true) => editor.back_word(),
        (KeyCode::Char('u'), true) => editor.clear(),
        (KeyCode::Left, _) => editor.left(),
        (KeyCode::Right, _) => editor.right(),
        (KeyCode::Home, _) | (KeyCode::Char('a'), true) => editor.home(),
        (KeyCode::End, _) | (KeyCode::Char('e'), true) => editor.end(),
        (KeyCode::Tab, _) if is_command => {
            if let Some(word) = complete(&editor.text()) {
                *editor = Editor::new(&word);
            }
        }
        (KeyCode::Char(letter), false) => editor.insert(letter.encode_utf8(&mut [0; 4])),
        _ => {}
    }
    Vec::new()
}

/// Takes a line of the plain mode: a command, or an empty line for the view again.
pub(crate) fn on_line(app: &mut App, line: &str) -> Vec<Effect> {
    if let Prompt::Confirm { .. } = app.prompt {
        return confirm(app, line.trim().chars().next().map_or(KeyCode::Esc, KeyCode::Char));
    }
    if line.trim().is_empty() {
        return vec![Effect::Load];
    }
    let effects = run_text(app, line);
    if std::mem::take(&mut app.help) {
        app.say(app.setting.words.help_plain, Tone::Dim);
    }
    if let Prompt::Confirm { question, .. } = app.prompt {
        app.say(question, Tone::Warn);
    }
    effects
}

/// Runs the text of a command, or says why it is none.
fn run_text(app: &mut App, text: &str) -> Vec<Effect> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    match read(text) {
        Ok(command) => run(app, command),
        Err(wrong) => {
            let words = app.setting.words;
            let text = match wrong {
                Wrong::Unknown(text) => format!("{}: {text}", words.unknown_command),
                Wrong::Range => words.bad_range.to_owned(),
                Wrong::Sort => format!("sort started, {}", SORTS[1..].join(", ").replace('-', "")),
            };
            app.say(text, Tone::Bad);
            Vec::new()
        }
    }
}

fn run(app: &mut App, command: Command) -> Vec<Effect> {
    match command {
        Command::Go(place) if Place::MENU.contains(&place) => app.switch(place),
        Command::Go(place) => app.open(place, String::new()),
        Command::Filter(text) => app.set_filter(&text),
        Command::Range(range) => {
            app.range = range;
            vec![Effect::Load]
        }
        Command::Sort(sort) => {
            app.sort = SORTS.iter().position(|known| *known == sort).unwrap_or_default();
            vec![Effect::Load]
        }
        Command::Silence(time) => app.silence(&time),
        Command::Acknowledge => app.acknowledge(),
        Command::Hold => app.hold(),
        Command::Help => {
            app.help = true;
            Vec::new()
        }
        Command::Refresh => vec![Effect::Load],
        Command::Quit => vec![Effect::Quit],
    }
}

fn confirm(app: &mut App, code: KeyCode) -> Vec<Effect> {
    let Prompt::Confirm { request, done, .. } = std::mem::take(&mut app.prompt) else { return Vec::new() };
    if matches!(code, KeyCode::Char('y' | 'Y' | 'j' | 'J')) {
        return vec![Effect::Act(request, done)];
    }
    app.say(app.setting.words.cancelled, Tone::Dim);
    Vec::new()
}

fn on_mouse(app: &mut App, mouse: &MouseEvent) -> Vec<Effect> {
    if app.help || app.prompt != Prompt::Keys {
        return Vec::new();
    }
    match mouse.kind {
        MouseEventKind::ScrollDown => app.roll(WHEEL),
        MouseEventKind::ScrollUp => app.roll(-WHEEL),
        MouseEventKind::Down(MouseButton::Right) => return app.back(),
        MouseEventKind::Down(MouseButton::Left) => return click(app, mouse.column, mouse.row),
        _ => {}
    }
    Vec::new()
}

/// Selects a row; a click on the selected one opens it.
fn click(app: &mut App, x: u16, y: u16) -> Vec<Effect> {
    if y == 1 {
        let at = app.menu.iter().find(|(from, end, _)| (*from..*end).contains(&x)).map(|(.., at)| *at);
        return at.map_or_else(Vec::new, |at| app.switch(Place::MENU[at].clone()));
    }
    match app.row_at(x, y) {
        Some(row) if row == app.visit().selected => app.enter(),
        Some(row) => {
            app.visit_mut().selected = row;
            Vec::new()
        }
        None => Vec::new(),
    }
}
