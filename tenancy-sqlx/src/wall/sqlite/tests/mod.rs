//! The wall alone, without the engine.
