//! Telling those who care.

use std::collections::VecDeque;
use std::sync::Arc;

use quipu_core::Event;

use super::notice::What;
use super::{Budgets, Notice};

/// Notices that wait to become events; beyond it the oldest go.
const UNTOLD: usize = 1_024;

impl Budgets {
    /// Has `listener` called for every notice: a threshold that was passed, a refusal, a loop, a budget that cannot be checked. It
    /// runs on the thread that asked or counted, outside of every lock, and must not block.
    ///
    /// It is the callback of the actions too: [`Notice::budget`] and [`Notice::action`] say which budget let a call through to
    /// notify, throttle or degrade, before the one who asked has the answer: what it switches holds for that call already.
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

    /// Notices that no batch has taken along yet, as events: `budget.threshold`, `budget.refused`, `budget.loop`,
    /// `budget.unchecked`. Where batches pass often the stage does it; whoever has none for a while asks here.
    pub fn take_events(&self) -> Vec<Event> {
        let untold: VecDeque<Notice> = std::mem::take(&mut *self.0.untold.lock());
        untold.iter().map(|notice| notice.event(&self.0.resource, &self.0.instrumentation)).collect()
    }
}
