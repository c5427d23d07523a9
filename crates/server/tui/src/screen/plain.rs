//! Plain lines for screen readers: a view is printed when the user asks for it.

use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use super::run_loop::{Incoming, order};
use super::{Options, ScreenError, now, setting};
use crate::app::{App, Effect, on_line};
use crate::page::plain;
use crate::source::{AskError, Source};

/// Prints the view, and again after each line that the user types.
pub(super) fn run(
    options: &Options,
    source: &Arc<dyn Source>,
    send: &Sender<Incoming>,
    incoming: &Receiver<Incoming>,
) -> Result<(), ScreenError> {
    let mut app = App::new(
        setting(options, source.as_ref()),
        options.place.clone(),
        options.range.clone(),
        options.filter.clone(),
    );
    let shown = print(&mut app, options, source.as_ref())?;
    if options.once {
        return shown.map_err(|error| ScreenError::Source(error.text().to_owned()));
    }
    say(&shown)?;
    line(&options.look.text(options.lang.words().help_plain))?;
    read(send.clone())?;
    while let Ok(incoming) = incoming.recv() {
        let effects = match incoming {
            Incoming::Line(line) => on_line(&mut app, &line),
            Incoming::Stop | Incoming::Closed => break,
            _ => continue,
        };
        if let Some(message) = app.take_message() {
            line(&options.look.text(&message))?;
        }
        for effect in effects {
            match effect {
                Effect::Quit => return Ok(()),
                Effect::Load => say(&print(&mut app, options, source.as_ref())?)?,
                Effect::Act(request, done) => match source.ask(&request) {
                    Ok(_) => line(&options.look.text(done))?,
                    Err(error) => say(&Err(error))?,
                },
                _ => {}
            }
        }
    }
    Ok(())
}

/// Prints the view; the inner error is that of the source.
fn print(app: &mut App, options: &Options, source: &dyn Source) -> Result<Result<(), AskError>, ScreenError> {
    let order = order(app, options);
    let page = match order.answer(source, now()) {
        Ok(page) => page,
        Err(error) => return Ok(Err(error)),
    };
    let mut out = stdout().lock();
    for text in std::iter::once(app.heading()).chain(plain(&page, &options.look)) {
        writeln!(out, "{text}")?;
    }
    out.flush()?;
    Ok(Ok(()))
}

fn say(shown: &Result<(), AskError>) -> Result<(), ScreenError> {
    match shown {
        Ok(()) => Ok(()),
        Err(error) => line(&crate::figure::clean(error.text())),
    }
}

fn line(text: &str) -> Result<(), ScreenError> {
    writeln!(stdout().lock(), "{text}")?;
    Ok(())
}

/// Starts the thread that reads lines.
fn read(send: Sender<Incoming>) -> std::io::Result<()> {
    let read = move || {
        for line in stdin().lock().lines() {
            let Ok(line) = line else { break };
            if send.send(Incoming::Line(line)).is_err() {
                return;
            }
        }
        let _ = send.send(Incoming::Closed);
    };
    std::thread::Builder::new().name("quipu-lines".into()).spawn(read).map(drop)
}
