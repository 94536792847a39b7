//! What the application's role may do, by its own grants, by those of roles that it can become, and by those of PUBLIC.

use tenancy_core::{Table, TableKind};

use super::proof::{Command, is_allowed};
use crate::audit::{
    AuditRule, Finding, Severity,
    finding::Step,
    model::{DefaultGrant, Grant, Postgres, Relation, RelationKind},
    scene::Scene,
};

pub(super) fn check(scene: &Scene<'_>, server: &Postgres, out: &mut Vec<Finding>) {
    let mut told: Vec<(Verdict, &Grant, Vec<&str>)> = Vec::new();
    for grant in server.grants.iter().chain(&server.escalations) {
        let escalated = server.escalations.iter().any(|one| std::ptr::eq(one, grant));
        for verdict in judged(scene, grant, escalated) {
            // The privileges of one grant are one finding.
            let known = told.iter_mut().find(|(other, one, _)| {
                *other == verdict
                    && one.object == grant.object
                    && one.grantee == grant.grantee
                    && one.column_name == grant.column_name
            });
            match known {
                Some((_, _, privileges)) => privileges.push(&grant.privilege),
                None => told.push((verdict, grant, vec![&grant.privilege])),
            }
        }
    }
    out.extend(
        told.iter()
            .map(|(verdict, grant, privileges)| finding(verdict, grant, privileges)),
    );
    for default in &server.defaults {
        out.push(default_grant(default));
    }
    others(scene, server, out);
}

/// What roles may do that the wall knows nothing of.
fn others(scene: &Scene<'_>, server: &Postgres, out: &mut Vec<Finding>) {
    let operator = [
        scene.snapshot.operator.clone(),
        scene.quoted(&scene.snapshot.operator),
    ];
    for grant in &server.others {
        let Some(relation) = scene.by_id(grant.relation) else {
            continue;
        };
        let is_key = is_key_table(scene, relation);
        if !is_key && (operator.contains(&grant.grantee) || !scene.shows_tenants(relation)) {
            continue;
        }
        let rule = if is_key {
            AuditRule::SigningKeyReadable
        } else {
            AuditRule::GrantOtherRole
        };
        // Where a policy lets it through, that is told of the policy.
        let severity = if is_key || grant.grantable {
            rule.severity()
        } else {
            Severity::Note
        };
        let finding = Finding::new(
            rule,
            scene.name(relation),
            format!(
                "{} has {} on table {}",
                grant.grantee, grant.privilege, grant.object
            ),
        )
        .object(format!("{} of {}", grant.privilege, grant.grantee))
        .severe(severity)
        .mend(
            Step::Grant,
            format!(
                "REVOKE {} ON TABLE {} FROM {}",
                grant.privilege, grant.object, grant.grantee
            ),
        );
        if !out.contains(&finding) {
            out.push(finding);
        }
    }
}

pub(super) fn is_key_table(scene: &Scene<'_>, relation: &Relation) -> bool {
    relation.schema == scene.wall && relation.name == "signing_key"
}

/// The rule that a grant breaks, and what it is under.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Verdict {
    rule: AuditRule,
    group: String,
}

fn judged(scene: &Scene<'_>, grant: &Grant, escalated: bool) -> Vec<Verdict> {
    let under = |rule, group: &str| {
        vec![Verdict {
            rule,
            group: group.to_owned(),
        }]
    };
    if escalated {
        let statistics = grant.object.contains("pg_statistic");
        let rule = if statistics {
            AuditRule::StatisticsReadable
        } else {
            AuditRule::GrantCatalog
        };
        return under(rule, "server");
    }
    match (grant.kind.as_str(), grant.privilege.as_str()) {
        ("TABLE" | "SEQUENCE", _) => match scene.by_id(grant.relation) {
            Some(relation) => of_relation(scene, relation, grant),
            None => Vec::new(),
        },
        ("SCHEMA", "CREATE") => under(AuditRule::GrantSchema, "schemas"),
        ("SCHEMA", _) | ("DATABASE", "CONNECT") => Vec::new(),
        ("DATABASE", _) => under(AuditRule::GrantDatabase, "database"),
        ("FOREIGN SERVER" | "FOREIGN DATA WRAPPER", _) => under(AuditRule::GrantForeignServer, "outside"),
        ("LARGE OBJECT", _) => under(AuditRule::GrantUnknown, "large objects"),
        // A parameter, or a kind of grant that is new.
        _ => under(AuditRule::GrantCatalog, "server"),
    }
}

