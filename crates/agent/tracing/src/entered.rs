//! Contexts that spans of `tracing` have entered, by thread.
//!
//! `tracing` allows spans to be left in any order; contexts have to be left in reverse order. A span that is
//! left below others waits until those are left.

use std::cell::RefCell;

use quipu_sdk::{Context, Entered};

struct Layer {
    span: u64,
    entered: Entered,
    left: bool,
}

thread_local! {
    static ENTERED: RefCell<Vec<Layer>> = const { RefCell::new(Vec::new()) };
}

/// Makes `context` the thread's context while `span` is entered.
pub(crate) fn enter(span: u64, context: Context) {
    // Entered outside of the borrow, because a mirror may be notified and call this function again.
    let entered = context.enter();
    let _ = ENTERED.try_with(|layers| {
        if let Ok(mut layers) = layers.try_borrow_mut() {
            layers.push(Layer { span, entered, left: false });
        }
    });
}

/// Leaves `span`; does nothing if this thread has not entered it.
pub(crate) fn exit(span: u64) {
    let marked = ENTERED.try_with(|layers| {
        let mut layers = layers.try_borrow_mut().ok()?;
        layers.iter_mut().rev().find(|layer| layer.span == span && !layer.left)?.left = true;
        Some(())
    });
    if !matches!(marked, Ok(Some(()))) {
        return;
    }
    while let Some(entered) = pop() {
        drop(entered);
    }
}

/// The topmost context, if it has been left.
fn pop() -> Option<Entered> {
    let popped = ENTERED.try_with(|layers| {
        let mut layers = layers.try_borrow_mut().ok()?;
        layers.pop_if(|layer| layer.left).map(|layer| layer.entered)
    });
    popped.ok().flatten()
}
