//! What a request says of itself beyond what the wire's reader tells: whose it is, which conversation it continues, and where
//! its model stands.

use std::borrow::Cow;
use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// The members of a request's body that the gateway looks at, as they stand there.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked<'a> {
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(borrow)]
    stream: Option<&'a RawValue>,
    #[serde(borrow)]
    stream_options: Option<&'a RawValue>,
    #[serde(borrow)]
    user: Option<&'a RawValue>,
    #[serde(borrow)]
    safety_identifier: Option<&'a RawValue>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    conversation: Option<&'a RawValue>,
    #[serde(borrow)]
    previous_response_id: Option<&'a RawValue>,
    #[serde(borrow)]
    system: Option<&'a RawValue>,
    #[serde(borrow)]
    instructions: Option<&'a RawValue>,
    #[serde(borrow, rename = "systemInstruction", alias = "system_instruction")]
    system_instruction: Option<&'a RawValue>,
    #[serde(borrow)]
    messages: Option<&'a RawValue>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    contents: Option<&'a RawValue>,
}

/// Whose a request is, by its body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Whose {
    pub user: Option<String>,
    pub session: Option<String>,
    pub agent: Option<String>,
    pub project: Option<String>,
    pub tags: Vec<String>,
}

/// One message's role, and the rest of it as it stands there.
#[derive(Deserialize)]
struct Role<'a> {
    #[serde(borrow)]
    role: Option<Cow<'a, str>>,
}

