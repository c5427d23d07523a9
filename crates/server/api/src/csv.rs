//! Comma-separated values (RFC 4180) that spreadsheets do not take for formulas.

use bytes::Bytes;

/// One record.
#[derive(Default)]
pub(crate) struct Row(Vec<String>);

impl Row {
    /// Adds untrusted texts. An apostrophe precedes each place at which a spreadsheet would run a formula
    /// (<https://owasp.org/www-community/attacks/CSV_Injection>).
    #[must_use]
    pub(crate) fn texts(mut self, texts: impl IntoIterator<Item = String>) -> Self {
        self.0.extend(texts.into_iter().map(|text| cell(&harmless(text))));
        self
    }

    /// Adds lists of untrusted texts, each list in one cell.
    #[must_use]
    pub(crate) fn lists<'a>(self, lists: impl IntoIterator<Item = &'a [String]>) -> Self {
        self.texts(lists.into_iter().map(|list| list.join("; ")))
    }

    /// Adds numbers; an empty cell for a missing one.
    #[must_use]
    pub(crate) fn figures(mut self, figures: impl IntoIterator<Item = String>) -> Self {
        self.0.extend(figures);
        self
    }

    /// The line.
    pub(crate) fn text(&self) -> String {
        format!("{}\r\n", self.0.join(","))
    }

    /// Writes it as a line.
    pub(crate) fn write(&self, text: &mut Vec<u8>) {
        text.extend_from_slice(self.text().as_bytes());
    }
}

/// A line of names that need no quotes.
pub(crate) fn line(names: &[&str]) -> Bytes {
    format!("{}\r\n", names.join(",")).into()
}

/// Whether a spreadsheet takes a text that begins so for a formula. The wide forms are taken for the narrow
/// ones.
const fn is_formula(letter: char) -> bool {
    matches!(letter, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
}

/// Whether another cell begins behind it: spreadsheets divide cells by semicolons in many countries, and by
/// tabs where a text is pasted. Quotes do not hold such a text together, because for them the cell begins
/// earlier.
const fn divides(letter: char) -> bool {
    matches!(letter, ';' | ',' | '\t' | '|' | '\r' | '\n')
}

/// A text with an apostrophe before each place from which a spreadsheet would run a formula.
fn harmless(text: String) -> String {
    let (mut out, mut at_begin) = (String::with_capacity(text.len()), true);
    for letter in text.chars() {
        if at_begin && is_formula(letter) {
            out.push('\'');
        }
        out.push(letter);
        // Spaces and quotes before a formula are passed over.
        at_begin = divides(letter) || (at_begin && (letter == '"' || letter.is_whitespace()));
    }
    out
}

fn cell(text: &str) -> String {
    if text.contains([',', ';', '"', '\t', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_harmless() {
        let mut text = Vec::new();
        let cells = ["plain", "a,b", "say \"hi\"", "two\nlines", "=1+1", "@x", "-", "+1,2", "\tx", "a=b", ""];
        Row::default().texts(cells.map(str::to_owned)).figures(["-1".to_owned()]).write(&mut text);
        let want =
            "plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",'=1+1,'@x,'-,\"'+1,2\",\"'\tx\",a=b,,-1\r\n";
        assert_eq!(String::from_utf8_lossy(&text), want);
    }

    /// The cells of a line as a spreadsheet reads it that divides by another letter.
    fn cells(line: &str, by: char) -> Vec<String> {
        let (mut cells, mut cell, mut quoted, mut begun) = (Vec::new(), String::new(), false, false);
        for letter in line.chars() {
            match letter {
                '"' if !begun || quoted => quoted = !quoted,
                _ if letter == by && !quoted => {
                    cells.push(std::mem::take(&mut cell));
                    begun = false;
                    continue;
                }
                _ => cell.push(letter),
            }
            begun = true;
        }
        cells.push(cell);
        cells
    }

    #[test]
    fn no_cell_is_a_formula_however_cells_are_divided() {
        let bad = ["=1+1", "+1", "-1", "@x", "＝1"];
        for formula in bad {
            for before in
                ["", "a;", "a; ", "a;\"", "a\";\"", "a,", "a\t", "a|", "a\n", " ", "\"", ";;", "x;\u{a0}"]
            {
                let mut text = Vec::new();
                let sent = format!("{before}{formula};b");
                Row::default().texts(["first".to_owned(), sent.clone(), "last".to_owned()]).write(&mut text);
                let line = String::from_utf8(text).unwrap();
                for by in [',', ';', '\t', '|'] {
                    let all = cells(line.trim_end(), by);
                    let run = all.iter().find(|cell| {
                        cell.trim_start_matches(|letter: char| letter == '"' || letter.is_whitespace())
                            .starts_with(is_formula)
                    });
                    assert_eq!(run, None, "{sent:?} as {line:?}, divided by {by:?}");
                }
            }
        }
    }

    #[test]
    fn every_text_of_a_list_is_harmless() {
        let mut text = Vec::new();
        let list = ["a", "=1+1", "@x"].map(str::to_owned);
        Row::default().lists([list.as_slice(), &[]]).write(&mut text);
        assert_eq!(String::from_utf8_lossy(&text), "\"a; '=1+1; '@x\",\r\n");
    }
}
