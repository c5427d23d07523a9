//! Templates of notices: Jinja texts with a bound on work and size.

use std::io::{Error as IoError, Result as IoResult, Write};

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment};
use serde::Serialize;
use serde_json::json;

use crate::Notice;

/// Most bytes of a template, of a rendered text, and steps of one rendering.
const SOURCE: usize = 16 << 10;
const RENDERED: usize = 32 << 10;
const STEPS: u64 = 20_000;
/// Names that templates know.
const NAMES: [&str; 22] = [
    "status",
    "rule",
    "severity",
    "group",
    "value",
    "threshold",
    "side",
    "window",
    "started_at",
    "ended_at",
    "episode",
    "traces",
    "links",
    "before",
    "changes",
    "look",
    "ack_url",
    "url",
    "summary",
    "figure",
    "notices",
    "more",
];

/// A checked template.
#[derive(Debug)]
pub(crate) struct Template {
    environment: Environment<'static>,
}

impl Template {
    /// Checks a template. With `is_json`, values are written as JSON.
    pub(crate) fn new(source: &str, is_json: bool) -> Result<Self, String> {
        if source.len() > SOURCE {
            return Err(format!("at most {SOURCE} bytes, got {}", source.len()));
        }
        let mut environment = Environment::new();
        environment.set_fuel(Some(STEPS));
        environment
            .set_auto_escape_callback(move |_| if is_json { AutoEscape::Json } else { AutoEscape::None });
        environment.add_template_owned("text", source.to_owned()).map_err(|error| error.to_string())?;
        let template = Self { environment };
        if let Some(unknown) = template.unknown() {
            return Err(format!("one of the names {}; got {unknown:?}", NAMES.join(", ")));
        }
        Ok(template)
    }

    /// A name that templates do not know.
    fn unknown(&self) -> Option<String> {
        let parsed = self.environment.get_template("text").ok()?;
        let known = |name: &String| {
            NAMES.contains(&name.as_str()) || self.environment.globals().any(|(global, _)| global == name)
        };
        let mut unknown: Vec<String> =
            parsed.undeclared_variables(false).into_iter().filter(|name| !known(name)).collect();
        unknown.sort();
        unknown.into_iter().next()
    }

    /// The text for a notice.
    pub(crate) fn text(&self, notice: &Notice) -> Result<String, String> {
        self.render(&fields(notice))
    }

    /// The text for a message: the names of its first notice, `notices` and `more`.
    pub(crate) fn message(&self, notices: &[Notice], more: usize) -> Result<String, String> {
        let mut context = notices.first().map(fields).unwrap_or_default();
        if let Some(map) = context.as_object_mut() {
            map.insert("notices".to_owned(), notices.iter().map(fields).collect());
            map.insert("more".to_owned(), json!(more));
        }
        self.render(&context)
    }

    fn render(&self, context: &impl Serialize) -> Result<String, String> {
        let template = self.environment.get_template("text").map_err(|error| error.to_string())?;
        let mut bounded = Bounded(Vec::new());
        template
            .render_captured_to(Value::from(Serde(context)), &mut bounded)
            .map_err(|error| error.to_string())?;
        Ok(String::from_utf8_lossy(&bounded.0).into_owned())
    }
}

fn fields(notice: &Notice) -> serde_json::Value {
    let mut fields = json!(notice);
    if let Some(map) = fields.as_object_mut() {
        map.insert("figure".to_owned(), notice.figure().into());
    }
    fields
}

/// Takes at most [`RENDERED`] bytes.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> IoResult<usize> {
        if self.0.len() + bytes.len() > RENDERED {
            return Err(IoError::other(format!("the text has more than {RENDERED} bytes")));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> IoResult<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Severity;

    fn notice() -> Notice {
        Notice {
            group: [("model".to_owned(), "gpt \"5\"".to_owned())].into(),
            ..crate::deliver::test_notice("failing", Severity::Critical)
        }
    }

    fn text(source: &str) -> Result<String, String> {
        Template::new(source, false)?.text(&notice())
    }

    #[test]
    fn a_template_has_the_fields_of_a_notice() {
        assert_eq!(
            text("{{ rule }}/{{ severity }} {% for key, it in group|items %}{{ key }}={{ it }}{% endfor %}")
                .unwrap(),
            "failing/critical model=gpt \"5\""
        );
        assert_eq!(text("{{ value }} {{ group.user }}").unwrap(), "1.0 ");
    }

    #[test]
    fn a_json_body_quotes_its_values_and_has_all_notices() {
        let template =
            Template::new(r#"{"text": {{ group.model }}, "n": {{ notices|length + more }}}"#, true).unwrap();
        let body = template.message(&[notice(), notice()], 3).unwrap();
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body, json!({"text": "gpt \"5\"", "n": 5}));
    }

    #[test]
    fn work_and_size_are_bounded() {
        for source in [
            "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
            "{{ \"x\" * 40000 }}",
        ] {
            assert!(text(source).is_err(), "{source}");
        }
        assert!(text(&"x".repeat(17_000)).unwrap_err().contains("16384"));
    }

    #[test]
    fn a_wrong_template_is_rejected_when_it_is_read() {
        assert!(text("{{ rule").is_err());
        assert!(text("{{ secret }}").unwrap_err().contains("secret"));
        assert!(text("{{ rule|nofilter }}").is_err());
        assert!(text("{% include \"/etc/passwd\" %}").is_err());
    }
}
