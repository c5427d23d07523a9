//! Comma-separated values (RFC 4180) that spreadsheets do not take for formulas.

use bytes::Bytes;

/// One record.
#[derive(Default)]
pub(crate) struct Row(Vec<String>);

impl Row {
    /// Adds texts of others. One that a spreadsheet would run begins with an apostrophe
    /// (<https://owasp.org/www-community/attacks/CSV_Injection>).
    #[must_use]
    pub(crate) fn texts(mut self, texts: impl IntoIterator<Item = String>) -> Self {
        self.0.extend(texts.into_iter().map(|text| cell(&harmless(text))));
        self
    }

    /// Adds lists of texts of others, each in one cell; every text may come to stand in a cell of its own where semicolons divide.
    #[must_use]
    pub(crate) fn lists<'a>(self, lists: impl IntoIterator<Item = &'a [String]>) -> Self {
        let joined = |list: &[String]| list.iter().cloned().map(harmless).collect::<Vec<_>>().join("; ");
        self.texts(lists.into_iter().map(joined))
    }

    /// Adds numbers, or nothing in their place.
    #[must_use]
    pub(crate) fn figures(mut self, figures: impl IntoIterator<Item = String>) -> Self {
        self.0.extend(figures);
        self
    }

    /// Writes it as a line.
    pub(crate) fn write(&self, text: &mut Vec<u8>) {
        text.extend_from_slice(self.0.join(",").as_bytes());
        text.extend_from_slice(b"\r\n");
    }
}

/// A line of names that need no quotes.
pub(crate) fn line(names: &[&str]) -> Bytes {
    format!("{}\r\n", names.join(",")).into()
}

/// A text that a spreadsheet would run, with an apostrophe before it.
fn harmless(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}") } else { text }
}

fn cell(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) {
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
        let want = "plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",'=1+1,'@x,'-,\"'+1,2\",'\tx,a=b,,-1\r\n";
        assert_eq!(String::from_utf8_lossy(&text), want);
    }

    #[test]
    fn every_text_of_a_list_is_harmless() {
        let mut text = Vec::new();
        let list = ["a", "=1+1", "@x"].map(str::to_owned);
        Row::default().lists([list.as_slice(), &[]]).write(&mut text);
        assert_eq!(String::from_utf8_lossy(&text), "a; '=1+1; '@x,\r\n");
    }
}
