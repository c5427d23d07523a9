//! W3C `baggage`: session, user, correlation id, and custom data under their own keys.
//!
//! Source: <https://www.w3.org/TR/baggage/>, section 3.3. Properties of members are not propagated.

use quipu_semconv::quipu::{BAGGAGE_SESSION, BAGGAGE_USER, CORRELATION_ID};

use super::{Extractor, Injector, percent};
use crate::{Bound, Context};

/// Limits of members and bytes of the baggage: section 3.3.2.
const MOST_MEMBERS: usize = 64;
const MOST_BYTES: usize = 8192;
const RESERVED: [&str; 3] = [BAGGAGE_SESSION, BAGGAGE_USER, CORRELATION_ID];

/// Propagated members: Quipu's own first, so the limits apply to custom data. Keys that are no tokens are not
/// propagated.
pub(super) fn members(bound: &Bound) -> impl Iterator<Item = (&str, &str)> {
    let own = [&bound.session, &bound.user, &bound.correlation];
    let own = RESERVED.into_iter().zip(own).filter_map(|(key, value)| Some((key, value.as_deref()?)));
    let data = bound.data.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    own.chain(data.filter(|(key, _)| is_token(key) && !RESERVED.contains(key))).take(MOST_MEMBERS)
}

pub(super) fn inject(context: &Context, headers: &mut impl Injector) {
    let mut header = String::new();
    for (key, value) in context.bound().into_iter().flat_map(members) {
        let before = header.len();
        if before > 0 {
            header.push(',');
        }
        header.push_str(key);
        header.push('=');
        percent::encode(value, &mut header);
        if header.len() > MOST_BYTES {
            header.truncate(before);
        }
    }
    if !header.is_empty() {
        headers.set("baggage", header);
    }
}

/// Reads members up to the limits; skips invalid ones.
pub(super) fn extract(headers: &impl Extractor) -> Vec<(String, String)> {
    let mut bytes = 0;
    let mut members = Vec::new();
    for member in headers.get_all("baggage").iter().flat_map(|header| header.split(',')) {
        bytes += member.len() + 1;
        if bytes > MOST_BYTES + 1 || members.len() == MOST_MEMBERS {
            break;
        }
        members.extend(parse(member));
    }
    members
}

fn parse(member: &str) -> Option<(String, String)> {
    let (pair, _properties) = member.split_once(';').unwrap_or((member, ""));
    let (key, value) = pair.split_once('=')?;
    let (key, value) = (key.trim_matches([' ', '\t']), value.trim_matches([' ', '\t']));
    is_token(key).then(|| (key.to_owned(), percent::decode(value).into_owned()))
}

/// Binds members to a context; a later value of a key replaces an earlier one.
pub(super) fn bind(context: &mut Context, members: Vec<(String, String)>) {
    if members.is_empty() {
        return;
    }
    context.change(|bound| {
        for (key, value) in &members {
            match key.as_str() {
                BAGGAGE_SESSION => bound.session = Some(value.into()),
                BAGGAGE_USER => bound.user = Some(value.into()),
                CORRELATION_ID => bound.correlation = Some(value.into()),
                _ => bound.set_data(key, value),
            }
        }
    });
}

/// Whether a text is an HTTP token: RFC 7230 section 3.2.6.
pub(super) fn is_token(text: &str) -> bool {
    let fits = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&c);
    !text.is_empty() && text.bytes().all(fits)
}
