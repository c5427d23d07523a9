//! Money in a column: an integer of 1e-12 USD if that is exact, otherwise 16 bytes of 1e-24 USD.

use quipu_core::Usd;
use rusqlite::types::{Value, ValueRef};

use crate::fault::{Fault, Result};

const STEP: i128 = 10_i128.pow(Usd::DIGITS - 12);

/// The column value of an amount. Null differs from zero.
pub(crate) fn money(amount: Option<Usd>) -> Value {
    let Some(raw) = amount.map(Usd::raw) else {
        return Value::Null;
    };
    match i64::try_from(raw / STEP) {
        Ok(short) if raw % STEP == 0 => Value::Integer(short),
        _ => Value::Blob(raw.to_be_bytes().to_vec()),
    }
}

/// The amount in a column.
pub(crate) fn usd(value: ValueRef<'_>) -> Result<Option<Usd>> {
    match value {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(short) => Ok(Some(Usd::from_raw(i128::from(short) * STEP))),
        ValueRef::Blob(bytes) => {
            let bytes = bytes.try_into().map_err(|_| Fault::Damaged("an amount has the wrong length"))?;
            Ok(Some(Usd::from_raw(i128::from_be_bytes(bytes))))
        }
        _ => Err(Fault::Damaged("an amount is neither an integer nor bytes")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_amount_comes_back(raw in any::<i128>(), short in any::<i64>()) {
            for amount in [Some(Usd::from_raw(raw)), Some(Usd::from_raw(i128::from(short) * STEP)), Some(Usd::ZERO), None] {
                let stored = money(amount);
                prop_assert_eq!(usd(ValueRef::from(&stored)).unwrap(), amount);
            }
            let is_integer = matches!(money(Some(Usd::from_raw(i128::from(short) * STEP))), Value::Integer(_));
            prop_assert!(is_integer);
        }
    }
}
