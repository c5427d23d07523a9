//! Who sends, as far as fair shares go.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::ConnectInfo;
use axum::http::Extensions;
use quipu_admission::Caller;

/// The id of the key that a request came with. Whoever checks keys puts it into the request's extensions; requests without one count
/// by their address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AdmissionKey(pub String);

/// Marks a request whose records may be of any age, and reach any number of days: an import by an administrator.
#[derive(Debug, Clone, Copy)]
pub struct OfAnyAge;

/// One connection, which remembers the service that it last brought something of: the next request is most likely from the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line(Arc<AtomicU64>);

/// A request's sender.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    caller: Caller,
    line: Option<Line>,
    any_age: bool,
    /// The key's id, else the address: unlike the caller the same in every process.
    credentials: Arc<str>,
}

impl Sender {
    /// By the key, else by the address; the part of it by the service that the connection last brought, else by the address.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| network(info.0.ip()));
        let (caller, credentials) = match extensions.get::<AdmissionKey>() {
            Some(key) => (Caller::new(key, &peer), format!("key {}", key.0)),
            None => (Caller::new(&peer, &peer), format!("address {peer:?}")),
        };
        let line = extensions.get::<Line>().cloned();
        let known = line.as_ref().map(|line| line.0.load(Ordering::Relaxed)).filter(|part| *part != 0);
        let any_age = extensions.get::<OfAnyAge>().is_some();
        let caller = known.map_or(caller, |part| caller.with_known_part(part));
        Self { caller, line, any_age, credentials: credentials.into() }
    }

    /// All who send packets: whose address is theirs is not known, so they share one share.
    pub(crate) fn of_packets() -> Self {
        let caller = Caller::new(&"packets", &"packets");
        Self { caller, line: None, any_age: false, credentials: "packets".into() }
    }

    pub(crate) const fn any_age(&self) -> bool {
        self.any_age
    }

    pub(crate) const fn caller(&self) -> Caller {
        self.caller
    }

    pub(crate) fn credentials(&self) -> &str {
        &self.credentials
    }

    /// The same sender's part for a service, which its connection remembers.
    pub(crate) fn serving(&self, service: &str) -> Caller {
        let caller = self.caller.with_part(&service);
        if let Some(line) = &self.line {
            line.0.store(caller.part(), Ordering::Relaxed);
        }
        caller
    }
}

/// What counts as one address: one customer of a provider has 64 bits of IPv6 to choose from (RFC 6177).
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str, key: Option<&str>, line: Option<&Line>) -> Sender {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(address.parse().unwrap(), 1)));
        key.map(|key| extensions.insert(AdmissionKey(key.into())));
        line.map(|line| extensions.insert(line.clone()));
        Sender::of(&extensions)
    }

    #[test]
    fn keys_come_before_addresses() {
        let (a, b) = (from("1.2.3.4", Some("k"), None).caller(), from("4.3.2.1", Some("k"), None).caller());
        assert_eq!(a.with_known_part(0), b.with_known_part(0));
        assert_ne!(a.part(), b.part());
        let (a, b) = (from("1.2.3.4", None, None).caller(), from("::ffff:1.2.3.4", None, None).caller());
        assert_eq!(a, b);
        assert_ne!(a.with_known_part(0), from("1.2.3.5", None, None).caller().with_known_part(0));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let [a, b, c] = ["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"]
            .map(|address| from(address, None, None).caller());
        assert_eq!(a, b);
        assert_ne!(a.with_known_part(0), c.with_known_part(0));
    }

    #[test]
    fn a_connection_remembers_the_service() {
        let line = Line::default();
        let first = from("1.2.3.4", None, Some(&line));
        let shop = first.serving("shop");
        assert_ne!(first.caller(), shop);
        assert_eq!(from("1.2.3.4", None, Some(&line)).caller(), shop);
    }
}
