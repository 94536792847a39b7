//! Children whose rows are their parent's tenant's.

use tenancy_core::{Table, TableKind, Via};

use crate::audit::{AuditRule, Finding, finding::Step, model::Relation, rule::AuditedProduct, scene::Scene};

pub(super) fn check(scene: &Scene<'_>, out: &mut Vec<Finding>) {
    for (table, relation) in scene.tables() {
        if let (TableKind::Via(via), Some(parent)) = (table.kind(), scene.parent(table)) {
            links(scene, relation, via, out);
            reference(scene, relation, via, parent, out);
            index(scene, relation, via, out);
        }
    }
}

/// What `keys` says of a key is to be said of a link as well.
fn default(scene: &Scene<'_>, relation: &Relation, name: &str, out: &mut Vec<Finding>) {
    if let Some(column) = scene.column(relation, name) {
        super::keys::default_of(scene, relation, column, out);
    }
}

fn links(scene: &Scene<'_>, relation: &Relation, via: &Via, out: &mut Vec<Finding>) {
    for name in via.columns() {
        default(scene, relation, name, out);
        match scene.column(relation, name) {
            None => out.push(Finding::new(
                AuditRule::KeyMissing,
                scene.name(relation),
                format!("it has no column {name:?}, by which it hangs on its parent"),
            )),
            Some(column) if column.nullable => {
                let object = format!("{}.{name}", scene.name(relation));
                let finding = Finding::new(
                    AuditRule::ViaNullable,
                    scene.name(relation),
                    format!("{name} can be NULL"),
                )
                .object(object);
                let (table, column) = (scene.qualified(relation), scene.quoted(name));
                out.push(match scene.product() {
                    AuditedProduct::Postgres => finding.mend(
                        Step::Column,
                        format!("ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL"),
                    ),
                    AuditedProduct::Sqlite | AuditedProduct::MariaDb => finding,
                });
            }
            Some(_) => {}
        }
    }
}

fn reference(scene: &Scene<'_>, relation: &Relation, via: &Via, parent: &Table, out: &mut Vec<Finding>) {
    let Some(above) = scene.relation(parent) else {
        return;
    };
    let name = scene.name(relation);
    let referenced: Vec<&str> = via.on().map(|(_, references)| references).collect();
    let unique = above
        .keys
        .iter()
        .filter(|key| key.unique && key.valid && !key.exclusion)
        .any(|key| {
            key.whole().is_some_and(|columns| {
                columns
                    .iter()
                    .all(|own| referenced.iter().any(|one| scene.same_column(own, one)))
            })
        });
    if !unique {
        let detail = format!(
            "{} is no unique key of {}",
            referenced.join(", "),
            scene.name(above)
        );
        let (above_name, columns) = (
            scene.qualified(above),
            scene.quoted_all(referenced.iter().copied()),
        );
        let finding = Finding::new(AuditRule::ViaParentNotUnique, name.clone(), detail);
        out.push(match scene.product() {
            AuditedProduct::Postgres => finding.mend(
                Step::AddKey,
                format!("ALTER TABLE {above_name} ADD UNIQUE ({columns})"),
            ),
            AuditedProduct::Sqlite | AuditedProduct::MariaDb => {
                let index = scene.quoted(&format!("{}_{}_key", above.name, referenced.join("_")));
                finding.mend(
                    Step::AddKey,
                    format!("CREATE UNIQUE INDEX {index} ON {above_name} ({columns})"),
                )
            }
        });
    }
    let held = relation
        .references
        .iter()
        .any(|one| follows(scene, one, via, above));
    if !held {
        let columns = scene.quoted_all(via.columns());
        let finding = Finding::new(
            AuditRule::ViaUnlinked,
            name,
            format!(
                "no foreign key from ({}) to {}",
                via.columns().collect::<Vec<_>>().join(", "),
                scene.name(above)
            ),
        );
        out.push(match scene.product() {
            AuditedProduct::Postgres | AuditedProduct::MariaDb => finding.mend(
                Step::AddReference,
                format!(
                    "ALTER TABLE {} ADD FOREIGN KEY ({columns}) REFERENCES {} ({})",
                    scene.qualified(relation),
                    scene.qualified(above),
                    scene.quoted_all(referenced)
                ),
            ),
            AuditedProduct::Sqlite => {
                finding.by_hand("make a new table with the foreign key, copy the rows, and rename it")
            }
        });
    }
}

/// Whether a foreign key is the one by which a child belongs to its parent.
pub(super) fn follows(
    scene: &Scene<'_>,
    reference: &crate::audit::model::Reference,
    via: &Via,
    above: &Relation,
) -> bool {
    let is_parent = scene
        .find(&reference.schema, &reference.parent)
        .is_some_and(|found| found.id == above.id);
    let all = via.on().all(|(column, references)| {
        reference
            .on
            .iter()
            .any(|(from, to)| scene.same_column(from, column) && scene.same_column(to, references))
    });
    is_parent && all && via.on().len() == reference.on.len()
}

fn index(scene: &Scene<'_>, relation: &Relation, via: &Via, out: &mut Vec<Finding>) {
    let columns: Vec<&str> = via.columns().collect();
    let found = relation
        .keys
        .iter()
        .any(|key| key.valid && !key.partial && scene.begins_with(key, &columns));
    if !found {
        let name = scene.quoted(&format!("{}_{}", relation.name, columns.join("_")));
        let sql = format!(
            "CREATE INDEX {name} ON {} ({})",
            scene.qualified(relation),
            scene.quoted_all(columns.iter().copied())
        );
        out.push(
            Finding::new(
                AuditRule::ViaNoIndex,
                scene.name(relation),
                format!("no index begins with ({})", columns.join(", ")),
            )
            .mend(Step::Index, sql),
        );
    }
}
