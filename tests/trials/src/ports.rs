//! The default ports of Quipu, kept occupied while tests and suites run.
//!
//! A test that binds or queries a default port passes on an idle machine and fails next to a running Quipu.
//! With the ports occupied it fails always.

use std::net::TcpListener;

/// Dashboard and API, OTLP over HTTP, OTLP over gRPC, Prometheus, the gateway.
const DEFAULTS: [u16; 5] = [8080, 4318, 4317, 9464, 8787];

/// Occupies the ports until this process ends. A port that another program holds is occupied already.
pub fn occupy() {
    let bound = DEFAULTS.iter().filter_map(|port| TcpListener::bind(("127.0.0.1", *port)).ok());
    for listener in bound {
        // A client is hung up on, so that it does not wait for an answer.
        std::thread::spawn(move || listener.incoming().for_each(drop));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_occupied_port_cannot_be_bound() {
        occupy();
        for port in DEFAULTS {
            assert!(TcpListener::bind(("127.0.0.1", port)).is_err(), "{port}");
            assert!(TcpListener::bind(("0.0.0.0", port)).is_err(), "{port}");
        }
    }
}
