//! Compact encoding of token usage: a mask of the known fields, then only these.

use quipu_core::{Reading, Usage};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
struct Packed {
    mask: u16,
    values: Vec<u64>,
}

const ESTIMATED: u16 = 1 << 13;
const NONE: u16 = 1 << 14;
const READINGS: [Reading; 5] = [
    Reading::Inclusive,
    Reading::Exclusive,
    Reading::ProvenInclusive,
    Reading::ProvenExclusive,
    Reading::Inferred,
];

fn slots(usage: &mut Usage) -> [&mut Option<u64>; 13] {
    [
        &mut usage.input,
        &mut usage.output,
        &mut usage.cache_read,
        &mut usage.cache_write,
        &mut usage.reasoning,
        &mut usage.cache_write_5m,
        &mut usage.cache_write_1h,
        &mut usage.input_audio,
        &mut usage.input_image,
        &mut usage.cache_read_audio,
        &mut usage.tool_prompt,
        &mut usage.output_audio,
        &mut usage.output_image,
    ]
}

/// Serializer for `#[serde(with)]`.
pub(crate) fn serialize<S: Serializer>(usage: &Option<Usage>, to: S) -> Result<S::Ok, S::Error> {
    let Some(mut usage) = usage.clone() else {
        return Packed { mask: NONE, values: Vec::new() }.serialize(to);
    };
    let reading = READINGS.iter().position(|known| *known == usage.reading).unwrap_or(0);
    let mut packed =
        Packed { mask: if usage.estimated { ESTIMATED } else { 0 }, values: vec![reading as u64] };
    for (slot, value) in slots(&mut usage).into_iter().enumerate() {
        if let Some(value) = value {
            packed.mask |= 1 << slot;
            packed.values.push(*value);
        }
    }
    packed.serialize(to)
}

/// Deserializer for `#[serde(with)]`.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Usage>, D::Error> {
    let packed = Packed::deserialize(from)?;
    if packed.mask & NONE != 0 {
        return Ok(None);
    }
    let mut values = packed.values.into_iter();
    let reading = values.next().and_then(|number| READINGS.get(usize::try_from(number).ok()?).copied());
    let mut usage = Usage {
        estimated: packed.mask & ESTIMATED != 0,
        reading: reading.unwrap_or_default(),
        ..Usage::default()
    };
    for (slot, place) in slots(&mut usage).into_iter().enumerate() {
        if packed.mask & (1 << slot) != 0 {
            *place = values.next();
        }
    }
    Ok(Some(usage))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Serialize, Deserialize)]
    struct Holder(#[serde(with = "super")] Option<Usage>);

    proptest! {
        #[test]
        fn every_usage_comes_back(values in proptest::array::uniform13(any::<Option<u64>>()), reading in 0_usize..5, estimated in any::<bool>()) {
            let mut usage = Usage { reading: READINGS[reading], estimated, ..Usage::default() };
            slots(&mut usage).into_iter().zip(values).for_each(|(slot, value)| *slot = value);
            for usage in [Some(usage), None] {
                let bytes = postcard::to_stdvec(&Holder(usage.clone())).unwrap();
                prop_assert_eq!(postcard::from_bytes::<Holder>(&bytes).unwrap().0, usage);
            }
        }
    }
}
