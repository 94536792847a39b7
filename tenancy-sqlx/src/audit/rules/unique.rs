//! Unique keys, which speak of rows that a tenant does not see.

use tenancy_core::{Party, Table, TableKind};

use crate::audit::{
    AuditRule, Finding, Severity,
    finding::Step,
    model::{Index, Relation},
    rule::AuditedProduct,
    scene::Scene,
};

pub(super) fn check(scene: &Scene<'_>, out: &mut Vec<Finding>) {
    for (table, relation) in scene.covered() {
        for key in &relation.keys {
            if !key.valid {
                out.push(
                    Finding::new(
                        AuditRule::IndexInvalid,
                        scene.name(relation),
                        format!("the index {} was not finished", key.name),
                    )
                    .object(key.name.clone())
                    .mend(
                        Step::Index,
                        format!(
                            "REINDEX INDEX {}.{}",
                            scene.quoted(&relation.schema),
                            scene.quoted(&key.name)
                        ),
                    ),
                );
            }
            conflict(scene, relation, key, out);
            if key.unique && Scene::holds_tenants(table) {
                without_key(scene, table, relation, key, out);
            }
        }
        counted(scene, table, relation, out);
        listed(scene, table, relation, out);
    }
}

fn conflict(scene: &Scene<'_>, relation: &Relation, key: &Index, out: &mut Vec<Finding>) {
    if let Some(clause) = &key.conflict {
        out.push(Finding::new(
            AuditRule::ConflictClause,
            scene.name(relation),
            format!("a constraint says ON CONFLICT {clause}"),
        ));
    }
}

/// The columns of which a unique key has to have one, so that a conflict is with a row of the writer's own.
fn apart(table: &Table) -> Vec<&str> {
    match table.kind() {
        TableKind::Tenant { key } | TableKind::Mixed { key } => vec![key],
        TableKind::Via(via) => via.columns().collect(),
        TableKind::Party(parties) => {
            let inserting: Vec<&str> = parties
                .iter()
                .filter(|party| party.may_insert())
                .map(Party::key)
                .collect();
            if inserting.is_empty() {
                parties.iter().map(Party::key).collect()
            } else {
                inserting
            }
        }
        TableKind::Shared | TableKind::View { .. } | TableKind::Denied => Vec::new(),
    }
}

/// Whether a conflict with this key is with a row of the writer's own.
fn is_apart(scene: &Scene<'_>, table: &Table, key: &Index) -> bool {
    let wanted = apart(table);
    match table.kind() {
        TableKind::Via(_) => wanted.iter().all(|column| scene.has_column(key, column)),
        TableKind::Tenant { .. } | TableKind::Mixed { .. } | TableKind::Party(_) => {
            wanted.iter().any(|column| scene.has_column(key, column))
        }
        TableKind::Shared | TableKind::View { .. } | TableKind::Denied => true,
    }
}

fn without_key<'a>(
    scene: &Scene<'a>,
    table: &Table,
    relation: &'a Relation,
    key: &Index,
    out: &mut Vec<Finding>,
) {
    // Without the column there is worse to tell.
    let there = apart(table)
        .iter()
        .all(|column| scene.column(relation, column).is_some());
    if is_apart(scene, table, key) || !there {
        return;
    }
    let what = if key.primary {
        "the primary key"
    } else if key.exclusion {
        "the exclusion constraint"
    } else {
        "the unique key"
    };
    let shown: Vec<&str> = key
        .columns
        .iter()
        .map(|column| column.as_deref().unwrap_or("an expression"))
        .collect();
    let detail = format!(
        "{what} {} ({}) does not have {}",
        key.name,
        shown.join(", "),
        apart(table).join(" or ")
    );
    let by_design = matches!(table.kind(), TableKind::Via(_)) || is_linked_to(scene, table, key);
    let rule = if by_design {
        AuditRule::UniqueByDesign
    } else {
        AuditRule::UniqueWithoutKey
    };
    let finding = Finding::new(rule, scene.name(relation), detail).object(key.name.clone());
    out.push(if by_design {
        finding
    } else {
        mended(scene, table, relation, key, finding)
    });
}

