//! Decision whether the findings are one call with one reading.

use compact_str::CompactString;
use quipu_core::{Kind, Reading, Usage, Usd};
use quipu_normalize::provider_of_model;

use crate::figures::{self, Group};
use crate::walk::{Answer, Findings};

/// Providers whose own figures exclude cached tokens from the input. Plain figures without a total are taken
/// to be theirs.
const RAW_PROVIDERS: &[&str] = &["anthropic", "aws.bedrock"];
/// Word of keys of billed tokens.
const BILLED: &str = "billed";
/// Beginnings of names of models for embeddings that do not contain the word.
const VECTORS: [&str; 4] = ["voyage", "bge-", "gte-", "e5-"];

/// A call with unambiguous figures.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub kind: Kind,
    /// `None` if the source reports none: the span itself says that it is a call.
    pub usage: Option<Usage>,
    /// Key of the figures, or else of the span's kind.
    pub key: CompactString,
    /// Whether they are a provider's own object.
    pub is_object: bool,
    pub request_model: Option<CompactString>,
    pub response_model: Option<CompactString>,
    pub provider: Option<CompactString>,
    pub id: Option<CompactString>,
    /// The cost that the source itself reports.
    pub cost: Option<Usd>,
    /// Whether the figures are the sum of several calls.
    pub is_sum: bool,
}

/// Verdict on a span without an adapter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    Call(Box<Call>),
    /// It looks like a model call and does not count, for this reason.
    Unsure(&'static str),
    Nothing,
}

/// One reading of the tokens.
struct Candidate<'f> {
    usage: Usage,
    /// Input as sent, with or without cached tokens.
    sent: u64,
    at: &'f [usize],
    key: &'f CompactString,
    answer: Option<&'f Answer>,
}

/// Decides on the findings of a walk.
pub(crate) fn judge(found: &Findings) -> Verdict {
    let groups = figures::groups(&found.figures, found.other_unit);
    let answers = found.answers.iter().map(|answer| Candidate {
        usage: answer.whole.usage.clone(),
        sent: answer.whole.sent,
        at: &answer.at,
        key: &answer.key,
        answer: Some(answer),
    });
    let singles = groups.iter().filter_map(|(group, first)| match group {
        Group::Whole(usage, sent) => Some(Candidate {
            usage: usage.as_ref().clone(),
            sent: *sent,
            at: &first.at,
            key: &first.key,
            answer: None,
        }),
        _ => None,
    });
    // Providers' objects come first, because they define their figures.
    let mut candidates: Vec<Candidate<'_>> = answers.chain(singles).collect();
    // Some providers count used tokens beside the billed ones.
    if candidates.iter().any(|candidate| candidate.key.contains(BILLED)) {
        candidates.retain(|candidate| candidate.key.contains(BILLED));
    }
    // Of several, the one with the most details; the first of these.
    let details = |candidate: &&Candidate<'_>| (candidate.answer.is_some(), candidate.usage.details());
    let Some(best) = candidates.iter().rev().max_by_key(details) else {
        return with_input_only(found, &groups)
            .or_else(|| stated_call(found, &groups))
            .unwrap_or_else(|| without_usage(found, &groups));
    };
    let is_wrong = found.wrong || groups.iter().any(|(group, _)| *group == Group::Wrong);
    if is_wrong {
        return Verdict::Unsure("its token figures contradict each other");
    }
    if found.pieces {
        return Verdict::Unsure("its usage comes in several pieces");
    }
    if candidates.iter().any(|other| other.at != best.at) {
        return Verdict::Unsure("it holds the usage of several answers");
    }
    if candidates.iter().any(|other| !agrees(best, other)) {
        return Verdict::Unsure("it holds several usages that differ");
    }
    if best.usage.tokens().total() == 0 {
        if found.failed.is_some() {
            return stated_call(found, &[]).unwrap_or(Verdict::Nothing);
        }
        return Verdict::Unsure("all of its token figures are zero");
    }
    let told = candidates.iter().filter_map(|candidate| candidate.answer);
    call(found, best, &told.collect::<Vec<_>>())
}

/// Whether two readings are of the same usage.
fn agrees(one: &Candidate<'_>, other: &Candidate<'_>) -> bool {
    let output = |candidate: &Candidate<'_>| candidate.usage.output.unwrap_or(0);
    let input = one.usage.input == other.usage.input || one.sent == other.sent;
    input && output(one) == output(other)
}

/// The call with the best of its figures. `answers` are all objects that have its usage.
fn call(found: &Findings, best: &Candidate<'_>, answers: &[&Answer]) -> Verdict {
    let told = || best.answer.into_iter().chain(answers.iter().copied());
    let of_answer = told().find_map(|answer| answer.model.clone());
    let names = &found.names;
    // The model that answered decides; a record can list the models of other tasks beside it.
    let is_open = names.answering.len() > 1 || names.answering.is_empty() && names.models.len() > 1;
    if of_answer.is_none() && is_open {
        return Verdict::Unsure("it names several models");
    }
    let only = |names: &[CompactString]| names.first().filter(|_| names.len() == 1).cloned();
    let response_model = of_answer.or_else(|| only(&names.answering));
    let request_model = only(&names.models);
    let model = response_model.as_ref().or(request_model.as_ref());
    if best.answer.is_none() && model.is_none() {
        return Verdict::Unsure("it counts tokens and names no model");
    }
    let kind = model.and_then(|model| kind_of_model(model));
    let kind = kind.unwrap_or(if best.usage.output.is_none() { Kind::Embedding } else { Kind::Llm });
    let by_shape = || best.answer.and_then(|answer| answer.whole.provider).map(CompactString::const_new);
    let provider = only(&names.providers).or_else(|| provider_of_model(model?)).or_else(by_shape);
    let id = told().find_map(|answer| answer.id.clone()).or_else(|| only(&names.ids));
    let mut usage = best.usage.clone();
    if best.answer.is_none() && provider.as_deref().is_some_and(|name| RAW_PROVIDERS.contains(&name)) {
        exclude_cached(&mut usage);
    }
    Verdict::Call(Box::new(Call {
        kind,
        usage: Some(usage),
        key: best.key.clone(),
        is_object: best.answer.is_some(),
        request_model,
        response_model,
        provider,
        id,
        cost: found.reported.reported(),
        is_sum: found.several,
    }))
}

