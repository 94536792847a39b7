//! Whether the catalogue and the database speak of the same tables.

use tenancy_core::Table;

use crate::audit::{
    AuditRule, Finding,
    model::{Relation, RelationKind, Server},
    scene::Scene,
};

/// What tools that run migrations keep their own books in: nobody's rows.
const BOOKS: [&str; 6] = [
    "_sqlx_migrations",
    "__diesel_schema_migrations",
    "refinery_schema_history",
    "seaql_migrations",
    "schema_migrations",
    "flyway_schema_history",
];

pub(super) fn check(scene: &Scene<'_>, out: &mut Vec<Finding>) {
    for relation in &scene.snapshot.relations {
        unknown(scene, relation, out);
    }
    for table in scene.catalog.tables() {
        match scene.relation(table) {
            Some(relation) => known(scene, table, relation, out),
            // One that is named so as to be refused may well not be there.
            None if matches!(table.kind(), tenancy_core::TableKind::Denied) => {}
            None => out.push(
                Finding::new(AuditRule::TableMissing, table.name(), "the database has no such table or view").by_hand(
                    "correct its name or schema in the catalogue, take it out, or run the migration that makes it",
                ),
            ),
        }
    }
}

fn unknown(scene: &Scene<'_>, relation: &Relation, out: &mut Vec<Finding>) {
    if scene.covering(relation).is_some() || is_own(scene, relation) || is_book(relation) {
        return;
    }
    let name = scene.name(relation);
    let entry = format!(
        "add it to the catalogue: {:?} = \"denied\", or with the kind that it is",
        relation.name
    );
    match &relation.kind {
        // What an extension brings is judged with the extension.
        RelationKind::View | RelationKind::Materialized if relation.extension => {}
        RelationKind::View | RelationKind::Materialized => {
            let detail = if scene.shows_tenants(relation) {
                "a view of tenants' rows that the catalogue does not name"
            } else {
                "a view that the catalogue does not name"
            };
            out.push(Finding::new(AuditRule::ViewUnknown, name, detail).by_hand(entry));
        }
        RelationKind::Table | RelationKind::Foreign => {
            // What an extension brings is judged with the extension.
            if !relation.extension {
                out.push(
                    Finding::new(AuditRule::TableUnknown, name, "the catalogue does not name it")
                        .by_hand(entry),
                );
            }
        }
        RelationKind::Virtual => out.push(
            Finding::new(
                AuditRule::VirtualTable,
                name,
                "a virtual table that the catalogue does not name",
            )
            .by_hand(entry),
        ),
        RelationKind::Shadow => out.push(
            Finding::new(
                AuditRule::VirtualTable,
                name,
                "holds the rows of a virtual table, and the catalogue does not name it",
            )
            .by_hand(entry),
        ),
        RelationKind::Sequence => {}
        RelationKind::Unknown(kind) => out.push(Finding::new(
            AuditRule::ObjectUnknown,
            name,
            format!("a {kind}, which the auditor does not know"),
        )),
    }
}

fn known<'a>(scene: &Scene<'a>, table: &Table, relation: &'a Relation, out: &mut Vec<Finding>) {
    let name = scene.name(relation);
    let denied = matches!(table.kind(), tenancy_core::TableKind::Denied);
    if !denied && table.is_view() != relation.is_view() {
        let (has, is) = match relation.is_view() {
            true => ("a table", "a view"),
            false => ("a view", "a table"),
        };
        out.push(Finding::new(
            AuditRule::KindDiffers,
            name.clone(),
            format!("the catalogue has {has}, and it is {is}"),
        ));
    }
    match &relation.kind {
        RelationKind::Virtual if !denied => out.push(Finding::new(
            AuditRule::VirtualTable,
            name.clone(),
            "a virtual table that statements may name",
        )),
        RelationKind::Unknown(kind) => out.push(Finding::new(
            AuditRule::ObjectUnknown,
            name.clone(),
            format!("a {kind}, which the auditor does not know"),
        )),
        RelationKind::Virtual
        | RelationKind::Table
        | RelationKind::View
        | RelationKind::Materialized
        | RelationKind::Foreign
        | RelationKind::Shadow
        | RelationKind::Sequence => {}
    }
    let key = scene.catalog.tenant_key();
    if matches!(table.kind(), tenancy_core::TableKind::Shared) && scene.column(relation, key).is_some() {
        out.push(Finding::new(
            AuditRule::SharedHasKey,
            name.clone(),
            format!("it is shared, and has a column {key}"),
        ));
    }
    columns(scene, table, relation, &name, out);
}

/// The catalogue's list is what an INSERT without columns fills: all of them in order, but for a key that is hidden.
fn columns(scene: &Scene<'_>, table: &Table, relation: &Relation, name: &str, out: &mut Vec<Finding>) {
    let Some(listed) = table.column_names() else {
        return;
    };
    let hidden = table.hides_key().then(|| table.key()).flatten();
    let there: Vec<&str> = relation
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .filter(|column| !hidden.is_some_and(|key| scene.same_column(key, column)))
        .collect();
    let same = there.len() == listed.len()
        && there
            .iter()
            .zip(listed)
            .all(|(one, other)| scene.same_column(one, other));
    if same {
        return;
    }
    let detail = format!(
        "the catalogue lists ({}), the database has ({})",
        listed.join(", "),
        there.join(", ")
    );
    out.push(Finding::new(AuditRule::ColumnsDiffer, name, detail));
}

/// The wall's own table.
fn is_own(scene: &Scene<'_>, relation: &Relation) -> bool {
    matches!(scene.snapshot.server, Server::Postgres(_))
        && relation.schema == scene.wall
        && relation.name == "signing_key"
}

/// Known by its columns too, so that nobody hides rows behind the name.
pub(super) fn is_book(relation: &Relation) -> bool {
    let marks = ["version", "installed_rank", "checksum"];
    relation.kind == RelationKind::Table
        && BOOKS.contains(&relation.name.as_str())
        && relation.columns.len() <= 10
        && relation
            .columns
            .iter()
            .any(|column| marks.contains(&column.name.as_str()))
}
