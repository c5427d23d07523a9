//! Loop of the screen: it draws after an event, never without one.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{self, Event};

use super::load::{Loader, Order, Schedule, Work};
use super::terminal::Screen;
use super::{Options, ScreenError, now, setting};
use crate::app::{App, Effect, on_event};
use crate::figure::clean;
use crate::form::Tone;
use crate::page::Page;
use crate::source::{AskError, Source};

/// Time between two looks of the reading threads at whether the screen has ended.
const LOOK: Duration = Duration::from_millis(500);
/// Least time between two frames.
const FRAME: Duration = Duration::from_millis(30);
/// Longest time without a frame: the clock in the header.
const CLOCK: Duration = Duration::from_secs(30);

/// A message to the loop.
#[derive(Debug)]
pub(super) enum Incoming {
    Input(Event),
    /// A line of the plain mode.
    Line(String),
    /// The terminal is gone.
    Closed,
    /// The source may have changed.
    Changed,
    Answer(u64, Result<Box<Page>, AskError>),
    Acted(Result<&'static str, AskError>),
    /// An error of another thread.
    Told(String),
    Stop,
    /// The thread that asks the source has ended, by a panic.
    Failed,
}

/// Shows the screen until the user quits.
pub(super) fn run(
    options: &Options,
    source: Arc<dyn Source>,
    send: &Sender<Incoming>,
    incoming: &Receiver<Incoming>,
) -> Result<(), ScreenError> {
    let screen = Screen::enter()?;
    let ended = Arc::new(AtomicBool::new(false));
    input(send.clone(), Arc::clone(&ended))?;
    watch(Arc::clone(&source), send.clone(), Arc::clone(&ended))?;
    let loader = Loader::start(Arc::clone(&source), send.clone())?;
    let app = App::new(
        setting(options, source.as_ref()),
        options.place.clone(),
        options.range.clone(),
        options.filter.clone(),
    );
    let schedule = Schedule::new(Instant::now());
    let mut monitor = Monitor { options, source, screen, loader, app, schedule };
    let result = monitor.run(incoming);
    ended.store(true, Ordering::Relaxed);
    result
}

struct Monitor<'a> {
    options: &'a Options,
    source: Arc<dyn Source>,
    screen: Screen,
    loader: Loader,
    app: App,
    schedule: Schedule,
}

