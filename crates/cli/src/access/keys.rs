//! `quipu keys`: adds, lists and revokes keys.

use anyhow::{Result, anyhow};
use quipu::core::{Clock as _, SystemClock, Timestamp};
use quipu_access::{DEFAULT_PROJECT, KeyAnswer, NewKey, NewKeyAnswer, Scope, Scopes};
use serde_json::json;

use super::{Desk, actor, second, show};
use crate::args::{AccessPlace, KeysAdd, KeysWhat};
use crate::table::{Column, clean, table};

/// Makes, lists or revokes.
pub fn run(what: &KeysWhat) -> Result<()> {
    match what {
        KeysWhat::Add(add) => make(add),
        KeysWhat::List { at } => list(at),
        KeysWhat::Revoke { id, at } => revoke(at, id),
    }
}

fn make(add: &KeysAdd) -> Result<()> {
    let scopes = add.scope.iter().map(|scope| scope.trim().parse()).collect::<Result<Vec<Scope>, _>>()?;
    let now = SystemClock.now();
    let new = NewKey {
        name: add.name.clone(),
        project: (!add.all_projects).then(|| add.project.clone().unwrap_or_else(|| DEFAULT_PROJECT.into())),
        scopes: Scopes::from(scopes),
        expires: add.expires.as_deref().map(|text| until(text, now)).transpose()?,
        created_by: actor().to_string(),
    };
    let desk = Desk::open(&add.at, true)?;
    let (key, text) = desk.register.add_key(&new)?;
    let project = key.project.clone().unwrap_or_else(|| "*".into());
    let noted = desk.note("key.add", &key.id, vec![("scopes", key.scopes.to_string()), ("for", project)]);
    let answer = NewKeyAnswer { key: KeyAnswer::of(key, now), secret: text.expose().to_owned() };
    // The key exists: its creator has to see it, even if the audit log failed.
    show(&add.at, &answer, || format!("{}\nThe key is shown only once; store it now.", answer.secret))?;
    noted
}

fn list(at: &AccessPlace) -> Result<()> {
    let now = SystemClock.now();
    let keys = Desk::open(at, false)?.register.keys()?;
    let keys: Vec<KeyAnswer> = keys.into_iter().map(|key| KeyAnswer::of(key, now)).collect();
    show(at, &json!({"keys": keys}), || if keys.is_empty() { "no keys".into() } else { print(&keys) })
}

fn print(keys: &[KeyAnswer]) -> String {
    let titles = ["id", "name", "project", "scopes", "state", "created", "expires", "used"];
    let row = |key: &KeyAnswer| {
        vec![
            key.id.clone(),
            clean(&key.name),
            key.project.clone().unwrap_or_else(|| "all".into()),
            key.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(","),
            key.state.to_owned(),
            second(Some(&key.created_at)),
            second(key.expires_at.as_ref()),
            second(key.used_at.as_ref()),
        ]
    };
    table(&titles.map(|title| Column(title, false)), keys.iter().map(row).collect())
}

fn revoke(at: &AccessPlace, id: &str) -> Result<()> {
    let desk = Desk::open(at, false)?;
    let key = desk.register.revoke_key(id)?;
    let noted = desk.note("key.revoke", &key.id, Vec::new());
    let answer = KeyAnswer::of(key, SystemClock.now());
    show(at, &answer, || format!("{} is revoked", answer.id))?;
    desk.warn_if_shut()?;
    noted
}

/// A time from now such as `90d`, or an RFC 3339 time.
fn until(text: &str, now: Timestamp) -> Result<Timestamp> {
    let units = [('h', Timestamp::HOUR), ('d', Timestamp::DAY), ('w', 7 * Timestamp::DAY)];
    let from_now = units.into_iter().find_map(|(unit, nanos)| {
        let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
        i64::from(number).checked_mul(nanos).map(|nanos| now.plus(nanos))
    });
    let said = || anyhow!("--expires: expected a time such as 90d or 2027-01-01T00:00:00Z, got {text:?}");
    from_now.map_or_else(|| text.parse().map_err(|_| said()), Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_distance_or_a_date() {
        let now: Timestamp = "2026-11-22T00:00:00Z".parse().unwrap();
        for (text, end) in [
            ("36h", "2026-11-23T12:00:00.000000000Z"),
            ("90d", "2027-02-20T00:00:00.000000000Z"),
            ("2w", "2026-12-06T00:00:00.000000000Z"),
            ("2027-01-01T00:00:00+01:00", "2026-12-31T23:00:00.000000000Z"),
        ] {
            assert_eq!(until(text, now).unwrap().to_string(), end);
        }
        for text in ["", "d", "-1d", "90", "soon", "9999999999d"] {
            assert!(until(text, now).unwrap_err().to_string().contains("--expires"), "{text}");
        }
    }
}
