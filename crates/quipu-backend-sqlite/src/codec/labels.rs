//! Tags, project, revision and branch of a span: names that belong to its trace as a whole.

use quipu_core::Canonical;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::codec::{DimKind, Dims};
use crate::fault::Result;

/// Those of which a trace shows one, in the order of [`Labels::single`].
pub(crate) const LABELS: [DimKind; 3] = [DimKind::Project, DimKind::Revision, DimKind::Branch];

/// What one span says, names by number.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Labels {
    /// Each once, sorted.
    pub(crate) tags: Vec<i64>,
    /// Project, revision, branch.
    pub(crate) single: [Option<i64>; 3],
}

impl Labels {
    /// What was read from a span; `None` for most, which say nothing of the kind.
    pub(crate) fn of(read: &Canonical, conn: &Connection, dims: &mut Dims) -> Result<Option<Self>> {
        let texts = [&read.project, &read.commit, &read.branch];
        if read.tags.is_empty() && texts.iter().all(|text| text.is_none()) {
            return Ok(None);
        }
        let mut labels = Self::default();
        for tag in &read.tags {
            labels.tags.push(dims.id(conn, DimKind::Tag, tag)?);
        }
        labels.tags.sort_unstable();
        labels.tags.dedup();
        for (place, (kind, text)) in labels.single.iter_mut().zip(LABELS.into_iter().zip(texts)) {
            *place = dims.maybe(conn, kind, text.as_ref())?;
        }
        Ok(Some(labels))
    }

    /// For the span's row.
    pub(crate) fn pack(&self) -> Result<Vec<u8>> {
        Ok(postcard::to_stdvec(self)?)
    }

    /// From the span's row.
    pub(crate) fn unpack(bytes: Option<&[u8]>) -> Result<Self> {
        Ok(bytes.map(postcard::from_bytes).transpose()?.unwrap_or_default())
    }
}
