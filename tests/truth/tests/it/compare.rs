//! Comparison of the expected and the found figures.

use quipu_core::{Tokens, Usd};
use serde_json::Value;

use crate::found::Found;

/// A recording's figure of a kind of tokens.
pub fn truth(want: &Value, name: &str) -> u64 {
    want["tokens"][name].as_u64().unwrap()
}

/// The best reachable figure of a source: `None` if its data is no count.
pub fn reachable(want: &Value, name: &str) -> Option<u64> {
    match want["source_limited"].get(name) {
        Some(limited) => limited.as_u64(),
        None => Some(truth(want, name)),
    }
}

/// The upper limit of the figure.
pub fn most(want: &Value, name: &str) -> Option<u64> {
    reachable(want, name).map(|best| best.max(truth(want, name)))
}

/// Differences, in words.
pub fn differences(want: &Value, got: &Found) -> Vec<String> {
    let mut wrong = Vec::new();
    tokens(want, got, &mut wrong);
    calls(want, got, &mut wrong);
    cost(want, got, &mut wrong);
    tools(want, got, &mut wrong);
    owners(want, got, &mut wrong);
    wrong
}

fn tokens(want: &Value, got: &Found, wrong: &mut Vec<String>) {
    for (name, found) in [("input", got.tokens.input), ("output", got.tokens.output)] {
        // More than what others thought reachable is welcome, up to the truth. So is the truth itself where
        // others took a source's estimates for usage.
        let truth = truth(want, name);
        let better = |best: u64| found == truth || (best < found && found <= truth);
        if let Some(best) = reachable(want, name).filter(|best| *best != found && !better(*best)) {
            wrong.push(format!("{name} {found}, not {best}"));
        }
    }
    let parts = [
        ("cache_read", got.tokens.cache_read),
        ("cache_write", got.tokens.cache_write),
        ("reasoning", got.tokens.reasoning),
    ];
    for (name, found) in parts.into_iter().filter(|(name, found)| *found > truth(want, name)) {
        wrong.push(format!("{name} {found}, over {}", truth(want, name)));
    }
}

fn calls(want: &Value, got: &Found, wrong: &mut Vec<String>) {
    let (ok, failed) = (want["llm_calls_ok"].as_u64().unwrap(), want["llm_calls_failed"].as_u64().unwrap());
    if got.calls < ok || got.calls > ok + failed {
        wrong.push(format!("calls {}, not {ok} to {}", got.calls, ok + failed));
    }
    // An SDK repeats a failed request within one span, so fewer failures than requests are seen.
    let seen = got.calls.saturating_sub(ok).min(failed);
    if got.failed != seen && got.failed != failed {
        wrong.push(format!("failed calls {}, not {seen}", got.failed));
    }
}

/// The cost that the truth gives, by the prices of the recorded day; for sources that send all tokens.
fn cost(want: &Value, got: &Found, wrong: &mut Vec<String>) {
    let Tokens { input, output, cache_read, cache_write, .. } = got.tokens;
    let all =
        [("input", input), ("output", output), ("cache_read", cache_read), ("cache_write", cache_write)];
    let is_whole = all.into_iter().all(|(name, found)| found == truth(want, name));
    let Some(cost) = want["cost_usd"].as_str().filter(|_| is_whole) else { return };
    let cost: Usd = cost.parse().unwrap();
    let found = got.cost.unwrap_or_default();
    if found != cost {
        wrong.push(format!("cost {found}, not {cost}"));
    }
}

/// How often tools ran, as far as the truth says.
pub fn runs(want: &Value) -> u64 {
    match &want["tools"] {
        Value::Array(tools) => tools.iter().filter_map(|tool| tool["count"].as_u64()).sum(),
        count => count.as_u64().unwrap_or(0),
    }
}

fn tools(want: &Value, got: &Found, wrong: &mut Vec<String>) {
    let listed = want["tools"].as_array();
    // A list names what scripts saw run; that hand-overs run as tools, and final answers, it does not say.
    if listed.is_none() && got.runs() != runs(want) {
        wrong.push(format!("tool runs {}, not {}", got.runs(), runs(want)));
    }
    for tool in listed.into_iter().flatten() {
        let (name, failed) = (tool["name"].as_str().unwrap(), tool["outcome"] == "error");
        let (mut runs, mut errors) = (0, 0);
        for (_, found) in got.tools.iter().filter(|(found, _)| is_called(found, name)) {
            runs += found.0;
            errors += found.1;
        }
        let found = if failed { errors } else { runs - errors };
        if found != tool["count"].as_u64().unwrap() {
            let outcome = if failed { "failed" } else { "ended well" };
            wrong.push(format!("tool {name} {outcome} {found} times, not {}", tool["count"]));
        }
    }
}

/// Each coding agent has a name of its own for the tool that runs a command.
fn is_called(found: &str, wanted: &str) -> bool {
    let shells = ["shell", "bash", "exec"];
    found == wanted
        || (wanted == "shell or bash tool"
            && shells.iter().any(|shell| found.to_ascii_lowercase().contains(shell)))
}

fn owners(want: &Value, got: &Found, wrong: &mut Vec<String>) {
    if let Some(session) = want["session_id"].as_str().filter(|session| !got.sessions.iter().eq([*session])) {
        wrong.push(format!("sessions {:?}, not {session}", got.sessions));
    }
    if let Some(user) = want["user_id"].as_str().filter(|user| !got.users.iter().eq([*user])) {
        wrong.push(format!("users {:?}, not {user}", got.users));
    }
    for agent in want["agents"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !got.agents.contains(agent) {
            wrong.push(format!("agent {agent} is not among {:?}", got.agents));
        }
    }
}
