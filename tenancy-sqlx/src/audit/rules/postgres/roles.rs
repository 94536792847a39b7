//! What the application's role is, and what it can become.

use crate::audit::{
    AuditRule, Finding, Severity,
    finding::Step,
    model::{Postgres, RelationKind, Role, RoleSetting},
    scene::Scene,
};

const GROUP: &str = "roles";

pub(super) fn check(scene: &Scene<'_>, server: &Postgres, out: &mut Vec<Finding>) {
    let app = &scene.snapshot.app;
    for role in &server.roles {
        if role.own {
            powers(scene, role, out);
        } else {
            member(scene, role, out);
        }
    }
    owned(scene, server, out);
    for name in &server.strong_members {
        out.push(
            Finding::new(
                AuditRule::RoleStrongLogin,
                GROUP,
                format!("{name} is a member of {app}, and held by no policy"),
            )
            .object(name.clone())
            .mend(
                Step::Role,
                format!("REVOKE {} FROM {}", scene.quoted(app), scene.quoted(name)),
            ),
        );
    }
    for (name, unheld) in &server.inheriting_owners {
        let how = if *unheld {
            "owns tables, and is held by no policy".to_owned()
        } else {
            format!("inherits from {}", scene.snapshot.operator)
        };
        out.push(
            Finding::new(AuditRule::OperatorInherited, GROUP, format!("{name} {how}"))
                .object(name.clone())
                .by_hand(if *unheld {
                    "let a role own the tables that is no superuser and bypasses nothing"
                } else {
                    AuditRule::OperatorInherited.advice()
                }),
        );
    }
    for setting in &server.role_settings {
        self::setting(setting, out);
    }
}

fn powers(scene: &Scene<'_>, role: &Role, out: &mut Vec<Finding>) {
    let each = [
        (
            role.superuser,
            AuditRule::RoleSuperuser,
            "is a superuser",
            "NOSUPERUSER",
        ),
        (
            role.bypasses,
            AuditRule::RoleBypasses,
            "bypasses row level security",
            "NOBYPASSRLS",
        ),
        (
            role.makes_roles,
            AuditRule::RoleMakesRoles,
            "may make roles",
            "NOCREATEROLE",
        ),
        (
            role.replicates,
            AuditRule::RoleReplicates,
            "may replicate",
            "NOREPLICATION",
        ),
        (
            role.makes_databases,
            AuditRule::RoleMakesDatabases,
            "may make databases",
            "NOCREATEDB",
        ),
    ];
    for (has, rule, what, without) in each {
        if has {
            out.push(
                Finding::new(rule, GROUP, format!("{} {what}", role.name))
                    .object(role.name.clone())
                    .mend(
                        Step::Role,
                        format!("ALTER ROLE {} {without}", scene.quoted(&role.name)),
                    ),
            );
        }
    }
}

/// A role that the application's can become.
fn member(scene: &Scene<'_>, role: &Role, out: &mut Vec<Finding>) {
    let Some(why) = role.strength(&scene.snapshot.operator) else {
        return;
    };
    let mut finding = Finding::new(
        AuditRule::RoleMember,
        GROUP,
        format!("{} can become {}, {why}", scene.snapshot.app, role.name),
    )
    .object(role.name.clone());
    for member in &role.members {
        finding = finding.mend(
            Step::Role,
            format!("REVOKE {} FROM {member}", scene.quoted(&role.name)),
        );
    }
    out.push(finding);
}

