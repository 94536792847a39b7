//! What only PostgreSQL has: roles, grants, policies, functions, publications.

mod condition;
mod functions;
mod grants;
mod outside;
mod policies;
mod proof;
mod roles;
mod security;
mod tables;

use crate::audit::{Finding, model::Postgres, scene::Scene};

pub(super) fn check(scene: &Scene<'_>, server: &Postgres, out: &mut Vec<Finding>) {
    security::check(scene, server, out);
    policies::check(scene, server, out);
    functions::check(scene, server, out);
    roles::check(scene, server, out);
    grants::check(scene, server, out);
    outside::check(scene, server, out);
}
