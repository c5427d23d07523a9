//! The identity of a sender, for fair shares.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::ConnectInfo;
use axum::http::Extensions;
use quipu_admission::{Principal, ShareKey};

/// Marks a request whose records may have any age and any number of days: an import by an administrator.
#[derive(Debug, Clone, Copy)]
pub struct OfAnyAge;

/// A connection, which remembers the service of its last request. The next request is most likely from the
/// same service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line(Arc<AtomicU64>);

/// A request's sender.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    caller: ShareKey,
    line: Option<Line>,
    any_age: bool,
    /// The key's id, else the address. Unlike the caller it is the same in every process.
    credentials: Arc<str>,
}

impl Sender {
    /// Identifies the sender by its key, else by its address. The part is the connection's last service, else
    /// the address.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| network(info.0.ip()));
        let (caller, credentials) = match extensions.get::<Principal>().and_then(Principal::label) {
            Some(key) => (ShareKey::new(&key, &peer), format!("key {key}")),
            None => (ShareKey::new(&peer, &peer), format!("address {peer:?}")),
        };
        let line = extensions.get::<Line>().cloned();
        let known = line.as_ref().map(|line| line.0.load(Ordering::Relaxed)).filter(|part| *part != 0);
        let any_age = extensions.get::<OfAnyAge>().is_some();
        let caller = known.map_or(caller, |part| caller.with_known_part(part));
        Self { caller, line, any_age, credentials: credentials.into() }
    }

    /// The sender of all packets. Packet addresses are not reliable, so all packets share one share.
    pub(crate) fn of_packets() -> Self {
        let caller = ShareKey::new(&"packets", &"packets");
        Self { caller, line: None, any_age: false, credentials: "packets".into() }
    }

    pub(crate) const fn any_age(&self) -> bool {
        self.any_age
    }

    pub(crate) const fn caller(&self) -> ShareKey {
        self.caller
    }

    pub(crate) fn credentials(&self) -> &str {
        &self.credentials
    }

    /// Returns the sender's part for a service, which its connection remembers.
    pub(crate) fn serving(&self, service: &str) -> ShareKey {
        let caller = self.caller.with_part(&service);
        if let Some(line) = &self.line {
            line.0.store(caller.part(), Ordering::Relaxed);
        }
        caller
    }
}

/// The network that counts as one address: a provider's customer has 64 bits of IPv6 (RFC 6177).
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
    }
}

#[cfg(test)]
mod tests {
    use quipu_admission::PrincipalKind;

    use super::*;

    fn from(address: &str, key: Option<&str>, line: Option<&Line>) -> Sender {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(address.parse().unwrap(), 1)));
        key.map(|key| extensions.insert(Principal::new(PrincipalKind::Key, key)));
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

    /// Votes on the clock and windows of days count a sender once, whatever services it names.
    #[test]
    fn a_service_is_no_sender_of_its_own() {
        for key in [Some("k"), None] {
            let line = Line::default();
            let sender = from("1.2.3.4", key, Some(&line));
            let services = ["a", "b", "c"].map(|service| sender.serving(service).sender());
            assert_eq!(services, [sender.caller().sender(); 3]);
            assert_eq!(from("1.2.3.4", key, Some(&line)).caller().sender(), services[0]);
        }
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
