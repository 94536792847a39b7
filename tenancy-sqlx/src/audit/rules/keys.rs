//! The columns that say whose a row is.

use tenancy_core::{KeyType, Table, TableKind};

use crate::audit::{
    AuditRule, Finding, Severity,
    finding::Step,
    model::{Column, Relation, RelationKind, Server},
    rule::AuditedProduct,
    scene::Scene,
};

pub(super) fn check(scene: &Scene<'_>, out: &mut Vec<Finding>) {
    for (table, relation) in scene.tables() {
        for key in table.owners() {
            match scene.column(relation, key) {
                Some(column) => one(scene, table, relation, column, out),
                None => out.push(
                    Finding::new(
                        AuditRule::KeyMissing,
                        scene.name(relation),
                        format!("it has no column {key:?}"),
                    )
                    .by_hand(format!(
                        "add {key} with the rows' tenants, or say in the catalogue what kind of table it is"
                    )),
                ),
            }
        }
    }
    // A view of a kind is scoped by its own columns.
    for table in scene.catalog.tables().filter(|table| table.is_view()) {
        let Some(relation) = scene.relation(table) else {
            continue;
        };
        for key in table.owners().filter(|key| scene.column(relation, key).is_none()) {
            out.push(Finding::new(
                AuditRule::KeyMissing,
                scene.name(relation),
                format!("the view has no column {key:?}"),
            ));
        }
    }
}

fn one(scene: &Scene<'_>, table: &Table, relation: &Relation, column: &Column, out: &mut Vec<Finding>) {
    let about = Place {
        scene,
        relation,
        column,
    };
    nullable(&about, matches!(table.kind(), TableKind::Mixed { .. }), out);
    default(&about, out);
    let key_type = scene.catalog.key_type();
    if let Some(severity) = misfit(scene.product(), key_type, &column.column_type) {
        let detail = format!(
            "{} is {}, and the catalogue's ids are {key_type}",
            column.name,
            shown(&column.column_type)
        );
        out.push(
            about.retyped(
                Finding::new(AuditRule::KeyType, scene.name(relation), detail)
                    .object(about.name())
                    .severe(severity),
            ),
        );
    } else if let Some(collation) = &column.folding {
        let detail = format!("{} is compared by {collation}", column.name);
        out.push(
            about.retyped(
                Finding::new(AuditRule::KeyFolds, scene.name(relation), detail).object(about.name()),
            ),
        );
    }
}

fn shown(column_type: &str) -> &str {
    if column_type.is_empty() {
        "of no type"
    } else {
        column_type
    }
}

fn nullable(about: &Place<'_>, mixed: bool, out: &mut Vec<Finding>) {
    let Place {
        scene,
        relation,
        column,
    } = about;
    let (rule, detail, change) = match (mixed, column.nullable) {
        (false, true) => (AuditRule::KeyNullable, "can be NULL", "SET NOT NULL"),
        (true, false) => (AuditRule::KeyNeverNull, "cannot be NULL", "DROP NOT NULL"),
        (false, false) | (true, true) => return,
    };
    let finding =
        Finding::new(rule, scene.name(relation), format!("{} {detail}", column.name)).object(about.name());
    let (table, name) = (scene.qualified(relation), scene.quoted(&column.name));
    out.push(match scene.product() {
        AuditedProduct::Postgres => finding.mend(
            Step::Column,
            format!("ALTER TABLE {table} ALTER COLUMN {name} {change}"),
        ),
        AuditedProduct::MariaDb => match whole_type(&column.column_type) {
            Some(whole) => {
                let null = if mixed { "NULL" } else { "NOT NULL" };
                finding.mend(
                    Step::Column,
                    format!("ALTER TABLE {table} MODIFY {name} {whole} {null}"),
                )
            }
            None => finding,
        },
        AuditedProduct::Sqlite => finding.by_hand(format!(
            "make a new table with {} {}, copy the rows, and rename it",
            column.name,
            if mixed { "nullable" } else { "NOT NULL" }
        )),
    });
}

/// A type that is whole without a length.
fn whole_type(column_type: &str) -> Option<&str> {
    ["bigint", "int", "uuid", "smallint"]
        .into_iter()
        .find(|known| *known == column_type)
}

/// What a column gets by itself.
pub(super) fn default_of<'a>(
    scene: &'a Scene<'a>,
    relation: &'a Relation,
    column: &'a Column,
    out: &mut Vec<Finding>,
) {
    default(
        &Place {
            scene,
            relation,
            column,
        },
        out,
    );
}