impl<'a> Asked<'a> {
    /// Reads a body; empty where it is no JSON object.
    pub fn read(body: &'a [u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// OpenAI's `user` (or `safety_identifier`), `metadata` and `conversation`; Anthropic's `metadata.user_id`, which Claude
    /// Code and others fill with a JSON object or with `user_…_session_…`.
    pub fn whose(&self) -> Whose {
        let metadata =
            self.metadata.and_then(|raw| serde_json::from_str::<Map<String, Value>>(raw.get()).ok());
        let metadata = metadata.unwrap_or_default();
        let said = |keys: &[&str]| keys.iter().find_map(|key| word(metadata.get(*key)?));
        let mut whose = Whose {
            user: text(self.user).or_else(|| text(self.safety_identifier)),
            session: self.conversation().or_else(|| said(&["session_id", "conversation_id", "thread_id"])),
            agent: said(&["agent", "agent_name"]),
            project: said(&["project"]),
            tags: said(&["tags"]).map(|tags| split(&tags)).unwrap_or_default(),
        };
        if let Some(user) = said(&["user_id", "user"]) {
            let (user, session) = user_and_session(&user);
            whose.user = whose.user.or(user);
            whose.session = whose.session.or(session);
        }
        whose
    }

    /// The conversation that the Responses API keeps: an id, or an object with one.
    fn conversation(&self) -> Option<String> {
        text(self.conversation).or_else(|| {
            let object: Map<String, Value> = serde_json::from_str(self.conversation?.get()).ok()?;
            word(object.get("id")?)
        })
    }

    /// The response that this request continues.
    pub fn previous(&self) -> Option<String> {
        text(self.previous_response_id)
    }

    /// What stays the same through all turns of a conversation: the instructions, and the messages up to the first of the user's.
    /// Hashed: SHA-256 over each part with its length, the first 16 bytes in hexadecimal digits. `None` without a message of
    /// the user's.
    pub fn head(&self, user: &str) -> Option<String> {
        let mut hash = Sha256::new();
        let mut add = |part: &str| {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        };
        add("quipu conversation 1");
        add(user);
        for part in [self.system, self.instructions, self.system_instruction] {
            add(part.map_or("", RawValue::get));
        }
        let turns = self.messages.or(self.contents).or(self.input)?;
        match serde_json::from_str::<Vec<&RawValue>>(turns.get()) {
            Ok(turns) => {
                let upto = turns.iter().position(|turn| is_users(turn))?;
                turns.iter().take(upto + 1).for_each(|turn| add(turn.get()));
            }
            // The Responses API takes a text as well.
            Err(_) => add(turns.get()),
        }
        let digest = hash.finalize();
        Some(digest.iter().take(16).fold(String::from("head-"), |id, byte| id + &format!("{byte:02x}")))
    }

    /// Whether it is a stream that does not ask for its usage.
    pub fn hides_usage(&self) -> bool {
        let asks = self.options().get("include_usage").and_then(Value::as_bool).unwrap_or(false);
        self.stream.is_some_and(|raw| raw.get() == "true") && !asks
    }

    fn options(&self) -> Map<String, Value> {
        self.stream_options.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
    }

    /// The body with another model.
    pub fn with_model(&self, body: &[u8], model: &str) -> Option<Vec<u8>> {
        let at = place(body, self.model?)?;
        Some(splice(body, at, Value::from(model).to_string().as_bytes()))
    }

    /// The body with `stream_options.include_usage`, for one that [hides its usage](Self::hides_usage).
    pub fn with_usage(&self, body: &[u8]) -> Option<Vec<u8>> {
        let mut options = self.options();
        options.insert("include_usage".to_owned(), Value::Bool(true));
        let options = Value::Object(options).to_string();
        if let Some(raw) = self.stream_options {
            return Some(splice(body, place(body, raw)?, options.as_bytes()));
        }
        let after = place(body, self.stream?)?.end;
        Some(splice(body, after..after, format!(",\"stream_options\":{options}").as_bytes()))
    }
}

/// Where in a body one of its members stands.
fn place(body: &[u8], raw: &RawValue) -> Option<Range<usize>> {
    let start = (raw.get().as_ptr() as usize).checked_sub(body.as_ptr() as usize)?;
    let place = start..start.checked_add(raw.get().len())?;
    (body.get(place.clone())? == raw.get().as_bytes()).then_some(place)
}

fn splice(body: &[u8], at: Range<usize>, new: &[u8]) -> Vec<u8> {
    let (before, after) = (body.get(..at.start).unwrap_or_default(), body.get(at.end..).unwrap_or_default());
    [before, new, after].concat()
}

/// A message without a role is the user's, as Gemini has it.
fn is_users(turn: &RawValue) -> bool {
    let role = serde_json::from_str::<Role<'_>>(turn.get()).map(|turn| turn.role);
    role.is_ok_and(|role| role.is_none_or(|role| role == "user"))
}

fn text(raw: Option<&RawValue>) -> Option<String> {
    serde_json::from_str::<String>(raw?.get()).ok().filter(|text| !text.is_empty())
}

fn word(value: &Value) -> Option<String> {
    value.as_str().filter(|word| !word.is_empty()).map(str::to_owned)
}

/// A comma list's words.
pub(crate) fn split(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

/// What Anthropic's `metadata.user_id` tells in the two forms of Claude Code; any other text is a user.
fn user_and_session(told: &str) -> (Option<String>, Option<String>) {
    if let Ok(object) = serde_json::from_str::<Map<String, Value>>(told) {
        let said = |keys: [&str; 2]| keys.iter().find_map(|key| word(object.get(*key)?));
        return (said(["account_uuid", "device_id"]), said(["session_id", "session"]));
    }
    match told.rsplit_once("_session_") {
        Some((user, session)) if !session.is_empty() => {
            (Some(user.trim_end_matches("_account_").to_owned()), Some(session.to_owned()))
        }
        _ => (Some(told.to_owned()), None),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn head(body: &str) -> Option<String> {
        Asked::read(body.as_bytes()).head("")
    }

    #[test]
    fn a_conversation_keeps_its_head() {
        let first =
            r#"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}]}"#;
        let next = r#"{"model":"other","messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"},
            {"role":"assistant","content":"hello"},{"role":"user","content":"and now?"}]}"#;
        assert_eq!(head(first), head(next));
        assert!(head(first).unwrap().starts_with("head-"));
        let other = first.replace("\"hi\"", "\"ho\"");
        assert_ne!(head(first), head(&other));
        assert_ne!(Asked::read(first.as_bytes()).head("a"), Asked::read(first.as_bytes()).head("b"));
        let gemini =
            r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]}],"systemInstruction":{"parts":[]}}"#;
        assert!(head(gemini).is_some());
        assert_ne!(head(gemini), head(first));
        let response = r#"{"model":"m","input":"hi","instructions":"s"}"#;
        assert!(head(response).is_some());
        assert_eq!(head(r#"{"messages":[]}"#), None);
        assert_eq!(head("no json"), None);
    }

    #[test]
    fn bodies_say_whose_they_are() {
        let whose = |body: &str| Asked::read(body.as_bytes()).whose();
        let openai = whose(
            r#"{"user":"u","metadata":{"session_id":"s","agent":"a","tags":"x, y"},"conversation":{"id":"c"}}"#,
        );
        assert_eq!(openai.user.as_deref(), Some("u"));
        assert_eq!((openai.session.as_deref(), openai.agent.as_deref()), (Some("c"), Some("a")));
        assert_eq!(openai.tags, ["x", "y"]);
        let claude = whose(r#"{"metadata":{"user_id":"user_ab_account__session_1-2"}}"#);
        assert_eq!((claude.user.as_deref(), claude.session.as_deref()), (Some("user_ab"), Some("1-2")));
        let newer = whose(
            r#"{"metadata":{"user_id":"{\"device_id\":\"d\",\"account_uuid\":\"\",\"session_id\":\"s\"}"}}"#,
        );
        assert_eq!((newer.user.as_deref(), newer.session.as_deref()), (Some("d"), Some("s")));
        let plain = whose(r#"{"metadata":{"user_id":"me"}}"#);
        assert_eq!((plain.user.as_deref(), plain.session), (Some("me"), None));
    }

    #[test]
    fn only_the_one_member_changes() {
        let body = r#"{ "messages":[{"model":"no"}], "model" : "gpt-5" ,"n":1.0e0}"#;
        let changed = Asked::read(body.as_bytes()).with_model(body.as_bytes(), "gpt-5-mini").unwrap();
        assert_eq!(changed, body.replace("gpt-5", "gpt-5-mini").into_bytes());
    }

    #[test]
    fn usage_is_asked_for_beside_what_is_there() {
        for (body, expected) in [
            (r#"{"stream":true,"n":1}"#, r#"{"stream":true,"stream_options":{"include_usage":true},"n":1}"#),
            (
                r#"{"stream_options":{"include_obfuscation":false},"stream":true}"#,
                r#"{"stream_options":{"include_obfuscation":false,"include_usage":true},"stream":true}"#,
            ),
        ] {
            let asked = Asked::read(body.as_bytes());
            assert!(asked.hides_usage());
            let changed = asked.with_usage(body.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(changed).unwrap(), expected);
        }
        let asks = r#"{"stream":true,"stream_options":{"include_usage":true}}"#;
        assert!(!Asked::read(asks.as_bytes()).hides_usage());
        assert!(!Asked::read(br#"{"stream":false}"#).hides_usage());
    }
}
