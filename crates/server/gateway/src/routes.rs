//! Provider requests that reach no model and pass without a check.

use std::fmt;
use std::str::FromStr;

use http::Method;
use serde::de::{Deserialize, Deserializer, Error as _};

use quipu_http::wire::Endpoint;

/// Methods, and paths below the API's version. `{}` is one segment, and `*` is one or more.
///
/// Sources: [OpenAI](https://platform.openai.com/docs/api-reference),
/// [Anthropic](https://docs.anthropic.com/en/api), [Gemini](https://ai.google.dev/api). The list excludes
/// requests that start model work in other forms: batches, runs of assistants, images, sound, fine-tuning,
/// cached contents.
const FREE: &[(&[&str], &[&str])] = &[
    (
        &["GET"],
        &[
            "models",
            "models/{}",
            "tunedModels",
            "tunedModels/{}",
            "files",
            "files/{}",
            "files/{}/content",
            "uploads/{}",
            "batches",
            "batches/{}",
            "operations/{}",
            "cachedContents",
            "cachedContents/{}",
            "messages/batches",
            "messages/batches/{}",
            "messages/batches/{}/results",
            "responses/{}",
            "responses/{}/input_items",
            "chat/completions/{}",
            "chat/completions/{}/messages",
            "conversations/{}",
            "conversations/{}/items",
            "conversations/{}/items/{}",
            "assistants",
            "assistants/{}",
            "threads/{}",
            "threads/{}/messages",
            "threads/{}/messages/{}",
            "threads/{}/runs",
            "threads/{}/runs/{}",
            "threads/{}/runs/{}/steps",
            "threads/{}/runs/{}/steps/{}",
            "vector_stores",
            "vector_stores/{}",
            "vector_stores/{}/files",
            "vector_stores/{}/files/{}",
            "fine_tuning/jobs",
            "fine_tuning/jobs/{}",
            "fine_tuning/jobs/{}/events",
            "health",
            "version",
            "tags",
            "ps",
        ],
    ),
    (
        &["POST"],
        &[
            "messages/count_tokens",
            "responses/input_tokens",
            "responses/{}/cancel",
            "files",
            "uploads",
            "uploads/{}/parts",
            "uploads/{}/complete",
            "uploads/{}/cancel",
            "batches/{}/cancel",
            "messages/batches/{}/cancel",
            "tokenize",
            "detokenize",
        ],
    ),
    (
        &["DELETE"],
        &[
            "files/{}",
            "models/{}",
            "batches/{}",
            "cachedContents/{}",
            "messages/batches/{}",
            "responses/{}",
            "chat/completions/{}",
            "conversations/{}",
            "conversations/{}/items/{}",
            "assistants/{}",
            "threads/{}",
            "threads/{}/messages/{}",
            "vector_stores/{}",
            "vector_stores/{}/files/{}",
        ],
    ),
];

/// `POST` requests that store state at OpenAI without a call of a model. At other providers the same paths
/// may call one: [Mistral](https://docs.mistral.ai/api/#tag/beta.conversations) answers a new conversation.
const FREE_AT_OPENAI: &[&str] = &[
    "conversations",
    "conversations/{}",
    "conversations/{}/items",
    "assistants",
    "assistants/{}",
    "threads",
    "threads/{}",
    "threads/{}/messages",
    "threads/{}/messages/{}",
    "threads/{}/runs/{}/cancel",
];

/// `GET` requests of administration at OpenAI and Anthropic, of any depth. At a server of unknown kind, such
/// a path can start a model.
const FREE_TO_READ: &[(&str, &str)] =
    &[("openai", "organization/*"), ("anthropic", "organizations/*"), ("anthropic", "organization/*")];

/// Providers that name models by an organisation and a name, such as `models/org/name`.
const MODELS_BY_OWNER: [&str; 4] = ["openrouter", "together_ai", "fireworks_ai", "groq"];

/// Providers with OpenAI's stateful APIs.
const OPENAI: [&str; 2] = ["openai", "azure.ai.openai"];

/// Words at the position of an id that name an API which starts a model.
const NO_IDS: [&str; 8] =
    ["runs", "compact", "completions", "messages", "responses", "embeddings", "generate", "chat"];

