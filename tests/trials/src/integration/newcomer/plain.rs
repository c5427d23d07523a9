//! Output without the parts that differ from run to run.

/// Units of durations.
const UNITS: [&str; 4] = ["ns", "µs", "ms", "s"];

/// A text with one space between words, and with names in place of ids, durations, times and counts of
/// written records.
pub fn plain(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut plain = Vec::new();
        let mut at = 0;
        while let Some(word) = words.get(at) {
            let next = words.get(at + 1).copied().unwrap_or_default();
            let is_number = word.parse::<f64>().is_ok();
            let is_duration = is_number && UNITS.contains(&next);
            plain.push(match next {
                _ if is_duration => "DURATION",
                // Readings of metrics are among the written records.
                "written," if is_number => "N",
                _ => named(word),
            });
            at += if is_duration { 2 } else { 1 };
        }
        plain.join(" ")
    });
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

fn named(word: &str) -> &str {
    let is_id = word.len() >= 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let marks = word.bytes().filter(|byte| matches!(byte, b'-' | b':')).count();
    let is_date = word.len() >= 10 && word.starts_with("20") && marks >= 2;
    let is_time = word.len() == 8 && word.matches(':').count() == 2;
    match word {
        _ if is_id => "ID",
        _ if is_date || is_time => "TIME",
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_times_and_durations_have_names() {
        let text = " 57aee9325b5db79f897dc2ec433b096f   chat   12 µs  3 calls\n\n\
            2026-11-27 08:00:01  1.5 s\n53 written, 9 spans";
        assert_eq!(plain(text), "ID chat DURATION 3 calls\nTIME TIME DURATION\nN written, 9 spans");
    }
}
