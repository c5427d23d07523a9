//! Actions of a rule: what is done, beside telling, while an episode is open.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use quipu_budget::{Action as OverBudget, BudgetConfig, Budgets};
use quipu_core::{Error, ErrorKind, Result, Retry, Store, Timestamp, Usd};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::span::{read_span, span_text};
use crate::{Notice, NoticeStatus};

/// Begin of the names under which actions are in the outbox and the history.
pub(crate) const PREFIX: &str = "action: ";
/// Most actions of a rule, and words of a command.
pub(crate) const MOST: usize = 5;
const WORDS: usize = 32;
/// Time limit of a command, and commands at the same time.
const TIMEOUT: Duration = Duration::from_secs(30);
const AT_ONCE: usize = 2;
/// Pause between two looks at a running command.
const PAUSE: Duration = Duration::from_millis(20);
const ACT: &str = "run an action";

/// An action: exactly one of `budget`, `sampling` and `command`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActionConfig {
    /// `tighten` lowers the limits of a budget, `block` lets no call pass, until the episode ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
    /// Name of the budget; default that of the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Share of the limits that `tighten` leaves, above 0 and below 1; default 0.5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
    /// `keep_all` samples all traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampling: Option<String>,
    /// Duration of `sampling`, 1m to 1d; default 1h.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<String>,
    /// Program of `[alerts] commands`, and its arguments. It runs without a shell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
}

/// A checked action.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    Budget { name: String, to: f64 },
    KeepAll { lasts: i64 },
    Command(Vec<String>),
}

impl Action {
    /// Checks an action. The error has the key and the expected form.
    pub(crate) fn new(config: &ActionConfig, of_rule: Option<&String>) -> std::result::Result<Self, String> {
        match (&config.budget, &config.sampling, &config.command) {
            (Some(how), None, None) => {
                let name = config.name.as_ref().or(of_rule).ok_or("name: the name of a budget")?;
                let to = config.to.unwrap_or(0.5);
                match how.as_str() {
                    "block" => Ok(Self::Budget { name: name.clone(), to: 0.0 }),
                    "tighten" if to > 0.0 && to < 1.0 => Ok(Self::Budget { name: name.clone(), to }),
                    "tighten" => Err(format!("to: above 0 and below 1, got {to}")),
                    _ => Err(format!("budget: tighten or block, got {how:?}")),
                }
            }
            (None, Some(how), None) if how == "keep_all" => {
                let text = config.lasts.as_deref().unwrap_or("1h");
                let limits = 60 * Timestamp::SECOND..=Timestamp::DAY;
                let lasts = read_span(text).filter(|lasts| limits.contains(lasts));
                lasts
                    .map(|lasts| Self::KeepAll { lasts })
                    .ok_or_else(|| format!("for: 1m to 1d, got {text:?}"))
            }
            (None, Some(how), None) => Err(format!("sampling: keep_all, got {how:?}")),
            (None, None, Some(words)) if (1..=WORDS).contains(&words.len()) => {
                Ok(Self::Command(words.clone()))
            }
            (None, None, Some(words)) => Err(format!("command: 1 to {WORDS} words, got {}", words.len())),
            _ => Err("one of budget, sampling and command".to_owned()),
        }
    }

    /// The action of a rule that changed meanwhile, by its name; only those that have to be taken back.
    pub(crate) fn to_take_back(name: &str) -> Option<Self> {
        let name = name.strip_prefix(PREFIX)?;
        let tightened = || name.strip_prefix("tighten budget ").and_then(|rest| rest.rsplit_once(" to "));
        let blocked = name.strip_prefix("block budget ");
        let budget = blocked.or_else(|| tightened().map(|(budget, _)| budget))?;
        Some(Self::Budget { name: budget.to_owned(), to: 0.0 })
    }

    /// Its name in the outbox and the history.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Budget { name, to } if *to == 0.0 => format!("{PREFIX}block budget {name}"),
            Self::Budget { name, to } => format!("{PREFIX}tighten budget {name} to {to}"),
            Self::KeepAll { lasts } => format!("{PREFIX}keep all traces for {}", span_text(*lasts)),
            Self::Command(words) => format!("{PREFIX}run {}", words.first().map_or("", String::as_str)),
        }
    }
}

/// Samples all traces until a time.
pub type KeepAll = Arc<dyn Fn(Timestamp) + Send + Sync>;

/// What actions work on.
#[derive(Clone, Default)]
pub struct Actions {
    /// Budgets, with the store that has their earlier spending.
    pub budgets: Option<(Budgets, Arc<dyn Store>)>,
    /// The sampler; a server has none, because agents sample.
    pub keep_all: Option<KeepAll>,
}

/// Runs actions.
pub(crate) struct Actor {
    parts: Actions,
    allowed: Vec<String>,
    permits: Arc<Semaphore>,
}

