//! `quipu top`: the monitor over a server or a data folder.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use jiff::tz::TimeZone;
use quipu_tui::{AskError, Glyphs, Handle, Lang, Limits, Look, Options, Place, Request, ScreenError, Verb};
use serde_json::Value;

use super::feed::Feed;
use crate::args::{Import, Source, Top};
use crate::ask::{OpenSource, Question, Refused, ask_to_change, place};
use crate::serve::Signals;
use crate::{import, note};

/// How long a server may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Interval between looks at the files.
const LOOK: Duration = Duration::from_millis(300);
/// Files that a look covers; a folder with more is asked at every look.
const FILES: usize = 20_000;

/// Shows the monitor.
///
/// # Errors
/// An argument is invalid, the terminal cannot be used, or with `--once` the source gives no answer.
pub fn run(ask: &Top) -> Result<()> {
    let options = options(ask)?;
    let source: Arc<dyn quipu_tui::Source> = match &ask.place.url {
        Some(url) => Arc::new(ServerSource::new(url)),
        None => Arc::new(FolderSource::new(ask.place.clone().into())?),
    };
    let plain = options.plain;
    note::hush(!plain);
    let shown = quipu_tui::run(options, source, |handle| {
        follow(ask, handle.clone());
        stop_on_signal(handle);
    });
    note::hush(false);
    match shown {
        // A reader that has seen enough, such as `head`, is no failure.
        Err(ScreenError::Terminal(error)) if plain => Err(error.into()),
        shown => Ok(shown?),
    }
}

fn options(ask: &Top) -> Result<Options> {
    let plain = ask.plain || ask.once || variable("TERM").as_deref() == Some("dumb");
    if !plain && !std::io::stdout().is_terminal() {
        bail!("standard output is no terminal: use --once for one view as text");
    }
    let zone = match &ask.zone {
        Some(name) => TimeZone::get(name)
            .with_context(|| format!("--zone expects an IANA time zone such as Europe/Berlin, got {name}"))?,
        None => TimeZone::system(),
    };
    let mut limits = Limits::default();
    for limit in &ask.limit {
        limits.set(limit).map_err(|error| anyhow!("--limit: {error}"))?;
    }
    let glyphs = if ask.ascii || !shows_unicode() { Glyphs::ASCII } else { Glyphs::UNICODE };
    Ok(Options {
        place: first_view(&ask.view)?,
        range: quipu_tui::read_range(&ask.last).map_err(|error| anyhow!("--last: {error}"))?,
        filter: ask.filter.clone().unwrap_or_default(),
        lang: language(ask.lang.as_deref())?,
        look: Look { colour: !ask.no_color && variable("NO_COLOR").is_none(), glyphs },
        zone,
        limits,
        plain,
        once: ask.once,
    })
}

fn first_view(words: &[String]) -> Result<Place> {
    if words.is_empty() {
        return Ok(Place::Overview);
    }
    Place::read(&words.join(" ")).map_err(|error| anyhow!("{error}"))
}

fn language(asked: Option<&str>) -> Result<Lang> {
    if let Some(text) = asked {
        if !matches!(text.split(['_', '-']).next(), Some("en" | "de")) {
            bail!("--lang expects en or de, got {text}");
        }
        return Ok(Lang::read(text));
    }
    let named = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(variable);
    Ok(named.map(|text| Lang::read(&text)).unwrap_or_default())
}

/// Whether the locale allows characters outside ASCII. Without a locale they are assumed.
fn shows_unicode() -> bool {
    let named = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable);
    named.is_none_or(|text| {
        let text = text.to_ascii_lowercase();
        text.contains("utf-8") || text.contains("utf8")
    })
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// Ends the monitor on SIGTERM, so that the terminal is restored.
fn stop_on_signal(monitor: Handle) {
    let wait = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime
            .block_on(async { Signals::new().map(|mut signals| async move { signals.wait().await }) })
            .map(|wait| runtime.block_on(wait))?;
        monitor.stop();
        Ok::<(), anyhow::Error>(())
    };
    // Without the thread a signal ends the process as usual.
    let _ = std::thread::Builder::new().name("quipu-signals".into()).spawn(wait);
}

/// Imports the session files of `--watch` and follows them. The thread ends with the process: an import
/// continues where it was, and a record that is sent again changes nothing.
fn follow(ask: &Top, monitor: Handle) {
    if ask.watch.is_empty() {
        return;
    }
    let place = ask.place.clone();
    let args = Import {
        files: ask.watch.clone(),
        format: None,
        billing: None,
        url: place.url,
        data_dir: place.data_dir,
        store: place.store,
        watch: true,
        dry_run: false,
        json: false,
        quiet: true,
    };
    let failed = monitor.clone();
    let work = move || {
        if let Err(error) = import::run(&args) {
            monitor.tell(format!("--watch: {error:#}"));
        }
    };
    if let Err(error) = std::thread::Builder::new().name("quipu-import".into()).spawn(work) {
        failed.tell(format!("--watch: {error}"));
    }
}