fn of_relation(scene: &Scene<'_>, relation: &Relation, grant: &Grant) -> Vec<Verdict> {
    let mut rules = Vec::new();
    let table = scene.table(relation);
    let child = table.is_none() && scene.covering(relation).is_some();
    if is_key_table(scene, relation) {
        rules.push(AuditRule::SigningKeyReadable);
    } else if relation.kind == RelationKind::Sequence {
        // What an extension brings, it grants.
        if !relation.extension && (grant.public || grant.privilege != "USAGE") {
            rules.push(AuditRule::GrantSequence);
        }
    } else if child {
        rules.push(AuditRule::ChildGranted);
    } else if let Some(table) = table {
        rules.extend(of_table(scene, table, grant));
    } else if !relation.extension {
        rules.push(AuditRule::GrantUnknown);
    }
    if grant.grantable && !grant.public {
        rules.push(AuditRule::GrantOption);
    }
    let group = scene.name(relation);
    rules
        .into_iter()
        .map(|rule| Verdict {
            rule,
            group: group.clone(),
        })
        .collect()
}

fn of_table(scene: &Scene<'_>, table: &Table, grant: &Grant) -> Option<AuditRule> {
    if grant.public {
        return Some(AuditRule::GrantPublic);
    }
    if matches!(table.kind(), TableKind::Denied) {
        return Some(AuditRule::GrantDenied);
    }
    let command = match grant.privilege.as_str() {
        "SELECT" => Command::Read,
        "INSERT" => Command::Insert,
        "UPDATE" => Command::Update,
        "DELETE" => Command::Delete,
        // TRUNCATE, REFERENCES, TRIGGER, MAINTAIN, and what is new.
        _ => return Some(AuditRule::GrantBeyondRows),
    };
    if command == Command::Read {
        return None;
    }
    if table.is_view() {
        return Some(AuditRule::GrantView);
    }
    let names_key = grant
        .column_name
        .as_ref()
        .is_some_and(|column| table.owners().any(|own| own == column));
    match table.kind() {
        TableKind::Shared => Some(AuditRule::GrantShared),
        TableKind::Party(_) if !is_allowed(scene, table, command) => Some(AuditRule::GrantParty),
        TableKind::Party(parties) if command == Command::Update => {
            let may = |column: &String| parties.iter().any(|party| party.may_update(column));
            let allowed = grant.column_name.as_ref().is_some_and(may);
            (!allowed).then_some(AuditRule::GrantParty)
        }
        TableKind::Tenant { .. } | TableKind::Mixed { .. } if names_key && command == Command::Update => {
            Some(AuditRule::GrantColumn)
        }
        TableKind::Tenant { .. }
        | TableKind::Mixed { .. }
        | TableKind::Via(_)
        | TableKind::Party(_)
        | TableKind::View { .. }
        | TableKind::Denied => None,
    }
}

fn finding(verdict: &Verdict, grant: &Grant, privileges: &[&str]) -> Finding {
    let listed = privileges.join(", ");
    let column = grant
        .column_name
        .as_ref()
        .map(|name| format!("\"{}\"", name.replace('"', "\"\"")));
    let on = match &grant.column_name {
        Some(name) => format!("{} ({name})", grant.object),
        None => grant.object.clone(),
    };
    let option = verdict.rule == AuditRule::GrantOption;
    let detail = if option {
        format!("{} may grant {listed} on {on} on", grant.grantee)
    } else {
        format!(
            "{} has {listed} on {} {on}",
            grant.grantee,
            grant.kind.to_lowercase()
        )
    };
    let each: Vec<String> = privileges
        .iter()
        .map(|privilege| match &column {
            Some(column) => format!("{privilege} ({column})"),
            None => (*privilege).to_owned(),
        })
        .collect();
    let option = if option { "GRANT OPTION FOR " } else { "" };
    let kind = match grant.kind.as_str() {
        "FUNCTION" => "ROUTINE",
        other => other,
    };
    let sql = format!(
        "REVOKE {option}{} ON {kind} {} FROM {}",
        each.join(", "),
        grant.object,
        grant.grantee
    );
    // A sequence goes with its column, so it is seen to before the columns are.
    let step = if grant.kind == "SEQUENCE" {
        Step::DropReference
    } else {
        Step::Grant
    };
    Finding::new(verdict.rule, verdict.group.clone(), detail)
        .object(grant.object.clone())
        .mend(step, sql)
}

fn default_grant(default: &DefaultGrant) -> Finding {
    let row =
        ["SELECT", "INSERT", "UPDATE", "DELETE", "USAGE", "EXECUTE"].contains(&default.privilege.as_str());
    // A table without a policy is closed once row security is on; until then it is open.
    let severity = if default.public || !row {
        Severity::Warning
    } else {
        Severity::Note
    };
    let place = default
        .schema
        .as_ref()
        .map(|schema| format!(" IN SCHEMA {schema}"))
        .unwrap_or_default();
    Finding::new(
        AuditRule::GrantDefault,
        "default privileges",
        format!(
            "{} gets {} on {} that {} makes",
            default.grantee,
            default.privilege,
            default.kind.to_lowercase(),
            default.owner
        ),
    )
    .object(format!("{} of {}", default.kind.to_lowercase(), default.owner))
    .severe(severity)
    .mend(
        Step::Grant,
        format!(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {}{place} REVOKE {} ON {} FROM {}",
            default.owner, default.privilege, default.kind, default.grantee
        ),
    )
}
