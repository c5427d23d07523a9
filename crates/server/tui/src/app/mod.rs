//! State of the screen, and what keys, clicks and answers change in it.

mod act;
mod body;
mod command;
mod frame;
mod help;
mod keys;
mod prompt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(crate) use command::{Command, range, read};
pub(crate) use frame::draw;
pub(crate) use keys::{on_event, on_line};

use crate::form::{Look, Tone};
use crate::page::{Line, Page, lay_out};
use crate::place::{Place, Target};
use crate::source::{AskError, Request};
use crate::view::SORTS;
use crate::words::Words;
use prompt::Prompt;

/// Time ranges behind the key `t`; the empty one is all stored data.
const RANGES: [&str; 5] = ["1h", "24h", "7d", "30d", ""];
/// Views that `back` remembers.
const DEPTH: usize = 64;

/// The work of the screen after an event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    /// Ask for the contents of the view.
    Load,
    /// Send a change, and show the text once it is done.
    Act(Request, &'static str),
    /// Copy to the clipboard.
    Copy(String),
    /// Open a path of the dashboard.
    Browse(String),
    Suspend,
    Quit,
}

/// A view with its position.
#[derive(Debug, Clone)]
struct Visit {
    place: Place,
    filter: String,
    page: Option<Page>,
    /// Time of the contents.
    as_of: Option<Timestamp>,
    selected: usize,
    scroll: usize,
    /// Lines of the page for one width.
    lines: Option<(usize, Vec<Line>)>,
    /// Number of lines on the screen, from the last drawing.
    height: usize,
}

impl Visit {
    fn new(place: Place, filter: String) -> Self {
        Self { place, filter, page: None, as_of: None, selected: 0, scroll: 0, lines: None, height: 1 }
    }
}

/// Properties of the screen that do not change.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) words: &'static Words,
    pub(crate) look: Look,
    pub(crate) zone: TimeZone,
    /// Server or data folder.
    pub(crate) source: String,
}

/// State of the screen.
#[derive(Debug)]
pub(crate) struct App {
    setting: Setting,
    /// Never empty; the last one is shown.
    visits: Vec<Visit>,
    range: String,
    sort: usize,
    prompt: Prompt,
    help: bool,
    paused: bool,
    message: Option<(String, Tone)>,
    /// Why the last question failed.
    failed: Option<AskError>,
    /// Number of the last question; answers to earlier ones are dropped.
    asked: u64,
    /// Places on the screen that a click can reach, from the last drawing.
    menu: Vec<(u16, u16, usize)>,
    /// First line of the body on the screen.
    top: u16,
}

impl App {
    pub(crate) fn new(setting: Setting, place: Place, range: String, filter: String) -> Self {
        Self {
            setting,
            visits: vec![Visit::new(place, filter)],
            range,
            sort: 0,
            prompt: Prompt::Keys,
            help: false,
            paused: false,
            message: None,
            failed: None,
            asked: 0,
            menu: Vec::new(),
            top: 0,
        }
    }

    fn visit(&self) -> &Visit {
        // The list is never empty: `back` keeps the first.
        &self.visits[self.visits.len() - 1]
    }

    fn visit_mut(&mut self) -> &mut Visit {
        let last = self.visits.len() - 1;
        &mut self.visits[last]
    }

    pub(crate) fn place(&self) -> &Place {
        &self.visit().place
    }

    pub(crate) fn filter(&self) -> &str {
        &self.visit().filter
    }

    pub(crate) fn range(&self) -> &str {
        &self.range
    }

    pub(crate) fn sort(&self) -> &'static str {
        SORTS[self.sort % SORTS.len()]
    }

    pub(crate) const fn is_paused(&self) -> bool {
        self.paused
    }

    /// Number for a question that is about to be asked.
    pub(crate) fn ask(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }

    /// Takes the answer to a question; false for an answer to an earlier one.
    pub(crate) fn answer(&mut self, number: u64, answer: Result<Page, AskError>, now: Timestamp) -> bool {
        if number != self.asked {
            return false;
        }
        match answer {
            Ok(page) => {
                self.failed = None;
                let visit = self.visit_mut();
                let kept =
                    visit.page.as_ref().and_then(|page| page.targets().get(visit.selected).copied().cloned());
                let targets = page.targets();
                // The selection follows its row. At the top it stays at the top, so that new rows are seen.
                let found = kept.filter(|_| visit.selected > 0);
                let found = found.and_then(|kept| targets.iter().position(|target| **target == kept));
                let last = targets.len().saturating_sub(1);
                visit.selected = found.unwrap_or(visit.selected).min(last);
                visit.page = Some(page);
                visit.as_of = Some(now);
                visit.lines = None;
            }
            Err(error) => {
                // Figures of another filter must not stay below the one that is refused.
                if let AskError::Refused(_) = error {
                    let visit = self.visit_mut();
                    (visit.page, visit.as_of, visit.lines) = (None, None, None);
                }
                self.failed = Some(error);
            }
        }
        true
    }

    /// Shows a message until the next key.
    pub(crate) fn say(&mut self, text: impl Into<String>, tone: Tone) {
        self.message = Some((crate::figure::clean(&text.into()), tone));
    }

    /// The message, once.
    pub(crate) fn take_message(&mut self) -> Option<String> {
        self.message.take().map(|(text, _)| text)
    }

    /// Title of the view with its range and filter, for the plain mode.
    pub(crate) fn heading(&self) -> String {
        let words = self.setting.words;
        let range = if self.range.is_empty() { words.all_time } else { &self.range };
        let mut text = frame::name(self.place(), self).to_owned();
        if self.place().is_filtered() {
            text.push_str(&format!(", {range}"));
            if !self.filter().is_empty() {
                text.push_str(&format!(", {}: {}", words.filter, crate::figure::clean(self.filter())));
            }
        }
        self.setting.look.text(&text)
    }

    /// The row that is selected.
    fn target(&self) -> Option<&Target> {
        let visit = self.visit();
        visit.page.as_ref()?.targets().get(visit.selected).copied()
    }

    /// Opens a view on top of this one.
    fn open(&mut self, place: Place, filter: String) -> Vec<Effect> {
        if *self.place() == place && *self.filter() == *filter {
            return vec![Effect::Load];
        }
        if self.visits.len() >= DEPTH {
            self.visits.remove(1);
        }
        self.visits.push(Visit::new(place, filter));
        self.failed = None;
        vec![Effect::Load]
    }

    /// Switches to an entry of the menu; there is no way back from it but the menu.
    fn switch(&mut self, place: Place) -> Vec<Effect> {
        let filter = self.visits[0].filter.clone();
        self.visits = vec![Visit::new(place, filter)];
        self.failed = None;
        vec![Effect::Load]
    }

    fn back(&mut self) -> Vec<Effect> {
        if self.visits.len() > 1 {
            self.visits.pop();
            self.failed = None;
            return vec![Effect::Load];
        }
        if !self.filter().is_empty() {
            self.visit_mut().filter.clear();
            return vec![Effect::Load];
        }
        Vec::new()
    }

    /// The lines of the page for a width.
    fn lines(&mut self, width: usize) -> &[Line] {
        let look = self.setting.look;
        let visit = self.visit_mut();
        if visit.lines.as_ref().is_none_or(|(known, _)| *known != width) {
            let lines = visit.page.as_ref().map(|page| lay_out(page, width, &look)).unwrap_or_default();
            visit.lines = Some((width, lines));
        }
        visit.lines.as_ref().map_or(&[], |(_, lines)| lines)
    }
}
