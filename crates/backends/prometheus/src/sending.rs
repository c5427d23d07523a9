//! Pages that readers receive: shared by simultaneous readers, and bounded together.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use axum::body::Bytes;
use quipu_core::locks::Mutex;

use crate::page::Format;

/// Total size, in bytes, of pages in use. While it is reached, no further page is rendered, so slow readers
/// cannot fill the memory.
const MOST: usize = 48 << 20;

/// The latest page of each format, and the bytes of all pages in use.
#[derive(Default)]
pub(crate) struct Sending {
    /// Numbers requests and renderings in the order of their starts.
    clock: AtomicU64,
    /// One page is rendered at a time, because rendering takes a multiple of its memory.
    latest: Mutex<[Latest; 2]>,
    in_use: Arc<AtomicUsize>,
}

/// The latest page of a format, while a reader uses it.
#[derive(Default)]
struct Latest {
    began: u64,
    page: Weak<Page>,
}

/// A page in use.
struct Page {
    text: String,
    in_use: Arc<AtomicUsize>,
}

impl Drop for Page {
    fn drop(&mut self) {
        self.in_use.fetch_sub(self.text.len(), Ordering::AcqRel);
    }
}

struct Reader(Arc<Page>);

impl AsRef<[u8]> for Reader {
    fn as_ref(&self) -> &[u8] {
        self.0.text.as_bytes()
    }
}

impl Sending {
    /// A page whose rendering began after this call. Simultaneous calls share one. `None` while pages in use
    /// reach the limit.
    pub(crate) fn page(&self, format: Format, render: impl FnOnce() -> String) -> Option<Bytes> {
        let asked = self.now();
        let mut latest = self.latest.lock();
        let latest = &mut latest[usize::from(format == Format::OpenMetrics)];
        if let Some(page) = latest.page.upgrade().filter(|_| latest.began > asked) {
            return Some(Bytes::from_owner(Reader(page)));
        }
        if self.in_use.load(Ordering::Acquire) >= MOST {
            return None;
        }
        latest.began = self.now();
        let text = render();
        self.in_use.fetch_add(text.len(), Ordering::AcqRel);
        let page = Arc::new(Page { text, in_use: Arc::clone(&self.in_use) });
        latest.page = Arc::downgrade(&page);
        Some(Bytes::from_owner(Reader(page)))
    }

    fn now(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::AcqRel)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn pages_in_use_are_bounded_and_come_back() {
        let sending = Sending::default();
        let large = || Some(sending.page(Format::Text, || "x".repeat(MOST / 2)).unwrap());
        let (first, second) = (large(), large());
        assert_eq!(sending.page(Format::OpenMetrics, String::new), None);
        drop(first);
        assert_eq!(sending.page(Format::OpenMetrics, || "y".to_owned()).unwrap(), "y");
        drop(second);
        assert_eq!(sending.in_use.load(Ordering::Acquire), 0);
    }

    #[test]
    fn a_later_reader_gets_a_later_page() {
        let sending = Sending::default();
        let first = sending.page(Format::Text, || "1".to_owned()).unwrap();
        assert_eq!((first, sending.page(Format::Text, || "2".to_owned()).unwrap()), ("1".into(), "2".into()));
    }

    #[test]
    fn readers_that_wait_share_a_page() {
        const READERS: usize = 8;
        let (sending, rendered) = (Sending::default(), AtomicUsize::new(0));
        let (asked, go) = (Barrier::new(2), Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                sending.page(Format::Text, || {
                    asked.wait();
                    go.wait();
                    String::new()
                })
            });
            asked.wait();
            // They ask while the first page is rendered, so none of them may have it.
            let readers: Vec<_> = (0..READERS)
                .map(|_| {
                    scope.spawn(|| {
                        sending.page(Format::Text, || {
                            rendered.fetch_add(1, Ordering::AcqRel);
                            "page".to_owned()
                        })
                    })
                })
                .collect();
            while sending.clock.load(Ordering::Acquire) < 2 + READERS as u64 {
                thread::yield_now();
            }
            go.wait();
            let pages: Vec<Option<Bytes>> =
                readers.into_iter().map(|reader| reader.join().unwrap()).collect();
            assert!(pages.iter().all(|page| page.as_deref() == Some(b"page")));
            assert_eq!(rendered.load(Ordering::Acquire), 1);
        });
    }
}
