//! Reasons why a request is ambiguous: the provider could read it differently from the gateway.

use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, Method, StatusCode, Uri};
use percent_encoding::percent_decode_str;

use crate::dialect::Refusal;

/// Headers that make some servers use another method or path than the request line's.
const OVERRIDES: [&str; 14] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "x-method",
    "x-original-method",
    "x-forwarded-method",
    "x-original-path",
    "x-forwarded-path",
    "x-envoy-original-path",
    "x-http-path-override",
    "x-original-url",
    "x-original-uri",
    "x-rewrite-url",
    "x-forwarded-uri",
];
/// Query parameters with the same effect, in lower case.
const OVERRIDING: [&str; 6] =
    ["_method", "$httpmethod", "httpmethod", "x-http-method-override", "$httpheaders", "_httpmethod"];
/// Headers that say how to read the body.
const READ_BY: [HeaderName; 2] = [CONTENT_TYPE, CONTENT_ENCODING];
/// Body members that a query must not repeat, in folded form.
const SAID_BY_BODIES: [&str; 8] =
    ["model", "messages", "prompt", "input", "contents", "maxtokens", "n", "stream"];

/// Query parameters that change the form of an answer at Google, or leave out its usage. A `$` may precede
/// them. Source: [system parameters](https://cloud.google.com/apis/docs/system-parameters).
const FORMS: [&str; 3] = ["fields", "alt", "callback"];
/// The values of `alt` that the gateway reads.
const READABLE_FORMS: [&str; 2] = ["json", "sse"];
/// The header with the effect of `fields`.
const FIELD_MASK: &str = "x-goog-fieldmask";

/// Why a request is ambiguous.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// The path is neither a known model path nor a path known to reach no model.
    Route,
    /// A model path with another method than `POST`.
    Method,
    /// The content coding is unsupported or broken, or bytes follow its end.
    Coding,
    /// The content type is not JSON in UTF-8.
    Media,
    /// The body is not a JSON object.
    Json,
    /// A member occurs twice, or in two spellings.
    Twice,
    /// Only some servers recognise a member's spelling.
    Spelling,
    /// The query repeats a member of the body.
    Query,
    /// The query or a header changes the form of the answer, so its usage could be missing.
    Form,
    /// The body names further models, which the provider may call in place of the judged one.
    Fallback,
    /// The body lacks a member that its path requires.
    Shape,
    /// The model name has spaces around it or control characters, or is not a text.
    Model,
    /// A later request fetches the answer.
    Background,
}

impl Doubt {
    /// The label in records and metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Method => "method",
            Self::Coding => "coding",
            Self::Media => "content_type",
            Self::Json => "json",
            Self::Twice => "repeated_member",
            Self::Spelling => "spelling",
            Self::Query => "query",
            Self::Form => "answer_form",
            Self::Fallback => "fallback_models",
            Self::Shape => "shape",
            Self::Model => "model",
            Self::Background => "background",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Route => "the gateway does not know whether this path calls a model",
            Self::Method => "the path of a model accepts only POST",
            Self::Coding => {
                "the content coding is none of gzip, deflate and zstd, is broken, or has bytes after its end"
            }
            Self::Media => "the content type of a request to a model is application/json in UTF-8",
            Self::Json => "the body is not a JSON object in UTF-8",
            Self::Twice => "a member of the body is repeated",
            Self::Spelling => "only some servers recognise the spelling of a member of the body",
            Self::Query => "the query repeats a member of the body",
            Self::Form => {
                "the query or a header changes the form of the answer, so its usage could be missing"
            }
            Self::Fallback => "the body names further models (`models`, `fallbacks`)",
            Self::Shape => "the body lacks members that this API requires",
            Self::Model => "the model's name is not plain text, or has spaces around it",
            Self::Background => "an answer that a later request fetches (`background`) cannot be counted",
        }
    }

    /// The error answer if such requests are rejected.
    pub fn refusal(self) -> Refusal {
        let status = match self {
            Self::Route => StatusCode::FORBIDDEN,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Coding | Self::Media => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            _ => StatusCode::BAD_REQUEST,
        };
        let message = format!(
            "{}, so no budget can judge this request; `unknown` and `pass` of [proxy] configure such requests",
            self.text()
        );
        Refusal::new(status, "request_not_understood", message)
    }
}

/// Rejects requests that make a server use another method or path than the checked one.
///
/// # Errors
/// A header or a query parameter does this.
pub(crate) fn not_overridden(headers: &HeaderMap, uri: &Uri) -> Result<(), Refusal> {
    // Servers with a CGI interface read an underscore in a header's name as a hyphen.
    let by_header = headers.keys().any(|name| OVERRIDES.contains(&&*name.as_str().replace('_', "-")));
    if by_header || names(uri).any(|name| OVERRIDING.contains(&name.to_ascii_lowercase().as_str())) {
        let why = "headers and parameters that replace a request's method or path are not forwarded";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "request_override", why));
    }
    Ok(())
}

/// Rejects requests whose header `Connection` names a header that says how to read the body. The gateway
/// would read the body by it and remove it, so the provider would read another body.
///
/// # Errors
/// `Connection` names such a header.
pub(crate) fn not_taken_away(headers: &HeaderMap) -> Result<(), Refusal> {
    let named =
        headers.get_all(CONNECTION).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let reads = |name: &[u8]| {
        READ_BY.iter().any(|known| name.trim_ascii().eq_ignore_ascii_case(known.as_str().as_bytes()))
    };
    if named.into_iter().any(reads) {
        let why = "the header Connection names Content-Type or Content-Encoding, so the provider would read \
            another body than the gateway";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "request_override", why));
    }
    Ok(())
}

