//! `quipu migrate`: converts a store to the current layout.

use std::path::Path;

use anyhow::{Context, Result, bail};
use quipu::sqlite::migrate::{self, Pending, Plan};
use serde_json::{Value, json};

use super::{bytes, shown};
use crate::args::Migrate;
use crate::note::note;

/// Converts every store of the data folder to this build's layout, or reports a dry run; `false` without
/// enough disk space.
pub fn run(args: &Migrate) -> Result<bool> {
    let stores: Vec<_> = args.place.stores()?;
    if !stores.iter().any(|store| store.join("catalog.db").exists()) {
        bail!("{}: there is no store", shown(&stores[0]));
    }
    let mut plans = Vec::new();
    for store in stores.iter().filter(|store| store.join("catalog.db").exists()) {
        let plan = if args.dry_run { migrate::plan(store)? } else { take(store)? };
        plans.push((store.as_path(), plan));
    }
    let fits = plans.iter().all(|(_, plan)| plan.needs() <= plan.free);
    if args.place.json {
        let plans: Vec<Value> = plans.iter().map(|(store, plan)| told(store, plan)).collect();
        println!("{:#}", json!({"dry_run": args.dry_run, "fits": fits, "stores": plans}));
    } else {
        plans.iter().for_each(|(store, plan)| print(store, plan, args.dry_run));
    }
    Ok(!args.dry_run || fits)
}

fn take(store: &Path) -> Result<Plan> {
    let tell = &mut |file: &Pending, (at, all): (usize, usize)| {
        note(&format!("{} of {all}: {} ({})", at + 1, shown(&file.path), bytes(file.bytes)));
    };
    migrate::run(store, tell).with_context(|| format!("cannot migrate {}", shown(store)))
}

fn told(store: &Path, plan: &Plan) -> Value {
    let file = |file: &Pending| {
        let (from, to) = file.versions;
        json!({"path": shown(&file.path), "what": file.what, "from": from, "to": to, "bytes": file.bytes, "needs": file.needs})
    };
    let files: Vec<Value> = plan.pending.iter().map(file).collect();
    json!({"store": shown(store), "needs": plan.needs(), "free": plan.free, "files": files})
}

fn print(store: &Path, plan: &Plan, dry_run: bool) {
    if plan.pending.is_empty() {
        println!("{}: nothing to do", shown(store));
        return;
    }
    for Pending { path, what, versions: (from, to), bytes: size, .. } in &plan.pending {
        println!("{}: {what}, layout {from} to {to}, {}", shown(path), bytes(*size));
    }
    let (needs, free) = (bytes(plan.needs()), bytes(plan.free));
    match (dry_run, plan.needs() <= plan.free) {
        (false, _) => println!("{}: done", shown(store)),
        (true, true) => {
            println!("{}: needs {needs} of free disk temporarily, {free} are free", shown(store))
        }
        (true, false) => println!("{}: needs {needs} of free disk, ONLY {free} are free", shown(store)),
    }
}
