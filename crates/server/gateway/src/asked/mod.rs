//! Attributes in a request's body that the wire reader does not extract: user, session, agent, tags, and the
//! positions of members to change.

mod names;
mod user;

use std::ops::{ControlFlow, Range};

use quipu_json::RawValue;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use self::names::{CONTAINERS, FALLBACKS, NAMES, doubt_within, is_empty, names_of};
use self::user::{user_and_session, word};
use crate::doubt::Doubt;

/// The maximum size of a member that is parsed as a tree, such as metadata, in bytes.
const MOST_SMALL: usize = 64 << 10;

/// The raw members of a request's body that the gateway reads. The last of a repeated member counts, as in
/// Python, JavaScript and Go.
#[derive(Debug, Default)]
pub(crate) struct RequestMembers<'a> {
    members: [Option<&'a RawValue>; NAMES.len()],
    /// The reason why the body is ambiguous.
    pub doubt: Option<Doubt>,
}

/// The user, session, agent, project and tags in a body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Whose {
    pub user: Option<String>,
    pub session: Option<String>,
    pub agent: Option<String>,
    pub project: Option<String>,
    pub tags: Vec<String>,
}

impl<'a> RequestMembers<'a> {
    /// Reads a body; it has no members if it is not a JSON object.
    pub fn read(body: &'a [u8]) -> Self {
        let mut asked = Self::default();
        let text = std::str::from_utf8(body).ok().map(|text| text.strip_prefix('\u{feff}').unwrap_or(text));
        let Some(whole) = text.and_then(|text| quipu_json::raw(text).ok()) else {
            return Self { doubt: Some(Doubt::Json), ..asked };
        };
        let mut inner = Vec::new();
        let mut has_fallback = false;
        let found = &mut asked.members;
        let doubt = names_of(whole, &mut |name, value| {
            if let Some(place) = NAMES.iter().zip(found.iter_mut()).find(|(known, _)| **known == name) {
                *place.1 = Some(value);
            }
            if CONTAINERS.contains(&name) {
                inner.push(value);
            }
            has_fallback |= FALLBACKS.contains(&name) && !is_empty(value);
        });
        asked.doubt = doubt
            .or_else(|| doubt_within(inner))
            .or_else(|| asked.odd_model().then_some(Doubt::Model))
            .or_else(|| has_fallback.then_some(Doubt::Fallback))
            .or_else(|| asked.is_fetched_later().then_some(Doubt::Background));
        asked
    }

