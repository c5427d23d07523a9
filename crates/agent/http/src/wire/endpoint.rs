//! Recognition of a provider's API by host and path.

use compact_str::CompactString;
use quipu_semconv::HOSTS;

use super::Request;

/// Hosts in addition to those in telemetry.
const MORE_HOSTS: &[(&str, &str)] = &[
    ("cognitiveservices.azure.com", "azure.ai.openai"),
    ("cloudcode-pa.googleapis.com", "gcp.gemini"),
    ("api.cerebras.ai", "cerebras"),
];

/// Format of requests and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// OpenAI's chat completions, and completions.
    OpenAiChat,
    /// OpenAI's responses.
    OpenAiResponses,
    /// OpenAI's embeddings.
    OpenAiEmbeddings,
    /// Anthropic's messages.
    AnthropicMessages,
    /// Gemini's `generateContent` and `streamGenerateContent`.
    GeminiGenerate,
    /// Gemini's `embedContent` and `batchEmbedContents`, Vertex's `predict`.
    GeminiEmbed,
}

impl Shape {
    /// Whether it returns embeddings.
    pub const fn is_embedding(self) -> bool {
        matches!(self, Self::OpenAiEmbeddings | Self::GeminiEmbed)
    }

    /// Whether it is an API of Google's, whose path names the model.
    pub(crate) const fn is_google(self) -> bool {
        matches!(self, Self::GeminiGenerate | Self::GeminiEmbed)
    }

    /// Provider that defines the shape; used if the host is unknown.
    const fn owner(self) -> &'static str {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses | Self::OpenAiEmbeddings => "openai",
            Self::AnthropicMessages => "anthropic",
            Self::GeminiGenerate | Self::GeminiEmbed => "gcp.gemini",
        }
    }
}

/// An API of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Provider, by OpenTelemetry's name.
    pub provider: CompactString,
    /// Format of requests and answers.
    pub shape: Shape,
    /// Model, if the path names it; on Azure the deployment.
    pub model: Option<CompactString>,
    /// Whether the path requests a stream.
    pub stream: bool,
    /// Whether the host belongs to a provider. On other hosts the path alone proves little: see
    /// [`Endpoint::fits`].
    pub known_host: bool,
}

impl Endpoint {
    /// The API of a host (without port) and the path of a `POST`; `None` if it is no model API.
    pub fn find(host: &str, path: &str) -> Option<Self> {
        let path = path.replace("%3A", ":").replace("%3a", ":");
        let (shape, model, stream) = by_path(path.trim_end_matches('/'))?;
        let host = host.to_ascii_lowercase();
        let known = HOSTS.iter().chain(MORE_HOSTS).find(|(part, _)| host.contains(part));
        let owner = if path.contains("/publishers/") { "gcp.vertex_ai" } else { shape.owner() };
        Some(Self {
            provider: CompactString::const_new(known.map_or(owner, |(_, provider)| provider)),
            shape,
            model,
            stream,
            known_host: known.is_some(),
        })
    }

    /// Whether a request matches the API of its path. A provider's host suffices. On other hosts the body
    /// needs the API's required members, so `POST /rooms/7/messages` of a chat server is no model call.
    pub fn fits(&self, request: Option<&Request>) -> bool {
        let has = |members: &[&str]| {
            request.is_some_and(|request| members.iter().all(|member| request.has(member)))
        };
        self.known_host
            || match self.shape {
                Shape::OpenAiChat => has(&["messages"]) || has(&["model", "prompt"]),
                Shape::OpenAiResponses => has(&["model", "input"]) || has(&["model", "prompt"]),
                Shape::OpenAiEmbeddings => has(&["input"]),
                Shape::AnthropicMessages => has(&["messages", "max_tokens"]),
                Shape::GeminiGenerate => has(&["contents"]) || has(&["request"]),
                Shape::GeminiEmbed => has(&["content"]) || has(&["requests"]) || has(&["instances"]),
            }
    }
}

/// Ignores case, because Azure does.
fn by_path(path: &str) -> Option<(Shape, Option<CompactString>, bool)> {
    let last = path.rsplit('/').next()?;
    if let Some((model, method)) = last.rsplit_once(':') {
        return by_method(path, model, method);
    }
    let shape = match last.to_ascii_lowercase().as_str() {
        "completions" => Shape::OpenAiChat,
        "responses" => Shape::OpenAiResponses,
        "embeddings" => Shape::OpenAiEmbeddings,
        "messages" => Shape::AnthropicMessages,
        _ => return None,
    };
    Some((shape, deployment(path), false))
}

/// Google's custom methods: `models/gemini-2.5-pro:generateContent`.
fn by_method(path: &str, model: &str, method: &str) -> Option<(Shape, Option<CompactString>, bool)> {
    let method = method.to_ascii_lowercase();
    let path = path.to_ascii_lowercase();
    let shape = match method.as_str() {
        "generatecontent" | "streamgeneratecontent" => Shape::GeminiGenerate,
        "embedcontent" | "batchembedcontents" => Shape::GeminiEmbed,
        "predict" if model.contains("embedding") => Shape::GeminiEmbed,
        "rawpredict" | "streamrawpredict" if path.contains("/publishers/anthropic/") => {
            Shape::AnthropicMessages
        }
        "rawpredict" | "streamrawpredict" if path.contains("/publishers/mistralai/") => Shape::OpenAiChat,
        _ => return None,
    };
    let is_version =
        model.starts_with('v') && path.rsplit_once('/').is_none_or(|(before, _)| before.is_empty());
    let model = (!is_version && !model.is_empty()).then(|| CompactString::from(model));
    Some((shape, model, method.starts_with("stream")))
}

