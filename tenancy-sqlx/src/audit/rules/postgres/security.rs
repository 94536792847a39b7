//! Whether row level security is on wherever tenants' rows can be reached, and the function that it believes.

use tenancy_core::Table;

use crate::audit::{
    AuditRule, Finding, Severity,
    finding::Step,
    model::{Postgres, Relation, RelationKind, Security, WallFunction},
    scene::Scene,
};

pub(super) fn check(scene: &Scene<'_>, server: &Postgres, out: &mut Vec<Finding>) {
    for (table, relation) in scene.covered() {
        let Some(security) = server.security.iter().find(|one| one.relation == relation.id) else {
            continue;
        };
        if relation.kind != RelationKind::Table {
            continue;
        }
        if scene.table(relation).is_some() {
            own(scene, table, relation, security, out);
        } else {
            child(scene, relation, security, server, out);
        }
    }
    parents(scene, out);
    key_parents(scene, out);
    functions(scene, server, out);
    key(scene, server, out);
}

fn own(scene: &Scene<'_>, table: &Table, relation: &Relation, security: &Security, out: &mut Vec<Finding>) {
    // Shared and denied rows are held by grants; the wall is their second guard.
    let severity = if Scene::holds_tenants(table) {
        Severity::Error
    } else {
        Severity::Warning
    };
    let name = scene.name(relation);
    if !security.on {
        out.push(
            Finding::new(AuditRule::RlsOff, name, "row level security is off")
                .severe(severity)
                .mend(Step::Policy, enabled(scene, relation))
                .wall(),
        );
    } else if !security.forced {
        out.push(
            Finding::new(
                AuditRule::RlsNotForced,
                name,
                format!("row level security does not hold {}", security.owner),
            )
            .severe(severity)
            .mend(
                Step::Policy,
                format!(
                    "ALTER TABLE {} FORCE ROW LEVEL SECURITY",
                    scene.qualified(relation)
                ),
            ),
        );
    }
}

fn enabled(scene: &Scene<'_>, relation: &Relation) -> String {
    format!(
        "ALTER TABLE {} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        scene.qualified(relation)
    )
}

fn child(
    scene: &Scene<'_>,
    relation: &Relation,
    security: &Security,
    server: &Postgres,
    out: &mut Vec<Finding>,
) {
    if security.on && security.forced {
        return;
    }
    let open = server.grants.iter().any(|grant| grant.relation == relation.id);
    let what = if security.on {
        "does not hold its owner"
    } else {
        "is off"
    };
    let detail = format!(
        "row level security {what} for this child of {}",
        parent_name(scene, relation)
    );
    let severity = if open && !security.on {
        Severity::Error
    } else {
        Severity::Warning
    };
    out.push(
        Finding::new(AuditRule::ChildUncovered, scene.name(relation), detail)
            .severe(severity)
            .mend(Step::Policy, enabled(scene, relation)),
    );
}

fn parent_name(scene: &Scene<'_>, relation: &Relation) -> String {
    let first = relation.parents.first().and_then(|id| scene.by_id(*id));
    first.map_or_else(|| "a table".to_owned(), |parent| scene.name(parent))
}

/// A parent shows its children's rows by its own policies.
fn parents(scene: &Scene<'_>, out: &mut Vec<Finding>) {
    for (table, relation) in scene.covered() {
        if !Scene::holds_tenants(table) {
            continue;
        }
        for parent in relation.parents.iter().filter_map(|id| scene.by_id(*id)) {
            let covering = scene.covering(parent);
            if covering.is_some_and(|above| above.kind() == table.kind()) {
                continue;
            }
            let finding = Finding::new(
                AuditRule::ParentUncovered,
                scene.name(relation),
                format!(
                    "its rows can be read as {}'s, which is not {} to the catalogue",
                    scene.name(parent),
                    table.name()
                ),
            )
            .object(scene.name(parent));
            out.push(if relation.partition {
                finding
            } else {
                finding.mend(
                    Step::Policy,
                    format!(
                        "ALTER TABLE {} NO INHERIT {}",
                        scene.qualified(relation),
                        scene.qualified(parent)
                    ),
                )
            });
        }
    }
}

