//! Delivery of notices.

use std::collections::VecDeque;
use std::sync::Arc;

use quipu_core::Event;

use crate::notice::What;
use crate::{Budgets, Notice};

/// Notices that wait to become events; beyond it the oldest go.
const UNTOLD: usize = 1_024;

impl Budgets {
    /// Has `listener` called for every notice: a threshold that was passed, a refusal, a loop, a budget that
    /// cannot be checked. It runs on the thread that asked or counted, outside of every lock, and must not
    /// block.
    ///
    /// Also the callback of actions: [`Notice::budget`] and [`Notice::action`] name the budget that let a
    /// call through to notify, throttle or degrade. It runs before the caller has the answer, so its changes
    /// apply to that call already.
    pub fn on_notice(&self, listener: impl Fn(&Notice) + Send + Sync + 'static) {
        self.0.listeners.write().push(Arc::new(listener));
    }

    pub(crate) fn notice(&self, what: What, budget: &str, message: String) -> Notice {
        Notice {
            what,
            at: self.0.clock.now(),
            budget: budget.to_owned(),
            scope: <_>::default(),
            action: "notify",
            limit: None,
            spent: None,
            reserved: None,
            resets_at: None,
            error: None,
            message,
            trace_id: None,
            session: None,
            agent: None,
        }
    }

    pub(crate) fn tell(&self, notice: Notice) {
        let listeners = self.0.listeners.read().clone();
        listeners.iter().for_each(|listener| listener(&notice));
        let mut untold = self.0.untold.lock();
        if untold.len() >= UNTOLD {
            untold.pop_front();
        }
        untold.push_back(notice);
    }

    /// Notices that no batch has carried yet, as events: `budget.threshold`, `budget.refused`, `budget.loop`,
    /// `budget.unchecked`. With frequent batches the stage carries them; a program without batches for a
    /// while calls this.
    pub fn take_events(&self) -> Vec<Event> {
        let untold: VecDeque<Notice> = std::mem::take(&mut *self.0.untold.lock());
        untold.iter().map(|notice| notice.event(&self.0.resource, &self.0.instrumentation)).collect()
    }
}
