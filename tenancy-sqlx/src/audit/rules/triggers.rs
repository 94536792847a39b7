//! Triggers: what runs unscoped at a tenant's write.

use tenancy_core::{Table, TableKind};

use crate::audit::{
    AuditRule, Finding, Severity,
    finding::Step,
    model::{Relation, Server, Trigger},
    scene::Scene,
    tokens,
};

pub(super) fn check(scene: &Scene<'_>, out: &mut Vec<Finding>) {
    for relation in scene.snapshot.relations.iter().filter(|one| !one.extension) {
        for trigger in &relation.triggers {
            one(scene, relation, trigger, out);
        }
    }
}

fn one(scene: &Scene<'_>, relation: &Relation, trigger: &Trigger, out: &mut Vec<Finding>) {
    let name = scene.name(relation);
    let denied = scene.covering(relation).map(Table::kind) == Some(&TableKind::Denied);
    let policies = matches!(scene.snapshot.server, Server::Postgres(_));
    if let (Some(function), true, true) = (&trigger.function, trigger.definer, policies) {
        let severity = if denied { Severity::Note } else { Severity::Error };
        out.push(
            Finding::new(
                AuditRule::TriggerDefiner,
                name.clone(),
                format!("the trigger {} runs {function} as its owner", trigger.name),
            )
            .object(trigger.name.clone())
            .severe(severity)
            .mend(Step::Other, format!("ALTER FUNCTION {function} SECURITY INVOKER")),
        );
    }
    let what = tokens::reaches(&trigger.body)
        .or_else(|| calls(scene, trigger))
        .map(|what| format!("has {what} in its body"))
        .or_else(|| sets_key(scene, relation, trigger))
        .or_else(|| compiled(trigger));
    let Some(what) = what else {
        return;
    };
    // Only operators write a denied table; on PostgreSQL the policies hold what runs as the one who writes.
    let severity = match (denied, policies) {
        (true, _) => Severity::Note,
        (false, true) => Severity::Warning,
        (false, false) => Severity::Error,
    };
    out.push(
        Finding::new(
            AuditRule::TriggerCrosses,
            name,
            format!("the trigger {} {what}", trigger.name),
        )
        .object(trigger.name.clone())
        .severe(severity),
    );
}

/// Compiled functions that change the row at hand, or leave it.
const HARMLESS: [&str; 5] = [
    "tsvector_update_trigger",
    "tsvector_update_trigger_column",
    "suppress_redundant_updates_trigger",
    "moddatetime",
    "insert_username",
];

/// A function without a text to look at.
fn compiled(trigger: &Trigger) -> Option<String> {
    let function = trigger.function.as_deref().filter(|_| trigger.compiled)?;
    (!HARMLESS.contains(&bare(function))).then(|| format!("runs {function}, which is compiled"))
}

/// The row at hand given to another tenant.
fn sets_key(scene: &Scene<'_>, relation: &Relation, trigger: &Trigger) -> Option<String> {
    let table = scene.covering(relation)?;
    let columns = tokens::assigned(&trigger.body);
    let key = table
        .owners()
        .find(|key| columns.iter().any(|column| scene.same_column(column, key)))?;
    Some(format!("sets {key}"))
}

/// A function or routine of the application's own that the body names.
fn calls(scene: &Scene<'_>, trigger: &Trigger) -> Option<String> {
    let names = tokens::names(&trigger.body);
    let named = |name: &str| names.iter().any(|own| own.eq_ignore_ascii_case(name));
    match &scene.snapshot.server {
        Server::Postgres(server) => server
            .functions
            .iter()
            .filter(|one| !one.extension && Some(&one.name) != trigger.function.as_ref() && !one.for_triggers)
            .map(|one| bare(&one.name))
            .find(|name| named(name))
            .map(str::to_owned),
        Server::MariaDb(server) => server
            .routines
            .iter()
            .map(|one| one.name.clone())
            .find(|name| named(name)),
        // `x IN table` has no FROM.
        Server::Sqlite(_) => scene
            .snapshot
            .relations
            .iter()
            .map(|one| one.name.clone())
            .find(|name| tokens::looked_into(&trigger.body).any(|own| own.eq_ignore_ascii_case(name))),
    }
}

/// A function's name without its schema and arguments.
fn bare(name: &str) -> &str {
    let head = name.split('(').next().unwrap_or(name);
    head.rsplit('.').next().unwrap_or(head).trim_matches('"')
}
