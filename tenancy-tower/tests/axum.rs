//! The layer around an axum router.
