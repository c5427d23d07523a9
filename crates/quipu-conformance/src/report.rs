//! What came out, case by case.

use std::fmt;
use std::path::Path;

use crate::snapshot;

/// How one case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// What the case asks for holds.
    Passed,
    /// It does not; the text says what was found.
    Failed(String),
    /// The case does not apply; the text says why.
    Ignored(String),
}

/// Every case with its verdict, in the order of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// `group/name` and verdict.
    pub verdicts: Vec<(String, Verdict)>,
}

impl Report {
    pub(crate) fn push(&mut self, group: &str, name: &str, verdict: Verdict) {
        self.verdicts.push((format!("{group}/{name}"), verdict));
    }

    /// How many cases passed.
    pub fn passed(&self) -> usize {
        self.verdicts.iter().filter(|(_, verdict)| *verdict == Verdict::Passed).count()
    }

    /// Names of the cases that failed.
    pub fn failed(&self) -> Vec<&str> {
        let failed = |verdict: &Verdict| matches!(verdict, Verdict::Failed(_));
        self.verdicts.iter().filter(|(_, verdict)| failed(verdict)).map(|(name, _)| name.as_str()).collect()
    }

    /// The list that is committed: one line a case, without the reasons of failures.
    pub fn pass_list(&self) -> String {
        let line = |(name, verdict): &(String, Verdict)| match verdict {
            Verdict::Passed => format!("passed  {name}\n"),
            Verdict::Failed(_) => format!("FAILED  {name}\n"),
            Verdict::Ignored(why) => format!("ignored {name} ({why})\n"),
        };
        self.verdicts.iter().map(line).collect()
    }

    /// Compares the pass list with the committed one, so that an ability that is lost or won shows as a diff. With
    /// `QUIPU_UPDATE_SNAPSHOTS=1` in the environment the file is written instead.
    ///
    /// # Panics
    /// When a case failed, or when the list differs from the file.
    #[track_caller]
    pub fn assert_matches_snapshot(&self, path: impl AsRef<Path>) {
        assert!(self.failed().is_empty(), "{self}");
        snapshot::assert_matches(path.as_ref(), &self.pass_list());
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whatever cuts a long report, the failures are read.
        for (name, verdict) in &self.verdicts {
            if let Verdict::Failed(why) = verdict {
                writeln!(f, "FAILED  {name}: {why}")?;
            }
        }
        for (name, verdict) in &self.verdicts {
            match verdict {
                Verdict::Passed => writeln!(f, "passed  {name}")?,
                Verdict::Failed(_) => {}
                Verdict::Ignored(why) => writeln!(f, "ignored {name} ({why})")?,
            }
        }
        let ignored = self.verdicts.len() - self.passed() - self.failed().len();
        write!(f, "{} passed, {} failed, {ignored} ignored", self.passed(), self.failed().len())
    }
}
