//! Price books and their files on disk.

pub use quipu_prices::*;
pub use quipu_runtime::prices::*;

use quipu_runtime::Basis;

/// The price books of the installed library; the vendored ones if there is none, or if it has a price book
/// from code.
///
/// ```
/// use quipu::prices::NewPrice;
///
/// quipu::prices().add(&NewPrice::new("house", "llama-tuned").input("0.20").output("0.60"))?;
/// # Ok::<(), quipu::prices::NewPriceError>(())
/// ```
pub fn books() -> Books {
    Basis::installed().books.unwrap_or_else(Books::vendored)
}
