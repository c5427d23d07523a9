//! Deletion from files next to the store: books of budgets, journals of re-pricings, saved views and
//! dashboards, the alert file, samples of unread sources.

use std::collections::HashSet;
use std::fmt::Display;
use std::sync::Arc;

use quipu_core::{Owner, OwnerKind, Result, SessionQuery, TraceFilter, TraceId, TraceQuery};
use quipu_insight::{Ids, reprice};
use quipu_semconv as semconv;

use crate::dto::ForgottenPlace;
use crate::shared::Api;
use crate::spawned::blocking;

/// Sessions looked up per step, and at most.
const PAGE: usize = 1_000;
const MOST: usize = 100_000;

/// Users and sessions to remove from these files.
pub(super) struct Elsewhere {
    owners: Vec<Owner>,
    /// Sessions of a user, removed with the last record that has them.
    sessions: Vec<Owner>,
}

impl Elsewhere {
    /// An owner; for a user, also the sessions in the store.
    pub(super) async fn of(api: &Api, owner: Option<&Owner>) -> Result<Self> {
        let mut sessions = Vec::new();
        if let Some(user) = owner.filter(|owner| owner.kind == OwnerKind::User) {
            let filter = TraceFilter { user: Some(user.id.clone()), ..TraceFilter::default() };
            let mut query = SessionQuery { filter, limit: PAGE, ..SessionQuery::default() };
            while sessions.len() < MOST {
                let page = api.store.sessions(&query).await?;
                sessions.extend(page.rows.iter().map(|row| session(&row.session)));
                query.cursor = page.next;
                if query.cursor.is_none() {
                    break;
                }
            }
        }
        Ok(Self { owners: owner.cloned().into_iter().collect(), sessions })
    }

    /// Adds the sessions without remaining records in the store.
    pub(super) async fn keep_ended(&mut self, api: &Api) -> Result<()> {
        for session in std::mem::take(&mut self.sessions) {
            let filter = TraceFilter { session: Some(session.id.clone()), ..TraceFilter::default() };
            let query = TraceQuery { filter, limit: 1, ..TraceQuery::default() };
            if api.store.traces(&query).await?.rows.is_empty() {
                self.owners.push(session);
            }
        }
        Ok(())
    }

    /// Counts the records without a change.
    pub(super) async fn look(&self, api: &Arc<Api>, traces: &HashSet<TraceId>) -> Vec<ForgottenPlace> {
        let places = self.each(api, traces, true).await;
        let told = |(place, what, found): (&str, &str, Result<u64, String>)| ForgottenPlace {
            place: place.into(),
            what: what.into(),
            found: found.as_ref().copied().unwrap_or_default(),
            remaining: found.as_ref().copied().unwrap_or_default(),
            trouble: found.err(),
        };
        places.into_iter().map(told).collect()
    }

    /// Removes them; returns whether that succeeded everywhere.
    pub(super) async fn clean(&self, api: &Arc<Api>, traces: &HashSet<TraceId>) -> bool {
        let done = self.each(api, traces, false).await;
        for (place, _, outcome) in &done {
            if let Err(why) = outcome {
                tracing::warn!(place, why, "cannot remove the records of an owner there");
            }
        }
        done.iter().all(|(_, _, outcome)| outcome.is_ok())
    }

    /// Each place with its present count, and its count `before`.
    pub(super) async fn places(
        &self,
        api: &Arc<Api>,
        traces: &HashSet<TraceId>,
        before: Vec<ForgottenPlace>,
    ) -> Vec<ForgottenPlace> {
        let now = self.look(api, traces).await;
        let both = before.into_iter().zip(now);
        both.map(|(before, now)| ForgottenPlace { found: before.found, ..now }).collect()
    }

    /// Processes every place, on a thread that may wait for the disk.
    async fn each(
        &self,
        api: &Arc<Api>,
        traces: &HashSet<TraceId>,
        dry_run: bool,
    ) -> [(&'static str, &'static str, Result<u64, String>); 5] {
        let (api, traces, owners) = (Arc::clone(api), traces.clone(), self.owners.clone());
        let work = move || {
            let ids = Ids::new(owners.iter().map(|owner| owner.id.clone()), traces.clone());
            let budgets =
                api.money.budgets.erase(&owners, &traces, &|text| ids.rewritten(text), dry_run).map_err(said);
            let folder = api.money.reprices.as_deref();
            let reprices = folder.map_or(Ok(0), |folder| reprice::erase(folder, &traces, &ids, dry_run));
            let documents = api.documents.erase(&ids, dry_run, api.clock.now()).map_err(said);
            let alerts = api
                .alerts
                .as_ref()
                .map_or(Ok(0), |alerts| alerts.erase(&|text| ids.rewritten(text), dry_run));
            [
                ("budgets", "rows", budgets),
                ("re-pricings", "rows", reprices.map_err(said)),
                ("views and dashboards", "documents", documents),
                ("alerts", "texts", alerts.map_err(said)),
                ("unread sources", "sources", (api.forget_unread)(&traces, dry_run)),
            ]
        };
        let broken = |why: tokio::task::JoinError| {
            let why = format!("it was interrupted: {why}");
            ["budgets", "re-pricings", "views and dashboards", "alerts", "unread sources"]
                .map(|place| (place, "rows", Err(why.clone())))
        };
        blocking(work).await.unwrap_or_else(broken)
    }
}

fn session(id: &str) -> Owner {
    Owner { kind: OwnerKind::Session, id: id.to_owned(), names: semconv::SESSION }
}

fn said(why: impl Display) -> String {
    why.to_string()
}
