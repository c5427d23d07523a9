//! Reads and writes a span's canonical fields.

use quipu_core::{Canonical, Meeting, Params, Result, Signal};

use crate::fields::Fields;
use crate::object::Object;
use crate::usage;
use crate::words::Word;

/// Fields with the same name here as in the record, and optional texts.
macro_rules! names {
    ($use:ident) => {
        $use!(
            framework,
            operation,
            provider,
            request_model,
            response_model,
            response_id,
            service_tier,
            agent,
            agent_id,
            workflow,
            step,
            handoff_from,
            handoff_to,
            tool,
            tool_call_id,
            error_type,
            project,
            commit,
            branch
        )
    };
}

macro_rules! lists {
    ($use:ident) => {
        $use!(finish_reasons, tags, unknown_usage, notes)
    };
}

/// Writes the fields into the span's own object, with the words of the HTTP API.
pub(crate) fn write(object: &mut Object<'_>, read: &Canonical) {
    object.maybe("model", read.model());
    macro_rules! put {
        ($($name:ident),+) => {$(object.maybe(stringify!($name), read.$name.as_ref());)+};
    }
    names!(put);
    object.maybe("session_id", read.session.as_ref());
    object.maybe("user_id", read.user.as_ref());
    object.maybe("signal", (read.signal != Signal::Span).then(|| Word::word(read.signal)));
    object.maybe("billing", read.billing.map(Word::word));
    object.plain("meeting", read.meeting.map(Meeting::number));
    if let Some(used) = &read.usage {
        usage::write(object.key("tokens"), used);
    }
    object.shown("reported_cost_usd", read.reported_cost);
    object.plain("never_count", read.never_count.then_some(true));
    object.plain("guardrail_triggered", read.guardrail_triggered);
    object.span_of_time("ttft", read.time_to_first_token);
    macro_rules! put_lists {
        ($($name:ident),+) => {$(object.texts(stringify!($name), &read.$name);)+};
    }
    lists!(put_lists);
    if *read.params != Params::default() {
        params(object.key("params"), &read.params);
    }
}

pub(crate) fn read(from: &mut Fields) -> Result<Canonical> {
    let mut read = Canonical {
        kind: from.or_default("kind")?,
        signal: from.or_default("signal")?,
        billing: from.get("billing")?,
        meeting: from.get("meeting")?.map(Meeting::from_number),
        session: from.get("session_id")?,
        user: from.get("user_id")?,
        usage: from.within("tokens")?.map(usage::read).transpose()?,
        reported_cost: from.get("reported_cost_usd")?,
        never_count: from.or_default("never_count")?,
        guardrail_triggered: from.get("guardrail_triggered")?,
        time_to_first_token: from.span_of_time("ttft")?,
        params: from.within("params")?.map(read_params).transpose()?.unwrap_or_default().into(),
        ..Canonical::default()
    };
    macro_rules! take {
        ($($name:ident),+) => {$(read.$name = from.get(stringify!($name))?;)+};
    }
    names!(take);
    macro_rules! take_lists {
        ($($name:ident),+) => {$(read.$name = from.or_default(stringify!($name))?;)+};
    }
    lists!(take_lists);
    Ok(read)
}

macro_rules! doubles {
    ($use:ident) => {
        $use!(temperature, top_p, frequency_penalty, presence_penalty)
    };
}

macro_rules! ints {
    ($use:ident) => {
        $use!(top_k, max_tokens, seed, choice_count, stream)
    };
}

fn params(out: &mut Vec<u8>, params: &Params) {
    let mut object = Object::new(out);
    macro_rules! put {
        ($($name:ident),+) => {$(object.double(stringify!($name), params.$name);)+};
    }
    doubles!(put);
    macro_rules! put_ints {
        ($($name:ident),+) => {$(object.plain(stringify!($name), params.$name);)+};
    }
    ints!(put_ints);
    object.maybe("reasoning_level", params.reasoning_level.as_ref());
    object.texts("stop_sequences", &params.stop_sequences);
    object.end();
}

fn read_params(mut from: Fields) -> Result<Params> {
    let mut params = Params {
        reasoning_level: from.get("reasoning_level")?,
        stop_sequences: from.or_default("stop_sequences")?,
        ..Params::default()
    };
    macro_rules! take {
        ($($name:ident),+) => {$(params.$name = from.get(stringify!($name))?;)+};
    }
    doubles!(take);
    ints!(take);
    Ok(params)
}
