//! Terminal-safe output of values.

use std::fmt::{self, Display, Write};

/// A value without characters that move the cursor, change colours, or change the text direction; cut to a
/// number of characters.
pub(crate) struct Safe<'a> {
    pub text: &'a str,
    pub at_most: usize,
}

impl Display for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, c) in self.text.chars().enumerate() {
            if number == self.at_most {
                return f.write_char('…');
            }
            if is_harmless(c) {
                f.write_char(c)?;
            } else {
                Display::fmt(&c.escape_default(), f)?;
            }
        }
        Ok(())
    }
}

/// Whether a character is safe. Unsafe are control characters (C0, DEL, C1), and characters that reorder or
/// hide text: <https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>.
const fn is_harmless(c: char) -> bool {
    !matches!(
        c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
    )
}