/// A server, with its live feed.
struct ServerSource {
    url: String,
    feed: Mutex<Feed>,
}

impl ServerSource {
    fn new(url: &str) -> Self {
        Self { url: url.trim_end_matches('/').to_owned(), feed: Mutex::new(Feed::of(Some(url))) }
    }
}

impl quipu_tui::Source for ServerSource {
    fn ask(&self, request: &Request) -> Result<Value, AskError> {
        let source = OpenSource::Server(self.url.clone());
        source.ask_within(&question(request), PATIENCE).map_err(error)
    }

    fn wait(&self) -> bool {
        lock(&self.feed).wait()
    }

    fn name(&self) -> String {
        self.url.clone()
    }

    fn link(&self, path: &str) -> Option<String> {
        Some(format!("{}{path}", self.url))
    }
}

/// A data folder. Its files are opened again after a change, because a new day has a new file.
struct FolderSource {
    source: Source,
    folder: PathBuf,
    open: Mutex<Option<(u64, OpenSource)>>,
    /// State of the files at the last look.
    seen: Mutex<u64>,
}

impl FolderSource {
    fn new(source: Source) -> Result<Self> {
        let (_, folder) = place(&source)?;
        let seen = Mutex::new(state(&folder));
        Ok(Self { source, folder, open: Mutex::default(), seen })
    }

    fn read(&self, question: &Question) -> Result<Value> {
        let now = state(&self.folder);
        let mut open = lock(&self.open);
        if open.as_ref().is_none_or(|(known, _)| *known != now) {
            *open = Some((now, OpenSource::open_with_budgets(&self.source)?));
        }
        let (_, source) = open.as_ref().context("the data folder is not open")?;
        source.ask(question)
    }
}

impl quipu_tui::Source for FolderSource {
    fn ask(&self, request: &Request) -> Result<Value, AskError> {
        let question = question(request);
        let answer = match request.verb {
            Verb::Get => self.read(&question),
            Verb::Post => ask_to_change(&self.source, &question, |_, _| {}),
        };
        answer.map_err(error)
    }

    fn wait(&self) -> bool {
        std::thread::sleep(LOOK);
        let now = state(&self.folder);
        std::mem::replace(&mut *lock(&self.seen), now) != now
    }

    fn name(&self) -> String {
        self.folder.display().to_string()
    }

    fn link(&self, _: &str) -> Option<String> {
        None
    }
}

fn error(error: anyhow::Error) -> AskError {
    let text = format!("{error:#}");
    if error.is::<Refused>() { AskError::Refused(text) } else { AskError::Unreachable(text) }
}

fn question(request: &Request) -> Question {
    let question = match request.verb {
        Verb::Get => Question::get(&request.path),
        Verb::Post => Question::post(&request.path, request.body.clone()),
    };
    request.params.iter().fold(question, |question, (name, value)| question.with(name, &Some(value.clone())))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hash over names, sizes and times of the files of a folder. It changes when a file does.
fn state(folder: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut left = FILES;
    look(folder, &mut hasher, &mut left);
    if left == 0 {
        // Too many to look at: assume a change.
        std::time::SystemTime::now().hash(&mut hasher);
    }
    hasher.finish()
}

fn look(folder: &Path, hasher: &mut DefaultHasher, left: &mut usize) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        // Readers change the shared memory of the store.
        if path.extension().is_some_and(|end| end.to_string_lossy().ends_with("-shm")) {
            continue;
        }
        *left = left.saturating_sub(1);
        if *left == 0 {
            return;
        }
        let Ok(meta) = entry.metadata() else { continue };
        if meta.is_dir() {
            look(&path, hasher, left);
            continue;
        }
        path.hash(hasher);
        meta.len().hash(hasher);
        meta.modified().ok().hash(hasher);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_a_file_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let before = state(folder.path());
        assert_eq!(state(folder.path()), before);
        std::fs::create_dir(folder.path().join("days")).unwrap();
        std::fs::write(folder.path().join("days/a.db-wal"), "1").unwrap();
        let made = state(folder.path());
        assert_ne!(made, before);
        std::fs::write(folder.path().join("days/a.db-wal"), "12").unwrap();
        assert_ne!(state(folder.path()), made);
        let grown = state(folder.path());
        std::fs::write(folder.path().join("days/a.db-shm"), "1").unwrap();
        assert_eq!(state(folder.path()), grown);
    }

    #[test]
    fn a_language_is_english_or_german() {
        assert_eq!(language(Some("de-AT")).unwrap(), Lang::De);
        assert_eq!(language(Some("en")).unwrap(), Lang::En);
        assert_eq!(language(Some("fr")).unwrap_err().to_string(), "--lang expects en or de, got fr");
    }
}
