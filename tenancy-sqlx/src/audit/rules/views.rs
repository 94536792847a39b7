//! Views of tenants' rows.

use crate::audit::{
    AuditRule, Finding, Severity,
    finding::Step,
    model::{Relation, RelationKind, Server},
    scene::Scene,
};

pub(super) fn check(scene: &Scene<'_>, out: &mut Vec<Finding>) {
    for relation in scene
        .snapshot
        .relations
        .iter()
        .filter(|one| one.is_view() && !one.extension)
    {
        closed(scene, relation, out);
        if !scene.shows_tenants(relation) && !calls_definer(scene, relation) && !relation.reads_elsewhere {
            continue;
        }
        match &relation.kind {
            RelationKind::Materialized => materialized(scene, relation, out),
            RelationKind::View => plain(scene, relation, out),
            RelationKind::Table
            | RelationKind::Foreign
            | RelationKind::Virtual
            | RelationKind::Shadow
            | RelationKind::Sequence
            | RelationKind::Unknown(_) => {}
        }
    }
}

/// Whether it calls a function that runs as its owner: by way of the view the application may call it too.
fn calls_definer(scene: &Scene<'_>, relation: &Relation) -> bool {
    match &scene.snapshot.server {
        Server::Postgres(server) => server.view_calls.iter().any(|call| call.relation == relation.id),
        Server::Sqlite(_) | Server::MariaDb(_) => false,
    }
}

/// A view of the server's own passwords, samples and files.
fn closed(scene: &Scene<'_>, relation: &Relation, out: &mut Vec<Finding>) {
    let Server::Postgres(server) = &scene.snapshot.server else {
        return;
    };
    if !relation.as_owner || !is_open(scene, relation) {
        return;
    }
    for read in server
        .views_of_closed
        .iter()
        .filter(|one| one.relation == relation.id)
    {
        let rule = if read.name.starts_with("pg_statistic") {
            AuditRule::StatisticsReadable
        } else {
            AuditRule::GrantCatalog
        };
        let revoke = format!(
            "REVOKE ALL ON TABLE {} FROM PUBLIC, {}",
            scene.qualified(relation),
            scene.quoted(&scene.snapshot.app)
        );
        out.push(
            Finding::new(rule, scene.name(relation), format!("it shows {}", read.name))
                .object(scene.name(relation))
                .mend(Step::Grant, revoke),
        );
    }
}

/// Whether the application may read it.
fn is_open(scene: &Scene<'_>, relation: &Relation) -> bool {
    match &scene.snapshot.server {
        Server::Postgres(server) => server.grants.iter().any(|grant| grant.relation == relation.id),
        Server::Sqlite(_) | Server::MariaDb(_) => true,
    }
}

fn materialized(scene: &Scene<'_>, relation: &Relation, out: &mut Vec<Finding>) {
    let severity = if is_open(scene, relation) {
        Severity::Error
    } else {
        Severity::Note
    };
    let revoke = format!(
        "REVOKE ALL ON TABLE {} FROM PUBLIC, {}",
        scene.qualified(relation),
        scene.quoted(&scene.snapshot.app)
    );
    out.push(
        Finding::new(
            AuditRule::MaterializedView,
            scene.name(relation),
            "a copy of tenants' rows that no policy holds",
        )
        .severe(severity)
        .mend(Step::Grant, revoke),
    );
}

fn plain(scene: &Scene<'_>, relation: &Relation, out: &mut Vec<Finding>) {
    if !relation.as_owner {
        return;
    }
    let name = scene.qualified(relation);
    let finding = Finding::new(
        AuditRule::ViewAsOwner,
        scene.name(relation),
        "it looks at tenants' rows as its owner",
    );
    match &scene.snapshot.server {
        // SQLite has no owners.
        Server::Sqlite(_) => {}
        Server::Postgres(_) => {
            let severity = if is_open(scene, relation) {
                Severity::Error
            } else {
                Severity::Warning
            };
            let finding = finding.severe(severity);
            out.push(if scene.snapshot.version.major >= 15 {
                finding.mend(
                    Step::Policy,
                    format!("ALTER VIEW {name} SET (security_invoker = true)"),
                )
            } else {
                finding.by_hand(
                    "revoke it from the application: views that look as the one who asks need PostgreSQL 15",
                )
            });
        }
        // There are no policies that it could get around, only grants.
        Server::MariaDb(_) => out.push(finding.severe(Severity::Warning).mend(
            Step::Policy,
            format!(
                "ALTER SQL SECURITY INVOKER VIEW {name} AS {}",
                relation.definition
            ),
        )),
    }
}
