//! Counts and limits of connections: in total, by listener, and by address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::sender::network;

/// Bytes of unfinished request headers on all connections together. Connections that sent little do not
/// count.
const UNHEEDED: usize = 16 << 20;
/// Bytes that a connection may always send before a request begins: enough for ordinary headers.
const MODEST: usize = 8 << 10;

/// All connections of a process.
pub(crate) struct Crowd {
    most: usize,
    most_per_address: usize,
    open: AtomicUsize,
    addresses: Mutex<HashMap<IpAddr, usize>>,
    unheeded: AtomicUsize,
}

impl Crowd {
    pub(crate) fn new(most: usize, most_per_address: usize) -> Self {
        Self {
            most,
            most_per_address,
            open: AtomicUsize::new(0),
            addresses: Mutex::default(),
            unheeded: AtomicUsize::new(0),
        }
    }

    /// The number of open connections.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Counts `more` bytes that a connection sent without a request, after `before`. `false` if the total is
    /// too high.
    pub(super) fn unheeded(&self, before: usize, more: usize) -> bool {
        let all = self.unheeded.fetch_add(more, Ordering::Relaxed).saturating_add(more);
        before <= MODEST || all <= UNHEEDED
    }

    /// Subtracts bytes that became a request, or whose connection ended.
    pub(super) fn heeded(&self, bytes: usize) {
        self.unheeded.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The connections of one listener.
pub(crate) struct Gate {
    crowd: Arc<Crowd>,
    open: AtomicUsize,
    left: Notify,
}

/// The reason for rejecting a connection, as the label of the counter.
pub(crate) type Refused = &'static str;

impl Gate {
    pub(crate) fn new(crowd: &Arc<Crowd>) -> Arc<Self> {
        Arc::new(Self { crowd: Arc::clone(crowd), open: AtomicUsize::new(0), left: Notify::new() })
    }

    /// Admits a connection. One listener gets at most three quarters of all connections, so a flood of one
    /// leaves the others reachable.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Result<Seat, Refused> {
        let crowd = &self.crowd;
        let network = network(address);
        let mut addresses = crowd.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock these counts can only decrease.
        if crowd.open() >= crowd.most {
            return Err("connections");
        }
        if self.open.load(Ordering::Relaxed) >= (crowd.most - crowd.most / 4) {
            return Err("listener");
        }
        let of_address = addresses.entry(network).or_default();
        if *of_address >= crowd.most_per_address {
            return Err("address");
        }
        *of_address += 1;
        crowd.open.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        Ok(Seat { gate: Arc::clone(self), network })
    }

    /// Waits until all connections have ended.
    pub(crate) async fn empty(&self) {
        loop {
            let left = self.left.notified();
            if self.open.load(Ordering::Relaxed) == 0 {
                return;
            }
            left.await;
        }
    }
}

/// The permit of one connection, returned when dropped.
pub(crate) struct Seat {
    gate: Arc<Gate>,
    network: IpAddr,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let crowd = &self.gate.crowd;
        let mut addresses = crowd.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = addresses.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                addresses.remove(&self.network);
            }
        }
        drop(addresses);
        crowd.open.fetch_sub(1, Ordering::Relaxed);
        self.gate.open.fetch_sub(1, Ordering::Relaxed);
        self.gate.left.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        [127, 0, 0, last].into()
    }

    #[test]
    fn addresses_listeners_and_all_have_bounds() {
        let crowd = Arc::new(Crowd::new(8, 5));
        let (gate, other) = (Gate::new(&crowd), Gate::new(&crowd));
        let mut seats: Vec<Seat> = (0..5).map(|_| gate.enter(address(1)).unwrap()).collect();
        assert_eq!(gate.enter(address(1)).err(), Some("address"));
        seats.push(gate.enter(address(2)).unwrap());
        assert_eq!(gate.enter(address(3)).err(), Some("listener"));
        seats.extend((0..2).map(|_| other.enter(address(3)).unwrap()));
        assert_eq!(other.enter(address(4)).err(), Some("connections"));
        drop(seats);
        assert_eq!(crowd.open(), 0);
        assert!(crowd.addresses.lock().unwrap().is_empty());
    }

    #[test]
    fn what_is_sent_without_a_request_is_bounded_for_all_together() {
        let crowd = Crowd::new(1, 1);
        assert!(crowd.unheeded(MODEST + 1, UNHEEDED));
        assert!(!crowd.unheeded(MODEST + 1, 1));
        assert!(crowd.unheeded(MODEST, 1), "whoever sent little may go on");
        crowd.heeded(10);
        assert!(crowd.unheeded(MODEST + 1, 1));
    }
}
