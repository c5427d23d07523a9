//! Which contexts spans of `tracing` have made current, by thread.
//!
//! `tracing` allows spans to be left in any order; contexts are left in the reverse order of entering. A span that is left
//! below others waits until those are left.

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

/// Makes `context` the thread's for as long as `span` is entered.
pub(crate) fn enter(span: u64, context: Context) {
    // Entered outside of the borrow: a mirror may be told, and come here again.
    let entered = context.enter();
    let _ = ENTERED.try_with(|layers| {
        if let Ok(mut layers) = layers.try_borrow_mut() {
            layers.push(Layer { span, entered, left: false });
        }
    });
}

/// Leaves `span`; nothing happens when this thread has not entered it.
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

/// The uppermost context, when it has been left.
fn pop() -> Option<Entered> {
    let popped = ENTERED.try_with(|layers| {
        let mut layers = layers.try_borrow_mut().ok()?;
        layers.pop_if(|layer| layer.left).map(|layer| layer.entered)
    });
    popped.ok().flatten()
}
