//! Anchors of headings.

use std::collections::HashMap;

/// Gives the headings of one document their anchors, as GitHub does: lower case, `-` for spaces, no
/// punctuation, and a number for a repeated heading. Source:
/// <https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github/basic-writing-and-formatting-syntax#section-links>
#[derive(Debug, Default)]
pub struct Anchors(HashMap<String, usize>);

impl Anchors {
    /// The anchor of the next heading.
    pub fn next(&mut self, heading: &str) -> String {
        let kept =
            heading.trim().chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        let anchor: String = kept
            .flat_map(char::to_lowercase)
            .map(|letter| if letter == ' ' { '-' } else { letter })
            .collect();
        let times = self.0.entry(anchor.clone()).or_default();
        *times += 1;
        if *times == 1 { anchor } else { format!("{anchor}-{}", *times - 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_the_anchors_of_github() {
        let mut anchors = Anchors::default();
        assert_eq!(anchors.next("A `b_c` title, or two"), "a-b_c-title-or-two");
        assert_eq!(anchors.next("A `b_c` title, or two"), "a-b_c-title-or-two-1");
    }
}
