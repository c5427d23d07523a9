//! Parser of server-sent events from chunks of any size, by [the HTML
//! standard](https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SseEvent {
    /// Type of the event; empty if none was sent.
    pub event: String,
    /// Data; lines are joined by line feeds.
    pub data: Vec<u8>,
}

/// Parser of one stream. It buffers one event at a time, up to its limit.
#[derive(Debug)]
pub struct Sse {
    limit: usize,
    line: Vec<u8>,
    event: SseEvent,
    has_data: bool,
    /// The last byte was a carriage return; a following line feed belongs to it.
    after_return: bool,
    /// The current line has bytes already.
    in_line: bool,
    /// The current event exceeds the limit and is skipped.
    too_long: bool,
    cut: bool,
}

impl Sse {
    /// Creates a parser of events of at most `limit` bytes; longer ones are skipped.
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            event: SseEvent::default(),
            has_data: false,
            after_return: false,
            in_line: false,
            too_long: false,
            cut: false,
        }
    }

    /// Buffered bytes of the current event.
    pub fn held(&self) -> usize {
        self.line.len() + self.event.data.len()
    }

    /// Whether an event exceeded the limit and is missing.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Reads the next bytes; it calls `found` for each complete event.
    pub fn feed(&mut self, bytes: &[u8], found: &mut dyn FnMut(SseEvent)) {
        let mut rest = bytes;
        if self.after_return && rest.first() == Some(&b'\n') {
            rest = rest.get(1..).unwrap_or_default();
        }
        if !bytes.is_empty() {
            self.after_return = false;
        }
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (line, tail) = rest.split_at(end);
            self.end_line(line, found);
            let ends_with_both = tail.starts_with(b"\r\n");
            self.after_return = tail == b"\r";
            rest = tail.get(1 + usize::from(ends_with_both)..).unwrap_or_default();
        }
        self.hold(rest);
    }

    /// Ends the stream. It also passes on an event without a final blank line, because some servers omit it.
    pub fn finish(&mut self, found: &mut dyn FnMut(SseEvent)) {
        self.end_line(&[], found);
        self.dispatch(found);
    }

    fn hold(&mut self, bytes: &[u8]) {
        self.in_line |= !bytes.is_empty();
        if self.too_long {
            return;
        }
        if self.line.len() + self.event.data.len() + bytes.len() > self.limit {
            self.line = Vec::new();
            self.event.data = Vec::new();
            self.too_long = true;
            self.cut = true;
        } else {
            self.line.extend_from_slice(bytes);
        }
    }

    fn end_line(&mut self, end: &[u8], found: &mut dyn FnMut(SseEvent)) {
        self.hold(end);
        if !std::mem::take(&mut self.in_line) {
            self.dispatch(found);
        } else if !self.too_long {
            let line = std::mem::take(&mut self.line);
            self.field(&line);
            self.line = line;
            self.line.clear();
        }
    }

    fn field(&mut self, line: &[u8]) {
        // A byte order mark occurs only before the first line; no other line starts with it.
        let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"data" => {
                if self.has_data {
                    self.event.data.push(b'\n');
                }
                self.has_data = true;
                self.event.data.extend_from_slice(value);
            }
            b"event" => self.event.event = String::from_utf8_lossy(value).into_owned(),
            _ => {}
        }
    }

    fn dispatch(&mut self, found: &mut dyn FnMut(SseEvent)) {
        let event = std::mem::take(&mut self.event);
        let (has_data, too_long) = (std::mem::take(&mut self.has_data), std::mem::take(&mut self.too_long));
        if has_data && !too_long {
            found(event);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]], limit: usize) -> (Vec<(String, String)>, bool) {
        let mut sse = Sse::new(limit);
        let mut all = Vec::new();
        let mut found = |event: SseEvent| all.push((event.event, String::from_utf8(event.data).unwrap()));
        for piece in pieces {
            sse.feed(piece, &mut found);
        }
        sse.finish(&mut found);
        (all, sse.is_cut())
    }

    fn event(event: &str, data: &str) -> (String, String) {
        (event.to_owned(), data.to_owned())
    }

    const STREAM: &str = "\u{feff}: hello\n\nevent: a\ndata: one\ndata:two\ndata\ndata:  three\nid: 7\nretry: 10\n\n\
                          event: nothing\n\n:ping\ndata: {\"x\": 1}\n\n\n\ndata:[DONE]\n\n";

    #[test]
    fn events_are_read_as_the_standard_says() {
        let expected = [event("a", "one\ntwo\n\n three"), event("", "{\"x\": 1}"), event("", "[DONE]")];
        for newline in ["\n", "\r\n", "\r"] {
            let stream = STREAM.replace('\n', newline);
            assert_eq!(read(&[stream.as_bytes()], 1024).0, expected, "{newline:?}");
        }
    }

    #[test]
    fn the_last_event_needs_no_blank_line() {
        assert_eq!(read(&[b"data: x"], 64).0, [event("", "x")]);
        assert_eq!(read(&[b"data: x\n"], 64).0, [event("", "x")]);
    }

    #[test]
    fn a_long_event_is_skipped_and_the_next_is_read() {
        let long = format!("data: {}\ndata: more\n\ndata: short\n\n", "x".repeat(100));
        assert_eq!(read(&[long.as_bytes()], 32), (vec![event("", "short")], true));
        let many = format!("{}\ndata: short\n\n", "data: 0123456789\n".repeat(10));
        assert_eq!(read(&[many.as_bytes()], 32), (vec![event("", "short")], true));
        let bytes: Vec<&[u8]> = long.as_bytes().chunks(1).collect();
        assert_eq!(read(&bytes, 32), (vec![event("", "short")], true));
    }

    proptest! {
        #[test]
        fn cut_anywhere_it_reads_the_same(
            cuts in prop::collection::vec(0..400_usize, 0..12),
            newlines in prop::collection::vec(prop::sample::select(vec!["\n", "\r\n", "\r"]), 40),
        ) {
            let mut newlines = newlines.iter().cycle();
            let mut stream = String::new();
            for line in STREAM.split_inclusive('\n') {
                stream.push_str(line.trim_end_matches('\n'));
                // A carriage return before an empty line with a line feed would be one line ending, not two.
                let newline = newlines.next().unwrap();
                stream.push_str(if line == "\n" && stream.ends_with('\r') && *newline == "\n" { "\r" } else { newline });
            }
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(stream.len())).chain([0, stream.len()]).collect();
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &stream.as_bytes()[pair[0]..pair[1]]).collect();
            let expected = [event("a", "one\ntwo\n\n three"), event("", "{\"x\": 1}"), event("", "[DONE]")];
            prop_assert_eq!(read(&pieces, 1024).0, expected);
        }
    }
}
