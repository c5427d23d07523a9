//! The Pushgateway exporter: <https://github.com/prometheus/pushgateway#api>.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use quipu_core::{Finding, Result};
use quipu_send::{Http, Tls, reach};

use super::{Push, verdict};
use crate::config::NAME;
use crate::page::Format;

const WAIT: Duration = Duration::from_secs(5);

/// Pushes the page to a gateway that outlives the program.
pub(crate) struct Pusher {
    http: Http,
    url: String,
    ready: String,
    tls: Tls,
}

impl Pusher {
    pub(crate) fn new(to: &Push) -> Result<Self> {
        let base = to.url.trim_end_matches('/');
        let job = std::iter::once(("job", to.job.as_str()));
        let grouping = to.grouping.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let path: String = job.chain(grouping).map(|(key, value)| part(key, value)).collect();
        Ok(Self {
            http: to.client()?,
            url: format!("{base}/metrics{path}"),
            ready: format!("{base}/-/ready"),
            tls: to.tls.clone(),
        })
    }

    /// Replaces the gateway's metrics of this job and grouping.
    ///
    /// # Errors
    /// The gateway does not answer, or rejects the request.
    pub(crate) async fn push(&self, page: String) -> Result<()> {
        let put = self.http.put(&self.url, Format::Text.content_type(), page.into_bytes());
        let answer = put.await.map_err(|error| error.of_backend(NAME))?;
        if answer.is_success() { Ok(()) } else { Err(answer.error("push metrics").of_backend(NAME)) }
    }

    /// Findings: whether the gateway can be reached and is ready. Pushes nothing.
    pub(crate) async fn probe(&self) -> Vec<Finding> {
        let mut findings = reach(&self.ready, &self.tls, WAIT).await;
        if findings.iter().all(|finding| finding.ok) {
            findings.push(verdict("pushgateway", self.http.get(&self.ready).await));
        }
        findings
    }
}

/// A label as part of the path: values that a path cannot hold are in base64.
fn part(key: &str, value: &str) -> String {
    if value.is_empty() {
        // The gateway's form of an empty text.
        return format!("/{key}@base64/=");
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    if value.chars().all(plain) && !value.chars().all(|c| c == '.') {
        return format!("/{key}/{value}");
    }
    format!("/{key}@base64/{}", URL_SAFE.encode(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_no_path_can_hold_are_in_base64() {
        assert_eq!(part("instance", "a-1.b"), "/instance/a-1.b");
        assert_eq!(
            part("path", "/var/tmp"),
            "/path@base64/L3Zhci90bXA=",
            "the example of the gateway's manual"
        );
        assert_eq!(part("name", "ü"), "/name@base64/w7w=");
        assert_eq!(part("empty", ""), "/empty@base64/=");
        assert_eq!(part("empty", ".."), "/empty@base64/Li4=");
    }
}
