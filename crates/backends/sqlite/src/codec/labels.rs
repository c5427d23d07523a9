//! Tags, error class, project, revision and branch of a span, which belong to its whole trace.

use quipu_core::{ErrorClass, Span};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::codec::{DimKind, Dims};
use crate::fault::Result;

/// Labels of which a trace shows one, in the order of [`Labels::single`].
pub(crate) const LABELS: [DimKind; 3] = [DimKind::Project, DimKind::Revision, DimKind::Branch];

/// The labels of one span, by the numbers of their names.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Labels {
    /// Each once, sorted.
    pub(crate) tags: Vec<i64>,
    /// Project, revision, branch.
    pub(crate) single: [Option<i64>; 3],
    /// Its error class. It follows the other fields in the row; rows of earlier releases end before it.
    #[serde(skip)]
    pub(crate) error: Option<i64>,
}

impl Labels {
    /// The labels read from a span; `None` for most spans, which have none.
    pub(crate) fn of(span: &Span, conn: &Connection, dims: &mut Dims) -> Result<Option<Self>> {
        let (read, class) = (span.canonical.as_ref(), span.error_class());
        let texts = [&read.project, &read.commit, &read.branch];
        if read.tags.is_empty() && class.is_none() && texts.iter().all(|text| text.is_none()) {
            return Ok(None);
        }
        let mut labels = Self::default();
        for tag in &read.tags {
            labels.tags.push(dims.id(conn, DimKind::Tag, tag)?);
        }
        labels.error = dims.maybe(conn, DimKind::ErrorClass, class.map(ErrorClass::as_str))?;
        labels.tags.sort_unstable();
        labels.tags.dedup();
        for (place, (kind, text)) in labels.single.iter_mut().zip(LABELS.into_iter().zip(texts)) {
            *place = dims.maybe(conn, kind, text.as_ref())?;
        }
        Ok(Some(labels))
    }

    /// Packs the labels for the span's row.
    pub(crate) fn pack(&self) -> Result<Vec<u8>> {
        let mut bytes = postcard::to_stdvec(self)?;
        if let Some(error) = self.error {
            bytes.extend(postcard::to_stdvec(&error)?);
        }
        Ok(bytes)
    }

    /// Unpacks the labels from the span's row.
    pub(crate) fn unpack(bytes: Option<&[u8]>) -> Result<Self> {
        let Some(bytes) = bytes else { return Ok(Self::default()) };
        let (mut labels, rest): (Self, _) = postcard::take_from_bytes(bytes)?;
        if !rest.is_empty() {
            labels.error = Some(postcard::from_bytes(rest)?);
        }
        Ok(labels)
    }
}
