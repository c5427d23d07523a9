//! Reads the lines of one transcript, in order.

use std::collections::HashMap;
use std::path::Path;

use quipu_core::{Attributes, SpanId, Timestamp, TraceId};
use serde_json::Value as Json;

use super::chain::{Agent, Chain, OPEN_CALLS, Turn};
use super::content;
use super::line::Line;
use super::tool::Tool;
use super::{FAMILY, SCOPE};
use crate::attributes::{Put, Source};
use crate::json::any_text;
use crate::messages;
use crate::reader::{Desk, Reader, parse};

/// Largest size of a note next to a sub-agent's transcript, in bytes.
const NOTE_BYTES: u64 = 64 << 10;

/// Reads one transcript.
pub(crate) struct ClaudeCode {
    /// Name of the sub-agent, if the file is a sub-agent's own.
    agent_name: Option<String>,
    session: Option<String>,
    chains: HashMap<String, Chain>,
    /// Conversation of each side-chain line without an agent's id.
    chain_of: HashMap<String, String>,
    tools: HashMap<String, Tool>,
}

impl ClaudeCode {
    /// Creates a reader for a file; a note next to it holds a sub-agent's name.
    pub(crate) fn new(path: &Path) -> Self {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let is_agent = stem.starts_with("agent-");
        Self {
            agent_name: is_agent.then(|| noted_name(path)).flatten(),
            session: (!is_agent && !stem.is_empty()).then(|| stem.to_owned()),
            chains: HashMap::new(),
            chain_of: HashMap::new(),
            tools: HashMap::new(),
        }
    }

    /// The key of a line's conversation: empty for the session's own.
    fn chain_name(&mut self, line: &Line<'_>) -> String {
        if let Some(agent) = line.agent() {
            return agent.to_owned();
        }
        if !line.is_sidechain() {
            return String::new();
        }
        let own = || line.uuid().unwrap_or("sidechain").to_owned();
        let name = line.parent().and_then(|parent| self.chain_of.get(parent)).cloned().unwrap_or_else(own);
        if let Some(uuid) = line.uuid() {
            self.chain_of.insert(uuid.to_owned(), name.clone());
        }
        name
    }

    /// The parent of a new side chain: the tool that runs it, else the turn of its prompt.
    fn parent_of(&self, line: &Line<'_>, task: Option<&str>) -> (Option<(TraceId, SpanId)>, Option<String>) {
        if let Some(turn) = self.chains.get("").and_then(|main| main.turn.as_ref()) {
            let running = || self.tools.iter().filter(|(_, tool)| tool.runs(task));
            let latest = running().max_by_key(|(_, tool)| tool.start);
            if let Some((id, tool)) = latest {
                let name = super::call::subagent(&tool.input).map(str::to_owned);
                return (Some((turn.trace, Tool::id(id))), name);
            }
        }
        let of_prompt = line
            .prompt()
            .map(|prompt| (TraceId::made_of(&[FAMILY, "transcript", prompt]), Turn::span_id(prompt, "")));
        (of_prompt, None)
    }

    fn turn(
        &self,
        name: &str,
        line: &Line<'_>,
        prompt: Option<String>,
        session: &str,
        time: Timestamp,
    ) -> (Turn, Option<String>) {
        let key = line.prompt().or(line.uuid()).unwrap_or(session);
        let (parent, agent) = match name {
            "" => (None, None),
            _ => self.parent_of(line, prompt.as_deref()),
        };
        (Turn::new(key, name, parent, session, time).prompted(line.prompt(), prompt), agent)
    }

    fn user(&mut self, name: &str, line: &Line<'_>, session: &str, time: Timestamp, desk: &mut Desk<'_>) {
        let Some(message) = line.message() else { return };
        self.answers(name, message, time, desk);
        let has_answers = content::blocks(message).any(|block| content::answered(block).is_some());
        let written = content::written(message).filter(|_| !has_answers);
        let chain = self.chains.entry(name.to_owned()).or_default();
        let goes_on = match (line.prompt(), &chain.turn) {
            (_, None) => false,
            (Some(prompt), Some(turn)) => turn.is_of(prompt) || line.is_aside(),
            (None, Some(_)) => line.is_aside(),
        };
        if written.is_some() && !goes_on {
            let (turn, agent) = self.turn(name, line, written, session, time);
            let agent = self.agent_name.clone().or(agent);
            let chain = self.chains.entry(name.to_owned()).or_default();
            if !name.is_empty() && chain.agent.is_none() {
                chain.agent = Some(Agent { id: name.to_owned(), name: agent });
            }
            chain.begin(turn, desk);
        }
        let chain = self.chains.entry(name.to_owned()).or_default();
        let most = desk.bounds.text_bytes;
        let (answers, said): (Vec<_>, Vec<_>) =
            content::blocks(message).partition(|block| content::answered(block).is_some());
        for (role, blocks) in [("tool", answers), ("user", said)] {
            let parts: Vec<_> = blocks.into_iter().filter_map(|block| content::part(block, most)).collect();
            if !parts.is_empty() {
                chain.heard.push(messages::message(role, parts));
            }
        }
        chain.heard_at = Some(time);
        if let Some(turn) = chain.turn.as_mut() {
            turn.reach(time);
        }
    }

