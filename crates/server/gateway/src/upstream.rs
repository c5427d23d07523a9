//! Selection of a request's upstream and of its URL.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, Method, Uri};
use quipu_core::{Error, ErrorKind, Result};
use quipu_http::wire::Endpoint;

use crate::path::{self, Unclear};
use crate::{Dialect, Passing, UpstreamConfig, routes};

/// The predefined upstreams.
const KNOWN: [(&str, &str); 3] = [
    ("openai", "https://api.openai.com/v1"),
    ("anthropic", "https://api.anthropic.com"),
    ("gemini", "https://generativelanguage.googleapis.com"),
];

/// OpenTelemetry's provider names for other common names.
const PROVIDERS: [(&str, &str); 10] = [
    ("azure", "azure.ai.openai"),
    ("bedrock", "aws.bedrock"),
    ("fireworks", "fireworks_ai"),
    ("gemini", "gcp.gemini"),
    ("google", "gcp.gemini"),
    ("mistral", "mistral_ai"),
    ("moonshot", "moonshot_ai"),
    ("together", "together_ai"),
    ("vertex", "gcp.vertex_ai"),
    ("xai", "x_ai"),
];

/// An upstream that requests are passed to.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    pub name: String,
    pub provider: CompactString,
    pub dialect: Dialect,
    scheme: Scheme,
    authority: Authority,
    /// Path of the base URL, without a trailing slash.
    base: String,
}

/// All upstreams, by name.
#[derive(Debug, Clone)]
pub(crate) struct Upstreams(BTreeMap<String, Arc<Upstream>>);

/// The target of one request.
#[derive(Debug)]
pub(crate) struct Target {
    pub upstream: Arc<Upstream>,
    /// The URL in its normal form, so that the upstream sees the path that was checked.
    pub uri: Uri,
    pub route: Route,
}

/// The kind of a request, by its method and path.
#[derive(Debug)]
pub(crate) enum Route {
    /// It reaches no model.
    Free,
    /// It calls this API.
    Model(Endpoint),
    /// Unknown.
    Unknown,
}

/// The head of a request.
pub(crate) struct Asking<'a> {
    pub uri: &'a Uri,
    pub headers: &'a HeaderMap,
    pub method: &'a Method,
    pub has_body: bool,
}

/// Why a request has no target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Astray {
    /// No upstream has this path.
    Nowhere,
    /// Servers differ in how they read the path.
    Unclear,
}

