//! Reads OpenTelemetry GenAI telemetry, all versions, and anything like it.