/// A parent of the keys shows them.
fn key_parents(scene: &Scene<'_>, out: &mut Vec<Finding>) {
    let keys = scene
        .snapshot
        .relations
        .iter()
        .filter(|one| super::grants::is_key_table(scene, one));
    for relation in keys {
        for parent in relation.parents.iter().filter_map(|id| scene.by_id(*id)) {
            out.push(
                Finding::new(
                    AuditRule::SigningKeyReadable,
                    scene.name(relation),
                    format!("its rows can be read as {}'s", scene.name(parent)),
                )
                .object(scene.name(parent))
                .mend(
                    Step::Policy,
                    format!(
                        "ALTER TABLE {} NO INHERIT {}",
                        scene.qualified(relation),
                        scene.qualified(parent)
                    ),
                ),
            );
        }
    }
}

/// The functions that take and tell the tenant are those that this version writes.
fn functions(scene: &Scene<'_>, server: &Postgres, out: &mut Vec<Finding>) {
    let finding = |rule, name: &str, what: &str| {
        let name = format!("{}.{name}", scene.wall);
        Finding::new(rule, "row security", format!("{name} {what}")).object(name)
    };
    let name_of = |one: &WallFunction| one.signature.split('(').next().unwrap_or_default().to_owned();
    for found in &server.wall_functions {
        let of_name = |expected: &&WallFunction| name_of(expected) == name_of(found);
        if !server.expected.all().any(|expected| of_name(&expected)) {
            // Somebody's own, which is looked at as any other.
            continue;
        }
        let tells = found.signature == TELLS;
        match server.expected.all().find(|expected| as_written(found, expected)) {
            None => {
                let what = "is not as this version writes it";
                out.push(finding(AuditRule::WallFunction, &found.signature, what).wall());
            }
            Some(written) if tells && !written.definer => {
                let what = "believes a setting without a signature";
                out.push(finding(AuditRule::PolicyForgeable, &found.signature, what).wall());
            }
            Some(written)
                if written.definer
                    && server
                        .key_owner
                        .as_ref()
                        .is_some_and(|owner| *owner != found.owner) =>
            {
                let what = format!("belongs to {}, and the keys to another role", found.owner);
                let owner = server.key_owner.as_deref().unwrap_or_default();
                let sql = format!(
                    "ALTER ROUTINE {}.{} OWNER TO {}",
                    scene.quoted(scene.wall),
                    found.signature,
                    scene.quoted(owner)
                );
                out.push(
                    finding(AuditRule::WallFunction, &found.signature, &what)
                        .mend(Step::Policy, sql)
                        .wall(),
                );
            }
            Some(_) => {}
        }
    }
    missing(server, |name| {
        out.push(finding(AuditRule::WallFunction, name, "is missing").wall());
    });
}

/// The function that the policies ask.
const TELLS: &str = "current_tenant()";

/// What a wall that stands lacks: of one that believes signatures, or of one that does not.
fn missing(server: &Postgres, mut tell: impl FnMut(&str)) {
    let Some(tells) = server.wall_functions.iter().find(|one| one.signature == TELLS) else {
        return;
    };
    let is_there = |signature: &str| server.wall_functions.iter().any(|one| one.signature == signature);
    let expected = if tells.definer {
        &server.expected.signed
    } else {
        &server.expected.unsigned
    };
    for one in expected {
        if !is_there(&one.signature) {
            tell(&one.signature);
        }
    }
}

fn as_written(one: &WallFunction, other: &WallFunction) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    one.signature == other.signature
        && plain(&one.body) == plain(&other.body)
        && one.definer == other.definer
        && one.volatility == other.volatility
        && one.language == other.language
        && plain(&one.settings).replace(", ", ",") == plain(&other.settings).replace(", ", ",")
        && one.result == other.result
}

fn key(scene: &Scene<'_>, server: &Postgres, out: &mut Vec<Finding>) {
    if server.key_bytes == Some(0) {
        out.push(
            Finding::new(
                AuditRule::SigningKeyMissing,
                "row security",
                "no key is installed",
            )
            .object(format!("{}.signing_key", scene.wall)),
        );
    }
}