/// Whether children in the catalogue hang on just these columns, which have to be unique for it.
fn is_linked_to(scene: &Scene<'_>, table: &Table, key: &Index) -> bool {
    let Some(columns) = key.whole() else { return false };
    scene.catalog.tables().any(|child| match child.kind() {
        TableKind::Via(via) if via.parent() == table.name() => {
            let referenced: Vec<&str> = via.on().map(|(_, references)| references).collect();
            columns
                .iter()
                .all(|own| referenced.iter().any(|one| scene.same_column(own, one)))
        }
        TableKind::Via(_)
        | TableKind::Tenant { .. }
        | TableKind::Shared
        | TableKind::Mixed { .. }
        | TableKind::Party(_)
        | TableKind::View { .. }
        | TableKind::Denied => false,
    })
}

fn mended(scene: &Scene<'_>, table: &Table, relation: &Relation, key: &Index, finding: Finding) -> Finding {
    let (name, first) = (
        scene.qualified(relation),
        apart(table).first().copied().unwrap_or_default().to_owned(),
    );
    let first = scene.quoted(&first);
    let index = scene.quoted(&key.name);
    let columns: Option<Vec<&str>> = key.columns.iter().map(Option::as_deref).collect();
    match (scene.product(), &key.constraint, columns) {
        _ if is_needed(scene, relation, key) => finding
            .by_hand("put the tenant's key into it and into the foreign keys that look for it, which are of tables or periods that are yours to judge"),
        _ if key.built_in => finding
            .by_hand("make a new table whose keys begin with the tenant's, copy the rows, and rename it"),
        (AuditedProduct::Postgres, Some(constraint), Some(_)) if !key.exclusion => {
            let constraint = scene.quoted(constraint);
            let Some((kind, rest)) = key.definition.split_once('(') else {
                return finding;
            };
            finding
                .mend(
                    Step::DropKey,
                    format!("ALTER TABLE {name} DROP CONSTRAINT {constraint}"),
                )
                .mend(
                    Step::AddKey,
                    format!("ALTER TABLE {name} ADD CONSTRAINT {constraint} {kind}({first}, {rest}"),
                )
        }
        (AuditedProduct::Postgres | AuditedProduct::Sqlite, None, _) => {
            match begun_with(&key.definition, &first) {
                Some(definition) => {
                    let drop = match scene.product() {
                        AuditedProduct::Postgres => {
                            format!("DROP INDEX {}.{index}", scene.quoted(&relation.schema))
                        }
                        AuditedProduct::Sqlite | AuditedProduct::MariaDb => format!("DROP INDEX {index}"),
                    };
                    finding.mend(Step::DropKey, drop).mend(Step::AddKey, definition)
                }
                None => finding,
            }
        }
        (AuditedProduct::MariaDb, _, Some(columns)) => {
            let plain = scene.quoted_all(columns.iter().copied());
            let counted = columns.first().and_then(|column| {
                scene
                    .find(&relation.schema, &relation.name)
                    .and_then(|one| scene.column(one, column))
            });
            // A column that is numbered by itself has to begin an index.
            let also = match counted {
                Some(column) if column.identity => format!(", ADD INDEX ({})", scene.quoted(&column.name)),
                Some(_) | None => String::new(),
            };
            let change = if key.primary {
                format!("DROP PRIMARY KEY, ADD PRIMARY KEY ({first}, {plain}){also}")
            } else {
                format!("DROP INDEX {index}, ADD UNIQUE INDEX {index} ({first}, {plain}){also}")
            };
            finding.mend(Step::DropKey, format!("ALTER TABLE {name} {change}"))
        }
        (AuditedProduct::Postgres | AuditedProduct::Sqlite | AuditedProduct::MariaDb, _, _) => finding,
    }
}

