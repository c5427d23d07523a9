//! The terminal: entered, and restored in every case.

use std::io::{self, Stdout, Write as _, stdout};
use std::sync::Once;
use std::thread::ThreadId;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{execute, queue};

use crate::app::{App, draw};

/// A terminal in raw mode with a screen of its own. Dropping it restores the terminal.
pub(super) struct Screen(Terminal<CrosstermBackend<Stdout>>);

impl Screen {
    /// Enters the screen. A panic of this thread restores the terminal before its message.
    pub(super) fn enter() -> io::Result<Self> {
        restore_on_panic(std::thread::current().id());
        start()?;
        Terminal::new(CrosstermBackend::new(stdout())).map(Self).inspect_err(|_| restore())
    }

    /// Draws a frame; the terminal shows it at once.
    pub(super) fn draw(&mut self, app: &mut App, now: Timestamp) -> io::Result<()> {
        queue!(stdout(), BeginSynchronizedUpdate)?;
        self.0.draw(|frame| {
            let cursor = draw(app, frame.buffer_mut(), now);
            if let Some(cursor) = cursor {
                frame.set_cursor_position(cursor);
            }
        })?;
        execute!(stdout(), EndSynchronizedUpdate)
    }

    /// Copies a text to the clipboard by OSC 52. The text is encoded, so it controls nothing.
    pub(super) fn copy(text: &str) -> io::Result<()> {
        let mut out = stdout();
        write!(out, "\x1b]52;c;{}\x07", STANDARD.encode(text))?;
        out.flush()
    }

    /// Stops the process until the shell continues it.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        restore();
        #[cfg(unix)]
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP)?;
        start()?;
        self.0.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

fn start() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste)
        .inspect_err(|_| restore())
}

/// Restores the terminal. An error is ignored: there may be no terminal any more.
fn restore() {
    let _ = execute!(
        stdout(),
        EndSynchronizedUpdate,
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        Show
    );
    let _ = disable_raw_mode();
}

fn restore_on_panic(thread: ThreadId) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let former = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // The loop survives another thread, and restores the terminal itself.
            if std::thread::current().id() == thread {
                restore();
            }
            former(panic);
        }));
    });
}
