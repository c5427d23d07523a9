//! Parts of a filter that a table's rows can answer by their own columns.

use quipu_core::{Criterion, FacetField, Term, TraceFilter};
use rusqlite::Connection;

use crate::codec::{DimKind, find};
use crate::fault::Result;
use crate::read::terms::{FieldStorage, List, numbers, said};

/// Filter fields that the rows of a table answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Own {
    /// Fields with their columns. A missing name is null or 0.
    pub(crate) columns: &'static [(FacetField, &'static str)],
}

impl Own {
    /// Whether the rows answer a term.
    pub(crate) fn has(self, term: &Term) -> bool {
        match &term.criterion {
            Criterion::Named(field, _) | Criterion::Has(field) => self.column(*field).is_some(),
            Criterion::Title(_)
            | Criterion::ErrorMessage(_)
            | Criterion::Figure(..)
            | Criterion::Words(_) => false,
        }
    }

    fn column(self, field: FacetField) -> Option<&'static str> {
        self.columns.iter().find(|(known, _)| *known == field).map(|(_, column)| *column)
    }

    /// The filter's fields and terms for the rows, as SQL that begins with `AND`; `None` if no row can match.
    pub(crate) fn all(self, conn: &Connection, filter: &TraceFilter) -> Result<Option<String>> {
        let Some(mut all) = self.terms(conn, &filter.terms)? else { return Ok(None) };
        let fields = [
            (FacetField::Model, DimKind::Model, &filter.model),
            (FacetField::Agent, DimKind::Agent, &filter.agent),
            (FacetField::Service, DimKind::Service, &filter.service),
            (FacetField::Framework, DimKind::Framework, &filter.framework),
            (FacetField::Tool, DimKind::Tool, &filter.tool),
        ];
        for (field, kind, text) in fields {
            let (Some(column), Some(text)) = (self.column(field), text) else { continue };
            match find(conn, kind, text)? {
                Some(id) => all.push_str(&format!(" AND {column} = {id}")),
                None => return Ok(None),
            }
        }
        Ok(Some(all))
    }

    /// The terms among these that the rows answer, as SQL; `None` if no row can match.
    pub(crate) fn terms(self, conn: &Connection, terms: &[Term]) -> Result<Option<String>> {
        let mut all = String::new();
        for (slot, term) in terms.iter().enumerate() {
            let (field, wanted) = match &term.criterion {
                Criterion::Named(field, wanted) => (*field, Some(wanted)),
                Criterion::Has(field) => (*field, None),
                Criterion::Title(_)
                | Criterion::ErrorMessage(_)
                | Criterion::Figure(..)
                | Criterion::Words(_) => {
                    continue;
                }
            };
            let (Some(column), FieldStorage::Column(_, kind) | FieldStorage::Names(kind)) =
                (self.column(field), said(field))
            else {
                continue;
            };
            let sql = match wanted {
                None => Some(format!("{column} > 0")),
                Some(wanted) => List::of(conn, &format!("own{slot}"), numbers(conn, kind, wanted)?)?
                    .map(|list| format!("{column} IN {}", list.sql)),
            };
            match (sql, term.not) {
                (None, false) => return Ok(None),
                (None, true) => {}
                (Some(sql), false) => all.push_str(&format!(" AND {sql}")),
                (Some(sql), true) => all.push_str(&format!(" AND ({sql}) IS NOT TRUE")),
            }
        }
        Ok(Some(all))
    }
}
