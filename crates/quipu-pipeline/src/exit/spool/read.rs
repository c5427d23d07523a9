//! Reading frames back.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use quipu_core::{Batch, Resource, Scope};

use super::{Place, Point};
use crate::exit::frame::{HEAD, Head, MARK};

/// Bytes that are looked through at a time for the next whole frame.
const LOOK: usize = 64 << 10;

/// A frame to be read, in a thread that may wait for the disk.
#[derive(Debug, Clone)]
pub(crate) struct ReadJob {
    pub path: PathBuf,
    pub from: Point,
    /// Where the file's whole frames end.
    pub until: u64,
}

/// What was found from a place on.
#[derive(Debug)]
pub(crate) enum Found {
    /// A frame; without its batch when that is damaged.
    Frame { place: Place, head: Head, batch: Option<Batch> },
    /// No frame up to the end.
    Nothing,
}

impl ReadJob {
    /// Reads the first whole frame.
    ///
    /// # Errors
    /// The disk does not give it.
    pub fn run(&self) -> std::io::Result<Found> {
        let mut file = File::open(&self.path)?;
        let until = self.until.min(file.metadata()?.len());
        let Some((begin, head)) = find(&mut file, self.from.offset, until)? else {
            return Ok(Found::Nothing);
        };
        file.seek(SeekFrom::Start(begin + HEAD as u64))?;
        let mut stored = vec![0; usize::try_from(head.stored).unwrap_or(usize::MAX)];
        file.read_exact(&mut stored)?;
        let mut batch = head.unpack(&stored);
        batch.iter_mut().for_each(share);
        let point = |offset| Point { segment: self.from.segment, offset };
        let place = Place { begin: point(begin), end: point(begin + head.frame_len()) };
        Ok(Found::Frame { place, head, batch })
    }
}

/// The first head of a frame that fits, at or behind `from`.
pub(super) fn find(file: &mut File, from: u64, until: u64) -> std::io::Result<Option<(u64, Head)>> {
    let fits = |at: u64, head: &Head| at.checked_add(head.frame_len()).is_some_and(|end| end <= until);
    let mut window = Vec::with_capacity(HEAD);
    let mut at = from;
    let mut size = HEAD;
    while at.saturating_add(HEAD as u64) <= until {
        file.seek(SeekFrom::Start(at))?;
        window.clear();
        let most = u64::try_from(size).unwrap_or(u64::MAX).min(until - at);
        (&mut *file).take(most).read_to_end(&mut window)?;
        let whole = |at_window: usize| {
            let at = at + at_window as u64;
            Head::read(window.get(at_window..)?).filter(|head| fits(at, head)).map(|head| (at, head))
        };
        let marks = window.windows(MARK.len()).enumerate().filter(|(_, bytes)| *bytes == MARK);
        if let Some(found) = marks.map(|(place, _)| place).find_map(whole) {
            return Ok(Some(found));
        }
        // A mark may lie across the end of what was looked through.
        let step = (window.len() + 1).saturating_sub(HEAD);
        if step == 0 {
            return Ok(None);
        }
        at += step as u64;
        size = LOOK;
    }
    Ok(None)
}

/// Records of one source stand together and had one resource and one scope, which were written with each of them.
fn share(batch: &mut Batch) {
    let (mut resource, mut scope) = (Arc::<Resource>::default(), Arc::<Scope>::default());
    let spans = batch.spans.iter_mut().map(|span| (&mut span.resource, &mut span.scope));
    let events = batch.events.iter_mut().map(|event| (&mut event.resource, &mut event.scope));
    let metrics = batch.metrics.iter_mut().map(|metric| (&mut metric.resource, &mut metric.scope));
    for (of_record, scope_of_record) in spans.chain(events).chain(metrics) {
        same(&mut resource, of_record);
        same(&mut scope, scope_of_record);
    }
}

fn same<T: PartialEq>(last: &mut Arc<T>, own: &mut Arc<T>) {
    if **last == **own {
        *own = Arc::clone(last);
    } else {
        *last = Arc::clone(own);
    }
}