fn default(about: &Place<'_>, out: &mut Vec<Finding>) {
    let Place {
        scene,
        relation,
        column,
    } = about;
    let null = column
        .default
        .as_deref()
        .is_some_and(|text| text.to_ascii_uppercase().starts_with("NULL"));
    let (what, change) = if column.identity {
        ("is numbered by itself", "DROP IDENTITY")
    } else if column.generated {
        ("is generated", "DROP EXPRESSION")
    } else if column.of_domain && !null {
        // Nothing of the column's own stands before the domain's.
        ("has its domain's default", "SET DEFAULT NULL")
    } else if column.default.is_some() && !null {
        ("has a default", "DROP DEFAULT")
    } else {
        return;
    };
    let finding = Finding::new(
        AuditRule::KeyDefault,
        scene.name(relation),
        format!("{} {what}", column.name),
    )
    .object(about.name());
    let (table, name) = (scene.qualified(relation), scene.quoted(&column.name));
    out.push(match scene.product() {
        AuditedProduct::Postgres if !column.computed => finding.mend(
            Step::Column,
            format!("ALTER TABLE {table} ALTER COLUMN {name} {change}"),
        ),
        AuditedProduct::MariaDb if change == "DROP DEFAULT" => finding.mend(
            Step::Column,
            format!("ALTER TABLE {table} ALTER COLUMN {name} DROP DEFAULT"),
        ),
        AuditedProduct::Postgres | AuditedProduct::MariaDb | AuditedProduct::Sqlite => finding
            .by_hand("make a new table in which the column is a plain one, copy the rows, and rename it"),
    });
}

/// How bad it is to keep the ids in a column of this type, if it is.
fn misfit(product: AuditedProduct, key_type: KeyType, column_type: &str) -> Option<Severity> {
    let name = column_type.to_ascii_lowercase();
    let any = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let fits = match (product, key_type) {
        (AuditedProduct::Postgres, KeyType::BigInt) => name == "bigint",
        (AuditedProduct::Postgres, KeyType::Uuid) => name == "uuid",
        // citext folds, which is told as such; character(n) pads.
        (AuditedProduct::Postgres, KeyType::Text) => {
            ["text", "character varying", "citext"].contains(&name.as_str()) || name.ends_with(".citext")
        }
        // By SQLite's rules of affinity.
        (AuditedProduct::Sqlite, KeyType::BigInt) => any(&["int"]),
        (AuditedProduct::Sqlite, KeyType::Uuid | KeyType::Text) => {
            !any(&["int"]) && any(&["char", "clob", "text"])
        }
        (AuditedProduct::MariaDb, KeyType::BigInt) => name == "bigint",
        (AuditedProduct::MariaDb, KeyType::Uuid) => ["uuid", "char", "varchar"].contains(&name.as_str()),
        // CHAR pads.
        (AuditedProduct::MariaDb, KeyType::Text) if name == "char" => return Some(Severity::Warning),
        (AuditedProduct::MariaDb, KeyType::Text) => any(&["char", "text"]),
    };
    let narrow = ["integer", "smallint", "int", "mediumint", "tinyint"].contains(&name.as_str());
    match (fits, key_type) {
        (true, _) => None,
        // Large ids fail there, and none is taken for another.
        (false, KeyType::BigInt) if narrow => Some(Severity::Warning),
        (false, KeyType::BigInt | KeyType::Uuid | KeyType::Text) => Some(Severity::Error),
    }
}

/// A key column and where it stands.
struct Place<'a> {
    scene: &'a Scene<'a>,
    relation: &'a Relation,
    column: &'a Column,
}

impl Place<'_> {
    fn name(&self) -> String {
        format!("{}.{}", self.scene.name(self.relation), self.column.name)
    }

    /// With the statements that give the column the catalogue's type.
    fn retyped(&self, mut finding: Finding) -> Finding {
        let scene = self.scene;
        let (table, name) = (scene.qualified(self.relation), scene.quoted(&self.column.name));
        match &scene.snapshot.server {
            Server::Postgres(server) => {
                let wanted = match scene.catalog.key_type() {
                    KeyType::BigInt => "bigint",
                    KeyType::Uuid => "uuid",
                    KeyType::Text => "text COLLATE pg_catalog.\"C\"",
                };
                let plain = wanted.split(' ').next().unwrap_or(wanted);
                // A column that a policy names keeps its type.
                let policies = server
                    .policies
                    .iter()
                    .filter(|policy| policy.relation == self.relation.id);
                for policy in policies {
                    finding = finding
                        .mend(
                            Step::DropReference,
                            format!("DROP POLICY {} ON {table}", scene.quoted(&policy.name)),
                        )
                        .wall();
                }
                finding.mend(
                    Step::Column,
                    format!("ALTER TABLE {table} ALTER COLUMN {name} TYPE {wanted} USING {name}::{plain}"),
                )
            }
            Server::Sqlite(_) => {
                finding.by_hand("make a new table in which the column is right, copy the rows, and rename it")
            }
            Server::MariaDb(_) => {
                let wanted = match scene.catalog.key_type() {
                    KeyType::BigInt => "bigint",
                    KeyType::Uuid => "char(36) CHARACTER SET ascii COLLATE ascii_bin",
                    KeyType::Text => "varchar(63) CHARACTER SET ascii COLLATE ascii_bin",
                };
                let null = if self.column.nullable { "NULL" } else { "NOT NULL" };
                finding.mend(
                    Step::Column,
                    format!("ALTER TABLE {table} MODIFY {name} {wanted} {null}"),
                )
            }
        }
    }
}

/// Whether a relation is one that has keys of its own.
pub(super) fn is_plain(relation: &Relation) -> bool {
    relation.kind == RelationKind::Table
}
