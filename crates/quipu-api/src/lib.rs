//! The HTTP interface: routes, JSON shapes, live feed, OpenAPI.
