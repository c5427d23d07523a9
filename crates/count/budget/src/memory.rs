//! Books of accounts in memory, for one process.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use foldhash::{HashMap, HashMapExt};
use lru::LruCache;
use quipu_core::locks::Mutex;
use quipu_core::{
    AccountId, Accounts, Counted, Erasure, Fired, HeldReservation, Posting, Result, Sheet, SpanId, Timestamp,
    TraceFacts, TraceId,
};

/// Traces whose calls are remembered; a correction of a call of an older one is taken for a new call.
const TRACES: usize = 8_192;
/// Calls of one trace that are remembered.
const CALLS: usize = 4_096;

#[derive(Default)]
struct Account {
    /// By their start, the latest last.
    buckets: Vec<(Timestamp, i128)>,
    reserved: i128,
    fired: Vec<Fired>,
}

#[derive(Default)]
struct Trace {
    facts: TraceFacts,
    calls: Vec<Counted>,
}

struct Books {
    version: u64,
    definitions: BTreeMap<String, String>,
    accounts: HashMap<AccountId, Account>,
    held: HashMap<u64, Vec<HeldReservation>>,
    of_trace: HashMap<TraceId, Vec<u64>>,
    expiry: BTreeSet<(Timestamp, u64)>,
    next: u64,
    traces: LruCache<TraceId, Trace>,
    marks: BTreeMap<String, String>,
}

/// Books of accounts in memory: those of one process, gone when it ends. The quickest there are.
pub struct LocalAccounts(Mutex<Books>);

impl Default for LocalAccounts {
    fn default() -> Self {
        // One that begins with a bound has room for all of it at once.
        let mut traces = LruCache::unbounded();
        traces.resize(NonZeroUsize::new(TRACES).unwrap_or(NonZeroUsize::MIN));
        Self(Mutex::new(Books {
            version: 0,
            definitions: BTreeMap::new(),
            accounts: HashMap::new(),
            held: HashMap::new(),
            of_trace: HashMap::new(),
            expiry: BTreeSet::new(),
            next: 0,
            traces,
            marks: BTreeMap::new(),
        }))
    }
}

impl Accounts for LocalAccounts {
    fn transact(&self, work: &mut dyn FnMut(&mut dyn Sheet) -> Result<()>) -> Result<()> {
        work(&mut *self.0.lock())
    }

    fn erase(&self, whose: &Erasure<'_>, dry_run: bool) -> Result<u64> {
        Ok(self.0.lock().erase(whose, dry_run))
    }
}

impl Books {
    fn drop_held(&mut self, held: &HeldReservation) {
        for (account, figure) in &held.figures {
            if let Some(account) = self.accounts.get_mut(account) {
                account.reserved = account.reserved.saturating_sub(*figure);
            }
        }
        self.expiry.remove(&(held.expires, held.id));
        // Another part of the same reservation may still be in the trace.
        if let Some(trace_id) = held.trace_id
            && !self
                .held
                .get(&held.id)
                .is_some_and(|rest| rest.iter().any(|rest| rest.trace_id == Some(trace_id)))
            && let Some(ids) = self.of_trace.get_mut(&trace_id)
        {
            ids.retain(|id| *id != held.id);
            if ids.is_empty() {
                self.of_trace.remove(&trace_id);
            }
        }
    }

    fn take(&mut self, id: u64, which: impl Fn(&HeldReservation) -> bool) {
        let Some(parts) = self.held.get_mut(&id) else { return };
        let gone: Vec<HeldReservation> = parts.extract_if(.., |part| which(part)).collect();
        if parts.is_empty() {
            self.held.remove(&id);
        }
        gone.iter().for_each(|part| self.drop_held(part));
        // The remaining amount may expire at the same moment as the released one.
        let left = self.held.get(&id).into_iter().flatten().map(|part| (part.expires, id));
        self.expiry.extend(left);
    }
}

