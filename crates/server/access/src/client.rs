//! The client of a request: its address, host and scheme.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use ipnet::IpNet;

/// Whether the listener speaks TLS: an extension that the server adds to each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secure(pub bool);

/// The client that sent a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// The client's address; behind trusted proxies, the address that they report.
    pub address: Option<IpAddr>,
    /// Whether the request came over TLS, as far as this server or a trusted proxy knows.
    pub secure: bool,
    /// The requested host, with the port if the request names one.
    pub host: Option<String>,
}

impl Client {
    /// Reads the client of a request. Forwarding headers count only if a trusted proxy sent the request.
    pub fn of(parts: &Parts, trusted: &[IpNet]) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
        let proxied = peer.is_some_and(|peer| is_in(trusted, peer));
        let said = |name: &str| last(&parts.headers, name).filter(|_| proxied);
        let own = parts.extensions.get::<Secure>().is_some_and(|secure| secure.0);
        let host = last(&parts.headers, header::HOST.as_str()).map(str::to_owned);
        let host = host.or_else(|| parts.uri.authority().map(|named| named.as_str().to_owned()));
        Self {
            address: peer.map(|peer| if proxied { behind(peer, &parts.headers, trusted) } else { peer }),
            secure: said("x-forwarded-proto").map_or(own, |scheme| scheme.eq_ignore_ascii_case("https")),
            host: said("x-forwarded-host").map(str::to_owned).or(host),
        }
    }
}

/// The network that counts as one client: an IPv6 address stands for its /64 prefix.
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

/// Returns a host without port and brackets.
pub fn bare(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

/// The last value of a header: the one that the nearest proxy wrote.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    Some(value.rsplit(',').next().unwrap_or(value).trim()).filter(|value| !value.is_empty())
}

/// The nearest address that is not a trusted proxy. Entries to its left are ignored, because any client can
/// write them.
fn behind(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let values: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    let mut nearest = peer;
    for hop in values.iter().flat_map(|value| value.split(',')).rev() {
        let Some(address) = address(hop.trim()) else { break };
        nearest = address;
        if !is_in(trusted, address) {
            break;
        }
    }
    nearest
}

fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

fn is_in(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;

    use super::*;

    fn client(peer: &str, headers: &[(&str, &str)], trusted: &[&str]) -> Client {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut parts = request.body(Body::empty()).unwrap().into_parts().0;
        parts.extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        let trusted: Vec<IpNet> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        Client::of(&parts, &trusted)
    }

    #[test]
    fn strangers_are_not_believed_about_themselves() {
        let lies = [
            ("x-forwarded-for", "10.9.9.9"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil.test"),
            ("host", "quipu"),
        ];
        let client = client("203.0.113.9", &lies, &["10.0.0.0/8"]);
        let expected = Client {
            address: Some("203.0.113.9".parse().unwrap()),
            secure: false,
            host: Some("quipu".into()),
        };
        assert_eq!(client, expected);
    }

    #[test]
    fn trusted_proxies_name_the_nearest_stranger() {
        for (said, address) in [
            ("198.51.100.7", "198.51.100.7"),
            ("1.1.1.1, 198.51.100.7, 10.0.0.3", "198.51.100.7"),
            ("garbage, 198.51.100.7:4711", "198.51.100.7"),
            ("10.0.0.8", "10.0.0.8"),
            ("1.1.1.1, garbage", "10.0.0.2"),
            ("[2001:db8::1]:99", "2001:db8::1"),
        ] {
            let client = client(
                "::ffff:10.0.0.2",
                &[("x-forwarded-for", said), ("x-forwarded-proto", "https")],
                &["10.0.0.0/8"],
            );
            assert_eq!(client.address.unwrap().to_string(), address, "{said}");
            assert!(client.secure);
        }
    }

    #[test]
    fn a_host_is_read_without_its_port() {
        for (host, name) in [
            ("quipu:80", "quipu"),
            ("quipu", "quipu"),
            ("[::1]:80", "::1"),
            ("[::1]", "::1"),
            ("127.0.0.1:1", "127.0.0.1"),
        ] {
            assert_eq!(bare(host), name);
        }
    }
}
