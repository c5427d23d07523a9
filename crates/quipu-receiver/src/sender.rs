//! Who sends, as far as fair shares go.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use axum::extract::ConnectInfo;
use axum::http::Extensions;

use crate::share::Leaf;

/// The id of the key that a request came with. Whoever checks keys puts it into the request's extensions; requests without one count
/// by their address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AdmissionKey(pub String);

/// One connection, which remembers the service that it last brought something of: the next request is most likely from the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line(Arc<AtomicU64>);

/// A request's sender.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    leaf: Leaf,
    line: Option<Line>,
}

/// Numbers stand for names; which name has which number differs from run to run, so that nobody can choose a neighbour's.
static NUMBERS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

impl Sender {
    /// By the key, else by the address; the part of it by the service that the connection last brought, else by the address.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| network(info.0.ip()));
        let sender = match extensions.get::<AdmissionKey>() {
            Some(key) => NUMBERS.hash_one(key),
            None => NUMBERS.hash_one(peer),
        };
        let line = extensions.get::<Line>().cloned();
        let known = line.as_ref().map(|line| line.0.load(Ordering::Relaxed)).filter(|part| *part != 0);
        Self { leaf: Leaf { sender, part: known.unwrap_or_else(|| NUMBERS.hash_one(peer)) }, line }
    }

    /// All who send packets: whose address is theirs is not known, so they share one share.
    pub(crate) fn of_packets() -> Self {
        let sender = NUMBERS.hash_one("packets");
        Self { leaf: Leaf { sender, part: sender }, line: None }
    }

    pub(crate) const fn leaf(&self) -> Leaf {
        self.leaf
    }

    /// The same sender's part for a service, which its connection remembers.
    pub(crate) fn serving(&self, service: &str) -> Leaf {
        let part = NUMBERS.hash_one(service);
        if let Some(line) = &self.line {
            line.0.store(part, Ordering::Relaxed);
        }
        Leaf { part, ..self.leaf }
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
        let (a, b) = (from("1.2.3.4", Some("k"), None).leaf(), from("4.3.2.1", Some("k"), None).leaf());
        assert_eq!(a.sender, b.sender);
        assert_ne!(a.part, b.part);
        let (a, b) = (from("1.2.3.4", None, None).leaf(), from("::ffff:1.2.3.4", None, None).leaf());
        assert_eq!(a, b);
        assert_ne!(a.sender, from("1.2.3.5", None, None).leaf().sender);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let [a, b, c] = ["2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"]
            .map(|address| from(address, None, None).leaf());
        assert_eq!(a, b);
        assert_ne!(a.sender, c.sender);
    }

    #[test]
    fn a_connection_remembers_the_service() {
        let line = Line::default();
        let first = from("1.2.3.4", None, Some(&line));
        let shop = first.serving("shop");
        assert_ne!(first.leaf(), shop);
        assert_eq!(from("1.2.3.4", None, Some(&line)).leaf(), shop);
    }
}
