//! Tags, error class, environment, version, project, revision and branch of a span, which belong to its
//! trace.

use quipu_core::{ErrorClass, Span};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::codec::{DimKind, Dims};
use crate::fault::Result;

/// Labels of which a trace shows one, in the order of [`Labels::single`].
pub(crate) const LABELS: [DimKind; 3] = [DimKind::Project, DimKind::Revision, DimKind::Branch];

/// Stands for no error class in a row with later fields. Numbers of names begin at 1.
const NO_ERROR: i64 = 0;

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
    /// Environment and version of its resource. They follow the error class in the row.
    #[serde(skip)]
    pub(crate) release: [Option<i64>; 2],
}

impl Labels {
    /// The labels read from a span; `None` for most spans, which have none.
    pub(crate) fn of(span: &Span, conn: &Connection, dims: &mut Dims) -> Result<Option<Self>> {
        let (read, class) = (span.canonical.as_ref(), span.error_class());
        let texts = [&read.project, &read.commit, &read.branch];
        let release = [span.resource.environment(), span.resource.version()];
        let without = class.is_none() && release == [None, None];
        if without && read.tags.is_empty() && texts.iter().all(|text| text.is_none()) {
            return Ok(None);
        }
        let mut labels = Self::default();
        for tag in &read.tags {
            labels.tags.push(dims.id(conn, DimKind::Tag, tag)?);
        }
        labels.error = dims.maybe(conn, DimKind::ErrorClass, class.map(ErrorClass::as_str))?;
        let [environment, version] = release;
        labels.release = [
            dims.maybe(conn, DimKind::Environment, environment)?,
            dims.maybe(conn, DimKind::Version, version)?,
        ];
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
        let later = self.release != [None, None];
        if self.error.is_some() || later {
            bytes.extend(postcard::to_stdvec(&self.error.unwrap_or(NO_ERROR))?);
        }
        if later {
            bytes.extend(postcard::to_stdvec(&self.release)?);
        }
        Ok(bytes)
    }

    /// Unpacks the labels from the span's row.
    pub(crate) fn unpack(bytes: Option<&[u8]>) -> Result<Self> {
        let Some(bytes) = bytes else { return Ok(Self::default()) };
        let (mut labels, rest): (Self, _) = postcard::take_from_bytes(bytes)?;
        if !rest.is_empty() {
            let (error, rest): (i64, _) = postcard::take_from_bytes(rest)?;
            labels.error = Some(error).filter(|error| *error != NO_ERROR);
            if !rest.is_empty() {
                labels.release = postcard::from_bytes(rest)?;
            }
        }
        Ok(labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mixture_of_late_fields_is_read_back() {
        for error in [None, Some(7)] {
            for release in [[None, None], [Some(3), None], [None, Some(4)], [Some(3), Some(4)]] {
                let labels = Labels { tags: vec![1, 2], single: [None, Some(5), None], error, release };
                assert_eq!(Labels::unpack(Some(&labels.pack().unwrap())).unwrap(), labels);
            }
        }
    }

    #[test]
    fn rows_of_earlier_releases_are_read() {
        let old = Labels { tags: vec![1], error: Some(7), ..Labels::default() };
        let mut bytes = postcard::to_stdvec(&old).unwrap();
        assert_eq!(Labels::unpack(Some(&bytes)).unwrap(), Labels { error: None, ..old });
        bytes.extend(postcard::to_stdvec(&7_i64).unwrap());
        assert_eq!(Labels::unpack(Some(&bytes)).unwrap().error, Some(7));
    }
}
