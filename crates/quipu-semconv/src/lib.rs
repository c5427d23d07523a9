//! Attribute names of every convention that Quipu reads.
