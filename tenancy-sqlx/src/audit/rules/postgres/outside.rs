//! What leads out of the database: replication, other servers, extensions.

use super::condition::{self, Expr};
use crate::audit::{
    AuditRule, Finding, Severity,
    finding::Step,
    model::{Postgres, Published, Relation, RelationKind},
    scene::Scene,
};

/// Extensions whose functions compute, index or compare, and look at no table by themselves.
const HARMLESS: [&str; 33] = [
    "plpgsql",
    "pgcrypto",
    "uuid-ossp",
    "citext",
    "hstore",
    "ltree",
    "btree_gin",
    "btree_gist",
    "pg_trgm",
    "unaccent",
    "fuzzystrmatch",
    "intarray",
    "intagg",
    "cube",
    "earthdistance",
    "isn",
    "seg",
    "bloom",
    "dict_int",
    "dict_xsyn",
    "tsm_system_rows",
    "tsm_system_time",
    "vector",
    "pg_stat_statements",
    "lo",
    "tcn",
    "pg_uuidv7",
    "pg_hashids",
    "hll",
    "rum",
    "ip4r",
    "semver",
    "pgjwt",
];

/// Extensions that run SQL, reach files, processes or other servers, or show pages and memory.
const REACHES: [&str; 36] = [
    "dblink",
    "postgres_fdw",
    "file_fdw",
    "mysql_fdw",
    "oracle_fdw",
    "tds_fdw",
    "sqlite_fdw",
    "mongo_fdw",
    "redis_fdw",
    "multicorn",
    "plpython3u",
    "plpythonu",
    "plpython2u",
    "plperlu",
    "pltclu",
    "plsh",
    "adminpack",
    "tablefunc",
    "xml2",
    "pg_cron",
    "pg_net",
    "http",
    "pg_background",
    "pageinspect",
    "pgrowlocks",
    "pg_buffercache",
    "pg_walinspect",
    "pgstattuple",
    "pg_visibility",
    "pg_surgery",
    "amcheck",
    "pg_freespacemap",
    "pg_prewarm",
    "plv8",
    "plrust",
    "pgaudit_analyze",
];

/// The versions from which on what is known to show hidden rows is mended: the major version and its first good minor one.
/// CVE-2023-2455, CVE-2023-39418, CVE-2024-10976 and CVE-2025-8713.
const GOOD: [(i32, i32); 5] = [(13, 22), (14, 19), (15, 14), (16, 10), (17, 6)];

pub(super) fn check(scene: &Scene<'_>, server: &Postgres, out: &mut Vec<Finding>) {
    for published in &server.published {
        publication(scene, server, published, out);
    }
    for name in &server.subscriptions {
        out.push(
            Finding::new(
                AuditRule::Subscription,
                "replication",
                format!("{name} writes rows of another server"),
            )
            .object(name.clone()),
        );
    }
    for relation in scene
        .snapshot
        .relations
        .iter()
        .filter(|one| one.kind == RelationKind::Foreign)
    {
        foreign(scene, server, relation, out);
    }
    for name in &server.extensions {
        extension(scene, name, out);
    }
    for trigger in &server.event_triggers {
        out.push(
            Finding::new(
                AuditRule::EventTrigger,
                "server",
                format!("{} runs when the schema changes", trigger.name),
            )
            .object(trigger.name.clone())
            .by_hand(format!(
                "look at its function; DROP EVENT TRIGGER {} takes it away",
                scene.quoted(&trigger.name)
            )),
        );
    }
    super::tables::check(scene, server, out);
    version(scene, out);
}

fn publication(scene: &Scene<'_>, server: &Postgres, published: &Published, out: &mut Vec<Finding>) {
    let Some(relation) = scene.find(&published.schema, &published.table_name) else {
        return;
    };
    if super::grants::is_key_table(scene, relation) {
        return key_published(scene, published, relation, out);
    }
    let Some(table) = scene
        .covering(relation)
        .filter(|table| Scene::holds_tenants(table))
    else {
        return;
    };
    let name = scene.name(relation);
    let keys: Vec<&str> = table.owners().collect();
    let filtered = published
        .filter
        .as_deref()
        .is_some_and(|filter| keys.iter().any(|key| narrows(filter, key)));
    if !filtered {
        let finding = Finding::new(
            AuditRule::PublicationUnfiltered,
            name.clone(),
            format!("{} sends its rows, whosever they are", published.publication),
        )
        .object(published.publication.clone());
        let publication = scene.quoted(&published.publication);
        out.push(if published.by_name {
            finding.mend(
                Step::Other,
                format!(
                    "ALTER PUBLICATION {publication} DROP TABLE {}",
                    scene.qualified(relation)
                ),
            )
        } else {
            finding.by_hand(format!(
                "make {publication} anew, with the tables that may leave and a WHERE on the key"
            ))
        });
    }
    let identity = server
        .security
        .iter()
        .find(|one| one.relation == relation.id)
        .map(|one| &one.identity);
    let tells =
        identity.is_some_and(|columns| keys.iter().any(|key| columns.iter().any(|column| column == key)));
    if published.deletes && !tells && !keys.is_empty() {
        out.push(
            Finding::new(
                AuditRule::ReplicaIdentity,
                name,
                format!(
                    "{} sends deletes without {}",
                    published.publication,
                    keys.join(" or ")
                ),
            )
            .object(published.publication.clone())
            .mend(
                Step::Other,
                format!("ALTER TABLE {} REPLICA IDENTITY FULL", scene.qualified(relation)),
            ),
        );
    }
}

