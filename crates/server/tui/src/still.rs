//! The monitor without a terminal: frames in memory, for tests and pictures.

use std::sync::Arc;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::Event;
use ratatui::layout::Rect;

use crate::app::{App, Effect, draw, on_event};
use crate::form::Tone;
use crate::screen::{Options, order, setting};
use crate::source::Source;

/// A monitor whose frames stay in memory. Questions are asked at once, at a given time.
pub struct Still {
    app: App,
    options: Options,
    source: Arc<dyn Source>,
    now: Timestamp,
    ended: bool,
}

impl Still {
    /// A monitor before its first question.
    pub fn new(options: Options, source: Arc<dyn Source>, now: Timestamp) -> Self {
        let setting = setting(&options, source.as_ref());
        let app = App::new(setting, options.place.clone(), options.range.clone(), options.filter.clone());
        Self { app, options, source, now, ended: false }
    }

    /// Asks the source for the contents of the view.
    pub fn load(&mut self) {
        let order = order(&mut self.app, &self.options);
        let answer = order.answer(self.source.as_ref(), self.now);
        self.app.answer(order.number, answer, self.now);
    }

    /// Takes a key, a click or pasted text. Changes are sent; the clipboard and the browser are left alone.
    pub fn take(&mut self, event: &Event) {
        for effect in on_event(&mut self.app, event) {
            match effect {
                Effect::Load => self.load(),
                Effect::Act(request, done) => match self.source.ask(&request) {
                    Ok(_) => self.app.say(done, Tone::Good),
                    Err(error) => self.app.say(error.text(), Tone::Bad),
                },
                Effect::Quit => self.ended = true,
                Effect::Copy(_) | Effect::Browse(_) | Effect::Suspend => {}
            }
        }
    }

    /// Whether the user has quit.
    pub const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Draws a frame of a size.
    pub fn frame(&mut self, width: u16, height: u16) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        draw(&mut self.app, &mut buffer, self.now);
        buffer
    }
}
