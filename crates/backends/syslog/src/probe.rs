//! Connection check of the receiver, step by step.

use std::time::Duration;

use quipu_core::{Clock as _, Finding, Result, SystemClock};

use crate::connection::Dial;
use crate::{Config, message};

/// Time for a receiver to refuse the client. With TLS 1.3 it verifies the client's certificate after the
/// handshake.
const HANGS_UP: Duration = Duration::from_millis(500);

/// Findings: whether the receiver can be reached, the result of TLS, and whether it stays connected after a
/// message.
pub(crate) async fn findings(dial: &Dial, config: &Config) -> Vec<Finding> {
    let mut found = Vec::new();
    let stream = match dial.reach().await {
        Ok(stream) => stream,
        Err(error) => return vec![finding("reach", Err(error))],
    };
    found.push(finding("reach", Ok(format!("{} answers", dial.place()))));
    let mut connection = match dial.secure(stream).await {
        Ok(connection) => connection,
        Err(error) => {
            found.push(finding("tls", Err(error)));
            return found;
        }
    };
    if dial.is_tls() {
        found.push(finding("tls", Ok("its certificate is trusted".to_owned())));
    }
    let mut frame = Vec::new();
    message::frame(&mut frame, config, message::check(config, SystemClock.now()));
    let written = dial.write(&mut connection, &frame).await;
    let stays = match written {
        Ok(()) if connection.is_over(HANGS_UP).await => Ok((
            false,
            "it closed the connection after a message: does it require a certificate, or plain TCP?"
                .to_owned(),
        )),
        Ok(()) => {
            Ok((true, "a message was sent; syslog has no acknowledgement: check that it arrived".to_owned()))
        }
        Err(error) => Err(error),
    };
    let (ok, said) = stays.unwrap_or_else(|error| (false, error.to_string()));
    found.push(Finding { step: "acceptance".to_owned(), ok, said });
    connection.end().await;
    found
}

fn finding(step: &str, said: Result<String>) -> Finding {
    let ok = said.is_ok();
    Finding { step: step.to_owned(), ok, said: said.unwrap_or_else(|error| error.to_string()) }
}