impl Books {
    /// Removes an owner; returns the number of entries that named it.
    fn erase(&mut self, whose: &Erasure<'_>, dry_run: bool) -> u64 {
        let theirs = |(id, trace): (&TraceId, &Trace)| {
            (whose.traces.contains(id) || (whose.is_theirs)(&trace.facts)).then_some(*id)
        };
        let gone: Vec<TraceId> = self.traces.iter().filter_map(theirs).collect();
        let renamed =
            |id: &AccountId| (whose.renamed)(&id.scope).map(|scope| AccountId { scope, ..id.clone() });
        let accounts: Vec<(AccountId, AccountId)> =
            self.accounts.keys().filter_map(|id| Some((id.clone(), renamed(id)?))).collect();
        let definitions: Vec<(String, String)> = self
            .definitions
            .iter()
            .filter_map(|(name, text)| Some((name.clone(), (whose.rewritten)(text)?)))
            .collect();
        let found = gone.len() + accounts.len() + definitions.len();
        if !dry_run {
            gone.iter().for_each(|trace| drop(self.traces.pop(trace)));
            for (old, new) in accounts {
                self.merge(&old, new);
            }
            self.version += u64::from(!definitions.is_empty());
            self.definitions.extend(definitions);
            let postings = self
                .traces
                .iter_mut()
                .flat_map(|(_, trace)| &mut trace.calls)
                .flat_map(|call| &mut call.postings);
            let held = self
                .held
                .values_mut()
                .flatten()
                .flat_map(|held| &mut held.figures)
                .map(|(account, _)| account);
            for account in postings.map(|posting| &mut posting.account).chain(held) {
                if let Some(new) = renamed(account) {
                    *account = new;
                }
            }
        }
        found as u64
    }

    /// Adds what is in one account to another, and does away with it.
    fn merge(&mut self, old: &AccountId, new: AccountId) {
        let Some(account) = self.accounts.remove(old) else { return };
        for (bucket, figure) in account.buckets {
            // Posting in memory does not fail.
            let _ = self.post(&Posting { account: new.clone(), bucket, figure });
        }
        let into = self.accounts.entry(new).or_default();
        into.reserved = into.reserved.saturating_add(account.reserved);
        into.fired.extend(account.fired);
    }
}

impl Sheet for Books {
    fn version(&mut self) -> Result<u64> {
        Ok(self.version)
    }

    fn definitions(&mut self) -> Result<Vec<(String, String)>> {
        Ok(self.definitions.iter().map(|(name, text)| (name.clone(), text.clone())).collect())
    }

    fn define(&mut self, name: &str, text: Option<&str>) -> Result<()> {
        match text {
            Some(text) => self.definitions.insert(name.to_owned(), text.to_owned()),
            None => self.definitions.remove(name),
        };
        self.version += 1;
        Ok(())
    }

    fn spent(&mut self, account: &AccountId, since: Timestamp) -> Result<i128> {
        let Some(account) = self.accounts.get(account) else { return Ok(0) };
        let within = account.buckets.iter().rev().take_while(|(start, _)| *start >= since);
        Ok(within.fold(0, |sum: i128, (_, figure)| sum.saturating_add(*figure)))
    }

    fn post(&mut self, posting: &Posting) -> Result<()> {
        let account = match self.accounts.get_mut(&posting.account) {
            Some(account) => account,
            None => self.accounts.entry(posting.account.clone()).or_default(),
        };
        let buckets = &mut account.buckets;
        let at = buckets.partition_point(|(start, _)| *start < posting.bucket);
        match buckets.get_mut(at) {
            Some((start, figure)) if *start == posting.bucket => {
                *figure = figure.saturating_add(posting.figure)
            }
            _ => buckets.insert(at, (posting.bucket, posting.figure)),
        }
        Ok(())
    }

    fn accounts(&mut self, budget: &str, since: Timestamp, most: usize) -> Result<Vec<AccountId>> {
        let lives = |account: &Account| {
            account.reserved != 0 || account.buckets.last().is_some_and(|(start, _)| *start >= since)
        };
        let of_it = self.accounts.iter().filter(|(id, account)| id.budget == budget && lives(account));
        let mut found: Vec<AccountId> = of_it.map(|(id, _)| id.clone()).collect();
        found.sort_unstable();
        found.truncate(most);
        Ok(found)
    }

    fn raise(&mut self, from: &str, to: &str) -> Result<()> {
        let gone = self.accounts.extract_if(|id, _| id.budget == from);
        for (id, account) in gone.collect::<Vec<_>>() {
            let id = AccountId { budget: to.into(), ..id };
            for (bucket, figure) in account.buckets {
                let known = self.accounts.get(&id).into_iter().flat_map(|account| &account.buckets);
                let counted = known.filter(|(start, _)| *start == bucket).map(|(_, counted)| *counted).sum();
                let figure = figure.saturating_sub(counted);
                if figure > 0 {
                    self.post(&Posting { account: id.clone(), bucket, figure })?;
                }
            }
        }
        Ok(())
    }

    fn expire(&mut self, now: Timestamp) -> Result<()> {
        while let Some((expires, id)) = self.expiry.first().copied()
            && expires <= now
        {
            self.expiry.remove(&(expires, id));
            self.take(id, |part| part.expires <= now);
        }
        Ok(())
    }

