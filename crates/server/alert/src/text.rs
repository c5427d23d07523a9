//! Text of reports: escapes for Markdown and HTML, and durations in words.

/// A text on one line, with the marks of Markdown and HTML escaped.
pub(crate) fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(letter);
            }
            '&' => out.push_str("&amp;"),
            letter if letter.is_control() => {}
            letter => out.push(letter),
        }
    }
    out.trim().to_owned()
}

/// A text of a table cell of Markdown; a dash for an empty one.
pub(crate) fn cell(text: &str) -> String {
    let text = line(text);
    if text.is_empty() { "–".to_owned() } else { text }
}

/// A text in HTML.
pub(crate) fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

/// Seconds as `2 d 3 h`, `4 h 5 min`, `6 min` or `7 s`.
pub(crate) fn length(seconds: f64) -> String {
    let whole = if seconds.is_finite() && seconds > 0.0 { seconds.round() as u64 } else { 0 };
    let (days, hours, minutes) = (whole / 86_400, whole / 3_600 % 24, whole / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{whole} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_a_text_stay_text() {
        assert_eq!(
            line("a | b\n# c <script> `x` & [y](z)"),
            "a \\| b \\# c \\<script\\> \\`x\\` &amp; \\[y\\](z)"
        );
        assert_eq!(html("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
        assert_eq!(cell(" "), "–");
    }

    #[test]
    fn durations_have_two_units_at_most() {
        for (seconds, text) in [
            (0.0, "0 s"),
            (59.4, "59 s"),
            (60.0, "1 min"),
            (3_600.0, "1 h"),
            (7_800.0, "2 h 10 min"),
            (86_400.0, "1 d"),
            (97_200.0, "1 d 3 h"),
            (f64::NAN, "0 s"),
        ] {
            assert_eq!(length(seconds), text);
        }
    }
}
