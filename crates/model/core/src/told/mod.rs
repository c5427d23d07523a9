//! Tool calls and results in the messages of calls, and the tool runs inferred from them.

mod error;
mod hint;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use self::error::is_error;
use self::hint::{hints, is_content, is_of_tool};
use crate::{Message, Messages, Part, Role, Span, Timestamp, Value, span::stable_hash};

/// Tool calls and tool results of one call that are kept: the first so many of each.
const MOST: usize = 64;
/// Shortest last part of a unique tool call id. Some servers number their calls or repeat one id.
const RANDOM: usize = 8;

/// Tool calls and results in the messages of one call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ToldRuns {
    /// Tool calls in the answer.
    pub asked: Vec<ToldCall>,
    /// Tool results in the input after the model's last message. Earlier results belong to earlier calls.
    pub answered: Vec<ToldResult>,
}

/// A tool call in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ToldCall {
    /// Identity of the run: equal in the answer that asks for it and in the input that has its result.
    pub key: u64,
    /// Hash of the tool call's id; zero without one.
    pub id: u64,
    /// The tool.
    pub name: CompactString,
}

/// A tool result in an input.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ToldResult {
    /// Identity of the run.
    pub key: u64,
    /// Hash of the tool call's id; zero without one.
    pub id: u64,
    /// The tool, where the input has the tool call too.
    pub name: Option<CompactString>,
    /// Whether the result is an error.
    pub failed: bool,
}

/// A tool run that no span tells of, by the ledger row of the call that was given its result.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct InferredRun {
    /// Identity of the run within its trace.
    pub key: u64,
    /// The tool.
    pub tool: CompactString,
    /// End of the call that requested the run, its earliest start; `None` if that call is unknown. The run
    /// ended before the call that received its result began.
    pub since: Option<Timestamp>,
    /// Whether its result is an error.
    pub failed: bool,
}

/// A tool run as the messages of the call that was given its result tell it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToldRun {
    /// The model's id of the tool call.
    pub id: Option<String>,
    /// Arguments of the tool; `None` if the input has no such tool call.
    pub arguments: Option<Value>,
    /// Result of the tool.
    pub result: Option<Value>,
}

impl ToldRuns {
    /// Reads tool calls and results from messages; `None` if there are none.
    pub fn of(said: &Messages) -> Option<Box<Self>> {
        let history = History::of(said);
        let count = history.calls.len();
        let asked = calls_of(&said.output).enumerate().take(MOST).map(|(at, call)| ToldCall {
            key: key(call.id, count + at),
            id: call.id.map_or(0, hash_of_id),
            name: call.name.into(),
        });
        let answered = history.results.iter().take(MOST).map(|result| ToldResult {
            key: result.key,
            id: result.id.map_or(0, hash_of_id),
            name: result.call.map(|at| history.calls[at].name.into()),
            failed: result.failed,
        });
        let told = Self { asked: asked.collect(), answered: answered.collect() };
        (!told.asked.is_empty() || !told.answered.is_empty()).then(|| Box::new(told))
    }

    /// Whether a span's texts may tell of tool calls or results: a cheap look before its messages are read.
    pub fn may_be_in(span: &Span) -> bool {
        let pairs =
            span.attributes.iter().chain(span.events.iter().flat_map(|event| event.attributes.iter()));
        span.events.iter().any(is_of_tool)
            || pairs.into_iter().any(|(key, value)| is_content(key) && hints(key, value))
    }
}

impl ToldRun {
    /// The run with this key in the messages of the call that was given its result.
    pub fn find(said: &Messages, wanted: u64) -> Option<Self> {
        let history = History::of(said);
        let found = history.results.iter().find(|result| result.key == wanted)?;
        let call = found.call.map(|at| &history.calls[at]);
        Some(Self {
            id: found.id.or_else(|| call?.id).map(str::to_owned),
            arguments: call.map(|call| call.arguments.clone()),
            result: Some(found.response.clone()),
        })
    }

    /// The arguments of the tool call with this key, from the messages of the call that requested it.
    pub fn arguments_in(said: &Messages, wanted: u64) -> Option<Value> {
        let count = calls_of(&said.input).count();
        let mut calls = calls_of(&said.output).enumerate();
        calls.find(|(at, call)| key(call.id, count + at) == wanted).map(|(_, call)| call.arguments.clone())
    }
}

/// A tool call in a message.
struct AskedFor<'m> {
    id: Option<&'m str>,
    name: &'m str,
    arguments: &'m Value,
}

/// A tool result in a message.
struct Given<'m> {
    key: u64,
    id: Option<&'m str>,
    response: &'m Value,
    failed: bool,
    /// The tool call that it answers, as a place among those of the history.
    call: Option<usize>,
}

/// The tool calls of an input, and the results that are new in it.
struct History<'m> {
    calls: Vec<AskedFor<'m>>,
    results: Vec<Given<'m>>,
}

impl<'m> History<'m> {
    fn of(said: &'m Messages) -> Self {
        let calls: Vec<AskedFor<'m>> = calls_of(&said.input).collect();
        let mut free = vec![true; calls.len()];
        let new = said.input.iter().rposition(speaks).map_or(0, |last| last + 1);
        let (before, after) = said.input.split_at(new);
        // Results of earlier turns take their calls, so that those without an id are matched in order.
        for (id, ..) in results_of(before) {
            take(&calls, &mut free, id, false);
        }
        let results = results_of(after).enumerate().map(|(at, (id, response, failed))| {
            let call = take(&calls, &mut free, id, true);
            let place = call.unwrap_or(calls.len() + at);
            Given { key: key(id, place), id, response, failed: failed || is_error(response), call }
        });
        let results = results.collect();
        Self { calls, results }
    }
}

