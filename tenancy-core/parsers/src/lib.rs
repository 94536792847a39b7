//! PostgreSQL's own grammar as a second reader of what the engine accepts; the tests stand in `tests/agree.rs`.