impl Upstream {
    fn new(name: &str, config: &UpstreamConfig) -> Result<Self> {
        let wrong = |why: &str| {
            Error::new(ErrorKind::Invalid, "read configuration", format!("proxy.upstreams.{name}: {why}"))
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        {
            return Err(wrong("a name has letters, digits, - and _"));
        }
        let uri: Uri = config.url.parse().map_err(|_| wrong("the value is not a URL"))?;
        let parts = uri.into_parts();
        let scheme = parts.scheme.filter(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS);
        let scheme = scheme.ok_or_else(|| wrong("the URL begins with neither http:// nor https://"))?;
        let authority = parts.authority.ok_or_else(|| wrong("the URL names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("a URL must not contain a user or password: callers send their own keys"));
        }
        let path = parts.path_and_query.as_ref();
        if path.is_some_and(|path| path.query().is_some()) {
            return Err(wrong("a base URL has no query"));
        }
        let base = path.map_or("", PathAndQuery::path).trim_end_matches('/').to_owned();
        let provider = provider(name, config, authority.host());
        let dialect = config.dialect.unwrap_or(match provider.as_str() {
            "anthropic" => Dialect::Anthropic,
            "gcp.gemini" | "gcp.vertex_ai" => Dialect::Gemini,
            _ => Dialect::OpenAi,
        });
        Ok(Self { name: name.to_owned(), provider, dialect, scheme, authority, base })
    }

    pub fn host(&self) -> &str {
        self.authority.host().trim_start_matches('[').trim_end_matches(']')
    }

    pub fn port(&self) -> Option<u16> {
        self.authority.port_u16()
    }

    /// Returns the URL of a path below this upstream. A segment such as `v1` that ends the base URL and
    /// begins the path occurs once.
    fn uri(&self, path: &str, query: Option<&str>) -> Option<Uri> {
        let last = self.base.rsplit('/').next().unwrap_or_default();
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        let base = if !last.is_empty() && last == first {
            self.base.strip_suffix(last).unwrap_or_default().trim_end_matches('/')
        } else {
            &self.base
        };
        let slash = if path.starts_with('/') || path.is_empty() { "" } else { "/" };
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let whole = format!("{base}{slash}{path}{query}");
        let whole = if whole.starts_with('/') { whole } else { format!("/{whole}") };
        let builder = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone());
        builder.path_and_query(whole).build().ok()
    }
}

/// The configured provider, else that of the host, else that of the upstream's name.
fn provider(name: &str, config: &UpstreamConfig, host: &str) -> CompactString {
    if let Some(provider) = &config.provider {
        return provider.as_str().into();
    }
    let known = Endpoint::find(host, "/v1/chat/completions").filter(|endpoint| endpoint.known_host);
    known.map_or_else(|| named(name), |endpoint| endpoint.provider)
}

fn named(name: &str) -> CompactString {
    PROVIDERS.iter().find(|(short, _)| *short == name).map_or(name, |(_, provider)| provider).into()
}

impl Upstreams {
    /// Returns the configured upstreams, and the predefined ones that they do not replace.
    ///
    /// # Errors
    /// A URL is invalid. The text names the upstream but does not contain the URL.
    pub fn new(told: &BTreeMap<String, UpstreamConfig>) -> Result<Self> {
        let mut all = BTreeMap::new();
        for (name, url) in KNOWN {
            all.insert(name.to_owned(), Arc::new(Upstream::new(name, &UpstreamConfig::at(url))?));
        }
        for (name, config) in told {
            all.insert(name.clone(), Arc::new(Upstream::new(name, config)?));
        }
        Ok(Self(all))
    }