    /// Emits the spans of the tools that a message answers.
    fn answers(&mut self, name: &str, message: &Json, time: Timestamp, desk: &mut Desk<'_>) {
        for answer in content::blocks(message).filter_map(content::answered) {
            let Some(tool) = self.tools.remove(answer.id) else { continue };
            let Some(chain) = self.chains.get_mut(name) else { continue };
            let Some(place) = chain.place(desk.bounds.text_bytes) else { continue };
            if desk.known.is_own(Tool::id(answer.id), place.turn.trace, place.turn.session()) {
                desk.out.span(tool.span(&answer, time, &place));
                chain.turn.as_mut().into_iter().for_each(Turn::work);
            }
        }
    }

    fn assistant(
        &mut self,
        name: &str,
        line: &Line<'_>,
        session: &str,
        time: Timestamp,
        desk: &mut Desk<'_>,
    ) {
        let (Some(message), Some(key)) = (line.message(), line.call()) else { return };
        if self.chains.get(name).is_none_or(|chain| chain.turn.is_none()) {
            let (turn, agent) = self.turn(name, line, None, session, time);
            let chain = self.chains.entry(name.to_owned()).or_default();
            let agent = self.agent_name.clone().or(agent);
            chain.agent = (!name.is_empty()).then(|| Agent { id: name.to_owned(), name: agent });
            chain.begin(turn, desk);
        }
        let chain = self.chains.entry(name.to_owned()).or_default();
        if chain.calls.len() > 2 * OPEN_CALLS {
            chain.tell(desk);
        }
        chain.call(key, time).add(line, message, time, desk.bounds.text_bytes);
        if let Some(turn) = chain.turn.as_mut() {
            turn.reach(time);
        }
        for asked in content::blocks(message).filter_map(content::asked) {
            self.tools.entry(asked.id.to_owned()).or_insert_with(|| Tool::new(&asked, time));
        }
        // The answer of a server-side tool is part of the model's answer.
        self.answers(name, message, time, desk);
    }

    fn describe(&mut self, name: &str, line: &Line<'_>) {
        let chain = self.chains.entry(name.to_owned()).or_default();
        let mut about = Attributes::new();
        about.put("process.working_directory", line.text("cwd"));
        about.put("vcs.ref.head.name", line.text("gitBranch"));
        if about != chain.about {
            chain.about = about;
        }
        let version = line.version();
        if chain.source.resource.attributes.text("service.version") != version
            || chain.source.resource.attributes.is_empty()
        {
            chain.source = Source::new(FAMILY, version, SCOPE);
        }
    }
}

impl Reader for ClaudeCode {
    fn record(&mut self, bytes: &[u8], desk: &mut Desk<'_>) -> Result<(), String> {
        let json = parse(bytes)?;
        if !json.is_object() {
            return Err("not an object".into());
        }
        let line = Line(&json);
        let kind = line.kind();
        if !matches!(kind, "user" | "assistant") {
            return Ok(());
        }
        let session = line.session().map(str::to_owned).or_else(|| self.session.clone());
        let session = session.ok_or("it has no session (sessionId)")?;
        let time = line.time().ok_or("its time (timestamp) is missing or not a time")?;
        let name = self.chain_name(&line);
        self.describe(&name, &line);
        match kind {
            "user" => self.user(&name, &line, &session, time, desk),
            _ => self.assistant(&name, &line, &session, time, desk),
        }
        Ok(())
    }

    fn settle(&mut self, desk: &mut Desk<'_>) {
        let mut names: Vec<_> = self.chains.keys().cloned().collect();
        names.sort();
        for name in names {
            if let Some(chain) = self.chains.get_mut(&name) {
                chain.tell(desk);
            }
        }
    }
}

/// Claude Code's name of the sub-agent, from `agent-ID.meta.json`.
fn noted_name(path: &Path) -> Option<String> {
    let note = path.with_extension("meta.json");
    if std::fs::metadata(&note).ok()?.len() > NOTE_BYTES {
        return None;
    }
    let note: Json = serde_json::from_slice(&std::fs::read(note).ok()?).ok()?;
    any_text(&note, &["agentType", "subagent_type", "type", "name"]).map(str::to_owned)
}
