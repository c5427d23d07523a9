//! Format negotiation between Prometheus text and OpenMetrics.

/// A format of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Prometheus text 0.0.4
    /// (<https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>).
    Text,
    /// OpenMetrics 1.0 (<https://prometheus.io/docs/specs/om/open_metrics_spec/>): like text, with exemplars,
    /// units, and creation times.
    OpenMetrics,
}

impl Format {
    /// Its media type for the `Content-Type` header.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The format for an `Accept` header. It is OpenMetrics if a supported version is listed and text is not
/// preferred; otherwise text, which every reader accepts.
pub(crate) fn preferred(accept: &str) -> Format {
    let quality = |wanted: fn(&str, &str) -> bool| {
        let ranges = accept.split(',').map(Range::of).filter(|range| wanted(&range.media, &range.version));
        ranges
            .map(|range| range.quality)
            .fold(None, |best: Option<f64>, quality| Some(best.map_or(quality, |best| best.max(quality))))
    };
    let open = quality(|media, version| {
        media == "application/openmetrics-text" && matches!(version, "" | "1.0.0" | "0.0.1")
    });
    let text = quality(|media, version| media == "text/plain" && matches!(version, "" | "0.0.4"));
    match (open, text) {
        (Some(open), text) if open > 0.0 && text.is_none_or(|text| open >= text) => Format::OpenMetrics,
        _ => Format::Text,
    }
}

/// One entry of an `Accept` header.
struct Range {
    media: String,
    version: String,
    quality: f64,
}

impl Range {
    fn of(text: &str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let mut range = Self { media, version: String::new(), quality: 1.0 };
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            match name.trim().to_ascii_lowercase().as_str() {
                "version" => range.version = value.trim().trim_matches('"').to_owned(),
                "q" => range.quality = value.trim().parse().unwrap_or(0.0),
                _ => {}
            }
        }
        range
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_get_what_they_ask_for() {
        use Format::{OpenMetrics, Text};
        let prometheus_2 = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
                            text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let with_protobuf = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,\
                             application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5";
        let cases = [
            (prometheus_2, OpenMetrics),
            (with_protobuf, OpenMetrics),
            ("application/openmetrics-text", OpenMetrics),
            ("Application/OpenMetrics-Text; Version=\"1.0.0\"", OpenMetrics),
            ("application/openmetrics-text;version=2.0.0, text/plain", Text),
            ("application/openmetrics-text;q=0.2, text/plain;q=0.9", Text),
            ("application/openmetrics-text;q=0", Text),
            ("text/html, */*", Text),
            ("*/*", Text),
            ("", Text),
            (";;,=,q=", Text),
        ];
        for (accept, format) in cases {
            assert_eq!(preferred(accept), format, "{accept}");
        }
    }
}
