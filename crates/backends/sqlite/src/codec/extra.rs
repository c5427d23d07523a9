//! Fields added to packed records later. They follow the record, and only if they are set. So older records
//! stay readable, and records without these fields stay as short as before.

use std::collections::BTreeMap;

use quipu_core::{Billing, PriceUnit, Usage};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::fault::Result;

/// Added fields of a call or ledger row: billing, and the units of its usage besides tokens.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Extra {
    pub(crate) billing: Billing,
    pub(crate) units: BTreeMap<PriceUnit, u64>,
}

impl Extra {
    pub(crate) fn of(billing: Billing, usage: Option<&Usage>) -> Self {
        Self { billing, units: usage.map(|usage| usage.units.clone()).unwrap_or_default() }
    }
}

/// A record's bytes with what came later behind it, and behind that what came last.
pub(crate) fn pack<T, E, L>(record: &T, later: &E, last: &L) -> Result<Vec<u8>>
where
    T: Serialize,
    E: Serialize + Default + PartialEq,
    L: Serialize + Default + PartialEq,
{
    let bytes = postcard::to_stdvec(record)?;
    let (has_last, has_later) = (*last != L::default(), *later != E::default());
    if !has_last && !has_later {
        return Ok(bytes);
    }
    let bytes = postcard::to_extend(later, bytes)?;
    if has_last { Ok(postcard::to_extend(last, bytes)?) } else { Ok(bytes) }
}

/// A record, what came later, and what came last.
pub(crate) fn unpack<T, E, L>(bytes: &[u8]) -> Result<(T, E, L)>
where
    T: DeserializeOwned,
    E: DeserializeOwned + Default,
    L: DeserializeOwned + Default,
{
    let (record, rest) = postcard::take_from_bytes(bytes)?;
    let (later, rest) = next(rest)?;
    let (last, _) = next(rest)?;
    Ok((record, later, last))
}

/// The next added part and the bytes after it; the default if the record ends before it.
pub(crate) fn next<E: DeserializeOwned + Default>(rest: &[u8]) -> Result<(E, &[u8])> {
    Ok(if rest.is_empty() { (E::default(), rest) } else { postcard::take_from_bytes(rest)? })
}
