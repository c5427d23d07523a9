//! Reads and writes token usage.

use quipu_core::{Result, Usage};

use crate::fields::Fields;
use crate::object::Object;
use crate::words::Word;

/// The token buckets of `Usage`.
macro_rules! buckets {
    ($use:ident) => {
        $use!(
            input,
            cache_read,
            cache_write,
            cache_write_5m,
            cache_write_1h,
            input_audio,
            input_image,
            cache_read_audio,
            tool_prompt,
            output,
            reasoning,
            output_audio,
            output_image
        )
    };
}

/// Writes the tokens; figures that the source did not report are left out.
pub(crate) fn write(out: &mut Vec<u8>, usage: &Usage) {
    let mut object = Object::new(out);
    macro_rules! put {
        ($($bucket:ident),+) => {$(object.plain(stringify!($bucket), usage.$bucket);)+};
    }
    buckets!(put);
    if !usage.units.is_empty() {
        let mut units = Object::new(object.key("units"));
        usage.units.iter().for_each(|(unit, count)| units.plain(unit, Some(*count)));
        units.end();
    }
    object.plain("total", Some(usage.tokens().total()));
    object.text("reading", Word::word(usage.reading));
    object.plain("estimated", usage.estimated.then_some(true));
    object.end();
}

pub(crate) fn read(mut from: Fields) -> Result<Usage> {
    let units = from.within("units")?.map(Fields::all).transpose()?;
    let mut usage = Usage {
        units: units.into_iter().flatten().collect(),
        reading: from.get("reading")?.unwrap_or_default(),
        estimated: from.or_default("estimated")?,
        ..Usage::default()
    };
    macro_rules! take {
        ($($bucket:ident),+) => {$(usage.$bucket = from.get(stringify!($bucket))?;)+};
    }
    buckets!(take);
    Ok(usage)
}
