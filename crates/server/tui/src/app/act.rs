//! Actions on the view or on the selected row.

use serde_json::{Map, Value, json};

use super::prompt::Prompt;
use super::{App, Effect};
use crate::form::Tone;
use crate::place::{Place, Target};
use crate::source::{Request, escape};

impl App {
    /// Opens what the selected row leads to.
    pub(super) fn enter(&mut self) -> Vec<Effect> {
        match self.target().cloned() {
            Some(Target::Open(place)) => {
                let filter = if place.is_filtered() { self.filter().to_owned() } else { String::new() };
                self.open(place, filter)
            }
            Some(Target::Narrow(term)) => {
                let filter = [self.filter(), &term].join(" ").trim().to_owned();
                self.open(Place::Traces, filter)
            }
            Some(Target::Alert { .. }) | None => Vec::new(),
        }
    }

    /// Switches to a view that is some entries further in the menu.
    pub(super) fn turn(&mut self, by: usize) -> Vec<Effect> {
        let at = (self.place().menu() + by) % Place::MENU.len();
        self.switch(Place::MENU[at].clone())
    }

    pub(super) fn set_filter(&mut self, text: &str) -> Vec<Effect> {
        text.trim().clone_into(&mut self.visit_mut().filter);
        vec![Effect::Load]
    }

    /// The trace of the selected row, or of the view.
    fn trace(&self) -> Option<String> {
        let selected = match self.target() {
            Some(Target::Open(place)) => place.trace(),
            _ => None,
        };
        selected.or_else(|| self.place().trace()).map(str::to_owned)
    }

    pub(super) fn copy(&mut self) -> Vec<Effect> {
        let place = self.place();
        let id = self.target().and_then(Target::id).or_else(|| place.trace()).or_else(|| place.session());
        match id.map(str::to_owned) {
            Some(id) => {
                self.say(format!("{}: {id}", self.setting.words.copied), Tone::Good);
                vec![Effect::Copy(id)]
            }
            None => {
                self.say(self.setting.words.nothing_to_copy, Tone::Warn);
                Vec::new()
            }
        }
    }

    pub(super) fn browse(&self) -> Vec<Effect> {
        let selected = match self.target() {
            Some(Target::Open(place)) => place,
            _ => self.place(),
        };
        vec![Effect::Browse(path(selected))]
    }

    pub(super) fn converse(&mut self) -> Vec<Effect> {
        let selected = match self.target() {
            Some(Target::Open(place)) => place,
            _ => self.place(),
        };
        let place = match selected.session() {
            Some(session) => Some(Place::SessionConversation(session.to_owned())),
            None => self.trace().map(Place::Conversation),
        };
        match place {
            Some(place) => self.open(place, String::new()),
            None => {
                self.say(self.setting.words.no_trace_here, Tone::Warn);
                Vec::new()
            }
        }
    }

    pub(super) fn hold(&mut self) -> Vec<Effect> {
        let words = self.setting.words;
        match self.trace() {
            Some(id) => {
                let request = Request::post(format!("/api/v1/traces/{}/hold", escape(&id)), json!({}));
                self.prompt = Prompt::Confirm { question: words.ask_hold, request, done: words.held };
            }
            None => self.say(words.no_trace_here, Tone::Warn),
        }
        Vec::new()
    }

    pub(super) fn acknowledge(&mut self) -> Vec<Effect> {
        let words = self.setting.words;
        match self.target().cloned() {
            Some(Target::Alert { episode: Some(episode), .. }) => {
                let request = Request::post("/api/v1/alerts/ack", json!({ "episode": episode }));
                self.prompt = Prompt::Confirm { question: words.ask_ack, request, done: words.acknowledged };
            }
            Some(Target::Alert { .. }) => self.say(words.no_episode, Tone::Warn),
            _ => self.say(words.no_alert_here, Tone::Warn),
        }
        Vec::new()
    }

    /// Silences the rule and group of the selected alert for a time such as `1h`.
    pub(super) fn silence(&mut self, time: &str) -> Vec<Effect> {
        let words = self.setting.words;
        let Some(Target::Alert { rule, group, .. }) = self.target().cloned() else {
            self.say(words.no_alert_here, Tone::Warn);
            return Vec::new();
        };
        let mut matchers: Map<String, Value> =
            group.into_iter().map(|(key, value)| (key, value.into())).collect();
        matchers.insert("rule".into(), rule.into());
        let body = json!({ "matchers": matchers, "duration": time, "reason": "quipu top" });
        let request = Request::post("/api/v1/alerts/silences", body);
        self.prompt = Prompt::Confirm { question: words.ask_silence, request, done: words.silenced };
        Vec::new()
    }
}

/// Path of the dashboard for a view.
fn path(place: &Place) -> String {
    match place {
        Place::Overview => "/".into(),
        Place::Trace(id) | Place::Span(id, _) | Place::Conversation(id) => format!("/traces/{}", escape(id)),
        Place::Session(id) | Place::SessionConversation(id) => format!("/sessions/{}", escape(id)),
        Place::Costs | Place::Models => "/costs".into(),
        other => format!("/{}", other.word()),
    }
}
