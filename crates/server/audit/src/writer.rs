//! The thread that writes the audit log.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use quipu_core::locks::Mutex;
use quipu_core::{Clock, Error, ErrorKind, Result};
use tokio::sync::oneshot;

use crate::chain::Chain;
use crate::refusals::Refusals;
use crate::{Actor, AuditState, Entry, Outcome, limits};

/// The maximum time until lines are flushed and counts reported.
const PAUSE: Duration = Duration::from_secs(1);
/// The interval between two checks of the log's end while no entry arrives.
const WATCH: Duration = Duration::from_secs(5);

/// An entry, and the channel of the caller that waits for it.
pub(crate) struct Order {
    pub(crate) entry: Entry,
    pub(crate) written: Option<oneshot::Sender<Result<()>>>,
}

/// The state of the thread.
pub(crate) struct Writer {
    pub(crate) chain: Chain,
    pub(crate) refusals: Refusals,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) state: Arc<Mutex<AuditState>>,
    /// Lost entries that are not yet recorded as lost.
    pub(crate) owed: u64,
}

impl Writer {
    /// Writes until every sender is dropped.
    pub(crate) fn run(mut self, orders: &Receiver<Order>) {
        self.tell();
        loop {
            match self.next(orders) {
                Ok(first) => {
                    let more = orders.try_iter().take(limits::TOGETHER - 1);
                    self.write(std::iter::once(first).chain(more).collect());
                }
                Err(RecvTimeoutError::Timeout) => self.tidy(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let told = self.refusals.end(self.clock.now());
        self.append(told);
        self.tidy();
    }

    fn next(&self, orders: &Receiver<Order>) -> Result<Order, RecvTimeoutError> {
        let waits = self.chain.is_unsynced() || self.refusals.is_owing() || self.owed > 0;
        orders.recv_timeout(if waits { PAUSE } else { WATCH })
    }

    fn write(&mut self, orders: Vec<Order>) {
        let mut entries = self.refusals.turn(self.clock.now());
        let mut waiting = Vec::new();
        for order in orders {
            if self.refusals.takes(&order.entry) {
                entries.push(order.entry);
            }
            waiting.extend(order.written);
        }
        let failed = self.append(entries);
        for waiter in waiting {
            // The caller may be gone; the entry is written.
            let _ = waiter
                .send(failed.as_ref().map_or(Ok(()), |(kind, told)| Err(Error::new(*kind, "note", told))));
        }
    }

    /// Writes entries, preceded by the number of entries that were lost earlier.
    fn append(&mut self, mut entries: Vec<Entry>) -> Option<(ErrorKind, String)> {
        let count = entries.len() as u64;
        if self.owed > 0 {
            let lost = Entry::new(Actor::system(), "audit.lost").ended(Outcome::Failed);
            entries.insert(0, lost.with("entries", self.owed.to_string()));
        }
        if entries.is_empty() {
            return None;
        }
        let failed = self.chain.append(&entries).err().map(|error| (error.kind(), error.to_string()));
        self.owed = if failed.is_some() { self.owed + count } else { 0 };
        let mut state = self.state.lock();
        state.lost += if failed.is_some() { count } else { 0 };
        state.failing = failed.as_ref().map(|(_, told)| told.clone());
        drop(state);
        self.tell();
        failed
    }

    /// Publishes the state of the chain.
    fn tell(&self) {
        let mut state = self.state.lock();
        state.known = self.chain.known();
        if state.damage.is_none() {
            state.damage = self.chain.damage().map(str::to_owned);
        }
    }

    /// Runs the periodic work while no entry arrives.
    fn tidy(&mut self) {
        let told = self.refusals.turn(self.clock.now());
        self.append(told);
        // Checks that the log still ends at the same place; an error becomes an entry.
        let looked = self.chain.append(&[]).and_then(|()| self.chain.sync());
        self.tell();
        let mut state = self.state.lock();
        match looked {
            Err(error) => state.failing = Some(error.to_string()),
            Ok(()) if self.owed == 0 => state.failing = None,
            Ok(()) => {}
        }
    }
}
