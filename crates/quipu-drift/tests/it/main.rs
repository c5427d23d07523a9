//! What the watch reports of generated traffic.

mod traffic;
