//! The HTTP interface: routes, JSON shapes, live feed, OpenAPI.
//!
//! Verb: SPEAK HTTP.
//! Takes: HTTP requests, and a store, adapters, a price book and a feed of commits as [`ApiState`].
//! Gives: JSON of [`dto`], problem details for every error, live frames over WebSocket, traces as files, the
//! dashboard's own files.
//! Never: counts or prices by itself, puts a record into a store, opens a socket, or returns data that the
//! request did not ask for. It does not check the caller or the page's origin: the guard before it does.

pub mod dto;

mod body;
mod bounded;
mod csv;
mod dashboards;
mod documents;
mod exporters;
mod extract;
mod graphs;
mod headers;
mod json;
mod live;
mod money;
mod openapi;
mod outlines;
mod parity;
mod paths;
mod patience;
mod problem;
mod reread;
mod router;
mod routes;
mod said;
mod shared;
mod spawned;
mod state;
mod system;

pub use money::{Money, Reload};
pub use openapi::{described, openapi};
pub use paths::SeesHost;
pub use problem::Problem;
pub use quipu_alert::StoreMeasure;
pub use router::routes;
pub use routes::{OPEN_METRICS, alert_link_routes, budget_rows};
pub use state::{ApiState, Asset, Assets, Deed, ForgetUnread, ReadVitals, StatusInfo, UnreadRecord, Welcome};
