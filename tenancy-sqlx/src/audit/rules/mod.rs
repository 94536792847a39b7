//! The rules, one file a family. Each is a function of the snapshot and the catalogue.

mod children;
mod indexes;
mod keys;
#[cfg(test)]
mod made_up;
mod mariadb;
mod postgres;
mod references;
mod server;
mod tables;
mod triggers;
mod unique;
mod views;

use super::{
    Finding,
    model::{RelationKind, Server},
    scene::Scene,
};

/// Everything that is to be said of a database.
pub(super) fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    tables::check(scene, &mut out);
    keys::check(scene, &mut out);
    children::check(scene, &mut out);
    unique::check(scene, &mut out);
    references::check(scene, &mut out);
    indexes::check(scene, &mut out);
    views::check(scene, &mut out);
    triggers::check(scene, &mut out);
    match &scene.snapshot.server {
        Server::Postgres(server) => postgres::check(scene, server, &mut out),
        Server::Sqlite(_) => {}
        Server::MariaDb(server) => mariadb::check(scene, server, &mut out),
    }
    server::check(scene, &mut out);
    out.sort_by(|one, other| {
        let by_group = |finding: &Finding| (!is_table(scene, finding), finding.group().to_owned());
        by_group(one)
            .cmp(&by_group(other))
            .then(other.severity().cmp(&one.severity()))
            .then(one.rule().cmp(&other.rule()))
            .then(one.object_name().cmp(other.object_name()))
    });
    out
}

/// Tables come before roles and the server.
fn is_table(scene: &Scene<'_>, finding: &Finding) -> bool {
    scene
        .snapshot
        .relations
        .iter()
        .any(|relation| relation.kind != RelationKind::Sequence && scene.name(relation) == finding.group())
}