    fn member(&self, name: &str) -> Option<&'a RawValue> {
        let at = NAMES.iter().position(|known| *known == name)?;
        self.members.get(at).copied().flatten().filter(|value| !quipu_json::is_null(value))
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.member(name).is_some_and(|member| member.get() == value)
    }

    /// Whether a later request fetches the answer: OpenAI's `background`, xAI's `deferred`.
    fn is_fetched_later(&self) -> bool {
        let is_set = |name: &str| self.member(name).is_some_and(|member| member.get() != "false");
        is_set("background") || is_set("deferred")
    }

    fn odd_model(&self) -> bool {
        let Some(model) = self.member("model") else { return false };
        let plain = |text: &str| text.trim() == text && !text.chars().any(char::is_control);
        !quipu_json::text(model).is_some_and(|text| plain(&text))
    }

    /// Reads OpenAI's `user` (or `safety_identifier`), `metadata` and `conversation`. It also reads
    /// Anthropic's `metadata.user_id`, which Claude Code and others fill with a JSON object or with
    /// `user_…_session_…`.
    pub fn whose(&self) -> Whose {
        let metadata = self.object("metadata");
        let said = |keys: &[&str]| keys.iter().find_map(|key| word(metadata.get(*key)?));
        let mut whose = Whose {
            user: self.text("user").or_else(|| self.text("safety_identifier")),
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

    /// The conversation of the Responses API: an id, or an object with one.
    fn conversation(&self) -> Option<String> {
        self.text("conversation").or_else(|| word(self.object("conversation").get("id")?))
    }

    /// The response that this request continues.
    pub fn previous(&self) -> Option<String> {
        self.text("previous_response_id")
    }

    fn text(&self, name: &str) -> Option<String> {
        let text = quipu_json::text(self.member(name)?)?;
        (!text.is_empty()).then(|| text.into_owned())
    }

    /// The members of a small object.
    fn object(&self, name: &str) -> Map<String, Value> {
        match self.member(name).and_then(|member| quipu_json::small(member, MOST_SMALL)) {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        }
    }

    /// Hashes the constant part of a conversation: the instructions, and the messages up to the first user
    /// message. The hash is SHA-256 over each part with its length, cut to 16 bytes in hexadecimal digits.
    /// `None` without a user message.
    pub fn head(&self, user: &str) -> Option<String> {
        let mut hash = Sha256::new();
        let mut add = |part: &str| {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        };
        add("quipu conversation 1");
        add(user);
        let google = self.member("systemInstruction").or_else(|| self.member("system_instruction"));
        for part in [self.member("system"), self.member("instructions"), google] {
            add(part.map_or("", RawValue::get));
        }
        let turns = ["messages", "contents", "input"].iter().find_map(|name| self.member(name))?;
        if turns.get().starts_with('[') {
            let mut found = false;
            quipu_json::elements(turns, &mut |turn| {
                add(turn.get());
                found = is_users(turn);
                if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            if !found {
                return None;
            }
        } else {
            // The Responses API also accepts a text.
            add(turns.get());
        }
        let digest = hash.finalize();
        Some(digest.iter().take(16).fold(String::from("head-"), |id, byte| id + &format!("{byte:02x}")))
    }

    /// Returns whether the request is a stream that does not request its usage.
    pub fn hides_usage(&self) -> bool {
        let asks = self.options().get("include_usage").and_then(Value::as_bool).unwrap_or(false);
        self.is("stream", "true") && !asks
    }

    fn options(&self) -> Map<String, Value> {
        self.object("stream_options")
    }

    /// Returns the body with another model.
    pub fn with_model(&self, body: &[u8], model: &str) -> Option<Vec<u8>> {
        let at = place(body, self.member("model")?)?;
        Some(splice(body, at, Value::from(model).to_string().as_bytes()))
    }

    /// Returns the body with `stream_options.include_usage`, for a request that
    /// [hides its usage](Self::hides_usage).
    pub fn with_usage(&self, body: &[u8]) -> Option<Vec<u8>> {
        let mut options = self.options();
        options.insert("include_usage".to_owned(), Value::Bool(true));
        let options = Value::Object(options).to_string();
        if let Some(raw) = self.member("stream_options") {
            return Some(splice(body, place(body, raw)?, options.as_bytes()));
        }
        let after = place(body, self.member("stream")?)?.end;
        Some(splice(body, after..after, format!(",\"stream_options\":{options}").as_bytes()))
    }
}

/// The position of a member in a body.
fn place(body: &[u8], raw: &RawValue) -> Option<Range<usize>> {
    let start = (raw.get().as_ptr() as usize).checked_sub(body.as_ptr() as usize)?;
    let place = start..start.checked_add(raw.get().len())?;
    (body.get(place.clone())? == raw.get().as_bytes()).then_some(place)
}

fn splice(body: &[u8], at: Range<usize>, new: &[u8]) -> Vec<u8> {
    let (before, after) = (body.get(..at.start).unwrap_or_default(), body.get(at.end..).unwrap_or_default());
    [before, new, after].concat()
}

/// Returns whether a message is the user's. Gemini omits the role of user messages.
fn is_users(turn: &RawValue) -> bool {
    let [role] = quipu_json::pick(turn, ["role"]);
    turn.get().starts_with('{') && role.is_none_or(|role| role.get() == "\"user\"")
}

/// Splits a comma-separated list.
pub(crate) fn split(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn head(body: &str) -> Option<String> {
        RequestMembers::read(body.as_bytes()).head("")
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
        assert_ne!(
            RequestMembers::read(first.as_bytes()).head("a"),
            RequestMembers::read(first.as_bytes()).head("b")
        );
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
        let whose = |body: &str| RequestMembers::read(body.as_bytes()).whose();
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
    fn what_readers_could_take_in_two_ways_is_doubtful() {
        let doubt = |body: &str| RequestMembers::read(body.as_bytes()).doubt;
        for body in [
            r#"{"model":"m","messages":[]}"#,
            r#"{"mess\u0061ges":[],"other":1,"other":2,"metadata":{"model":"x"}}"#,
            r#"{"contents":[],"generationConfig":{"maxOutputTokens":5}}"#,
            "\u{feff}{\"model\":\"m\"}",
            "{}",
        ] {
            assert_eq!(doubt(body), None, "{body}");
        }
        for body in [
            r#"{"model":"a","model":"b"}"#,
            r#"{"model":"a","m\u006fdel":"a"}"#,
            r#"{"generationConfig":{},"generation_config":{}}"#,
            r#"{"generationConfig":{"maxOutputTokens":1,"max_output_tokens":9}}"#,
            r#"{"request":{"contents":[],"contents":[]}}"#,
            r#"{"request":{"generationConfig":{"maxOutputTokens":1,"maxOutputTokens":9}}}"#,
            r#"{"service_tier":"default","service_tier":"priority"}"#,
            r#"{"service_tier":"default","serviceTier":"priority"}"#,
            r#"{"speed":"fast","speed":"slow"}"#,
        ] {
            assert_eq!(doubt(body), Some(Doubt::Twice), "{body}");
        }
        for body in
            [r#"{"Model":"a"}"#, r#"{"MESSAGES":[]}"#, "{\"me\u{17f}sages\":[]}", r#"{"maxTokens":1}"#]
        {
            assert_eq!(doubt(body), Some(Doubt::Spelling), "{body}");
        }
        for body in ["", "[]", "{", "{}{}", "{} x", "null", r#"{"\ud800":1}"#, "{'a':1}", "{\"a\":NaN}"] {
            assert_eq!(doubt(body), Some(Doubt::Json), "{body}");
        }
        assert_eq!(RequestMembers::read(b"{\"a\":\"\xff\"}").doubt, Some(Doubt::Json));
        for body in [r#"{"model":" a"}"#, r#"{"model":"a\n"}"#, r#"{"model":["a"]}"#, r#"{"model":"\ud800"}"#]
        {
            assert_eq!(doubt(body), Some(Doubt::Model), "{body}");
        }
        assert_eq!(doubt(r#"{"model":"a","background":true}"#), Some(Doubt::Background));
        for body in [r#"{"model":"a","models":["b"]}"#, r#"{"model":"a","fallbacks":["b"]}"#] {
            assert_eq!(doubt(body), Some(Doubt::Fallback), "{body}");
        }
        assert_eq!(doubt(r#"{"model":"a","models":[ ],"fallbacks":null}"#), None);
    }

    #[test]
    fn only_the_one_member_changes() {
        let body = r#"{ "messages":[{"model":"no"}], "model" : "gpt-5" ,"n":1.0e0}"#;
        let changed =
            RequestMembers::read(body.as_bytes()).with_model(body.as_bytes(), "gpt-5-mini").unwrap();
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
            let asked = RequestMembers::read(body.as_bytes());
            assert!(asked.hides_usage());
            let changed = asked.with_usage(body.as_bytes()).unwrap();
            assert_eq!(String::from_utf8(changed).unwrap(), expected);
        }
        let asks = r#"{"stream":true,"stream_options":{"include_usage":true}}"#;
        assert!(!RequestMembers::read(asks.as_bytes()).hides_usage());
        assert!(!RequestMembers::read(br#"{"stream":false}"#).hides_usage());
    }
}
