//! Laws of adapters that enrich the result of another adapter.

use quipu_core::{Adapter, Canonical, Messages, Span};

use super::{Recording, run_adapter};
use crate::outcome::{check, same};
use crate::{Failure, Outcome, Report, Verdict};

/// A reader and its enricher as a single adapter. It claims the spans of the enriched frameworks.
#[derive(Clone, Copy)]
pub struct Enriched<'a> {
    /// Reads the spans' convention.
    pub reader: &'a dyn Adapter,
    /// Adds the framework's values.
    pub enricher: &'a dyn Adapter,
}

impl Enriched<'_> {
    fn adds_to(&self, read: &Canonical) -> bool {
        read.framework.as_deref().is_some_and(|framework| self.enricher.enriches().contains(&framework))
    }
}

impl Adapter for Enriched<'_> {
    fn name(&self) -> &'static str {
        self.reader.name()
    }

    fn claims(&self, span: &Span) -> bool {
        self.reader.claims(span) && self.adds_to(&self.reader.canonical(span))
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let mut read = self.reader.canonical(span);
        if self.adds_to(&read) {
            self.enricher.enrich(span, &mut read);
        }
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        self.reader.messages(span)
    }
}

/// Judges an enricher of `reader`. Every law of adapters holds for both together. The enricher leaves the
/// reader's figures unchanged, gives the same result when applied twice, and enriches some span of each
/// recording.
pub fn run_enricher(reader: &dyn Adapter, enricher: &dyn Adapter, recordings: &[Recording]) -> Report {
    let both = Enriched { reader, enricher };
    let mut report = run_adapter(&both, recordings);
    type Law = fn(&Enriched<'_>, &Span) -> Outcome;
    let laws: [(&str, Law); 3] = [
        ("leaves_spans_to_readers", leaves_spans_to_readers),
        ("leaves_figures_alone", leaves_figures_alone),
        ("adds_once", adds_once),
    ];
    for (name, law) in laws {
        let mut spans =
            recordings.iter().flat_map(|sent| sent.spans.iter().map(move |span| (&sent.name, span)));
        let verdict = spans.try_for_each(|(recording, span)| {
            law(&both, span).map_err(|why| Failure::new(format!("{recording}: span {}: {why}", span.span_id)))
        });
        let verdict = verdict.map_or_else(|why| Verdict::Failed(why.to_string()), |()| Verdict::Passed);
        report.push("adapter", name, verdict);
    }
    report
}

fn leaves_spans_to_readers(both: &Enriched<'_>, span: &Span) -> Outcome {
    check!(!both.enricher.claims(span), "is claimed by the adapter that only adds");
    Ok(())
}

fn leaves_figures_alone(both: &Enriched<'_>, span: &Span) -> Outcome {
    let (before, after) = (both.reader.canonical(span), both.canonical(span));
    same!(after.usage, before.usage, "usage");
    same!(after.reported_cost, before.reported_cost, "cost");
    same!(after.convention, before.convention, "convention");
    same!(after.signal, before.signal, "signal");
    same!(after.response_id, before.response_id, "id of the answer");
    Ok(())
}

fn adds_once(both: &Enriched<'_>, span: &Span) -> Outcome {
    let once = both.canonical(span);
    let mut twice = once.clone();
    if both.adds_to(&twice) {
        both.enricher.enrich(span, &mut twice);
    }
    same!(twice, once, "what was added twice");
    Ok(())
}
