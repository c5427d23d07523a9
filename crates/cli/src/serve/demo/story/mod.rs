//! The company of the demo: seven agents, their users, and the incidents that a reader can find.

mod batch;
mod desk;
mod plot;
mod retrieval;
mod run;
mod sheet;
mod team;
mod voice;
mod writer;

pub(super) use plot::{BUDGETED, DESK, Plot, Role};
pub(super) use sheet::Facts;
