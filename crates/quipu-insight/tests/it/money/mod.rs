//! What the counted figures mean for those who pay: explained, priced again, analysed.

mod analysis;
mod explain;
mod plans;
mod reprice;
mod speed;
mod unpriced;
mod world;
