//! Reads attributes by ordered key tables into canonical values.