    fn reserved(&mut self, account: &AccountId) -> Result<i128> {
        Ok(self.accounts.get(account).map_or(0, |account| account.reserved))
    }

    fn next(&mut self) -> Result<u64> {
        self.next += 1;
        Ok(self.next)
    }

    fn hold(&mut self, held: HeldReservation) -> Result<()> {
        self.take(held.id, |part| part.budget == held.budget);
        for (account, figure) in &held.figures {
            let account = match self.accounts.get_mut(account) {
                Some(account) => account,
                None => self.accounts.entry(account.clone()).or_default(),
            };
            account.reserved = account.reserved.saturating_add(*figure);
        }
        self.expiry.insert((held.expires, held.id));
        if let Some(trace_id) = held.trace_id {
            let ids = self.of_trace.entry(trace_id).or_default();
            if !ids.contains(&held.id) {
                ids.push(held.id);
            }
        }
        self.held.entry(held.id).or_default().push(held);
        Ok(())
    }

    fn held(&mut self, id: u64) -> Result<Vec<HeldReservation>> {
        Ok(self.held.get(&id).cloned().unwrap_or_default())
    }

    fn held_in(&mut self, trace_id: TraceId) -> Result<Vec<HeldReservation>> {
        let ids = self.of_trace.get(&trace_id).into_iter().flatten();
        let parts = ids.filter_map(|id| self.held.get(id)).flatten();
        Ok(parts.filter(|part| part.trace_id == Some(trace_id)).cloned().collect())
    }

    fn release(&mut self, id: u64, budget: &str) -> Result<()> {
        self.take(id, |part| part.budget == budget);
        Ok(())
    }

    fn call(&mut self, trace_id: TraceId, span_id: SpanId) -> Result<Option<Counted>> {
        let trace = self.traces.get(&trace_id);
        Ok(trace.and_then(|trace| trace.calls.iter().find(|call| call.span_id == span_id)).cloned())
    }

    fn calls(&mut self, trace_id: TraceId) -> Result<Vec<Counted>> {
        Ok(self.traces.get(&trace_id).map(|trace| trace.calls.clone()).unwrap_or_default())
    }

    fn count(&mut self, call: Counted, _keep: Timestamp) -> Result<()> {
        let calls = &mut self.traces.get_or_insert_mut(call.trace_id, Trace::default).calls;
        match calls.iter_mut().find(|known| known.span_id == call.span_id) {
            Some(known) => *known = call,
            None => {
                if calls.len() >= CALLS {
                    calls.remove(0);
                }
                calls.push(call);
            }
        }
        Ok(())
    }

    fn facts(&mut self, trace_id: TraceId) -> Result<TraceFacts> {
        Ok(self.traces.get(&trace_id).map(|trace| trace.facts.clone()).unwrap_or_default())
    }

    fn learn(&mut self, trace_id: TraceId, facts: TraceFacts, _keep: Timestamp) -> Result<()> {
        self.traces.get_or_insert_mut(trace_id, Trace::default).facts = facts;
        Ok(())
    }

    fn fired(&mut self, account: &AccountId) -> Result<Vec<Fired>> {
        Ok(self.accounts.get(account).map(|account| account.fired.clone()).unwrap_or_default())
    }

    fn fire(&mut self, account: &AccountId, fired: Fired) -> Result<()> {
        let account = self.accounts.entry(account.clone()).or_default();
        account.fired.retain(|known| known.millionths != fired.millionths);
        account.fired.push(fired);
        Ok(())
    }

    fn mark(&mut self, name: &str) -> Result<Option<String>> {
        Ok(self.marks.get(name).cloned())
    }

    fn set_mark(&mut self, name: &str, word: &str) -> Result<()> {
        self.marks.insert(name.to_owned(), word.to_owned());
        Ok(())
    }

    fn forget(&mut self, budget: &str) -> Result<()> {
        let ids: Vec<u64> = self.held.keys().copied().collect();
        ids.into_iter().for_each(|id| self.take(id, |part| part.budget == budget));
        self.accounts.retain(|account, _| account.budget != budget);
        Ok(())
    }

    fn prune(&mut self, _now: Timestamp, buckets: &dyn Fn(&str) -> Timestamp) -> Result<()> {
        self.accounts.retain(|id, account| {
            let since = buckets(&id.budget);
            account.buckets.retain(|(start, _)| *start >= since);
            account.reserved != 0 || !account.buckets.is_empty()
        });
        Ok(())
    }
}
