//! Reads OpenInference telemetry.