/// Segments before an API path: versions and compatibility prefixes.
const PREFIXES: [&str; 8] = ["upload", "openai", "api", "v1", "v1beta", "v1alpha", "v2", "v3"];

/// A further request that passes without a check: a method and a path, such as `POST /v1/moderations`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passing {
    method: String,
    path: String,
}

impl FromStr for Passing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("expected a method and a path such as `POST /v1/moderations`, got `{text}`");
        let (method, path) = text.trim().split_once(' ').ok_or_else(form)?;
        let path = path.trim();
        let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
        let plain = path.replace("{}", "x").replace('*', "x");
        if !is_method
            || !path.starts_with('/')
            || crate::path::normal(&plain).as_deref() != Ok(plain.as_str())
        {
            return Err(form());
        }
        if Endpoint::find("", &plain).is_some() || plain == "/x" {
            return Err(format!("`{text}` would let model calls pass without a check"));
        }
        Ok(Self { method: method.to_owned(), path: below_version(path).to_owned() })
    }
}

impl fmt::Display for Passing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} /{}", self.method, self.path)
    }
}

impl<'de> Deserialize<'de> for Passing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Returns whether a request to a provider reaches no model, by its method, its normalised path, and whether
/// it has a body.
pub(crate) fn is_free(provider: &str, method: &Method, path: &str, has_body: bool, also: &[Passing]) -> bool {
    if *method == Method::OPTIONS {
        return !has_body;
    }
    let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
    if has_body && method != "POST" && method != "PUT" && method != "PATCH" {
        return false;
    }
    let path = crate::path::decoded_slashes(path);
    let path = below_version(&path);
    let passes = |one: &Passing| one.method == method && fits(&one.path, path);
    if also.iter().any(passes) {
        return true;
    }
    // Google's custom methods follow a colon; names of OpenAI's fine-tuned models contain one too.
    if let Some((before, action)) = path.rsplit_once(':')
        && !before.starts_with("models/ft:")
        && before != "models/ft"
    {
        return method == "POST" && action == "countTokens" && before.starts_with("models/");
    }
    let is_openai = method == "POST" && OPENAI.contains(&provider);
    if is_openai && FREE_AT_OPENAI.iter().any(|pattern| fits(pattern, path)) {
        return true;
    }
    let is_read = method == "GET";
    if is_read && FREE_TO_READ.iter().any(|(at, pattern)| *at == provider && fits(pattern, path)) {
        return true;
    }
    let has_owners = is_read && MODELS_BY_OWNER.contains(&provider);
    if has_owners && ["models/{}/{}", "models/{}/{}/endpoints"].iter().any(|pattern| fits(pattern, path)) {
        return true;
    }
    let mut known = FREE.iter().filter(|(methods, _)| methods.contains(&method));
    known.any(|(_, paths)| paths.iter().any(|pattern| fits(pattern, path)))
}

fn below_version(path: &str) -> &str {
    let mut rest = path.trim_start_matches('/');
    while let Some((first, after)) = rest.split_once('/')
        && PREFIXES.contains(&first)
    {
        rest = after;
    }
    rest
}

fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut segments) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), segments.next()) {
            (None, None) => return true,
            (_, Some("")) => return false,
            (Some("*"), Some(_)) => return true,
            (Some("{}"), Some(id)) if !NO_IDS.iter().any(|word| id.eq_ignore_ascii_case(word)) => {}
            (Some(one), Some(other)) if one == other && one != "{}" => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn free(method: &str, path: &str) -> bool {
        is_free("openai", &method.parse().unwrap(), path, method == "POST", &[])
    }

    #[test]
    fn what_reaches_no_model_is_known() {
        for (method, path) in [
            ("GET", "/v1/models"),
            ("HEAD", "/v1/models/gpt-4o"),
            ("GET", "/v1/models/ft:gpt-4o:acme::id"),
            ("GET", "/v1beta/models/gemini-2.5-pro"),
            ("POST", "/v1beta/models/gemini-2.5-pro:countTokens"),
            ("POST", "/upload/v1beta/files"),
            ("POST", "/v1/threads/t/messages"),
            ("DELETE", "/openai/v1/files/file-1"),
            ("GET", "/v1/responses/resp_1"),
            ("POST", "/v1/messages/count_tokens"),
            ("OPTIONS", "/v1/chat/completions"),
        ] {
            assert!(free(method, path), "{method} {path}");
        }
    }

    #[test]
    fn whatever_may_start_a_model_is_not_free() {
        for (method, path) in [
            ("POST", "/v1/chat/completions"),
            ("PUT", "/v1/chat/completions"),
            ("GET", "/v1/chat/completions"),
            ("POST", "/v1/messages"),
            ("POST", "/v1/threads/runs"),
            ("POST", "/v1/threads/RUNS"),
            ("POST", "/v1/threads/t/runs"),
            ("POST", "/v1/batches"),
            ("POST", "/v1/messages/batches"),
            ("POST", "/v1/images/generations"),
            ("POST", "/v1/responses/compact"),
            ("POST", "/v1beta/models/g:generateContent"),
            ("GET", "/v1beta/models/g:generateContent"),
            ("POST", "/v1beta/models/g:batchGenerateContent"),
            ("POST", "/v1/moderations"),
            ("POST", "/v1/Files"),
            ("GET", "/prompt/hello"),
            ("POST", "/v1/files/x%2F..%2Fy"),
            ("POST", "/v1/chat/completions/x"),
            ("POST", "/v1/threads%2F"),
            ("GET", "/v1/models%2F"),
            ("GET", "/v1/models/org/name"),
            ("GET", "/v1/models/org%2Fname"),
            ("GET", "/v1/models/gpt-4o/generate/hello"),
            ("POST", "/"),
        ] {
            assert!(!free(method, path), "{method} {path}");
        }
        assert!(!is_free("openai", &Method::GET, "/v1/models", true, &[]), "a body is for somebody to read");
        assert!(!is_free("openai", &Method::OPTIONS, "/v1/models", true, &[]));
    }

    #[test]
    fn stateful_paths_of_openai_call_models_at_other_providers() {
        for path in ["/v1/conversations", "/v1/conversations/c", "/v1/threads", "/v1/assistants/a"] {
            let free = |provider: &str| is_free(provider, &Method::POST, path, true, &[]);
            assert!(free("openai") && free("azure.ai.openai"), "{path}");
            assert!(!free("mistral_ai") && !free("mine"), "{path}");
        }
    }

    #[test]
    fn paths_of_any_depth_are_free_at_their_providers_only() {
        let free = |provider: &str, path: &str| is_free(provider, &Method::GET, path, false, &[]);
        assert!(free("openai", "/v1/organization/usage/completions"));
        assert!(free("anthropic", "/v1/organizations/usage_report/messages"));
        assert!(free("openrouter", "/api/v1/models/openai%2Fgpt-4o/endpoints"));
        assert!(free("groq", "/openai/v1/models/openai/gpt-oss-20b"));
        for provider in ["mine", "mistral_ai", "gcp.gemini", ""] {
            for path in
                ["/v1/organization/x/generate", "/v1/organizations/a", "/v1/models/a/b", "/models/a%2Fb"]
            {
                assert!(!free(provider, path), "{provider} {path}");
            }
            assert!(free(provider, "/v1/models") && free(provider, "/v1/models/m"), "{provider}");
        }
        assert!(!free("openrouter", "/api/v1/models/a/completions"));
        assert!(!free("openai", "/v1/organizations/a") && !free("openrouter", "/v1/organization/a"));
    }

    #[test]
    fn an_operator_may_add_some_but_no_models() {
        let also: Vec<Passing> =
            vec!["POST /v1/moderations".parse().unwrap(), "GET /v1/voices/*".parse().unwrap()];
        assert!(is_free("mine", &Method::POST, "/v1/moderations", true, &also));
        assert!(is_free("mine", &Method::GET, "/v1/voices/a/b", false, &also));
        assert!(!is_free("mine", &Method::PUT, "/v1/moderations", true, &also));
        for wrong in
            ["", "moderations", "post /v1/x", "POST v1/x", "POST /v1/../x", "POST /*", "POST /v1/a b"]
        {
            assert!(wrong.parse::<Passing>().is_err(), "{wrong}");
        }
        for model in
            ["POST /v1/chat/completions", "POST /v1/Messages", "POST /v1beta/models/{}:generateContent"]
        {
            assert!(model.parse::<Passing>().is_err(), "{model}");
        }
    }
}
