//! The monitor in a pseudo-terminal. The program is this test binary, which shows recorded answers.

use std::sync::Arc;

use jiff::Timestamp;
use quipu_tui::{AskError, Lang, Place, Request, Source};
use serde_json::Value;

use crate::pty::Pty;
use crate::recorded::{COLOUR, Recorded, options};

/// Variable that makes this binary the program; its value is how the program ends.
const PROGRAM: &str = "QUIPU_TUI_PROGRAM";

/// Runs this binary as the program, then prints the modes of the terminal.
fn program(ending: &str) -> Pty {
    let binary = std::env::current_exe().unwrap();
    let script = "\"$0\" --exact terminal::the_program --nocapture --test-threads 1; stty -a";
    Pty::start(&["sh", "-c", script, binary.to_str().unwrap()], &[(PROGRAM, ending)], (100, 30))
}

/// Panics at the first question about its name: after the screen was entered.
struct Panics(Recorded);

impl Source for Panics {
    fn ask(&self, request: &Request) -> Result<Value, AskError> {
        self.0.ask(request)
    }
    fn wait(&self) -> bool {
        self.0.wait()
    }
    fn name(&self) -> String {
        panic!("on purpose")
    }
    fn link(&self, path: &str) -> Option<String> {
        self.0.link(path)
    }
}

/// Panics while the view is loaded, in another thread than the screen.
struct PanicsLater(Recorded);

impl Source for PanicsLater {
    fn ask(&self, _: &Request) -> Result<Value, AskError> {
        panic!("on purpose")
    }
    fn wait(&self) -> bool {
        self.0.wait()
    }
    fn name(&self) -> String {
        self.0.name()
    }
    fn link(&self, path: &str) -> Option<String> {
        self.0.link(path)
    }
}

/// Not a test of its own: the program of the others. Without the variable it shows that frames need no
/// terminal.
#[test]
fn the_program() {
    let source = Recorded::new();
    let ending = std::env::var(PROGRAM).unwrap_or_default();
    let mut options = options(Place::Models, COLOUR, Lang::En);
    options.zone = jiff::tz::TimeZone::UTC;
    let source: Arc<dyn Source> = match ending.as_str() {
        "" => {
            let mut still = quipu_tui::Still::new(options, Arc::new(source), Timestamp::now());
            still.load();
            assert!(crate::recorded::text(&still.frame(80, 24)).contains("quipu top"));
            return;
        }
        "panic" => Arc::new(Panics(source)),
        "panic later" => Arc::new(PanicsLater(source)),
        _ => Arc::new(source),
    };
    let ended = quipu_tui::run(options, source, |_| {});
    println!("ended: {ended:?}");
}

/// The modes that `stty` printed after the program.
fn assert_cooked(pty: &Pty) {
    pty.until("icanon");
    let text = pty.text();
    assert!(!text.contains("-icanon") && !text.contains("-echo ") && !text.contains("-isig"), "{text}");
    pty.assert_restored();
}

#[test]
fn the_screen_is_entered_and_left() {
    let mut pty = program("quit");
    pty.until("claude-haiku-4-5");
    pty.write("?");
    pty.until("any key closes the help");
    pty.write("q");
    pty.write("7");
    pty.until("What consumes the tokens");
    pty.write("q");
    assert_cooked(&pty);
    assert!(pty.text().contains("ended: Ok(())"), "{}", pty.text());
}

#[test]
fn a_panic_restores_the_terminal_before_its_message() {
    let pty = program("panic");
    assert_cooked(&pty);
    assert!(pty.text().contains("on purpose"), "{}", pty.text());
}

#[test]
fn a_panic_of_another_thread_ends_the_screen() {
    let pty = program("panic later");
    assert_cooked(&pty);
    assert!(pty.text().contains("ended: Err(Thread)"), "{}", pty.text());
}

#[test]
fn many_resizes_end_in_the_last_size() {
    let mut pty = program("quit");
    pty.until("claude-haiku-4-5");
    for step in 0..200_u16 {
        pty.resize(20 + step % 180, 5 + step % 60);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    pty.resize(90, 25);
    pty.write("2");
    pty.until("started");
    pty.write("q");
    assert_cooked(&pty);
}

#[test]
fn a_key_that_arrives_with_a_resize_is_not_lost() {
    let mut pty = program("quit");
    pty.until("claude-haiku-4-5");
    for step in 0..100_u16 {
        pty.resize(90 + step % 10, 25);
        let (key, shown) = if step % 2 == 0 { ("2", "started") } else { ("7", "What consumes the tokens") };
        pty.write(key);
        pty.until(shown);
    }
    pty.write("q");
    assert_cooked(&pty);
}
