//! OTLP wire shapes to records and back.