fn owned(scene: &Scene<'_>, server: &Postgres, out: &mut Vec<Finding>) {
    let app = &scene.snapshot.app;
    if server.roles.iter().any(|role| role.own && role.superuser) {
        return;
    }
    for security in server.security.iter().filter(|one| one.owner == *app) {
        let Some(relation) = scene.by_id(security.relation) else {
            continue;
        };
        // A column's sequence belongs to whom its table belongs.
        if relation.kind == RelationKind::Sequence && server.column_sequences.contains(&relation.id) {
            continue;
        }
        out.push(
            Finding::new(
                AuditRule::RoleOwns,
                scene.name(relation),
                format!("{app} owns it"),
            )
            .mend(
                Step::Role,
                format!("ALTER TABLE {} OWNER TO CURRENT_USER", scene.qualified(relation)),
            )
            // What the owner was granted went with the ownership.
            .wall(),
        );
    }
    for object in &server.owned {
        let finding = Finding::new(
            AuditRule::RoleOwns,
            GROUP,
            format!("{app}, or a role that it can become, owns the {}", object.name),
        )
        .object(object.name.clone());
        out.push(if object.name.starts_with("extension ") {
            finding.by_hand("an extension keeps its owner: drop it, and let another role create it")
        } else {
            finding.mend(Step::Role, owned_by_current(&object.name)).wall()
        });
    }
}

/// The statement that takes an object from the application. Some kinds of object have none.
fn owned_by_current(object: &str) -> String {
    let (kinds, own) = [
        "text search configuration ",
        "text search dictionary ",
        "large object ",
        "operator class ",
        "operator family ",
    ]
    .iter()
    .find_map(|kind| object.strip_prefix(kind).map(|rest| (kind.trim_end(), rest)))
    .or_else(|| object.split_once(' '))
    .unwrap_or((object, ""));
    let kind = match kinds {
        "function" | "aggregate" => "ROUTINE".to_owned(),
        other => other.to_ascii_uppercase(),
    };
    format!("ALTER {kind} {own} OWNER TO CURRENT_USER")
}

/// Settings that change nothing but times, sizes and looks.
const HARMLESS: [&str; 30] = [
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "transaction_timeout",
    "work_mem",
    "maintenance_work_mem",
    "temp_buffers",
    "hash_mem_multiplier",
    "timezone",
    "datestyle",
    "intervalstyle",
    "application_name",
    "jit",
    "random_page_cost",
    "seq_page_cost",
    "effective_cache_size",
    "default_transaction_isolation",
    "default_transaction_read_only",
    "default_transaction_deferrable",
    "synchronous_commit",
    "bytea_output",
    "extra_float_digits",
    "client_min_messages",
    "tcp_keepalives_idle",
    "tcp_keepalives_interval",
    "tcp_keepalives_count",
    "lc_messages",
    "default_text_search_config",
    "max_parallel_workers_per_gather",
];

/// Settings that decide whose rows are seen or what runs, with the values that are harmless.
const GRAVE: [(&str, &str); 14] = [
    ("row_security", "on"),
    ("role", "none"),
    ("session_authorization", "default"),
    ("search_path", "\"$user\", public"),
    ("session_replication_role", "origin"),
    ("standard_conforming_strings", "on"),
    ("transform_null_equals", "off"),
    ("session_preload_libraries", ""),
    ("local_preload_libraries", ""),
    ("lo_compat_privileges", "off"),
    ("allow_system_table_mods", "off"),
    ("client_encoding", "UTF8"),
    ("dynamic_library_path", "$libdir"),
    ("check_function_bodies", "on"),
];

fn setting(setting: &RoleSetting, out: &mut Vec<Finding>) {
    let name = setting.name.to_ascii_lowercase();
    if HARMLESS.contains(&name.as_str()) || name.starts_with("log_") {
        return;
    }
    let grave = GRAVE.iter().find(|(known, _)| *known == name);
    if grave.is_some_and(|(_, harmless)| setting.value.eq_ignore_ascii_case(harmless)) {
        return;
    }
    // A setting of the application's own may be the one that carries the tenant.
    let severity = if grave.is_some() || name.contains('.') {
        Severity::Warning
    } else {
        Severity::Note
    };
    out.push(
        Finding::new(
            AuditRule::RoleSetting,
            GROUP,
            format!(
                "{} comes with {} = {}",
                setting.place, setting.name, setting.value
            ),
        )
        .object(format!("{} {}", setting.place, setting.name))
        .severe(severity)
        .mend(
            Step::Role,
            format!("ALTER {} RESET {}", setting.place, setting.name),
        ),
    );
}