impl Actor {
    pub(crate) fn new(parts: Actions, allowed: Vec<String>) -> Self {
        Self { parts, allowed, permits: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Whether an action can run here; the text says what is missing.
    pub(crate) fn check(&self, action: &Action) -> std::result::Result<(), String> {
        let is_there = match action {
            Action::Budget { .. } => self.parts.budgets.is_some(),
            Action::KeepAll { .. } => self.parts.keep_all.is_some(),
            Action::Command(words) => words.first().is_some_and(|program| self.allowed.contains(program)),
        };
        if is_there {
            return Ok(());
        }
        Err(match action {
            Action::Budget { .. } => "no budget action: this program has no budgets",
            Action::KeepAll { .. } => "no sampling action: agents sample, so only the library has it",
            Action::Command(_) => "a program of [alerts] commands, which is empty by default",
        }
        .to_owned())
    }

    /// Runs an action at the begin of an episode, and takes it back at the end.
    pub(crate) async fn run(&self, action: &Action, notice: &Notice, now: Timestamp) -> Result<()> {
        let wrong = |text: String| Error::new(ErrorKind::Invalid, ACT, text);
        self.check(action).map_err(wrong)?;
        let begins = notice.status == NoticeStatus::Firing;
        match action {
            Action::Budget { name, to } => self.budget(name, *to, notice, begins).await,
            Action::KeepAll { lasts } => {
                if let (true, Some(keep_all)) = (begins, &self.parts.keep_all) {
                    keep_all(now.plus(*lasts));
                }
                Ok(())
            }
            Action::Command(words) => {
                let permit = Arc::clone(&self.permits).acquire_owned().await;
                let (words, notice) = (words.clone(), notice.clone());
                let done = tokio::task::spawn_blocking(move || {
                    let _permit = permit;
                    command(&words, &notice)
                });
                done.await.map_err(|cause| Error::new(ErrorKind::Internal, ACT, cause.to_string()))?
            }
        }
    }

    /// Adds a budget beside the named one, with the same scope and lower limits; removes it at the end. The
    /// named budget stays as it is, so the action works for budgets of the config file too.
    async fn budget(&self, name: &str, to: f64, notice: &Notice, begins: bool) -> Result<()> {
        let Some((budgets, store)) = self.parts.budgets.clone() else { return Ok(()) };
        let told = |text: String| Error::new(ErrorKind::Unavailable, ACT, text).with_retry(Retry::Yes);
        let own = format!("alert-{}-{name}", notice.episode);
        let own: String = own.chars().take(100).collect();
        let (name, books) = (name.to_owned(), budgets.clone());
        let change = move || -> std::result::Result<(), Error> {
            if !begins {
                // It may be gone already.
                let _ = books.remove(&own);
                return Ok(());
            }
            let all = books.list().map_err(|error| told(error.to_string()))?;
            let config = all.into_iter().find(|budget| budget.name == name).map(|budget| budget.config);
            let missing = || Error::new(ErrorKind::Invalid, ACT, format!("there is no budget {name:?}"));
            let config = tightened(config.ok_or_else(missing)?, to);
            books.set(&own, config).map_err(|error| told(error.to_string()))
        };
        tokio::task::spawn_blocking(change)
            .await
            .map_err(|cause| Error::new(ErrorKind::Internal, ACT, cause.to_string()))??;
        if begins { budgets.begin(store.as_ref()).await } else { Ok(()) }
    }
}

/// A budget with a share of the limits, which rejects the calls beyond them.
fn tightened(config: BudgetConfig, to: f64) -> BudgetConfig {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a limit fits")]
    let part = |limit: u64| (limit as f64 * to).floor() as u64;
    let usd = |limit: Usd| {
        let dollars = limit.to_string().parse::<f64>().unwrap_or(0.0) * to;
        format!("{dollars:.6}").parse().unwrap_or(Usd::ZERO)
    };
    BudgetConfig {
        limit_usd: config.limit_usd.map(usd),
        limit_tokens: config.limit_tokens.map(part),
        limit_calls: config.limit_calls.map(part),
        action: OverBudget::Block,
        degrade_to: None,
        r#loop: None,
        ..config
    }
}

/// Runs a program without a shell: an empty environment with the facts of the notice, the notice as JSON on
/// standard input, no output. It is killed after [`TIMEOUT`].
fn command(words: &[String], notice: &Notice) -> Result<()> {
    let failed = |text: String| Error::new(ErrorKind::Invalid, ACT, text);
    let (program, arguments) =
        words.split_first().ok_or_else(|| failed("the command is empty".to_owned()))?;
    let mut facts = BTreeMap::from([
        ("QUIPU_STATUS", notice.status.as_str()),
        ("QUIPU_RULE", &notice.rule),
        ("QUIPU_SEVERITY", notice.severity.as_str()),
        ("QUIPU_EPISODE", &notice.episode),
    ]);
    let path = std::env::var("PATH").unwrap_or_default();
    facts.insert("PATH", &path);
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(facts)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|cause| failed(format!("{program} cannot be started: {}", cause.kind())))?;
    let begin = Instant::now();
    if let (Some(mut input), Ok(body)) = (child.stdin.take(), serde_json::to_vec(notice)) {
        // A program that does not read its input must not hold this thread.
        std::thread::spawn(move || std::io::Write::write_all(&mut input, &body));
    }
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(failed(format!("{program} ended with {status}"))),
            Ok(None) if begin.elapsed() < TIMEOUT => std::thread::sleep(PAUSE),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(format!("{program} did not end within {} s", TIMEOUT.as_secs())));
            }
        }
    }
}
