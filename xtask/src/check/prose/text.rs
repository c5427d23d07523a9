//! The sentences of Markdown files and of Rust comments, with their lines.

use std::collections::HashSet;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use unicode_segmentation::UnicodeSegmentation;

/// A sentence of prose.
#[derive(Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The line that it begins on, counted from 1.
    pub line: usize,
    /// Its words; a code span stands as `X`.
    pub text: String,
}

/// The sentences of a Markdown document: headings, paragraphs, list items and table cells, no code blocks.
pub fn of_markdown(source: &str) -> Vec<Sentence> {
    let lines = line_starts(source);
    let mut found = Vec::new();
    let mut block = Block::default();
    let mut in_code = false;
    for (event, range) in Parser::new_ext(source, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Text(text) if !in_code => block.push(&text, range.start),
            Event::Code(_) => block.push("X", range.start),
            Event::SoftBreak | Event::HardBreak => block.push(" ", range.start),
            Event::Start(
                Tag::Paragraph | Tag::List(_) | Tag::Item | Tag::Heading { .. } | Tag::TableCell,
            )
            | Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::Heading(_) | TagEnd::TableCell) => {
                block.close(&lines, &mut found);
            }
            _ => {}
        }
    }
    block.close(&lines, &mut found);
    found
}

/// The lines of a Markdown document's code blocks, counted from 0. Code follows the rules of its own
/// language.
pub fn code_lines(source: &str) -> HashSet<usize> {
    let lines = line_starts(source);
    let line_of = |at: usize| lines.partition_point(|start| *start <= at).saturating_sub(1);
    let blocks = Parser::new_ext(source, Options::ENABLE_TABLES).into_offset_iter();
    let code = blocks.filter(|(event, _)| matches!(event, Event::Start(Tag::CodeBlock(_))));
    code.flat_map(|(_, range)| line_of(range.start)..=line_of(range.end.saturating_sub(1))).collect()
}

/// The sentences of a Rust file's comments. Neighbouring lines with the same mark are one text.
pub fn of_comments(source: &str) -> Vec<Sentence> {
    let mut found = Vec::new();
    let mut run: Option<Run<'_>> = None;
    for (index, line) in source.lines().enumerate() {
        let next = comment(line);
        match (&mut run, next) {
            (Some(open), Some((mark, text))) if open.mark == mark => open.add(text),
            (_, next) => {
                run.take().into_iter().for_each(|run| run.close(&mut found));
                run = next.map(|(mark, text)| Run { mark, first: index, text: text.to_owned() });
            }
        }
    }
    run.into_iter().for_each(|run| run.close(&mut found));
    found
}

/// The mark and the text of a line that holds nothing but a comment.
pub fn comment(line: &str) -> Option<(&'static str, &str)> {
    let line = line.trim_start();
    ["//!", "///", "//"]
        .into_iter()
        .find_map(|mark| line.strip_prefix(mark).map(|text| (mark, text.strip_prefix(' ').unwrap_or(text))))
}

/// Comment lines that follow each other.
struct Run<'a> {
    mark: &'a str,
    first: usize,
    text: String,
}

impl Run<'_> {
    fn add(&mut self, line: &str) {
        self.text.push('\n');
        self.text.push_str(line);
    }

    fn close(self, found: &mut Vec<Sentence>) {
        let sentences = of_markdown(&self.text).into_iter();
        found.extend(sentences.map(|one| Sentence { line: one.line + self.first, ..one }));
    }
}

/// The text of one block, and the place in the source of each piece.
#[derive(Default)]
struct Block {
    text: String,
    pieces: Vec<(usize, usize)>,
}

impl Block {
    fn push(&mut self, text: &str, source: usize) {
        self.pieces.push((self.text.len(), source));
        self.text.push_str(text);
    }

    fn close(&mut self, lines: &[usize], found: &mut Vec<Sentence>) {
        for (at, sentence) in self.text.split_sentence_bound_indices() {
            let text = sentence.trim();
            if text.chars().any(char::is_alphabetic) {
                let piece = self.pieces.partition_point(|(start, _)| *start <= at).saturating_sub(1);
                let source = self.pieces.get(piece).map_or(0, |(_, source)| *source);
                let line = lines.partition_point(|start| *start <= source);
                found.push(Sentence { line, text: text.to_owned() });
            }
        }
        *self = Self::default();
    }
}

fn line_starts(source: &str) -> Vec<usize> {
    std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(found: &[Sentence]) -> Vec<(usize, &str)> {
        found.iter().map(|one| (one.line, one.text.as_str())).collect()
    }

    #[test]
    fn sentences_have_their_lines_and_no_code() {
        let source = "# A title\n\nOne fact. Two `let x` facts,\non two lines.\n\n```\nNot. This.\n```\n\n- An item\n- another\n";
        assert_eq!(
            texts(&of_markdown(source)),
            [
                (1, "A title"),
                (3, "One fact."),
                (3, "Two X facts, on two lines."),
                (10, "An item"),
                (11, "another")
            ]
        );
    }

    #[test]
    fn cells_of_a_table_are_sentences() {
        let source = "| name | meaning |\n|---|---|\n| a | what it is |\n";
        assert_eq!(texts(&of_markdown(source)), [(1, "name"), (1, "meaning"), (3, "a"), (3, "what it is")]);
    }

    #[test]
    fn code_is_found_by_its_fences_and_its_indent() {
        let source = "a\n\n~~~\n```\nb\n~~~\n\nc\n\n    d\n\n- e\n\n  ```rust\n  f\n  ```\n";
        let mut lines: Vec<usize> = code_lines(source).into_iter().collect();
        lines.sort_unstable();
        assert_eq!(lines, [2, 3, 4, 5, 9, 13, 14, 15]);
    }

    #[test]
    fn comments_are_read_and_code_is_not() {
        let source = "//! A file.\n\nlet x = 1; // no\n    /// One\n    /// item.\n    // Why.\n";
        assert_eq!(texts(&of_comments(source)), [(1, "A file."), (4, "One item."), (6, "Why.")]);
    }
}
