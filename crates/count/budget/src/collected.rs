//! Collected earlier spending, in the books under a name of its own until it is complete.

use quipu_core::{Result, Sheet};

/// Key of the note that earlier spending is being read, with the id of that task.
pub(crate) fn beginning_mark(budget: &str) -> String {
    format!("beginning {budget}")
}

/// The name under which a task collects earlier spending. No budget has such a name.
pub(crate) fn collected(budget: &str, task: &str) -> String {
    format!("\u{1}{task} {budget}")
}

/// Removes the part of the earlier spending that an interrupted task collected.
pub(crate) fn abandon(sheet: &mut dyn Sheet, budget: &str) -> Result<()> {
    let mark = beginning_mark(budget);
    match sheet.mark(&mark)?.filter(|task| !task.is_empty()) {
        Some(task) => {
            sheet.forget(&collected(budget, &task))?;
            sheet.set_mark(&mark, "")
        }
        None => Ok(()),
    }
}
