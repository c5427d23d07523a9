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

/// A record's bytes, followed by three groups of fields in the order in which they were added.
pub(crate) fn pack<T, E, L, N>(record: &T, (later, last, newest): (&E, &L, &N)) -> Result<Vec<u8>>
where
    T: Serialize,
    E: Serialize + Default + PartialEq,
    L: Serialize + Default + PartialEq,
    N: Serialize + Default + PartialEq,
{
    let mut bytes = postcard::to_stdvec(record)?;
    let has_newest = *newest != N::default();
    let has_last = has_newest || *last != L::default();
    if has_last || *later != E::default() {
        bytes = postcard::to_extend(later, bytes)?;
    }
    if has_last {
        bytes = postcard::to_extend(last, bytes)?;
    }
    if has_newest { Ok(postcard::to_extend(newest, bytes)?) } else { Ok(bytes) }
}

/// A record and the three groups of fields that were added later. A missing group has its default.
pub(crate) fn unpack<T, E, L, N>(bytes: &[u8]) -> Result<(T, E, L, N)>
where
    T: DeserializeOwned,
    E: DeserializeOwned + Default,
    L: DeserializeOwned + Default,
    N: DeserializeOwned + Default,
{
    let (record, rest) = postcard::take_from_bytes(bytes)?;
    let (later, rest) = next(rest)?;
    let (last, rest) = next(rest)?;
    let (newest, _) = next(rest)?;
    Ok((record, later, last, newest))
}

fn next<T: DeserializeOwned + Default>(bytes: &[u8]) -> Result<(T, &[u8])> {
    if bytes.is_empty() { Ok((T::default(), bytes)) } else { Ok(postcard::take_from_bytes(bytes)?) }
}