/// The kind of calls of a model that answers with vectors or with an order, by its name.
fn kind_of_model(model: &str) -> Option<Kind> {
    let model = model.to_ascii_lowercase();
    let name = model.rsplit('/').next().unwrap_or(&model);
    if name.contains("rerank") {
        Some(Kind::Rerank)
    } else if name.contains("embed") || VECTORS.iter().any(|begin| name.starts_with(begin)) {
        Some(Kind::Embedding)
    } else {
        None
    }
}

/// The call of an embedding or a reranking with one figure: its input.
fn with_input_only(found: &Findings, groups: &[(Group, &figures::Figure)]) -> Option<Verdict> {
    let [(Group::Alone(count), first)] = groups else { return None };
    let names = &found.names;
    let mut models = names.answering.iter().chain(&names.models);
    let is_of_input = models.clone().next().is_some() && models.all(|model| kind_of_model(model).is_some());
    if !is_of_input || *count == 0 || found.wrong || found.pieces || found.sums {
        return None;
    }
    let usage = Usage { input: Some(*count), ..Usage::default() };
    let candidate = Candidate { usage, sent: *count, at: &first.at, key: &first.key, answer: None };
    Some(call(found, &candidate, &[]))
}

/// Key of a kind that the name of a failed span tells.
const SPAN_NAME: &str = "name";

/// Whether one of the named models is of a known provider.
fn names_known_model(found: &Findings) -> bool {
    let names = &found.names;
    names.answering.iter().chain(&names.models).any(|model| provider_of_model(model).is_some())
}

/// The call of a span without any figures that names its kind and one model, or one requested and one
/// answering model. Failed calls have no usage, and neither have streams whose client did not ask for it.
fn stated_call(found: &Findings, groups: &[(Group, &figures::Figure)]) -> Option<Verdict> {
    let has_figures = !groups.is_empty() || found.wrong || found.pieces || found.sums || found.elsewhere;
    let names = &found.names;
    let by_name = || Some((found.failed.filter(|_| names_known_model(found))?, SPAN_NAME));
    let (kind, key) = names.stated.clone().or_else(|| by_name().map(|(kind, key)| (kind, key.into())))?;
    let has_several = names.answering.len() > 1 || names.models.len() > 1;
    if has_figures || has_several || found.costs || found.too_large {
        return None;
    }
    let model = names.answering.first().or_else(|| names.models.first())?;
    let only = |names: &[CompactString]| names.first().filter(|_| names.len() == 1).cloned();
    Some(Verdict::Call(Box::new(Call {
        kind: kind_of_model(model).unwrap_or(kind),
        usage: None,
        key,
        is_object: false,
        request_model: only(&names.models),
        response_model: only(&names.answering),
        provider: only(&names.providers).or_else(|| provider_of_model(model)),
        id: only(&names.ids),
        cost: None,
        is_sum: false,
    })))
}

/// Adds cached tokens to an input of unknown definition.
fn exclude_cached(usage: &mut Usage) {
    let cached = usage.cache_read.unwrap_or(0).saturating_add(usage.cache_write.unwrap_or(0));
    if usage.reading == Reading::Inferred && cached > 0 {
        usage.input = usage.input.map(|input| input.saturating_add(cached));
        usage.reading = Reading::Exclusive;
    }
}

/// The verdict on a span without a complete usage.
fn without_usage(found: &Findings, groups: &[(Group, &figures::Figure)]) -> Verdict {
    let names = &found.names;
    let mut models = names.answering.iter().chain(&names.models);
    let names_known_model = names_known_model(found);
    let names_model = models.next().is_some();
    if found.wrong || groups.iter().any(|(group, _)| *group == Group::Wrong) {
        Verdict::Unsure("its token figures contradict each other")
    } else if found.sums && names_model {
        Verdict::Unsure("its token figures are sums over several calls")
    } else if found.pieces || (!groups.is_empty() && names_model) {
        Verdict::Unsure("its usage lacks input or output tokens")
    } else if found.elsewhere && names_model {
        Verdict::Unsure("its usage is that of a request or of an earlier call")
    } else if found.costs && names_known_model {
        Verdict::Unsure("it reports a cost and no tokens")
    } else if found.messages && names_known_model {
        Verdict::Unsure("it names a model and has messages, and no usage")
    } else if found.too_large && names_model {
        Verdict::Unsure("its JSON is too large to be searched for usage")
    } else {
        Verdict::Nothing
    }
}