/// The call that a result answers, among calls without a result so far. With an id it is the last such call
/// for a `new` result, else the first; without an id it is the first.
fn take(calls: &[AskedFor<'_>], free: &mut [bool], id: Option<&str>, new: bool) -> Option<usize> {
    let fits = |at: &usize| free[*at] && (id.is_none() || calls[*at].id == id);
    let mut all = 0..calls.len();
    let at = if new && id.is_some() { all.rev().find(fits)? } else { all.find(fits)? };
    free[at] = false;
    Some(at)
}

fn speaks(message: &Message) -> bool {
    message.role == Role::Assistant || message.parts.iter().any(|part| matches!(part, Part::ToolCall { .. }))
}

fn calls_of(messages: &[Message]) -> impl Iterator<Item = AskedFor<'_>> {
    messages.iter().flat_map(|message| &message.parts).filter_map(|part| match part {
        Part::ToolCall { id, name, arguments } if !name.is_empty() => {
            Some(AskedFor { id: id.as_deref().filter(|id| !id.is_empty()), name, arguments })
        }
        _ => None,
    })
}

fn results_of(messages: &[Message]) -> impl Iterator<Item = (Option<&str>, &Value, bool)> {
    messages.iter().flat_map(|message| &message.parts).filter_map(|part| match part {
        Part::ToolCallResponse { id, response, failed } => {
            Some((id.as_deref().filter(|id| !id.is_empty()), response, *failed))
        }
        _ => None,
    })
}

/// The hash of a tool call's id, as spans of tool runs and messages name it; never zero.
pub fn hash_of_id(id: &str) -> u64 {
    stable_hash(&["tool call", id]).max(1)
}

/// The identity of a run: a unique id, or else the id and the position in the conversation.
fn key(id: Option<&str>, place: usize) -> u64 {
    match id {
        Some(id) if is_unique(id) => hash_of_id(id),
        id => stable_hash(&["tool call at", id.unwrap_or_default(), &place.to_string()]),
    }
}

fn is_unique(id: &str) -> bool {
    let end = id.rsplit(['-', '_', ':', '.', '/']).next().unwrap_or(id);
    end.len() >= RANDOM && id.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(role: Role, parts: Vec<Part>) -> Message {
        Message { role, parts, finish_reason: None }
    }

    fn call(id: &str, name: &str) -> Part {
        let id = Some(id.to_owned()).filter(|id| !id.is_empty());
        Part::ToolCall { id, name: name.to_owned(), arguments: Value::Null }
    }

    fn result(id: &str, text: &str) -> Part {
        let id = Some(id.to_owned()).filter(|id| !id.is_empty());
        Part::ToolCallResponse { id, response: text.into(), failed: false }
    }

    fn told(input: Vec<Message>, output: Vec<Part>) -> ToldRuns {
        let output = vec![message(Role::Assistant, output)];
        *ToldRuns::of(&Messages { input, output, ..Messages::default() }).unwrap_or_default()
    }

    /// A conversation of so many turns with two runs each, as its last call is given it.
    fn conversation(turns: usize, id: impl Fn(usize) -> String) -> Vec<Message> {
        let mut said = vec![message(Role::User, vec![Part::Text("go".into())])];
        for turn in 0..turns {
            let ids = [id(2 * turn), id(2 * turn + 1)];
            said.push(message(Role::Assistant, vec![call(&ids[0], "look"), call(&ids[1], "send")]));
            said.extend(ids.map(|id| message(Role::Tool, vec![result(&id, "fine")])));
        }
        said
    }

    #[test]
    fn each_run_is_told_once_whatever_its_ids_are() {
        let schemes: [fn(usize) -> String; 3] =
            [|at| format!("call_{at:08x}"), |at| format!("call_{}", at % 2), |_| String::new()];
        for id in schemes {
            let mut keys = Vec::new();
            for turn in 0..5 {
                let input = conversation(turn, id);
                let asked = told(input, vec![call(&id(2 * turn), "look"), call(&id(2 * turn + 1), "send")]);
                let given = told(conversation(turn + 1, id), vec![Part::Text("done".into())]);
                let names: Vec<_> =
                    given.answered.iter().map(|one| one.name.as_deref().unwrap_or("")).collect();
                assert_eq!(names, ["look", "send"]);
                let pairs = asked.asked.iter().zip(&given.answered);
                assert!(
                    pairs.clone().count() == 2 && pairs.clone().all(|(asked, given)| asked.key == given.key)
                );
                keys.extend(given.answered.iter().map(|one| one.key));
            }
            let all = keys.len();
            keys.sort_unstable();
            keys.dedup();
            assert_eq!((all, keys.len()), (10, 10));
        }
    }

    #[test]
    fn a_result_without_its_call_has_no_name() {
        let given = told(vec![message(Role::Tool, vec![result("call_0123abcd", "ok")])], Vec::new());
        assert_eq!(given.answered.iter().map(|one| one.name.clone()).collect::<Vec<_>>(), [None]);
        let asked = told(Vec::new(), vec![call("call_0123abcd", "look")]);
        assert_eq!(asked.asked[0].key, given.answered[0].key);
    }
}
