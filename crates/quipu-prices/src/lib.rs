//! Price books as data, with exact decimal look-up.
