//! Delivery of one signal of a batch, whole or in halves.

use quipu_core::{Error, ErrorKind, Result, Retry};
use quipu_otlp::{Encoding, Signal};
use quipu_send::OtlpSender;

/// The results of a signal's records.
pub(crate) struct Outcome<'r, T> {
    /// Records worth a retry.
    pub again: Vec<&'r [T]>,
    /// Permanently rejected records.
    pub refused: Vec<&'r [T]>,
    /// Number of further records rejected by a server that did not identify them.
    pub unnamed: u64,
    /// The error, if any.
    pub error: Option<Error>,
}

impl<T> Outcome<'_, T> {
    fn none() -> Self {
        Self { again: Vec::new(), refused: Vec::new(), unnamed: 0, error: None }
    }

    /// Keeps the first error. A temporary error takes precedence, because it has the delay of the retry.
    fn fails(&mut self, error: Error) {
        keep(&mut self.error, Some(error));
    }

    fn rejects(&mut self, signal: Signal, rejected: u64) {
        if rejected > 0 {
            self.unnamed += rejected;
            self.fails(refused_in_part(signal, rejected));
        }
    }
}

/// Keeps the first error; a temporary error takes precedence.
pub(crate) fn keep(kept: &mut Option<Error>, error: Option<Error>) {
    let passes = |error: &Option<Error>| error.as_ref().is_some_and(|error| error.retry() == Retry::Yes);
    if kept.is_none() || (!passes(kept) && passes(&error)) {
        *kept = error;
    }
}

/// Number of consecutive single-record rejections after which the rest is given up.
const ALONE: usize = 8;

/// Sends records. A request that is too large, or that the server rejects because of its contents, is split
/// in halves, down to single records. One bad record therefore costs no other one. If the server rejects all
/// of them, the rest is rejected without a request. After a temporary error the rest is not sent.
pub(crate) async fn deliver<'r, T: Sync>(
    sender: &OtlpSender,
    signal: Signal,
    records: &'r [T],
    encode: impl Fn(&[T], Encoding) -> Vec<u8> + Send + Sync,
) -> Outcome<'r, T> {
    let mut outcome = Outcome::none();
    let Some(encoding) = sender.encoding(signal) else { return outcome };
    let (mut waiting, mut alone) = (vec![records], 0_usize);
    while let Some(part) = waiting.pop() {
        if part.is_empty() {
            continue;
        }
        match one(sender, signal, encode(part, encoding)).await {
            Ok(rejected) => {
                alone = 0;
                outcome.rejects(signal, rejected.min(part.len() as u64));
            }
            Err(DeliveryError { divisible: true, .. }) if part.len() > 1 => {
                let (first, second) = part.split_at(part.len() / 2);
                waiting.extend([second, first]);
            }
            Err(DeliveryError { error, .. }) if error.retry() == Retry::Yes => {
                outcome.again.push(part);
                outcome.again.extend(waiting.drain(..).rev());
                outcome.fails(error);
            }
            Err(DeliveryError { error, divisible }) => {
                outcome.refused.push(part);
                alone += usize::from(divisible);
                if alone == ALONE {
                    outcome.refused.extend(waiting.drain(..).rev());
                }
                outcome.fails(error);
            }
        }
    }
    outcome
}

struct DeliveryError {
    error: Error,
    /// Whether a smaller request may be accepted.
    divisible: bool,
}

/// Sends one request and returns the number of its rejected records.
async fn one(sender: &OtlpSender, signal: Signal, body: Vec<u8>) -> Result<u64, DeliveryError> {
    match sender.ask(signal, body).await {
        Ok(Ok(partial)) => Ok(partial.rejected),
        Ok(Err(refusal)) => {
            Err(DeliveryError { error: sender.error(signal, &refusal), divisible: refusal.is_divisible() })
        }
        Err(error) => Err(DeliveryError { error, divisible: false }),
    }
}

fn refused_in_part(signal: Signal, rejected: u64) -> Error {
    let context =
        format!("the server accepted the request and rejected {rejected} of its {}s", signal.item());
    Error::new(ErrorKind::Invalid, "deliver", context)
}
