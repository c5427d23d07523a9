//! Rows in columns, for the terminal.

/// Prints rows under their headings; the first column is flush left, columns of numbers flush right.
pub fn print(headings: &[&str], rows: &[Vec<String>]) {
    for line in lines(headings, rows) {
        println!("{line}");
    }
}

fn lines(headings: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
    let columns: Vec<(usize, bool)> = (0..headings.len())
        .map(|column| {
            let cells = rows.iter().map(|row| cell(row, column));
            let width = cells.clone().map(|text| text.chars().count()).max().unwrap_or(0);
            let numbers = rows.iter().all(|row| is_number(&cell(row, column)));
            (width.max(headings[column].chars().count()), numbers && column > 0)
        })
        .collect();
    let line = |row: &[String]| {
        let cells = columns.iter().enumerate().map(|(column, (width, right))| {
            let text = cell(row, column);
            if *right { format!("{text:>width$}") } else { format!("{text:<width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let head: Vec<String> = headings.iter().map(|text| (*text).to_owned()).collect();
    std::iter::once(head.as_slice()).chain(rows.iter().map(Vec::as_slice)).map(line).collect()
}

fn is_number(text: &str) -> bool {
    text.is_empty() || text == "-" || text.replace([',', ' '], "").parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_right_and_words_left() {
        let rows =
            [vec!["a".into(), "1".into(), "x".into()], vec!["bcd".into(), "1,000".into(), String::new()]];
        assert_eq!(lines(&["n", "v", "w"], &rows), ["n        v  w", "a        1  x", "bcd  1,000"]);
    }
}
