//! Ledger row of a single span, for the code that recorded it.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use quipu_core::{Adapters, Batch, Cost, PriceBook, Span};
use quipu_ledger::Ledger;

use crate::priced::price_batch;
use crate::unstored::Unstored;

/// Ledger row of a raw span by itself, read, counted and priced as in a pipeline. The pipeline's row can
/// differ if other records of the same call exist. `None` if the span is no call and no tool run.
pub fn row_of(adapters: &Adapters, book: &dyn PriceBook, span: Span) -> Option<Cost> {
    let mut batch = Batch { spans: vec![span], ..Batch::default() };
    adapters.read_batch(&mut batch);
    batch.spans.truncate(1);
    let mut ledger = Ledger::new(1);
    {
        let counting = pin!(ledger.count(&mut batch, &Unstored));
        // `Unstored` answers at once, so one poll completes.
        let Poll::Ready(Ok(())) = counting.poll(&mut Context::from_waker(Waker::noop())) else { return None };
    }
    price_batch(book, &mut batch);
    batch.costs.into_iter().next()
}
