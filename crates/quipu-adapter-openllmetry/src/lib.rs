//! Reads OpenLLMetry (Traceloop) telemetry.