/// Whether a foreign key looks for just these columns that this migration leaves as it is.
fn is_needed(scene: &Scene<'_>, relation: &Relation, key: &Index) -> bool {
    let Some(columns) = key
        .whole()
        .or_else(|| key.columns.iter().map(Option::as_deref).collect())
    else {
        return false;
    };
    scene.snapshot.relations.iter().any(|from| {
        let kept = !scene.covering(from).is_some_and(Scene::holds_tenants);
        from.references.iter().any(|reference| {
            (kept || reference.period)
                && scene
                    .find(&reference.schema, &reference.parent)
                    .is_some_and(|parent| parent.id == relation.id)
                && reference.on.len() == columns.len()
                && reference
                    .on
                    .iter()
                    .all(|(_, to)| columns.iter().any(|own| scene.same_column(own, to)))
        })
    })
}

/// A CREATE INDEX with one more column in front.
pub(super) fn begun_with(definition: &str, column: &str) -> Option<String> {
    let on = definition.to_ascii_uppercase().find(" ON ")?;
    let open = definition.get(on..)?.find('(')? + on + 1;
    let (head, rest) = (definition.get(..open)?, definition.get(open..)?);
    Some(format!("{head}{column}, {rest}"))
}

fn counted(scene: &Scene<'_>, table: &Table, relation: &Relation, out: &mut Vec<Finding>) {
    if !Scene::holds_tenants(table) || relation.partition {
        return;
    }
    let own = table.owners().collect::<Vec<_>>();
    for column in relation
        .columns
        .iter()
        .filter(|column| !own.contains(&column.name.as_str()))
    {
        let serial = column
            .default
            .as_deref()
            .is_some_and(|text| text.contains("nextval("));
        if column.identity || serial {
            let reused = relation.keys.iter().any(|key| key.name == "the row's number");
            let rule = if reused {
                AuditRule::RowidReused
            } else {
                AuditRule::IdCounted
            };
            out.push(
                Finding::new(
                    rule,
                    scene.name(relation),
                    format!("{} is counted over all tenants", column.name),
                )
                .object(format!("{}.{}", scene.name(relation), column.name)),
            );
        }
    }
}

/// The catalogue's list beside what is there.
fn listed(scene: &Scene<'_>, table: &Table, relation: &Relation, out: &mut Vec<Finding>) {
    let Some(listed) = table.unique_keys() else { return };
    if scene.table(relation).is_none() {
        return;
    }
    let same = |one: &[&str], other: &[String]| {
        one.len() == other.len()
            && one
                .iter()
                .all(|column| other.iter().any(|own| scene.same_column(own, column)))
    };
    let there: Vec<Vec<&str>> = relation
        .keys
        .iter()
        .filter(|key| key.unique && key.valid)
        .filter_map(Index::whole)
        .collect();
    for key in relation.keys.iter().filter(|key| key.unique) {
        let Some(columns) = key.whole() else { continue };
        if !listed.iter().any(|known| same(&columns, known)) {
            // A conflict with one that has the tenant's key is with a row of its own.
            let severity = if is_apart(scene, table, key) {
                Severity::Note
            } else {
                Severity::Warning
            };
            out.push(
                Finding::new(
                    AuditRule::UniqueUnlisted,
                    scene.name(relation),
                    format!("the catalogue's list has no ({})", columns.join(", ")),
                )
                .object(key.name.clone())
                .severe(severity)
                .by_hand(format!("add {columns:?} to `unique` in the catalogue")),
            );
        }
    }
    for known in listed
        .iter()
        .filter(|known| !there.iter().any(|columns| same(columns, known)))
    {
        let columns = scene.quoted_all(known.iter().map(String::as_str));
        let name = scene.quoted(&format!("{}_{}_key", relation.name, known.join("_")));
        out.push(
            Finding::new(
                AuditRule::UniqueMissing,
                scene.name(relation),
                format!("no unique key is on just ({})", known.join(", ")),
            )
            .mend(
                Step::AddKey,
                format!(
                    "CREATE UNIQUE INDEX {name} ON {} ({columns})",
                    scene.qualified(relation)
                ),
            ),
        );
    }
}
