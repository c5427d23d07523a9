//! Place and standing of a span within its trace.

/// Index of a span within its trace.
pub(crate) type At = u32;

/// Standing of a span, by the tree alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Neither a call nor a holder of usage, nor a tool run.
    #[default]
    Nothing,
    /// A call, or a tool run of its own.
    Own,
    /// Another record of the one call below it, or of the tool run above it.
    Same(At),
    /// Repeats the usage of the calls below it (R1).
    Repeats,
    /// Holds usage that nothing below it reports (R3).
    Orphan,
    /// Holds more usage than the calls below it report. The difference belongs to no other span (R3).
    Rest,
    /// Repeats usage by the source's design (R2).
    Never,
    /// Fetches an earlier response again.
    Fetched,
}
