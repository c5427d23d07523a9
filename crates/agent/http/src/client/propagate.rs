//! Propagation of contexts by host.

use http::HeaderMap;
use quipu_sdk::{Bound, Context};

use crate::inject;

/// Part of a context that a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Propagate {
    /// Nothing.
    Nothing,
    /// The place in a trace, which is not personal data.
    Trace,
    /// Also the bound values as baggage: session, user, correlation id, custom data.
    All,
}

/// Propagation rules by host.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub models: Propagate,
    pub others: Propagate,
    pub hosts: Vec<(String, Propagate)>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { models: Propagate::Trace, others: Propagate::All, hosts: Vec::new() }
    }
}

impl Rules {
    /// Writes the headers for this host. The last rule for a host applies.
    pub fn write(&self, context: &Context, host: &str, is_model: bool, headers: &mut HeaderMap) {
        let named = self.hosts.iter().rev().find(|(name, _)| is_within(host, name)).map(|(_, what)| *what);
        match named.unwrap_or(if is_model { self.models } else { self.others }) {
            Propagate::Nothing => {}
            Propagate::Trace => {
                let mut bare = context.clone();
                if bare.bound().is_some() {
                    bare.change(|bound| {
                        let trace_state = std::mem::take(&mut bound.trace_state);
                        *bound = Bound { trace_state, ..Bound::default() };
                    });
                }
                inject(&bare, headers);
            }
            Propagate::All => inject(context, headers),
        }
    }
}

/// Whether a host equals the name or is a subdomain of it.
pub(super) fn is_within(host: &str, name: &str) -> bool {
    let Some(start) = host.len().checked_sub(name.len()) else { return false };
    let (before, end) = (host.as_bytes().get(..start), host.as_bytes().get(start..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(name.as_bytes()))
        && before.is_some_and(|before| before.is_empty() || before.ends_with(b"."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_within_itself_and_what_is_above() {
        assert!(is_within("api.example.com", "example.com"));
        assert!(is_within("Example.com", "example.COM"));
        assert!(!is_within("badexample.com", "example.com"));
        assert!(!is_within("com", "example.com"));
    }
}
