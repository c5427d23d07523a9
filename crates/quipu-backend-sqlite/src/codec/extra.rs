//! What came to packed records later: it lies behind them, and only where it says something, so that records from before
//! are read as they are and those without it stay as short as they were.

use std::collections::BTreeMap;

use quipu_core::{Billing, PriceUnit, Usage};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::fault::Result;

/// Of a call or ledger row: who pays, and the units of its usage that are no tokens.
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

/// A record's bytes with what came later behind it.
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

/// A record and what came later.
pub(crate) fn unpack<T: DeserializeOwned, E: DeserializeOwned + Default>(bytes: &[u8]) -> Result<(T, E)> {
    let (record, rest) = postcard::take_from_bytes(bytes)?;
    let later = if rest.is_empty() { E::default() } else { postcard::from_bytes(rest)? };
    Ok((record, later))
}
