//! One signal of a batch, sent whole or in halves.

use quipu_core::{Error, ErrorKind, Result, Retry};
use quipu_otlp::{Encoding, Signal};
use quipu_send::OtlpSender;

/// What became of the records of a signal.
pub(crate) struct Outcome<'r, T> {
    /// Worth another attempt.
    pub again: Vec<&'r [T]>,
    /// Refused for good.
    pub refused: Vec<&'r [T]>,
    /// How many more were refused, by a server that did not say which.
    pub unnamed: u64,
    /// What went wrong.
    pub error: Option<Error>,
}

impl<T> Outcome<'_, T> {
    fn none() -> Self {
        Self { again: Vec::new(), refused: Vec::new(), unnamed: 0, error: None }
    }

    /// Keeps the first error, or the first that may pass: that one knows when to come back.
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

/// Keeps the first error, or the first that may pass.
pub(crate) fn keep(kept: &mut Option<Error>, error: Option<Error>) {
    let passes = |error: &Option<Error>| error.as_ref().is_some_and(|error| error.retry() == Retry::Yes);
    if kept.is_none() || (!passes(kept) && passes(&error)) {
        *kept = error;
    }
}

/// Single records in a row that may be refused before it is thought that none will be taken.
const ALONE: usize = 8;

/// Sends records. What is too large, or has something in it that the other side does not like, is sent in halves, down to single
/// records: one bad record costs no other one. When it takes none of them, the rest is refused untried. After a failure that may pass,
/// the rest is not tried.
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
            Err(Fault { divisible: true, .. }) if part.len() > 1 => {
                let (first, second) = part.split_at(part.len() / 2);
                waiting.extend([second, first]);
            }
            Err(Fault { error, .. }) if error.retry() == Retry::Yes => {
                outcome.again.push(part);
                outcome.again.extend(waiting.drain(..).rev());
                outcome.fails(error);
            }
            Err(Fault { error, divisible }) => {
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

struct Fault {
    error: Error,
    /// Whether less at once may be taken.
    divisible: bool,
}

/// Sends one request and gives how many records of it were refused.
async fn one(sender: &OtlpSender, signal: Signal, body: Vec<u8>) -> Result<u64, Fault> {
    match sender.ask(signal, body).await {
        Ok(Ok(partial)) => Ok(partial.rejected),
        Ok(Err(refusal)) => {
            Err(Fault { error: sender.error(signal, &refusal), divisible: refusal.is_divisible() })
        }
        Err(error) => Err(Fault { error, divisible: false }),
    }
}

fn refused_in_part(signal: Signal, rejected: u64) -> Error {
    let context = format!("the other side took the request and refused {rejected} of its {}s", signal.item());
    Error::new(ErrorKind::Invalid, "deliver", context)
}
