//! Parts of a filter that a table's rows can answer by their own columns.

use quipu_core::{Criterion, FacetField, Term, TraceFilter, Wanted};
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
            Criterion::Any(terms) => terms.iter().all(|term| self.has(term)),
            Criterion::Title(_)
            | Criterion::ErrorMessage(_)
            | Criterion::Figure(..)
            | Criterion::Words(_)
            | Criterion::Attribute(..) => false,
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
        for (slot, term) in terms.iter().enumerate().filter(|(_, term)| self.has(term)) {
            match self.term(conn, &slot.to_string(), term)? {
                Some(sql) => all.push_str(&format!(" AND {sql}")),
                None => return Ok(None),
            }
        }
        Ok(Some(all))
    }

    /// Those of these alternatives that the rows answer, as one SQL expression; `0` if none can match. `slot`
    /// names the temporary tables.
    pub(crate) fn any(self, conn: &Connection, slot: &str, terms: &[Term]) -> Result<String> {
        let mut any = Vec::new();
        for (at, term) in terms.iter().enumerate().filter(|(_, term)| self.has(term)) {
            any.extend(self.term(conn, &format!("{slot}_{at}"), term)?);
        }
        Ok(if any.is_empty() { "0".to_owned() } else { format!("({})", any.join(" OR ")) })
    }

    /// A term that the rows answer, as an SQL expression; `None` if no row can match.
    fn term(self, conn: &Connection, slot: &str, term: &Term) -> Result<Option<String>> {
        let sql = match &term.criterion {
            Criterion::Named(field, wanted) => self.field(conn, slot, *field, Some(wanted))?,
            Criterion::Has(field) => self.field(conn, slot, *field, None)?,
            Criterion::Any(terms) => Some(self.any(conn, slot, terms)?),
            Criterion::Title(_)
            | Criterion::ErrorMessage(_)
            | Criterion::Figure(..)
            | Criterion::Words(_)
            | Criterion::Attribute(..) => None,
        };
        Ok(match (sql, term.not) {
            (sql, false) => sql,
            (None, true) => Some("1".to_owned()),
            (Some(sql), true) => Some(format!("({sql}) IS NOT TRUE")),
        })
    }

    /// The condition of a field's values, or that it has one; `None` if no row can match.
    fn field(
        self,
        conn: &Connection,
        slot: &str,
        field: FacetField,
        wanted: Option<&[Wanted]>,
    ) -> Result<Option<String>> {
        let (Some(column), FieldStorage::Column(_, kind) | FieldStorage::Names(kind)) =
            (self.column(field), said(field))
        else {
            return Ok(None);
        };
        let Some(wanted) = wanted else { return Ok(Some(format!("{column} > 0"))) };
        let list = List::of(conn, &format!("own{slot}"), numbers(conn, kind, wanted)?)?;
        Ok(list.map(|list| format!("{column} IN {}", list.sql)))
    }
}