    /// The names of all upstreams, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the target of a request: by the first segment of its path, else by the form of the path.
    ///
    /// # Errors
    /// No upstream matches. Or the path could leave the upstream's base, or mean another path to the
    /// upstream.
    pub fn find(&self, asked: &Asking<'_>, also: &[Passing]) -> Result<Target, Astray> {
        let path = path::normal(asked.uri.path()).map_err(|unclear| match unclear {
            Unclear::Dots => Astray::Nowhere,
            Unclear::Character => Astray::Unclear,
        })?;
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        let (upstream, rest) = match self.0.get(first) {
            Some(upstream) => (upstream, path.get(first.len() + 1..).unwrap_or_default()),
            None => {
                let named = by_shape(&path, asked.headers).and_then(|name| self.0.get(name));
                (named.ok_or(Astray::Nowhere)?, path.as_str())
            }
        };
        let uri = upstream.uri(rest, asked.uri.query()).ok_or(Astray::Unclear)?;
        let route = if routes::is_free(&upstream.provider, asked.method, rest, asked.has_body, also) {
            Route::Free
        } else {
            let found = Endpoint::find(upstream.host(), &path::decoded_slashes(uri.path()));
            let provider = upstream.provider.clone();
            found.map_or(Route::Unknown, |found| {
                Route::Model(Endpoint { provider, known_host: false, ..found })
            })
        };
        Ok(Target { upstream: Arc::clone(upstream), uri, route })
    }
}

/// Replaces the model in a URL, for APIs with the model in the path.
pub(crate) fn with_model(uri: &Uri, from: &str, to: &str) -> Option<Uri> {
    let path = uri.path();
    let (before, after) = path
        .split_once(&format!("/{from}:"))
        .map(|(before, after)| (before, format!(":{after}")))
        .or_else(|| {
            path.split_once(&format!("/deployments/{from}/"))
                .map(|(before, after)| (before, format!("/{after}")))
        })?;
    let between = if after.starts_with(':') { "" } else { "/deployments" };
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = format!("{before}{between}/{to}{after}{query}").parse().ok();
    Uri::from_parts(parts).ok()
}

/// Returns the provider of a path without a prefix.
fn by_shape(path: &str, headers: &HeaderMap) -> Option<&'static str> {
    let path = path::decoded_slashes(path);
    let is_google = path.starts_with("/v1beta/")
        || path.starts_with("/v1alpha/")
        || path.rsplit('/').next().is_some_and(|last| last.contains(':'));
    if is_google || headers.contains_key("x-goog-api-key") {
        Some("gemini")
    } else if path.starts_with("/v1/messages") || headers.contains_key("anthropic-version") {
        Some("anthropic")
    } else if path.starts_with("/v1/") {
        Some("openai")
    } else {
        None
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn upstreams(told: &[(&str, &str)]) -> Upstreams {
        let told = told.iter().map(|(name, url)| ((*name).to_owned(), UpstreamConfig::at(*url)));
        Upstreams::new(&told.collect()).unwrap()
    }

    fn asked(
        upstreams: &Upstreams,
        uri: &str,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Target, Astray> {
        let (uri, has_body) = (uri.parse().unwrap(), *method == Method::POST);
        upstreams.find(&Asking { uri: &uri, headers, method, has_body }, &[])
    }

    fn to(upstreams: &Upstreams, uri: &str) -> Option<(String, String, bool)> {
        let target = asked(upstreams, uri, &Method::POST, &HeaderMap::new()).ok()?;
        let is_model = matches!(target.route, Route::Model(_));
        Some((target.uri.to_string(), target.upstream.provider.to_string(), is_model))
    }

    #[test]
    fn paths_find_their_upstreams() {
        let all = upstreams(&[
            ("groq", "https://api.groq.com/openai/v1"),
            ("ollama", "http://localhost:11434"),
            ("azure", "https://me.openai.azure.com/"),
        ]);
        for (path, uri, provider, is_model) in [
            ("/openai/v1/chat/completions", "https://api.openai.com/v1/chat/completions", "openai", true),
            ("/openai/chat/completions", "https://api.openai.com/v1/chat/completions", "openai", true),
            ("/openai/v1/files?limit=2", "https://api.openai.com/v1/files?limit=2", "openai", false),
            ("/v1/responses", "https://api.openai.com/v1/responses", "openai", true),
            ("/v1/embeddings", "https://api.openai.com/v1/embeddings", "openai", true),
            ("/v1/messages?beta=true", "https://api.anthropic.com/v1/messages?beta=true", "anthropic", true),
            ("/anthropic/v1/messages", "https://api.anthropic.com/v1/messages", "anthropic", true),
            (
                "/gemini/v1beta/models/g:generateContent?key=k",
                "https://generativelanguage.googleapis.com/v1beta/models/g:generateContent?key=k",
                "gcp.gemini",
                true,
            ),
            (
                "/v1beta/models/g:streamGenerateContent?alt=sse",
                "https://generativelanguage.googleapis.com/v1beta/models/g:streamGenerateContent?alt=sse",
                "gcp.gemini",
                true,
            ),
            ("/groq/v1/chat/completions", "https://api.groq.com/openai/v1/chat/completions", "groq", true),
            ("/groq/chat/completions", "https://api.groq.com/openai/v1/chat/completions", "groq", true),
            ("/ollama/v1/chat/completions", "http://localhost:11434/v1/chat/completions", "ollama", true),
            ("/ollama", "http://localhost:11434/", "ollama", false),
            (
                "/azure/openai/deployments/d/chat/completions?api-version=1",
                "https://me.openai.azure.com/openai/deployments/d/chat/completions?api-version=1",
                "azure.ai.openai",
                true,
            ),
        ] {
            assert_eq!(to(&all, path), Some((uri.to_owned(), provider.to_owned(), is_model)), "{path}");
        }
        assert_eq!(to(&all, "/nowhere"), None);
        let mut headers = HeaderMap::new();
        headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        let models = asked(&all, "/v1/models", &Method::GET, &headers).unwrap();
        assert_eq!(models.uri.to_string(), "https://api.anthropic.com/v1/models");
    }

    #[test]
    fn no_path_leaves_its_upstream_or_hides_what_it_calls() {
        let all = upstreams(&[("mine", "https://host.example/tenant-a/v1")]);
        for path in [
            "/mine/../tenant-b/v1/chat/completions",
            "/mine/%2e%2E/%2e%2e/tenant-b",
            "/mine/x%2f..%2f..%2f..%2ftenant-b",
            "/mine/..\\..\\tenant-b",
            "/v1/./chat/completions",
            "/openai/v1/x/..",
        ] {
            assert_eq!(path.parse::<Uri>().ok().and_then(|_| to(&all, path)), None, "{path}");
        }
        for path in ["//evil.example/v1/chat", "/openai//evil.example/x", "/openai/http://evil.example/"] {
            let host = to(&all, path).map(|(uri, ..)| uri.parse::<Uri>().unwrap().host().map(str::to_owned));
            assert!(host.is_none_or(|host| host.as_deref() == Some("api.openai.com")), "{path}");
        }
        let spelt = to(&all, "/openai/v1/chat/complet%69ons").unwrap();
        assert_eq!((spelt.0.as_str(), spelt.2), ("https://api.openai.com/v1/chat/completions", true));
        for path in
            ["/openai/v1//chat//completions/", "/openai//v1/chat%2fcompletions", "//v1/Chat/Completions"]
        {
            assert!(to(&all, path).unwrap().2, "{path}");
        }
        for path in
            ["/openai/v1/chat/completions;x", "/openai/v1/chat/completions%20", "/v1/chat/%63ompletions%2520"]
        {
            let unclear = asked(&all, path, &Method::POST, &HeaderMap::new()).unwrap_err();
            assert_eq!(unclear, Astray::Unclear, "{path}");
        }
        for method in [Method::PUT, Method::PATCH, Method::GET, Method::DELETE] {
            let target = asked(&all, "/v1/chat/completions", &method, &HeaderMap::new()).unwrap();
            assert!(matches!(target.route, Route::Model(_)), "{method}");
        }
        for path in ["/v1/images/generations", "/v1/completions.", "/v1/batches", "/v1/audio/speech"] {
            let target = asked(&all, path, &Method::POST, &HeaderMap::new()).unwrap();
            assert!(matches!(target.route, Route::Unknown), "{path}");
        }
    }

    #[test]
    fn a_mock_may_stand_for_a_provider() {
        for url in ["http://127.0.0.1:9/v1", "http://127.0.0.1:9", "http://127.0.0.1:9/"] {
            let all = upstreams(&[("openai", url)]);
            let found = to(&all, "/openai/v1/responses").unwrap();
            assert_eq!(found, ("http://127.0.0.1:9/v1/responses".into(), "openai".into(), true));
        }
    }

    #[test]
    fn a_model_in_the_path_can_be_another() {
        for (from, to) in [
            (
                "http://h/v1beta/models/g-pro:generateContent?a=1",
                "http://h/v1beta/models/g-lite:generateContent?a=1",
            ),
            (
                "http://h/openai/deployments/g-pro/chat/completions",
                "http://h/openai/deployments/g-lite/chat/completions",
            ),
        ] {
            let changed = with_model(&from.parse().unwrap(), "g-pro", "g-lite").unwrap();
            assert_eq!(changed.to_string(), to);
        }
        assert_eq!(with_model(&"http://h/v1/messages".parse().unwrap(), "g", "x"), None);
    }

    #[test]
    fn wrong_urls_are_refused_without_being_repeated() {
        for url in
            ["ftp://secret.example", "/v1", "http://user:secret@host/", "https://host/v1?key=secret", ""]
        {
            let told = BTreeMap::from([("x".to_owned(), UpstreamConfig::at(url))]);
            let error = Upstreams::new(&told).unwrap_err().to_string();
            assert!(error.contains("proxy.upstreams.x") && !error.contains("secret"), "{error}");
        }
    }
}