/// Returns why the headers and query of a request to a model are ambiguous.
pub(crate) fn of_head(method: &Method, headers: &HeaderMap, uri: &Uri) -> Option<Doubt> {
    if *method != Method::POST {
        return Some(Doubt::Method);
    }
    if !is_json(headers) {
        return Some(Doubt::Media);
    }
    let repeats = |name: String| SAID_BY_BODIES.contains(&&*quipu_json::fold(&name));
    if names(uri).any(repeats) {
        return Some(Doubt::Query);
    }
    let is_formed = headers.contains_key(FIELD_MASK) || parameters(uri).any(|part| is_form(&part));
    is_formed.then_some(Doubt::Form)
}

/// Returns whether a query parameter gives the answer a form without usage, or one that is not read.
fn is_form((name, value): &(String, String)) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.trim_start_matches('$');
    let is_read = name == "alt" && READABLE_FORMS.contains(&&*value.to_ascii_lowercase());
    FORMS.contains(&name) && !is_read
}

/// The decoded names of query parameters.
fn names(uri: &Uri) -> impl Iterator<Item = String> {
    parameters(uri).map(|(name, _)| name)
}

/// The decoded names and values of query parameters.
fn parameters(uri: &Uri) -> impl Iterator<Item = (String, String)> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().trim().to_owned();
    let parts = uri.query().unwrap_or_default().split(['&', ';']);
    parts.map(move |part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decoded(name), decoded(value))
    })
}

/// Returns whether the content type is JSON in UTF-8 or missing.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let mut all = headers.get_all(CONTENT_TYPE).iter();
    let Some(first) = all.next() else { return true };
    let Ok(first) = first.to_str() else { return false };
    let mut parts = first.split(';').map(|part| part.trim().to_ascii_lowercase());
    let media = parts.next().unwrap_or_default();
    let is_suffixed = media.starts_with("application/") && media.ends_with("+json");
    let is_json = media.is_empty() || media == "application/json" || is_suffixed;
    all.next().is_none() && is_json && parts.all(|part| is_utf8(&part))
}

/// Returns whether a parameter of a content type leaves the text in UTF-8. Servers differ in how they read
/// spaces around `=` and extended names such as `charset*`.
fn is_utf8(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    let value = value.trim().trim_matches('"');
    !name.trim().starts_with("charset")
        || name.trim() == "charset" && matches!(value, "utf-8" | "utf8" | "us-ascii")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(all: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in all {
            map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        map
    }

    #[test]
    fn only_json_in_utf_8_is_read() {
        let doubt =
            |kind: &str| of_head(&Method::POST, &headers(&[("content-type", kind)]), &"/".parse().unwrap());
        for kind in
            ["application/json", "Application/JSON; charset=\"UTF-8\"", "application/vnd.api+json", ""]
        {
            assert_eq!(doubt(kind), None, "{kind}");
        }
        for kind in [
            "application/json; charset=utf-16",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencoded",
            "text/plain",
            "application/x-ndjson",
            "application/json; charset = utf-7",
            "application/json; charset*=utf-16",
            "application/json; charset=utf-8; charset=utf-7",
            "multipart/form-data+json; boundary=x",
        ] {
            assert_eq!(doubt(kind), Some(Doubt::Media), "{kind}");
        }
        let two = headers(&[("content-type", "application/json"), ("content-type", "text/plain")]);
        assert_eq!(of_head(&Method::POST, &two, &"/".parse().unwrap()), Some(Doubt::Media));
        assert_eq!(of_head(&Method::PUT, &HeaderMap::new(), &"/".parse().unwrap()), Some(Doubt::Method));
    }

    #[test]
    fn queries_say_neither_the_model_nor_another_method() {
        let none = HeaderMap::new();
        for query in ["/?model=x", "/?a=1&MOD%45L=x", "/?max_tokens=1", "/?x;model=1"] {
            assert_eq!(of_head(&Method::POST, &none, &query.parse().unwrap()), Some(Doubt::Query), "{query}");
        }
        assert_eq!(of_head(&Method::POST, &none, &"/?api-version=1&key=k&alt=sse".parse().unwrap()), None);
        let form = |query: &str| of_head(&Method::POST, &none, &query.parse().unwrap());
        for query in ["/?fields=candidates", "/?%24Fields=x", "/?alt=proto", "/?$alt=media", "/?callback=f"] {
            assert_eq!(form(query), Some(Doubt::Form), "{query}");
        }
        let mask = headers(&[("x-goog-fieldmask", "candidates")]);
        assert_eq!(of_head(&Method::POST, &mask, &"/".parse().unwrap()), Some(Doubt::Form));
        let under = headers(&[("x_http_method_override", "PUT")]);
        assert!(not_overridden(&under, &"/".parse().unwrap()).is_err());
        for query in ["/?_method=POST", "/?%24httpMethod=POST"] {
            assert!(not_overridden(&none, &query.parse().unwrap()).is_err(), "{query}");
        }
        let header = headers(&[("x-http-method-override", "POST")]);
        assert!(not_overridden(&header, &"/".parse().unwrap()).is_err());
        assert!(not_overridden(&none, &"/?alt=sse".parse().unwrap()).is_ok());
    }
}
