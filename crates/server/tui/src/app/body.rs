//! Movement within a page.

use super::App;

impl App {
    /// Half of the lines on the screen.
    pub(super) fn half(&self) -> isize {
        isize::try_from(self.visit().height / 2).unwrap_or(1).max(1)
    }

    /// Line of each target for the drawn width.
    fn rows(&self) -> Vec<usize> {
        let Some((_, lines)) = &self.visit().lines else { return Vec::new() };
        let count = lines.iter().flat_map(|line| &line.hits).count();
        let mut rows = vec![0; count];
        for (at, line) in lines.iter().enumerate() {
            for (.., row) in &line.hits {
                if let Some(known) = rows.get_mut(*row) {
                    *known = at;
                }
            }
        }
        rows
    }

    fn height(&self) -> usize {
        self.visit().height.max(1)
    }

    /// The largest scroll position.
    fn bottom(&self) -> usize {
        let lines = self.visit().lines.as_ref().map_or(0, |(_, lines)| lines.len());
        lines.saturating_sub(self.height())
    }

    /// Selects the next or previous row; scrolls by a line if there is none.
    pub(super) fn step(&mut self, by: isize) {
        let rows = self.rows();
        let selected = self.visit().selected;
        match selected.checked_add_signed(by).filter(|next| *next < rows.len()) {
            Some(next) => {
                self.visit_mut().selected = next;
                self.reveal(rows[next], next == 0);
            }
            None => self.scroll_by(by),
        }
    }

    /// Scrolls so that a line is on the screen, below the titles of its table.
    fn reveal(&mut self, line: usize, top: bool) {
        let height = self.height();
        let scroll = self.visit().scroll;
        let first = if top { 0 } else { line.saturating_sub(1) };
        let scroll = scroll.min(first).max((line + 1).saturating_sub(height));
        self.visit_mut().scroll = scroll.min(self.bottom());
    }

    /// Scrolls so that the selected row stays on the screen after the page changed.
    pub(super) fn follow(&mut self) {
        let bottom = self.bottom();
        let visit = self.visit_mut();
        visit.scroll = visit.scroll.min(bottom);
    }

    fn scroll_by(&mut self, by: isize) {
        let bottom = self.bottom();
        let visit = self.visit_mut();
        visit.scroll = visit.scroll.saturating_add_signed(by).min(bottom);
    }

    /// Scrolls by some lines and selects a row that is on the screen.
    pub(super) fn roll(&mut self, by: isize) {
        let before = self.visit().scroll;
        self.scroll_by(by);
        let rows = self.rows();
        let (scroll, height) = (self.visit().scroll, self.height());
        if rows.is_empty() {
            return;
        }
        let seen = |row: &usize| (scroll..scroll + height).contains(row);
        let stuck = scroll == before;
        let next = match (stuck, by > 0) {
            (true, true) => Some(rows.len() - 1),
            (true, false) => Some(0),
            (false, true) => rows.iter().position(seen),
            (false, false) => rows.iter().rposition(seen),
        };
        let selected = self.visit().selected;
        if stuck || !rows.get(selected).is_some_and(seen) {
            self.visit_mut().selected = next.unwrap_or(selected);
        }
    }

    pub(super) fn first(&mut self) {
        let visit = self.visit_mut();
        (visit.selected, visit.scroll) = (0, 0);
    }

    pub(super) fn last(&mut self) {
        let (rows, bottom) = (self.rows(), self.bottom());
        let visit = self.visit_mut();
        visit.selected = rows.len().saturating_sub(1);
        visit.scroll = bottom;
    }

    /// The target at a place of the screen.
    pub(super) fn row_at(&self, x: u16, y: u16) -> Option<usize> {
        let visit = self.visit();
        let below = usize::from(y.checked_sub(self.top)?);
        let (_, lines) = visit.lines.as_ref()?;
        let line = lines.get(visit.scroll + below).filter(|_| below < visit.height)?;
        let x = usize::from(x);
        line.hits.iter().find(|(from, end, _)| (*from..*end).contains(&x)).map(|(.., row)| *row)
    }
}
