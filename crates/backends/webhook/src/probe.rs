//! Connection check of the webhook.

use quipu_core::{Clock as _, ErrorKind, Finding, SystemClock};

use crate::Webhook;
use crate::body::check;

/// Findings: whether the receiver can be reached, and its answer to a body of the type `quipu.check`.
pub(crate) async fn findings(webhook: &Webhook) -> Vec<Finding> {
    let finding = |step: &str, ok, said: String| Finding { step: step.to_owned(), ok, said };
    let reached = finding("reach", true, format!("{} answers", webhook.config().host()));
    match webhook.post(check(SystemClock.now())).await {
        Ok(()) => vec![reached, finding("acceptance", true, "a check was answered with 2xx".to_owned())],
        Err(error) if error.operation() == "send" => vec![finding("reach", false, error.to_string())],
        Err(error) if error.kind() == ErrorKind::Denied => {
            vec![reached, finding("auth", false, format!("{error}: check headers and secret"))]
        }
        Err(error) => vec![reached, finding("acceptance", false, error.to_string())],
    }
}
