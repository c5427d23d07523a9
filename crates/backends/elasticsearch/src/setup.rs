//! Installs templates and policies before the first write.

use quipu_core::{Result, Retry};
use serde_json::Value;

use crate::fault::NAME;
use crate::server::{Server, root};
use crate::template::{TemplateItem, VERSION, parts};
use crate::{Config, Product};

/// Installs missing and outdated items; returns their number.
///
/// # Errors
/// The cluster cannot be reached, or denies access.
pub(crate) async fn install(server: &Server, config: &Config) -> Result<usize> {
    if !config.templates {
        return Ok(0);
    }
    let product = match config.product {
        Product::Auto => root(&server.root().await?)?.product(),
        said => said,
    };
    let mut put = 0;
    for part in parts(config, product) {
        if lacks(server, &part).await? {
            server.put(&part.path, &part.body).await?;
            put += 1;
        }
    }
    if put > 0 {
        tracing::info!("elasticsearch: {put} templates and policies installed");
    }
    Ok(put)
}

/// Whether an item must be installed. An existing policy belongs to the operator. A template is replaced only
/// if its version is older.
async fn lacks(server: &Server, part: &TemplateItem) -> Result<bool> {
    let answer = server.get(&part.path).await?;
    if !answer.is_success() {
        // If a retry can help, the item may exist and belong to the operator, so it is not overwritten. Other
        // errors appear at the installation.
        let error = answer.error("read templates").of_backend(NAME);
        return if error.retry() == Retry::Yes { Err(error) } else { Ok(true) };
    }
    let Some(list) = part.list else { return Ok(false) };
    let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let version = &told[list][0][list.trim_end_matches('s')]["version"];
    Ok(version.as_u64().is_none_or(|version| version < VERSION))
}
