//! Deletion of users and sessions in every place, with proof.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use quipu_core::{Owned, Owner, OwnerKind, Result as StoreResult, TraceId};
use quipu_pipeline::{Forgotten, Swept};
use quipu_semconv as semconv;
use sha2::{Digest as _, Sha256};

use crate::Problem;
use crate::body::{Write, bad};
use crate::documents::read;
use crate::dto::{ForgetAnswer, ForgetAsk, ForgottenPlace};
use crate::json::Json;
use crate::routes::forget_elsewhere::Elsewhere;
use crate::shared::{Api, Shared};
use crate::spawned::spawn;
use crate::state::Deed;

/// Maximum number of traces in a request.
const NAMED: usize = 1_000;
/// Maximum bytes of an id.
const ID_BYTES: usize = 1_024;
/// Batch size of deleted traces reported to the live feed.
const AT_ONCE: usize = 200;
/// Maximum number of removals while records of the same owner keep arriving.
const TIMES: usize = 3;

/// Text for a store file that cannot be read.
const NOT_REACHED: &str = "not reached: it is damaged or was set aside, and may have records of the owner; \
    repair the store, then remove the files that the repair sets aside";

/// Places outside this server's stores and spools that may have records.
const BEYOND: [&str; 7] = [
    "backups of the data folder, and copies made by a migration: do not restore an older one, or repeat the \
     removal afterwards",
    "a write to a backend that was running at the time of the request: it may still arrive there, but it is \
     not retried with these records",
    "free space of the disk: the file system decides when it is overwritten",
    "the dictionary for the compression of texts: it has words of at least three users, or of three \
     sessions if there are fewer users; one trained by an earlier version may have words of fewer",
    "records of other owners that mention the id in a text",
    "login users and keys of this server: they are not users of telemetry, even if the names are equal",
    "the audit log: it records the removal with a hash of the id; entries of reads of a trace name the \
     trace, entries of an earlier version also name the session, and views and budgets appear with their \
     names",
];

