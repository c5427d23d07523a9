//! Result of an attack.

use std::collections::BTreeMap;

use super::wire::{Ask, Reply, Wire};

/// One attack in its variants.
pub struct Tried {
    /// The attack.
    pub attack: &'static str,
    times: usize,
    answers: BTreeMap<u16, usize>,
    told: Vec<String>,
    /// Unexpected results.
    pub wrong: Vec<String>,
}

impl Tried {
    /// An attack without attempts so far.
    pub fn new(attack: &'static str) -> Self {
        Self { attack, times: 0, answers: BTreeMap::new(), told: Vec::new(), wrong: Vec::new() }
    }

    /// Sends one, which must be answered by one of these statuses; 0 means a closed connection.
    /// Gives the answer.
    pub fn send(&mut self, what: &str, wire: Wire, ask: Ask, allowed: &[u16]) -> Reply {
        let reply = wire.ask(ask);
        self.judge(what, reply, allowed)
    }

    /// Judges an answer as [`Tried::send`] does.
    pub fn judge(&mut self, what: &str, reply: anyhow::Result<Reply>, allowed: &[u16]) -> Reply {
        self.times += 1;
        match reply {
            Ok(reply) => {
                *self.answers.entry(reply.status).or_default() += 1;
                if !allowed.contains(&reply.status) {
                    let body: String = String::from_utf8_lossy(&reply.body).chars().take(120).collect();
                    self.wrong.push(format!("{what}: {} {body}", reply.status));
                }
                reply
            }
            Err(error) => {
                self.wrong.push(format!("{what}: {error:#}"));
                Reply::default()
            }
        }
    }

    /// Something that must hold of one try.
    pub fn hold(&mut self, holds: bool, what: impl Into<String>) {
        if !holds {
            self.wrong.push(what.into());
        }
    }

    /// An attempt whose result no answer shows.
    pub fn tried(&mut self, holds: bool, what: impl Into<String>) {
        self.times += 1;
        self.hold(holds, what);
    }

    /// Adds details about the result.
    #[must_use]
    pub fn told(mut self, text: impl Into<String>) -> Self {
        self.told.push(text.into());
        self
    }

    /// The line of the table.
    pub fn row(&self) -> Vec<String> {
        let said = |(status, times): (&u16, &usize)| match status {
            0 => format!("closed ×{times}"),
            status => format!("{status} ×{times}"),
        };
        let answers = self.answers.iter().map(said);
        // The text of a case holds only if nothing is wrong.
        let told = if self.wrong.is_empty() {
            self.told.clone()
        } else {
            vec![format!("{} wrong", self.wrong.len())]
        };
        let happened: Vec<String> = told.into_iter().chain(answers).collect();
        let verdict = if self.wrong.is_empty() { "held" } else { "BROKEN" };
        vec![self.attack.to_owned(), self.times.to_string(), happened.join(", "), verdict.to_owned()]
    }
}
