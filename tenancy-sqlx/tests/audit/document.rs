//! `docs/audit.md`: every rule with what it finds, why it matters and what to do.
