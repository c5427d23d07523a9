//! A source with the answers of a server that were recorded, and hostile names in some of them.

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use quipu_tui::{AskError, Glyphs, Lang, Limits, Look, Options, Place, Request, Source, Still, Verb};
use ratatui::buffer::Buffer;
use serde_json::{Value, json};

/// Answers by path, and changes that were sent.
pub struct Recorded {
    pub answers: Value,
    pub changes: Mutex<Vec<Request>>,
    /// The error of every answer while the server is away.
    pub away: Mutex<Option<String>>,
}

impl Recorded {
    pub fn new() -> Self {
        let text = include_str!("../data/answers.json");
        let answers = serde_json::from_str(text).unwrap();
        Self { answers, changes: Mutex::default(), away: Mutex::default() }
    }

    pub fn word(&self, name: &str) -> String {
        self.answers[name].as_str().unwrap().to_owned()
    }

    pub fn now(&self) -> Timestamp {
        self.word("now").parse().unwrap()
    }

    /// The views with their subjects.
    pub fn places(&self) -> Vec<Place> {
        let (trace, session) = (self.word("trace"), self.word("session"));
        let mut places = Place::MENU.to_vec();
        places.push(Place::Trace(trace.clone()));
        places.push(Place::Span(trace.clone(), self.word("span")));
        places.push(Place::Conversation(trace));
        places.push(Place::Session(session));
        places
    }

    fn key(&self, request: &Request) -> String {
        let path = request.path.replace(&self.word("trace"), "TRACE");
        let path = path.replace(&format!("/sessions/{}", self.word("session")), "/sessions/SESSION");
        let telling = request.params.iter().find(|(name, _)| ["group_by", "from"].contains(name));
        match telling {
            Some((name, value)) => format!("{path}?{name}={value}"),
            None => path,
        }
    }
}

impl Source for Recorded {
    fn ask(&self, request: &Request) -> Result<Value, AskError> {
        if let Some(error) = &*self.away.lock().unwrap() {
            return Err(AskError::Unreachable(error.clone()));
        }
        if request.verb == Verb::Post {
            self.changes.lock().unwrap().push(request.clone());
            return Ok(json!({}));
        }
        let key = self.key(request);
        let key = if self.answers[&key].is_null() { key.split('?').next().unwrap() } else { &key };
        match &self.answers[key] {
            Value::Null => Err(AskError::Refused(format!("no answer is recorded for {key}"))),
            answer => Ok(answer.clone()),
        }
    }

    fn wait(&self) -> bool {
        std::thread::sleep(std::time::Duration::from_millis(100));
        false
    }

    fn name(&self) -> String {
        "http://127.0.0.1:8080".into()
    }

    fn link(&self, path: &str) -> Option<String> {
        Some(format!("http://127.0.0.1:8080{path}"))
    }
}

pub const COLOUR: Look = Look { colour: true, glyphs: Glyphs::UNICODE };
pub const PLAIN: Look = Look { colour: false, glyphs: Glyphs::ASCII };

pub fn options(place: Place, look: Look, lang: Lang) -> Options {
    let mut limits = Limits::default();
    limits.set("5h=2500000").unwrap();
    Options {
        place,
        range: "24h".into(),
        filter: String::new(),
        lang,
        look,
        zone: TimeZone::get("Europe/Berlin").unwrap(),
        limits,
        plain: false,
        once: false,
    }
}

/// A monitor that shows a view.
pub fn shown(source: &Arc<Recorded>, place: Place, look: Look, lang: Lang) -> Still {
    let mut still = Still::new(options(place, look, lang), source.clone(), source.now());
    still.load();
    still
}

/// Lines of a frame, without spaces at their ends.
pub fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let mut lines = Vec::new();
    for row in buffer.content.chunks(width) {
        let mut line = String::new();
        let mut skip = 0;
        for cell in row {
            // A wide character covers the next cell.
            if skip > 0 {
                skip -= 1;
                continue;
            }
            line.push_str(cell.symbol());
            skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}
