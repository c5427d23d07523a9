//! Saved views of dashboard pages.

use quipu_sql::SqlLimits;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::documents::{FieldError, text_of};

/// Page of saved statements.
const SQL: &str = "/sql";
/// Maximum bytes of a view's query.
const QUERY: usize = 8 << 10;
/// Maximum columns of a view.
const COLUMNS: usize = 64;

/// All saved views.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ViewsAnswer {
    /// Views by id.
    pub views: Vec<View>,
}

/// A saved view: a page with its filters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct View {
    /// Id: 1 to 64 characters of a-z, 0-9 and -.
    pub id: String,
    /// Contents of the view.
    #[serde(flatten)]
    pub settings: ViewSettings,
}

/// Contents of a view.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewSettings {
    /// Title, 1 to 200 characters.
    pub title: String,
    /// Path of the page, such as `/traces`.
    pub page: String,
    /// Query string of the page, such as `filter=model:gpt-4o&range=24h`.
    #[serde(default)]
    pub query: String,
    /// Statement of SQL, of the page `/sql` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// Visible columns, in order; default: the page's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
}

impl ViewSettings {
    /// Whether the view is valid.
    pub(crate) fn check(&self) -> Result<(), FieldError> {
        text_of("title", &self.title, 1, 200)?;
        let inner = self.page.starts_with('/') && !self.page.starts_with("//");
        let plain = |byte: u8| byte.is_ascii_graphic() && !b"?#\\\"<>".contains(&byte);
        if !inner || self.page.len() > 200 || !self.page.bytes().all(plain) {
            return Err(FieldError::new("page", "expected the path of a page, such as /traces"));
        }
        if self.query.len() > QUERY || self.query.chars().any(char::is_control) || self.query.contains('#') {
            return Err(FieldError::new(
                "query",
                format!("expected at most {QUERY} bytes of a query string"),
            ));
        }
        self.check_statement()?;
        let columns = self.columns.as_deref().unwrap_or_default();
        if columns.len() > COLUMNS {
            return Err(FieldError::new("columns", format!("expected at most {COLUMNS}")));
        }
        columns.iter().zip(0..).try_for_each(|(column, at)| text_of(&format!("columns[{at}]"), column, 1, 64))
    }

    /// A statement may be unfinished, so it is not run.
    fn check_statement(&self) -> Result<(), FieldError> {
        let Some(statement) = &self.statement else { return Ok(()) };
        if self.page != SQL {
            return Err(FieldError::new("statement", format!("expected the page {SQL}")));
        }
        let (most, is_blank) = (SqlLimits::STATEMENT_BYTES, statement.trim().is_empty());
        if is_blank || statement.len() > most || statement.contains('\0') {
            let expected = format!("expected 1 to {most} bytes without a zero byte");
            return Err(FieldError::new("statement", expected));
        }
        Ok(())
    }
}
