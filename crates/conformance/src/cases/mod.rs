//! List of all cases.

mod bounded;
mod costs;
mod errors;
mod events;
mod everything;
mod exporters;
mod facets;
mod failures;
mod fidelity;
mod fidelity_rows;
mod finality;
mod forget;
mod forget_after;
mod labels;
mod ledger;
mod lifecycle;
mod meetings;
mod metrics;
mod nodes;
mod paging;
mod retention;
mod search;
mod sessions;
mod signals;
mod spans;
mod terms;
mod terms_of_rows;
mod tools;
mod traces;
mod unsampled;
mod usage;
mod work;
mod work_figures;
mod work_rows;
mod work_steps;
mod write;

use crate::Case;

/// The laws of exporters: backends that accept records and answer no queries.
pub fn exporters() -> Vec<Case> {
    exporters::cases()
}

/// Every case of stores, in the order of reports.
pub fn all() -> Vec<Case> {
    [
        lifecycle::cases(),
        write::cases(),
        finality::cases(),
        fidelity::cases(),
        fidelity_rows::cases(),
        ledger::cases(),
        traces::cases(),
        paging::cases(),
        bounded::cases(),
        spans::cases(),
        sessions::cases(),
        usage::cases(),
        costs::cases(),
        labels::cases(),
        tools::cases(),
        facets::cases(),
        events::cases(),
        metrics::cases(),
        nodes::cases(),
        signals::cases(),
        meetings::cases(),
        unsampled::cases(),
        search::cases(),
        terms::cases(),
        terms_of_rows::cases(),
        work::cases(),
        work_figures::cases(),
        work_steps::cases(),
        work_rows::cases(),
        forget::cases(),
        forget_after::cases(),
        retention::cases(),
        failures::cases(),
        errors::cases(),
    ]
    .concat()
}

/// Turns `async fn(&Subject) -> Outcome` into cases of a group.
macro_rules! cases {
    ($group:literal: $([$($need:ident),*] $name:ident),+ $(,)?) => {
        pub(super) fn cases() -> Vec<crate::Case> {
            vec![$(crate::Case {
                group: $group,
                name: stringify!($name),
                needs: &[$(crate::Need::$need),*],
                run: |subject| Box::pin(async move { $name(&subject).await }),
            }),+]
        }
    };
}

use cases;
