//! Templates and policies, put there before the first write.

use quipu_core::{Result, Retry};
use serde_json::Value;

use crate::fault::NAME;
use crate::server::{Server, root};
use crate::template::{Part, VERSION, parts};
use crate::{Config, Product};

/// Puts there what lacks or is older; says how many parts that were.
///
/// # Errors
/// The cluster cannot be reached, or does not let us.
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
        tracing::info!("elasticsearch: {put} templates and policies put there");
    }
    Ok(put)
}

/// Whether a part has to be put there. A policy that is there is the operator's; a template is while its version is not below ours.
async fn lacks(server: &Server, part: &Part) -> Result<bool> {
    let answer = server.get(&part.path).await?;
    if !answer.is_success() {
        // What cannot be seen just now may be the operator's: it is not written over. Whatever else is wrong shows as it is put there.
        let error = answer.error("look at templates").of_backend(NAME);
        return if error.retry() == Retry::Yes { Err(error) } else { Ok(true) };
    }
    let Some(list) = part.list else { return Ok(false) };
    let told: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let version = &told[list][0][list.trim_end_matches('s')]["version"];
    Ok(version.as_u64().is_none_or(|version| version < VERSION))
}
