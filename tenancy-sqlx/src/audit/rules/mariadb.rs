//! What only MariaDB has: engines, routines, events, and privileges that are the server's or a whole schema's.

use tenancy_core::{Table, TableKind};

use crate::audit::{
    AuditRule, Finding, Severity,
    finding::Step,
    model::{MariaDb, MariaGrant, Relation},
    scene::Scene,
};

pub(super) fn check(scene: &Scene<'_>, server: &MariaDb, out: &mut Vec<Finding>) {
    for relation in &scene.snapshot.relations {
        engine(scene, relation, out);
    }
    routines(scene, server, out);
    for name in &server.events {
        out.push(
            Finding::new(
                AuditRule::ScheduledEvent,
                "events",
                format!("{name} runs by itself"),
            )
            .object(name.clone())
            .by_hand(format!(
                "look at its body; DROP EVENT {} takes it away",
                scene.quoted(name)
            )),
        );
    }
    let mut found = Vec::new();
    for grant in &server.grants {
        match (&grant.schema, &grant.table) {
            (None, _) => of_server(grant, &mut found),
            (Some(schema), None) => of_schema(scene, server, grant, schema, &mut found),
            (Some(schema), Some(table)) => of_table(scene, server, grant, schema, table, &mut found),
        }
    }
    out.extend(found);
}

fn engine(scene: &Scene<'_>, relation: &Relation, out: &mut Vec<Finding>) {
    let (Some(engine), Some(_)) = (&relation.engine, scene.covering(relation)) else {
        return;
    };
    let (rule, what) = match engine.to_ascii_lowercase().as_str() {
        "innodb" => return,
        "myisam" | "aria" | "memory" | "rocksdb" | "tokudb" | "archive" | "blackhole" => (
            AuditRule::EngineNotTransactional,
            "has no transactions or no foreign keys",
        ),
        // FEDERATED, CONNECT, SPIDER, CSV, MRG_MyISAM, S3, OQGRAPH, and what is new.
        _ => (AuditRule::EngineReaches, "keeps or finds rows elsewhere"),
    };
    out.push(
        // Before the columns change: what a MERGE table is made of has to be like it.
        Finding::new(rule, scene.name(relation), format!("the engine {engine} {what}")).mend(
            Step::DropReference,
            format!("ALTER TABLE {} ENGINE = InnoDB", scene.qualified(relation)),
        ),
    );
}

fn routines(scene: &Scene<'_>, server: &MariaDb, out: &mut Vec<Finding>) {
    let all = server.grants.iter().any(|grant| grant.privilege == "EXECUTE");
    for (user, other) in &server.proxies {
        out.push(
            Finding::new(
                AuditRule::RoleServerPrivilege,
                "roles",
                format!("{user} may log in as {other}"),
            )
            .object(format!("PROXY on {other}"))
            .mend(
                Step::Role,
                format!("REVOKE PROXY ON {} FROM {}", account(other), account(user)),
            ),
        );
    }
    for routine in server.routines.iter().filter(|routine| routine.definer) {
        let may = all
            || server
                .callers
                .iter()
                .any(|(kind, name, _)| *kind == routine.kind && *name == routine.name);
        let severity = if may { Severity::Error } else { Severity::Warning };
        out.push(
            Finding::new(
                AuditRule::FunctionDefiner,
                "functions",
                format!(
                    "the {} {} runs as its definer",
                    routine.kind.to_lowercase(),
                    routine.name
                ),
            )
            .object(routine.name.clone())
            .severe(severity)
            .mend(
                Step::Other,
                format!(
                    "ALTER {} {}.{} SQL SECURITY INVOKER",
                    routine.kind,
                    scene.quoted(&server.database),
                    scene.quoted(&routine.name)
                ),
            ),
        );
    }
}

/// `shop@%` as a statement has it.
fn account(grantee: &str) -> String {
    if grantee == "PUBLIC" {
        return grantee.to_owned();
    }
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    match grantee.rsplit_once('@') {
        Some((user, "")) => quoted(user),
        Some((user, host)) => format!("{}@{}", quoted(user), quoted(host)),
        None => quoted(grantee),
    }
}

fn revoked(grant: &MariaGrant, on: &str) -> String {
    let column = grant
        .column
        .as_ref()
        .map(|name| format!(" (`{name}`)"))
        .unwrap_or_default();
    format!(
        "REVOKE {}{column} ON {on} FROM {}",
        grant.privilege,
        account(&grant.grantee)
    )
}

