//! Something that runs short, those who hold some of it, and those who wait for it.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use crate::beside::{Beside, Turn};
use crate::failure::Failure;
use crate::share::{Leaf, Refusal, Shares};

/// Something that senders have shares of. Clones share it.
#[derive(Clone)]
pub(crate) struct Stock {
    shares: Arc<Mutex<Shares>>,
    /// Told when something comes back.
    back: Arc<Notify>,
    /// Where one portion at a time may be had beside the shares.
    beside: Option<Arc<Beside>>,
    /// Portions of one sender that may wait, whatever its share. Else there are as many as fit into it beside what it holds.
    most_waiting: Option<usize>,
    /// What a sender is told when there is nothing for it.
    lack: &'static str,
}

impl Stock {
    pub(crate) fn new(capacity: usize, lack: &'static str) -> Self {
        let shares = Arc::new(Mutex::new(Shares::new(capacity.max(1))));
        Self { shares, back: Arc::default(), beside: None, most_waiting: None, lack }
    }

    /// The same, with room beside it for one portion at a time. What is larger than a share, or larger than what is free of the shared
    /// half, would else be refused for as long as anybody else holds anything. So many portions of one sender may wait.
    pub(crate) fn with_room_beside(self, most_waiting: usize) -> Self {
        Self { beside: Some(Arc::new(Beside::new())), most_waiting: Some(most_waiting), ..self }
    }

    /// A portion that holds nothing yet.
    pub(crate) fn portion(&self, leaf: Leaf) -> Portion {
        Portion { stock: self.clone(), leaf, held: 0, beside: None }
    }

    /// What is given out of the shares.
    pub(crate) fn held(&self) -> usize {
        self.lock().held()
    }

    /// One that waits, as long as it is kept; none when as many of its sender do already as may.
    fn queue(&self, leaf: Leaf) -> Option<Waiting> {
        let waits = self.lock().queue(leaf, self.most_waiting, Instant::now().into_std());
        waits.then(|| Waiting { stock: self.clone(), leaf })
    }

    fn lock(&self) -> MutexGuard<'_, Shares> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among those that wait.
struct Waiting {
    stock: Stock,
    leaf: Leaf,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.stock.lock().leave(self.leaf, Instant::now().into_std());
    }
}

/// What one request has of a stock; given back when it is dropped.
pub(crate) struct Portion {
    stock: Stock,
    leaf: Leaf,
    held: usize,
    /// What it has beside `held` is not counted: its size is bounded as that of every request is.
    beside: Option<Turn>,
}

impl Portion {
    /// Holds `wanted` in all, as far as there is that much at all, of the sender's share.
    fn try_shares(&mut self, wanted: usize) -> Result<(), Refusal> {
        let mut shares = self.stock.lock();
        let wanted = wanted.min(shares.capacity());
        let Some(more) = wanted.checked_sub(self.held).filter(|more| *more > 0) else { return Ok(()) };
        if self.beside.is_some() {
            return Ok(());
        }
        let taken = shares.take(&mut self.leaf, self.held, more, Instant::now().into_std());
        drop(shares);
        taken.map(|()| self.held = wanted)
    }

    /// The same; what is large may be had beside the shares.
    ///
    /// # Errors
    /// Whether its sender is over its share, or waiting would help.
    pub(crate) fn try_grow_to(&mut self, wanted: usize) -> Result<(), Refusal> {
        match self.try_shares(wanted) {
            Err(_) if self.is_large(wanted) => {
                let beside = self.stock.beside.as_ref();
                self.beside = beside.and_then(|beside| beside.try_take(self.leaf.sender));
                if self.beside.is_some() { Ok(()) } else { Err(Refusal::Full) }
            }
            done => done,
        }
    }

    /// Whether there is a place for so much beside the shares, whatever else its sender holds.
    fn is_large(&self, wanted: usize) -> bool {
        self.stock.beside.is_some() && wanted > self.stock.lock().capacity() / 4
    }

    /// Whether so much would be refused for what its sender holds already. Nothing is taken.
    ///
    /// # Errors
    /// It would, and it is not large enough for the place beside the shares.
    pub(crate) fn expect(&self, wanted: usize) -> Result<(), Failure> {
        if wanted == 0 {
            return Ok(());
        }
        let mut shares = self.stock.lock();
        let most = wanted.min(shares.capacity());
        let seen = shares.look(self.leaf, most, Instant::now().into_std());
        drop(shares);
        match seen {
            Err(Refusal::Over) if !self.is_large(wanted) => Err(self.busy()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// What its sender is told when there is nothing for it.
    pub(crate) fn busy(&self) -> Failure {
        Failure::busy(self.stock.lack)
    }

    /// Who holds its share already, or has as many waiting as may, is refused; who holds less waits until something comes back, or for its turn beside the shares, until
    /// a time at most. A failure says what is lacking.
    pub(crate) async fn wait_to_grow_to(&mut self, wanted: usize, until: Instant) -> Result<(), Failure> {
        match self.try_shares(wanted) {
            Ok(()) => return Ok(()),
            Err(Refusal::Over) if !self.is_large(wanted) => return Err(self.busy()),
            Err(_) => {}
        }
        let Some(_waiting) = self.stock.queue(self.leaf) else { return Err(self.busy()) };
        timeout_at(until, self.wait_for(wanted)).await.map_err(|_| self.busy())
    }

    /// As [`Portion::wait_to_grow_to`], but in any case, and without an end.
    pub(crate) async fn wait_for(&mut self, wanted: usize) {
        let (back, beside, sender) =
            (Arc::clone(&self.stock.back), self.stock.beside.clone(), self.leaf.sender);
        let turn = async {
            match &beside {
                Some(beside) => beside.take(sender).await,
                None => std::future::pending().await,
            }
        };
        let mut turn = pin!(turn);
        loop {
            let back = back.notified();
            if self.try_shares(wanted).is_ok() {
                return;
            }
            tokio::select! {
                () = back => {}
                turn = &mut turn => {
                    self.beside = turn;
                    return;
                }
            }
        }
    }

    /// What it holds of the shares.
    #[cfg(test)]
    pub(crate) const fn held(&self) -> usize {
        self.held
    }

    /// From now on it counts under another.
    pub(crate) fn pass_on(&mut self, to: Leaf) {
        let mut shares = self.stock.lock();
        self.leaf = shares.pass_on(self.leaf, to, self.held, Instant::now().into_std());
    }
}

impl Drop for Portion {
    fn drop(&mut self) {
        if self.held > 0 {
            self.stock.lock().give_back(self.leaf, self.held, Instant::now().into_std());
            self.stock.back.notify_waiters();
        }
    }
}
