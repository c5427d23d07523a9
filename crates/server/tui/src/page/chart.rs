//! A chart of values over time, some lines high.

use unicode_width::UnicodeWidthStr as _;

use super::Chart;
use super::layout::Line;
use crate::form::{Look, Piece, Tone};

/// Lines of the chart.
const HEIGHT: usize = 4;

/// Title with the largest value, columns, and the times of both ends.
pub(super) fn draw(chart: &Chart, width: usize, look: &Look) -> Vec<Line> {
    let points = fitted(&chart.points, width);
    let most = points.iter().map(|point| point.0).fold(0.0, f64::max);
    let head = format!("{}{}{}", chart.title, look.glyphs.dot, chart.most);
    let mut lines = vec![Line::new(vec![Piece::new(look.fit(&head, width), Tone::Head)])];
    if most <= 0.0 {
        return lines;
    }
    for row in (0..HEIGHT).rev() {
        lines.push(Line::new(points.iter().map(|point| cell(*point, most, row, look)).collect()));
    }
    let [first, last] = chart.ends.each_ref().map(|text| look.text(text));
    let gap = points.len().saturating_sub(first.width() + last.width());
    let axis = format!("{first}{}{last}", " ".repeat(gap.max(1)));
    lines.push(Line::new(vec![Piece::new(look.fit(&axis, width), Tone::Dim)]));
    lines
}

fn cell((value, bad): (f64, f64), most: f64, row: usize, look: &Look) -> Piece {
    let levels = look.glyphs.levels;
    let full = levels.len() - 1;
    let eighths = (value / most * (HEIGHT * full) as f64).ceil() as usize;
    let level = eighths.saturating_sub(row * full).min(full);
    // The marked part begins at the bottom.
    let marked = bad > 0.0 && bad / most * HEIGHT as f64 > row as f64;
    Piece::new(levels[level].to_string(), if marked { Tone::Bad } else { Tone::Accent })
}

/// One point for each cell. Of too many points the largest are shown, and few points are widened.
fn fitted(points: &[(f64, f64)], width: usize) -> Vec<(f64, f64)> {
    if points.is_empty() || width == 0 {
        return Vec::new();
    }
    if points.len() > width {
        let each = points.len().div_ceil(width);
        let largest = |some: &[(f64, f64)]| {
            some.iter().fold((0.0_f64, 0.0_f64), |most, point| (most.0.max(point.0), most.1.max(point.1)))
        };
        let points: Vec<(f64, f64)> = points.chunks(each).map(largest).collect();
        return fitted(&points, width);
    }
    // Few points do not fill a wide screen: a column has at most four cells.
    let cells = width.min(points.len() * 4);
    (0..cells).map(|cell| points[cell * points.len() / cells]).collect()
}
