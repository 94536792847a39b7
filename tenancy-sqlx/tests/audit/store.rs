//! The example store's own schema.