/// Azure's deployment in the path: `/openai/deployments/NAME/chat/completions`.
fn deployment(path: &str) -> Option<CompactString> {
    const BEFORE: &str = "/deployments/";
    let at = path.to_ascii_lowercase().find(BEFORE)?;
    let rest = path.get(at + BEFORE.len()..)?;
    rest.split('/').next().filter(|name| !name.is_empty()).map(CompactString::from)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#[allow(clippy::too_many_lines, reason = "tables of cases are long, and are read from top to bottom")]
mod tests {
    use super::*;

    fn found(host: &str, path: &str) -> (String, Shape, Option<String>, bool) {
        let endpoint = Endpoint::find(host, path).unwrap();
        let model = endpoint.model.map(|model| model.to_string());
        (endpoint.provider.to_string(), endpoint.shape, model, endpoint.stream)
    }

    #[test]
    fn providers_are_told_by_host_and_path() {
        use Shape::*;
        let vertex = "/v1/projects/p/locations/l/publishers";
        for (host, path, provider, shape, model, stream) in [
            ("api.openai.com", "/v1/chat/completions", "openai", OpenAiChat, None, false),
            ("api.openai.com", "/v1/completions", "openai", OpenAiChat, None, false),
            ("api.openai.com", "/v1/responses", "openai", OpenAiResponses, None, false),
            ("API.OpenAI.com", "/v1/embeddings/", "openai", OpenAiEmbeddings, None, false),
            ("api.groq.com", "/openai/v1/chat/completions", "groq", OpenAiChat, None, false),
            ("localhost", "/chat/completions", "openai", OpenAiChat, None, false),
            ("localhost", "/v1/Chat/COMPLETIONS", "openai", OpenAiChat, None, false),
            (
                "me.openai.azure.com",
                "/OpenAI/Deployments/My-GPT/Chat/Completions",
                "azure.ai.openai",
                OpenAiChat,
                Some("My-GPT"),
                false,
            ),
            ("localhost", "/v1beta/models/G:GENERATECONTENT", "gcp.gemini", GeminiGenerate, Some("G"), false),
            ("api.anthropic.com", "/v1/messages", "anthropic", AnthropicMessages, None, false),
            ("me.openai.azure.com", "/openai/v1/responses", "azure.ai.openai", OpenAiResponses, None, false),
            (
                "me.openai.azure.com",
                "/openai/deployments/my-gpt/chat/completions",
                "azure.ai.openai",
                OpenAiChat,
                Some("my-gpt"),
                false,
            ),
            (
                "generativelanguage.googleapis.com",
                "/v1beta/models/gemini-2.5-pro:generateContent",
                "gcp.gemini",
                GeminiGenerate,
                Some("gemini-2.5-pro"),
                false,
            ),
            (
                "localhost",
                "/v1beta/models/g%3AstreamGenerateContent",
                "gcp.gemini",
                GeminiGenerate,
                Some("g"),
                true,
            ),
            (
                "x.googleapis.com",
                "/v1internal:streamGenerateContent",
                "gcp.gemini",
                GeminiGenerate,
                None,
                true,
            ),
            (
                "us-aiplatform.googleapis.com",
                &format!("{vertex}/google/models/gemini-2.5-pro:streamGenerateContent"),
                "gcp.vertex_ai",
                GeminiGenerate,
                Some("gemini-2.5-pro"),
                true,
            ),
            (
                "us-aiplatform.googleapis.com",
                &format!("{vertex}/anthropic/models/claude-opus-4@20250514:streamRawPredict"),
                "gcp.vertex_ai",
                AnthropicMessages,
                Some("claude-opus-4@20250514"),
                true,
            ),
            (
                "us-aiplatform.googleapis.com",
                &format!("{vertex}/google/models/text-embedding-005:predict"),
                "gcp.vertex_ai",
                GeminiEmbed,
                Some("text-embedding-005"),
                false,
            ),
        ] {
            let expected = (provider.to_owned(), shape, model.map(str::to_owned), stream);
            assert_eq!(found(host, path), expected, "{host}{path}");
        }
    }

    #[test]
    fn other_paths_are_no_models() {
        for path in [
            "/",
            "",
            "/v1/models",
            "/v1/messages/count_tokens",
            "/v1/responses/resp_1",
            "/v1/models/x:countTokens",
        ] {
            assert_eq!(Endpoint::find("api.openai.com", path), None, "{path}");
        }
    }

    #[test]
    fn elsewhere_the_body_has_to_fit() {
        let slack = Endpoint::find("chat.example.com", "/rooms/7/messages").unwrap();
        let read = |body: &str| Request::read(&slack, body.as_bytes(), false);
        assert!(!slack.fits(None));
        assert!(!slack.fits(read(r#"{"text":"hello"}"#).as_ref()));
        assert!(slack.fits(read(r#"{"model":"m","messages":[],"max_tokens":5}"#).as_ref()));
    }
}
