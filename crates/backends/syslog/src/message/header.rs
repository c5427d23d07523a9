//! The header: priority, version, time and source.

use quipu_core::{Level, Resource, Timestamp, Value};

use crate::Config;

/// Severities of RFC 5424, table 2.
pub(crate) const ERROR: u8 = 3;
pub(crate) const INFO: u8 = 6;
pub(crate) const DEBUG: u8 = 7;

/// Fields of a header; an empty field falls back to the config, or to none.
#[derive(Default)]
pub(crate) struct Header<'a> {
    pub severity: u8,
    pub time: Timestamp,
    pub resource: Option<&'a Resource>,
    pub msgid: &'a str,
}

impl Header<'_> {
    /// Formats `<PRI>1 TIME HOST APP PROCID MSGID`.
    pub fn text(&self, config: &Config) -> String {
        let priority = config.facility as u8 * 8 + self.severity;
        let text = |key: &str| self.resource.and_then(|of| of.attributes.text(key)).unwrap_or_default();
        let service = self.resource.and_then(Resource::service).unwrap_or_default();
        let process = self.resource.and_then(|of| of.attributes.get("process.pid")).and_then(Value::as_int);
        let process = process.map(|number| number.to_string()).unwrap_or_default();
        format!(
            "<{priority}>1 {} {} {} {} {}",
            moment(self.time),
            field(text("host.name"), &config.hostname, 255),
            field(service, &config.app_name, 48),
            field(&process, "", 128),
            field(self.msgid, "", 32),
        )
    }
}

/// The severity of a level.
pub(crate) const fn severity(level: Level) -> u8 {
    match level {
        Level::Trace | Level::Debug => DEBUG,
        Level::Info => INFO,
        Level::Success => 5,
        Level::Warning => 4,
        Level::Error => ERROR,
        Level::Critical => 2,
    }
}

/// RFC 3339 in UTC with microseconds: RFC 5424, 6.2.3 allows at most six digits.
fn moment(time: Timestamp) -> String {
    let mut text = time.to_string();
    match text.len().checked_sub(4).filter(|_| text.ends_with('Z')) {
        Some(end) => {
            text.replace_range(end.., "Z");
            text
        }
        // A time outside the range of the text form.
        None => "-".to_owned(),
    }
}

/// A field of printable ASCII without spaces: other characters become `_`. An empty field is `-`.
fn field(said: &str, otherwise: &str, most: usize) -> String {
    let said = if said.is_empty() { otherwise } else { said };
    let plain = |c: char| if c.is_ascii_graphic() { c } else { '_' };
    let text: String = said.chars().take(most).map(plain).collect();
    if text.is_empty() { "-".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_header_says_when_and_who() {
        let attributes = [
            ("service.name", Value::from("my shop")),
            ("host.name", "höst".into()),
            ("process.pid", 7.into()),
        ];
        let resource = Resource { attributes: attributes.into_iter().collect(), ..Resource::default() };
        let time = "2026-11-21T10:00:02.123456789Z".parse().unwrap();
        let header = Header { severity: ERROR, time, resource: Some(&resource), msgid: "a\nb" };
        let text = header.text(&Config::default());
        assert_eq!(text, "<131>1 2026-11-21T10:00:02.123456Z h_st my_shop 7 a_b");
        let bare = Header { severity: DEBUG, time: Timestamp::from_nanos(i64::MIN), ..Header::default() };
        assert_eq!(bare.text(&Config::default()), "<135>1 1677-09-21T00:12:43.145224Z - quipu - -");
    }
}