/// One finding a rule, object and grantee, with all its privileges.
fn add(
    out: &mut Vec<Finding>,
    rule: AuditRule,
    group: &str,
    grant: &MariaGrant,
    on: &str,
    mend: Vec<String>,
) {
    let object = format!("{} on {on}", grant.privilege);
    let own = ["mysql", "sys", "performance_schema"];
    let servers = grant
        .schema
        .as_deref()
        .is_some_and(|schema| own.contains(&schema));
    let mut finding = Finding::new(
        rule,
        group,
        format!("{} has {} on {on}", grant.grantee, grant.privilege),
    )
    .object(object);
    // Passwords, and what others run.
    if servers {
        finding = finding.severe(Severity::Error);
    }
    for sql in mend {
        finding = finding.mend(Step::Grant, sql);
    }
    if !out.contains(&finding) {
        out.push(finding);
    }
}

fn of_server(grant: &MariaGrant, out: &mut Vec<Finding>) {
    let name = grant.privilege.as_str();
    let rule = match name {
        "USAGE" => return grantable(grant, "*.*", out),
        "SUPER" => AuditRule::RoleSuperuser,
        "CREATE USER" | "SET USER" => AuditRule::RoleMakesRoles,
        _ if name.contains("REPLICA") || name.contains("BINLOG") => AuditRule::RoleReplicates,
        "SELECT"
        | "INSERT"
        | "UPDATE"
        | "DELETE"
        | "CREATE"
        | "DROP"
        | "ALTER"
        | "INDEX"
        | "REFERENCES"
        | "TRIGGER"
        | "EVENT"
        | "CREATE VIEW"
        | "SHOW VIEW"
        | "CREATE ROUTINE"
        | "ALTER ROUTINE"
        | "EXECUTE"
        | "LOCK TABLES"
        | "CREATE TEMPORARY TABLES"
        | "DELETE HISTORY"
        | "SHOW CREATE ROUTINE" => AuditRule::GrantElsewhere,
        // FILE, PROCESS, RELOAD, SHUTDOWN, and what is new.
        _ => AuditRule::RoleServerPrivilege,
    };
    add(out, rule, "roles", grant, "*.*", vec![revoked(grant, "*.*")]);
    grantable(grant, "*.*", out);
}

fn grantable(grant: &MariaGrant, on: &str, out: &mut Vec<Finding>) {
    if grant.grantable {
        let finding = Finding::new(
            AuditRule::GrantOption,
            "roles",
            format!("{} may grant its rights on {on} on", grant.grantee),
        )
        .object(on.to_owned())
        .mend(
            Step::Grant,
            format!("REVOKE GRANT OPTION ON {on} FROM {}", account(&grant.grantee)),
        );
        if !out.contains(&finding) {
            out.push(finding);
        }
    }
}

/// A right on a whole schema is one on each of its tables.
fn of_schema(scene: &Scene<'_>, server: &MariaDb, grant: &MariaGrant, schema: &str, out: &mut Vec<Finding>) {
    let on = format!("`{schema}`.*");
    let plain = schema.replace("\\_", "_").replace("\\%", "%");
    let pattern = schema.replace("\\_", "").replace("\\%", "");
    if plain != server.database || pattern.contains('%') {
        return add(
            out,
            AuditRule::GrantElsewhere,
            "roles",
            grant,
            &on,
            vec![revoked(grant, &on)],
        );
    }
    grantable(grant, &on, out);
    let rule = match grant.privilege.as_str() {
        "SELECT" | "INSERT" | "UPDATE" | "DELETE" => {
            let mend = table_by_table(scene, grant, &on);
            for relation in &scene.snapshot.relations {
                if let Some(rule) = rule_of(scene, relation, grant) {
                    add(out, rule, &scene.name(relation), grant, &on, mend.clone());
                }
            }
            return;
        }
        "USAGE" | "EXECUTE" | "SHOW VIEW" | "SHOW CREATE ROUTINE" => return,
        "CREATE TEMPORARY TABLES" => AuditRule::GrantDatabase,
        "CREATE" | "CREATE VIEW" | "CREATE ROUTINE" | "ALTER ROUTINE" | "EVENT" => AuditRule::GrantSchema,
        // DROP, ALTER, INDEX, REFERENCES, TRIGGER, LOCK TABLES, DELETE HISTORY, and what is new.
        _ => AuditRule::GrantBeyondRows,
    };
    add(out, rule, "roles", grant, &on, vec![revoked(grant, &on)]);
}

