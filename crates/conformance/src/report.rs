//! Report of the verdict on each case.

use std::fmt;
use std::path::Path;

use crate::snapshot;

/// Verdict on one case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The requirement holds.
    Passed,
    /// The requirement is violated; the text has the finding.
    Failed(String),
    /// The case does not apply; the text has the reason.
    Ignored(String),
}

/// Every case with its verdict, in the order of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Pairs of `group/name` and verdict.
    pub verdicts: Vec<(String, Verdict)>,
}

impl Report {
    pub(crate) fn push(&mut self, group: &str, name: &str, verdict: Verdict) {
        self.verdicts.push((format!("{group}/{name}"), verdict));
    }

    /// The number of passed cases.
    pub fn passed(&self) -> usize {
        self.verdicts.iter().filter(|(_, verdict)| *verdict == Verdict::Passed).count()
    }

    /// Names of the failed cases.
    pub fn failed(&self) -> Vec<&str> {
        let failed = |verdict: &Verdict| matches!(verdict, Verdict::Failed(_));
        self.verdicts.iter().filter(|(_, verdict)| failed(verdict)).map(|(name, _)| name.as_str()).collect()
    }

    /// The committed list: one line per case, without the reasons of failures.
    pub fn pass_list(&self) -> String {
        let line = |(name, verdict): &(String, Verdict)| match verdict {
            Verdict::Passed => format!("passed  {name}\n"),
            Verdict::Failed(_) => format!("FAILED  {name}\n"),
            Verdict::Ignored(why) => format!("ignored {name} ({why})\n"),
        };
        self.verdicts.iter().map(line).collect()
    }

    /// Compares the pass list with the committed one, so a lost or new ability shows as a diff. With
    /// `QUIPU_UPDATE_SNAPSHOTS=1` in the environment, it writes the file instead.
    ///
    /// # Panics
    /// A case failed, or the list differs from the file.
    #[track_caller]
    pub fn assert_matches_snapshot(&self, path: impl AsRef<Path>) {
        assert!(self.failed().is_empty(), "{self}");
        snapshot::assert_matches(path.as_ref(), &self.pass_list());
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Failures come first, so they remain readable if a long report is cut.
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
