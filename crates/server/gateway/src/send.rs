//! The request to a provider, until the headers of its answer.

use axum::body::Body;
use http::request::Parts as Head;
use http::{Response, StatusCode, Uri};
use hyper::body::Incoming;
use tokio::time::timeout;

use crate::dialect::Refusal;
use crate::{Gateway, GatewayConfig, body};

/// Sends a request and waits for the headers of the answer. The error's label is for records.
pub(crate) async fn send(
    gateway: &Gateway,
    head: Head,
    uri: Uri,
    body: Body,
) -> Result<Response<Incoming>, (&'static str, Refusal)> {
    let mut request = http::Request::new(body);
    *request.method_mut() = head.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = head.headers;
    let within = GatewayConfig::within(gateway.config.answer_ms);
    match timeout(within, gateway.client.request(request)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) if error.is_connect() => {
            let why = "the provider cannot be reached";
            Err(("connect", Refusal::new(StatusCode::BAD_GATEWAY, "upstream_unreachable", why)))
        }
        Ok(Err(error)) if body::is_too_long(&error) => {
            Err(("too_large", body::too_large(gateway.config.upload_bytes)))
        }
        Ok(Err(_)) => {
            let why = "the provider ended the connection before it answered";
            Err(("upstream_disconnect", Refusal::new(StatusCode::BAD_GATEWAY, "upstream_disconnected", why)))
        }
        Err(_) => {
            let why = "the provider did not answer in time";
            Err(("timeout", Refusal::new(StatusCode::GATEWAY_TIMEOUT, "upstream_timeout", why)))
        }
    }
}