fn of_table(
    scene: &Scene<'_>,
    server: &MariaDb,
    grant: &MariaGrant,
    schema: &str,
    table: &str,
    out: &mut Vec<Finding>,
) {
    let on = format!("`{schema}`.`{table}`");
    let Some(relation) = scene.find(schema, table) else {
        if schema != server.database {
            add(
                out,
                AuditRule::GrantElsewhere,
                "roles",
                grant,
                &on,
                vec![revoked(grant, &on)],
            );
        }
        return;
    };
    grantable(grant, &on, out);
    if let Some(rule) = rule_of(scene, relation, grant) {
        add(
            out,
            rule,
            &scene.name(relation),
            grant,
            &on,
            vec![revoked(grant, &on)],
        );
    }
}

/// The rule that a right on a table breaks.
fn rule_of(scene: &Scene<'_>, relation: &Relation, grant: &MariaGrant) -> Option<AuditRule> {
    let command = grant.privilege.as_str();
    if command == "USAGE" {
        return None;
    }
    let Some(table) = scene.covering(relation) else {
        return (!super::tables::is_book(relation)).then_some(AuditRule::GrantUnknown);
    };
    if !["SELECT", "INSERT", "UPDATE", "DELETE", "SHOW VIEW"].contains(&command) {
        return Some(AuditRule::GrantBeyondRows);
    }
    if matches!(table.kind(), TableKind::Denied) {
        return Some(AuditRule::GrantDenied);
    }
    if command == "SELECT" || command == "SHOW VIEW" {
        return None;
    }
    if table.is_view() {
        return Some(AuditRule::GrantView);
    }
    let on_key = grant
        .column
        .as_ref()
        .is_some_and(|column| table.owners().any(|own| scene.same_column(own, column)));
    match table.kind() {
        TableKind::Shared => Some(AuditRule::GrantShared),
        TableKind::Party(_) if !allowed(table).iter().any(|one| covers(one, grant)) => {
            Some(AuditRule::GrantParty)
        }
        TableKind::Tenant { .. } | TableKind::Mixed { .. } if on_key && command == "UPDATE" => {
            Some(AuditRule::GrantColumn)
        }
        TableKind::Party(_)
        | TableKind::Tenant { .. }
        | TableKind::Mixed { .. }
        | TableKind::Via(_)
        | TableKind::View { .. }
        | TableKind::Denied => None,
    }
}

/// Whether a right that a table's kind allows is this one, or more than it.
fn covers(allowed: &str, grant: &MariaGrant) -> bool {
    match (allowed.split_once(" ("), &grant.column) {
        (None, _) => allowed == grant.privilege,
        (Some((command, columns)), Some(column)) => {
            let columns = columns.trim_end_matches(')');
            command == grant.privilege && columns.split(", ").any(|own| own.trim_matches('`') == column)
        }
        (Some(_), None) => false,
    }
}

/// What a tenant may do with a table of its kind, as a GRANT has it.
fn allowed(table: &Table) -> Vec<String> {
    let all = ["SELECT", "INSERT", "UPDATE", "DELETE"];
    match table.kind() {
        TableKind::Denied => Vec::new(),
        TableKind::Shared | TableKind::View { .. } => vec!["SELECT".to_owned()],
        _ if table.is_view() => vec!["SELECT".to_owned()],
        TableKind::Tenant { .. } | TableKind::Mixed { .. } | TableKind::Via(_) => {
            all.map(str::to_owned).to_vec()
        }
        TableKind::Party(parties) => {
            let mut rights = vec!["SELECT".to_owned()];
            if parties.iter().any(tenancy_core::Party::may_insert) {
                rights.push("INSERT".to_owned());
            }
            if parties.iter().any(tenancy_core::Party::may_delete) {
                rights.push("DELETE".to_owned());
            }
            let columns: Vec<String> = parties
                .iter()
                .flat_map(|party| party.updatable())
                .map(|column| format!("`{column}`"))
                .collect();
            if !columns.is_empty() {
                rights.push(format!("UPDATE ({})", columns.join(", ")));
            }
            rights
        }
    }
}

/// A right on a schema as the rights on those of its tables that may have it.
fn table_by_table(scene: &Scene<'_>, grant: &MariaGrant, on: &str) -> Vec<String> {
    let mut statements = vec![revoked(grant, on)];
    for table in scene.catalog.tables() {
        let Some(relation) = scene.relation(table) else {
            continue;
        };
        for right in allowed(table) {
            if right.split(" (").next() == Some(grant.privilege.as_str()) {
                statements.push(format!(
                    "GRANT {right} ON {} TO {}",
                    scene.qualified(relation),
                    account(&grant.grantee)
                ));
            }
        }
    }
    statements
}
