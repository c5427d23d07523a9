//! Code blocks of a page, and the lines of programs that name one.
//!
//! The build script of the examples has this file too, so it uses the standard library only.

/// A code block of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Path of the page in the repository.
    pub page: String,
    /// Its language, without options; empty if none is named.
    pub language: String,
    /// Its options, such as `no_run`.
    pub options: String,
    /// Its number among the page's blocks of this language, from 1.
    pub number: usize,
    /// The line of its fence, from 1.
    pub line: usize,
    /// Its lines, without the indent of its list.
    pub text: String,
}

impl Block {
    /// The name that programs of the suites use.
    pub fn name(&self) -> String {
        format!("{} {} {}", self.page, self.language, self.number)
    }
}

/// Reads the code blocks of a page.
pub fn code_blocks(page: &str, source: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<(usize, Block)> = None;
    for (index, line) in source.lines().enumerate() {
        let inner = line.trim_start();
        match (inner.strip_prefix("```"), open.take()) {
            (Some(_), Some((_, block))) => blocks.push(block),
            (Some(info), None) => {
                let (language, options) = info.trim().split_once(',').unwrap_or((info.trim(), ""));
                let (language, options) = (language.to_owned(), options.to_owned());
                let number = 1 + blocks.iter().filter(|block| block.language == language).count();
                let (page, line_number, text) = (page.to_owned(), index + 1, String::new());
                let block = Block { page, language, options, number, line: line_number, text };
                open = Some((line.len() - inner.len(), block));
            }
            (None, Some((indent, mut block))) => {
                block.text += line.get(indent..).unwrap_or_default();
                block.text.push('\n');
                open = Some((indent, block));
            }
            (None, None) => {}
        }
    }
    blocks
}

/// The block that a line of a program names.
pub fn named(line: &str) -> Option<&str> {
    let line = line.trim();
    let comment = line.strip_prefix('#').or_else(|| line.strip_prefix("//"))?;
    comment.trim_start().strip_prefix("guide: ")
}