/// Forget a user or session
///
/// Removes all records of a user, a session or traces: spans, texts, ledger rows, events, and metric series
/// that name them. It also removes waiting records and dead letters of other backends. A second search then
/// gives `remaining`, the number of remaining records. With `dry_run` nothing is removed. Counted spending of
/// budgets stays. Repeating the request is safe.
#[utoipa::path(post, path = "/api/v1/forget", tag = "traces", request_body = ForgetAsk,
    responses((status = 200, description = "Number of removed records, and proof of their removal.", body = ForgetAnswer),
        (status = 403, description = "The store is read-only, or access is denied.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn forget(State(api): Shared, body: Write) -> Result<Response, Problem> {
    let ask: ForgetAsk = read(body.bytes())?;
    let whose = Whose::of(&ask)?;
    // The client may disconnect: a removal that has begun runs to its end.
    let done = spawn(carry_out(Arc::clone(&api), whose, ask.dry_run)).await;
    let answer = done.map_err(|error| {
        tracing::error!(error = %error, "forgetting failed");
        let detail = "Forgetting failed; the server's log says where.";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
    })??;
    Ok(deed(&answer).with(Json(answer)))
}

/// The proof without the list of places, for the tamper-evident audit log.
fn deed(answer: &ForgetAnswer) -> Deed {
    let of = |what: &str| {
        let places = answer.places.iter().filter(|place| place.what == what);
        places.map(|place| place.found).sum::<u64>().to_string()
    };
    let troubles = answer.places.iter().filter(|place| place.trouble.is_some()).count();
    let detail = vec![
        ("kind", answer.kind.clone()),
        ("id_sha256", answer.id_sha256.clone()),
        ("salt", answer.salt.clone()),
        ("traces", answer.traces.to_string()),
        ("events", of("events")),
        ("series", of("series")),
        ("records", of("records")),
        ("remaining", answer.remaining.to_string()),
        ("troubles", troubles.to_string()),
        ("complete", answer.complete.to_string()),
    ];
    Deed { preview: answer.dry_run, detail }
}

/// Attributes that name a user or a session: those of received records, and that of Quipu's own budget
/// events.
static USER: [&str; semconv::USER.len() + 1] = and_one(semconv::USER, "budget.scope.user");
static SESSION: [&str; semconv::SESSION.len() + 1] = and_one(semconv::SESSION, "budget.scope.session");

const fn and_one<const N: usize>(names: &[&'static str], last: &'static str) -> [&'static str; N] {
    let mut all = [last; N];
    let mut at = 0;
    while at < names.len() {
        all[at] = names[at];
        at += 1;
    }
    all
}

/// Owner of the records to remove.
enum Whose {
    Owner(Owner),
    Traces(Vec<TraceId>),
}

impl Whose {
    fn of(ask: &ForgetAsk) -> Result<Self, Problem> {
        let owner = |kind, id: &String, names| {
            if id.is_empty() || id.len() > ID_BYTES {
                let what = OwnerKind::as_str(kind);
                return Err(bad(format!("{what}_id: found {} bytes, expected 1 to {ID_BYTES}.", id.len())));
            }
            Ok(Self::Owner(Owner { kind, id: id.clone(), names }))
        };
        match (&ask.user_id, &ask.session_id, &ask.trace_ids) {
            (Some(id), None, None) => owner(OwnerKind::User, id, &USER),
            (None, Some(id), None) => owner(OwnerKind::Session, id, &SESSION),
            (None, None, Some(ids)) => Self::of_traces(ids),
            _ => Err(bad("Expected exactly one of user_id, session_id and trace_ids.")),
        }
    }

    fn of_traces(ids: &[String]) -> Result<Self, Problem> {
        if ids.is_empty() || ids.len() > NAMED {
            return Err(bad(format!("trace_ids: found {}, expected 1 to {NAMED}.", ids.len())));
        }
        let id = |(at, text): (usize, &String)| {
            text.parse::<TraceId>().map_err(|error| bad(format!("trace_ids[{at}]: {error}.")))
        };
        let mut ids = ids.iter().enumerate().map(id).collect::<Result<Vec<_>, _>>()?;
        ids.sort_unstable();
        ids.dedup();
        Ok(Self::Traces(ids))
    }

    const fn kind(&self) -> &'static str {
        match self {
            Self::Owner(owner) => owner.kind.as_str(),
            Self::Traces(_) => "traces",
        }
    }

    fn id(&self) -> String {
        match self {
            Self::Owner(owner) => owner.id.clone(),
            Self::Traces(ids) => ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
        }
    }

    /// Finds the owner's records in the store.
    async fn found(&self, api: &Api) -> StoreResult<Owned> {
        match self {
            Self::Owner(owner) => api.store.need_forgetting()?.owned(owner).await,
            Self::Traces(ids) => {
                let mut owned = Owned::default();
                for id in ids {
                    owned.traces.extend(api.store.trace(*id).await?.map(|row| row.trace_id));
                    let events = quipu_core::EventQuery { limit: 1, ..quipu_core::EventQuery::of(*id) };
                    owned.events += api.store.events(&events).await?.rows.len() as u64;
                }
                // After the search, which may have found a damaged file.
                owned.unreached = api.store.need_forgetting()?.unreached().await?;
                Ok(owned)
            }
        }
    }

    /// Removes the owner from the store; returns the owner's traces.
    async fn remove(&self, api: &Api) -> StoreResult<Vec<TraceId>> {
        match self {
            Self::Owner(owner) => Ok(api.store.need_forgetting()?.forget_owned(owner).await?.traces),
            Self::Traces(ids) => api.store.need_forgetting()?.forget(ids).await.map(|_| Vec::new()),
        }
    }

    fn forgotten(&self, found: &Owned) -> Forgotten {
        match self {
            Self::Owner(owner) => {
                Forgotten { traces: found.traces.iter().copied().collect(), owner: Some(owner.clone()) }
            }
            Self::Traces(ids) => Forgotten { traces: ids.iter().copied().collect(), owner: None },
        }
    }
}

async fn carry_out(api: Arc<Api>, whose: Whose, dry_run: bool) -> StoreResult<ForgetAnswer> {
    let found = whose.found(&api).await?;
    let mut forgotten = whose.forgotten(&found);
    let mut elsewhere = Elsewhere::of(&api, forgotten.owner.as_ref()).await?;
    let swept = sweep(&api, &forgotten, true).await;
    let noted = elsewhere.look(&api, &forgotten.traces).await;
    let (mut left, mut still) = (found.clone(), swept.clone());
    let mut troubles = Vec::new();
    let mut times = if dry_run { 0 } else { TIMES };
    // Records of the same owner may come in meanwhile.
    while times > 0 && (times == TIMES || !left.is_empty() || still.iter().any(|swept| swept.records() > 0)) {
        // The store is last: it alone knows all traces of an owner, and a repetition after an error needs
        // them.
        troubles = sweep(&api, &forgotten, false).await;
        let cleaned = elsewhere.clean(&api, &forgotten.traces).await;
        if troubles.iter().all(|swept| swept.troubles.is_empty()) && cleaned {
            forgotten.traces.extend(whose.remove(&api).await?);
        }
        left = whose.found(&api).await?;
        forgotten.traces.extend(left.traces.iter().copied());
        still = sweep(&api, &forgotten, true).await;
        times -= 1;
    }
    let mut places = of_store(&found, &left);
    places.extend(scrubbed(&api, dry_run).await?);
    if dry_run {
        places.extend(noted);
    } else {
        // The sessions without remaining records are known now.
        elsewhere.keep_ended(&api).await?;
        elsewhere.clean(&api, &forgotten.traces).await;
        places.extend(elsewhere.places(&api, &forgotten.traces, noted).await);
        let stay: HashSet<TraceId> = left.traces.iter().copied().collect();
        let gone: Vec<TraceId> = forgotten.traces.difference(&stay).copied().collect();
        gone.chunks(AT_ONCE).for_each(|some| api.feed.deleted(some));
    }
    places.extend(swept.iter().flat_map(|swept| of_backend(swept, &still, &troubles)));
    Ok(answer(&api, &whose, dry_run, found.traces.len() as u64, places))
}

/// Store files that contained removed data, and are rewritten.
pub(super) async fn scrubbed(api: &Api, dry_run: bool) -> StoreResult<Vec<ForgottenPlace>> {
    let remnants = api.store.need_forgetting()?.scrub(dry_run).await?;
    let place = |remnant: quipu_core::Remnant| ForgottenPlace {
        place: "store".into(),
        what: remnant.what,
        found: remnant.found,
        remaining: if dry_run { 0 } else { remnant.remaining },
        trouble: remnant.trouble,
    };
    Ok(remnants.into_iter().map(place).collect())
}

async fn sweep(api: &Api, forgotten: &Forgotten, dry: bool) -> Vec<Swept> {
    match &api.pipeline {
        Some(pipeline) => pipeline.forget(forgotten.clone(), dry).await,
        None => Vec::new(),
    }
}

fn of_store(found: &Owned, left: &Owned) -> Vec<ForgottenPlace> {
    let place = |what: &str, found: u64, remaining: u64| ForgottenPlace {
        place: "store".into(),
        what: what.into(),
        found,
        remaining,
        trouble: None,
    };
    let mut places = vec![
        place("traces", found.traces.len() as u64, left.traces.len() as u64),
        place("events", found.events, left.events),
        place("series", found.series, left.series),
        place("names", found.names, left.names),
    ];
    // The contents of these files are unknown.
    places.extend(left.unreached.iter().map(|file| ForgottenPlace {
        trouble: Some(NOT_REACHED.into()),
        ..place(&format!("file {file}"), 0, 0)
    }));
    places
}

fn of_backend(found: &Swept, still: &[Swept], done: &[Swept]) -> Vec<ForgottenPlace> {
    let same =
        |of: &[Swept]| of.iter().find(|swept| swept.backend == found.backend).cloned().unwrap_or_default();
    let (still, done) = (same(still), same(done));
    let trouble = [&found.troubles, &done.troubles, &still.troubles].into_iter().flatten().next().cloned();
    let place = |name: &str, found: u64, remaining: u64| ForgottenPlace {
        place: name.to_owned(),
        what: "records".into(),
        found,
        remaining,
        trouble: trouble.clone(),
    };
    let of = |place: &str| format!("{place} of {}", found.backend);
    vec![
        place(&of("queue"), found.waiting, still.waiting),
        place(&of("spool"), found.spooled, still.spooled),
        place(&of("dead-letters"), found.dead_letters, still.dead_letters),
    ]
}

fn answer(api: &Api, whose: &Whose, dry_run: bool, traces: u64, places: Vec<ForgottenPlace>) -> ForgetAnswer {
    let salt = hex(&std::array::from_fn::<u8, 16, _>(|_| fastrand::u8(..)));
    let id_sha256 = hex(&Sha256::digest(format!("{salt}:{}", whose.id())));
    let remaining = places.iter().map(|place| place.remaining).sum();
    let complete = !dry_run && remaining == 0 && places.iter().all(|place| place.trouble.is_none());
    ForgetAnswer {
        dry_run,
        kind: whose.kind().to_owned(),
        id_sha256,
        salt,
        at: api.clock.now().to_string(),
        traces,
        remaining,
        complete,
        places,
        beyond: beyond(api),
    }
}

/// Places that the server cannot clean, with the names of the backends.
fn beyond(api: &Api) -> Vec<String> {
    let exporters = api.pipeline.iter().flat_map(|pipeline| pipeline.exporters());
    let backends = exporters.map(|exporter| {
        format!(
            "backend {}: it stores the records that it received earlier; delete them there",
            exporter.name
        )
    });
    BEYOND.map(str::to_owned).into_iter().chain(backends).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