/// Who subscribes to the keys can be any tenant.
fn key_published(scene: &Scene<'_>, published: &Published, relation: &Relation, out: &mut Vec<Finding>) {
    let finding = Finding::new(
        AuditRule::SigningKeyReadable,
        scene.name(relation),
        format!("{} sends its rows", published.publication),
    )
    .object(published.publication.clone());
    let publication = scene.quoted(&published.publication);
    out.push(if published.by_name {
        finding.mend(
            Step::Other,
            format!(
                "ALTER PUBLICATION {publication} DROP TABLE {}",
                scene.qualified(relation)
            ),
        )
    } else {
        finding.by_hand(format!("make {publication} anew, with the tables that may leave"))
    });
}

/// Whether a row filter lets through the rows of some tenants only, which it names.
fn narrows(filter: &str, key: &str) -> bool {
    let listed = filter
        .trim_start_matches('(')
        .starts_with(&format!("{key} = ANY (ARRAY["));
    listed || names(&condition::read(filter), key)
}

fn names(condition: &Expr, key: &str) -> bool {
    let is_key =
        |value: &Expr| matches!(value, Expr::Column(path) if path.last().is_some_and(|name| name == key));
    let is_literal = |value: &Expr| match value {
        Expr::Cast(value, _) => matches!(**value, Expr::Literal(_)),
        other => matches!(other, Expr::Literal(_)),
    };
    match condition {
        Expr::Equal(one, other) => is_key(one) && is_literal(other) || is_key(other) && is_literal(one),
        Expr::And(all) => all.iter().any(|one| names(one, key)),
        Expr::Or(any) => any.iter().all(|one| names(one, key)),
        Expr::Bool(_)
        | Expr::Column(_)
        | Expr::Literal(_)
        | Expr::Call(..)
        | Expr::Select(_)
        | Expr::Cast(..)
        | Expr::IsNull(_)
        | Expr::Exists { .. }
        | Expr::Other => false,
    }
}

fn foreign(scene: &Scene<'_>, server: &Postgres, relation: &Relation, out: &mut Vec<Finding>) {
    let granted = server.grants.iter().any(|grant| grant.relation == relation.id);
    let named = scene.covering(relation).is_some_and(Scene::holds_tenants);
    let severity = if granted || named {
        Severity::Error
    } else {
        Severity::Note
    };
    out.push(
        Finding::new(
            AuditRule::ForeignTable,
            scene.name(relation),
            "its rows are elsewhere",
        )
        .severe(severity)
        .mend(
            Step::Grant,
            format!(
                "REVOKE ALL ON TABLE {} FROM PUBLIC, {}",
                scene.qualified(relation),
                scene.quoted(&scene.snapshot.app)
            ),
        ),
    );
}

fn extension(scene: &Scene<'_>, name: &str, out: &mut Vec<Finding>) {
    let finding = |rule, detail: &str| {
        Finding::new(rule, "extensions", format!("{name} {detail}"))
            .object(name.to_owned())
            .mend(Step::Other, format!("DROP EXTENSION {}", scene.quoted(name)))
    };
    if REACHES.contains(&name) || name.ends_with("_fdw") || name.ends_with('u') && name.starts_with("pl") {
        out.push(finding(
            AuditRule::ExtensionReaches,
            "runs SQL or reaches outside",
        ));
    } else if !HARMLESS.contains(&name) {
        out.push(
            Finding::new(
                AuditRule::ExtensionUnknown,
                "extensions",
                format!("{name} is not known here"),
            )
            .object(name.to_owned()),
        );
    }
}

fn version(scene: &Scene<'_>, out: &mut Vec<Finding>) {
    let version = &scene.snapshot.version;
    let good = GOOD.iter().find(|(major, _)| *major == version.major);
    // What is older than the list gets no corrections any more.
    let old = version.known && GOOD.iter().all(|(major, _)| version.major < *major);
    if old || good.is_some_and(|(_, minor)| version.minor < *minor) {
        out.push(
            Finding::new(
                AuditRule::ServerVulnerable,
                "server",
                format!("{} shows rows that a policy hides", version.text),
            )
            .object(version.text.clone()),
        );
    }
}