impl Monitor<'_> {
    fn run(&mut self, incoming: &Receiver<Incoming>) -> Result<(), ScreenError> {
        let mut drawn = Instant::now();
        self.draw()?;
        loop {
            if self.due().is_some_and(|due| due <= Instant::now()) {
                self.load();
            }
            let next = self.due().map_or(drawn + CLOCK, |due| due.min(drawn + CLOCK));
            let first = incoming.recv_timeout(next.saturating_duration_since(Instant::now()));
            let mut changed = false;
            match first {
                Ok(first) => {
                    // Many events, such as of a resize, make one frame.
                    std::thread::sleep(FRAME.saturating_sub(drawn.elapsed()));
                    for event in std::iter::once(first).chain(incoming.try_iter()) {
                        let Some(shown) = self.take(event)? else { return Ok(()) };
                        changed |= shown;
                    }
                }
                Err(RecvTimeoutError::Timeout) => changed = drawn.elapsed() >= CLOCK,
                Err(RecvTimeoutError::Disconnected) => return Err(ScreenError::Thread),
            }
            if changed {
                self.draw()?;
                drawn = Instant::now();
            }
        }
    }

    fn draw(&mut self) -> Result<(), ScreenError> {
        Ok(self.screen.draw(&mut self.app, now())?)
    }

    /// Time of the next question; none while the screen is paused.
    fn due(&self) -> Option<Instant> {
        self.schedule.due().filter(|_| !self.app.is_paused())
    }

    /// Takes a message: whether the screen changes, or nothing at the end.
    fn take(&mut self, incoming: Incoming) -> Result<Option<bool>, ScreenError> {
        match incoming {
            Incoming::Stop | Incoming::Closed => return Ok(None),
            Incoming::Failed => return Err(ScreenError::Thread),
            Incoming::Changed => {
                self.schedule.changes();
                return Ok(Some(false));
            }
            Incoming::Answer(number, answer) => {
                let failed = matches!(answer, Err(AskError::Unreachable(_)));
                let shown = self.app.answer(number, answer.map(|page| *page), now());
                if shown {
                    self.schedule.answered(Instant::now(), failed, self.app.place());
                }
                return Ok(Some(shown));
            }
            Incoming::Acted(Ok(done)) => {
                self.app.say(done, Tone::Good);
                self.load();
            }
            Incoming::Acted(Err(error)) => self.app.say(error.text(), Tone::Bad),
            Incoming::Told(error) => self.app.say(error, Tone::Bad),
            Incoming::Input(event) => {
                for effect in on_event(&mut self.app, &event) {
                    if !self.perform(effect)? {
                        return Ok(None);
                    }
                }
            }
            Incoming::Line(_) => {}
        }
        Ok(Some(true))
    }

    /// Does what an event asks for; false at the end.
    fn perform(&mut self, effect: Effect) -> Result<bool, ScreenError> {
        match effect {
            Effect::Quit => return Ok(false),
            Effect::Load => self.load(),
            Effect::Act(request, done) => self.loader.give(Work::Act(request, done)),
            Effect::Copy(text) => Screen::copy(&text)?,
            Effect::Browse(path) => self.browse(&path),
            Effect::Suspend => self.screen.suspend()?,
        }
        Ok(true)
    }

    fn load(&mut self) {
        let order = order(&mut self.app, self.options);
        self.schedule.asks(Instant::now());
        self.loader.give(Work::Ask(Box::new(order)));
    }

    fn browse(&mut self, path: &str) {
        let words = self.options.lang.words();
        let Some(url) = self.source.link(path) else {
            return self.app.say(words.no_browser, Tone::Warn);
        };
        let url = clean(&url);
        match open(&url) {
            Ok(()) => self.app.say(format!("{}: {url}", words.opened), Tone::Good),
            Err(_) => self.app.say(format!("{}: {url}", words.browser_failed), Tone::Warn),
        }
    }
}

/// The question of the current view.
pub(crate) fn order(app: &mut App, options: &Options) -> Order {
    Order {
        number: app.ask(),
        place: app.place().clone(),
        range: app.range().to_owned(),
        filter: app.filter().to_owned(),
        sort: app.sort(),
        zone: options.zone.clone(),
        words: options.lang.words(),
        limits: options.limits,
    }
}

/// Starts the user's browser.
fn open(url: &str) -> std::io::Result<()> {
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    let mut command = if cfg!(target_os = "macos") {
        Command::new("open")
    } else if cfg!(windows) {
        let mut command = Command::new("rundll32");
        command.arg("url.dll,FileProtocolHandler");
        command
    } else {
        Command::new("xdg-open")
    };
    let mut child =
        command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    // A browser may run for long; without a wait it would stay as a zombie.
    std::thread::spawn(move || child.wait());
    Ok(())
}

/// Starts the thread that reads keys.
fn input(send: Sender<Incoming>, ended: Arc<AtomicBool>) -> std::io::Result<()> {
    let read = move || {
        while !ended.load(Ordering::Relaxed) {
            let incoming = match event::poll(LOOK) {
                Ok(false) => continue,
                Ok(true) => event::read().map_or(Incoming::Closed, Incoming::Input),
                Err(_) => Incoming::Closed,
            };
            let closed = matches!(incoming, Incoming::Closed);
            if send.send(incoming).is_err() || closed {
                return;
            }
        }
    };
    std::thread::Builder::new().name("quipu-keys".into()).spawn(read).map(drop)
}

/// Starts the thread that waits for changes.
fn watch(source: Arc<dyn Source>, send: Sender<Incoming>, ended: Arc<AtomicBool>) -> std::io::Result<()> {
    let look = move || {
        while !ended.load(Ordering::Relaxed) {
            if source.wait() && send.send(Incoming::Changed).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("quipu-watch".into()).spawn(look).map(drop)
}
