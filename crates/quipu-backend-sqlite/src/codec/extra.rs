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

/// Packs a record, followed by its added fields.
pub(crate) fn pack<T: Serialize, E: Serialize + Default + PartialEq>(
    record: &T,
    later: &E,
) -> Result<Vec<u8>> {
    let bytes = postcard::to_stdvec(record)?;
    if *later == E::default() {
        return Ok(bytes);
    }
    Ok(postcard::to_extend(later, bytes)?)
}

/// Unpacks a record and its added fields.
pub(crate) fn unpack<T: DeserializeOwned, E: DeserializeOwned + Default>(bytes: &[u8]) -> Result<(T, E)> {
    let (record, rest) = postcard::take_from_bytes(bytes)?;
    let later = if rest.is_empty() { E::default() } else { postcard::from_bytes(rest)? };
    Ok((record, later))
}
