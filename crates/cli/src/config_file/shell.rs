//! Start files of shells: blocks of lines between two marks at the end of the text.

use anyhow::{Context, Result, bail};
use serde_json::Value;

const BEGIN: &str = "# >>> quipu connect: ";
const BEGIN_END: &str = " >>>";
const END: &str = "# <<< quipu connect: ";
const END_END: &str = " <<<";
/// Mark of a block before which the text had no newline at its end.
const JOINED: &str = " (no newline before)";

/// Text of a start file.
pub struct Shell(String);

/// Bytes of a block, and of its lines.
struct Block {
    whole: std::ops::Range<usize>,
    lines: std::ops::Range<usize>,
    /// The newline before it is not of the text.
    is_joined: bool,
}

impl Shell {
    pub fn parse(text: &str) -> Result<Self> {
        let shell = Self(text.to_owned());
        for line in text.lines().filter_map(|line| line.strip_prefix(BEGIN)) {
            let name = line.trim_end_matches(JOINED).trim_end_matches(BEGIN_END);
            if shell.block(name).is_none() {
                bail!("the block `{line}` has no end");
            }
        }
        Ok(shell)
    }

    pub fn get(&self, path: &[String]) -> Option<Value> {
        let block = self.block(path.first()?)?;
        Some(self.0.get(block.lines)?.trim_end_matches('\n').into())
    }

    pub fn set(&mut self, path: &[String], value: &Value) -> Result<()> {
        let (name, lines) = path.first().zip(value.as_str()).context("a block has a name and lines")?;
        if let Some(block) = self.block(name) {
            self.0.replace_range(block.lines, &format!("{lines}\n"));
            return Ok(());
        }
        let is_joined = !self.0.is_empty() && !self.0.ends_with('\n');
        let (gap, mark) = if is_joined { ("\n", JOINED) } else { ("", "") };
        self.0 += &format!("{gap}{BEGIN}{name}{BEGIN_END}{mark}\n{lines}\n{END}{name}{END_END}\n");
        Ok(())
    }

    pub fn remove(&mut self, path: &[String]) {
        let Some(block) = path.first().and_then(|name| self.block(name)) else { return };
        let from = block.whole.start;
        self.0.replace_range(block.whole, "");
        // The next block becomes the first one behind a text without a newline at its end.
        let rest = self.0.get(from..).unwrap_or_default();
        let next = rest.lines().next().filter(|line| block.is_joined && line.starts_with(BEGIN));
        if let Some(mark) = next.map(str::len) {
            self.0.insert_str(from + mark, JOINED);
        }
    }

    pub fn text(&self) -> String {
        self.0.clone()
    }

    fn block(&self, name: &str) -> Option<Block> {
        let begin = format!("{BEGIN}{name}{BEGIN_END}");
        let start = self
            .0
            .match_indices(&begin)
            .map(|(at, _)| at)
            .find(|at| *at == 0 || self.0.as_bytes().get(at - 1) == Some(&b'\n'))?;
        let mark = self.0.get(start..)?.lines().next()?;
        let lines = start + mark.len() + 1;
        let end = format!("{END}{name}{END_END}");
        let length = self.0.get(lines..)?.find(&end)?;
        let after = lines + length + end.len();
        let is_line = self.0.as_bytes().get(after) == Some(&b'\n');
        let is_joined = mark.ends_with(JOINED) && start > 0;
        // A text that begins behind the block needs the newline before it.
        let is_last = after + usize::from(is_line) == self.0.len();
        let from = if is_joined && is_last { start - 1 } else { start };
        Some(Block { whole: from..after + usize::from(is_line), lines: lines..lines + length, is_joined })
    }
}
