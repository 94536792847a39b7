//! Indexes: whether a tenant's rows are reached by the tenant's key.

use tenancy_core::{Table, TableKind};

use crate::audit::{AuditRule, Finding, finding::Step, model::Relation, rule::AuditedProduct, scene::Scene};

pub(super) fn check(scene: &Scene<'_>, out: &mut Vec<Finding>) {
    for (table, relation) in scene.tables().filter(|(table, _)| Scene::holds_tenants(table)) {
        missing(scene, table, relation, out);
    }
    for (table, relation) in scene.covered() {
        if Scene::holds_tenants(table) {
            leading(scene, table, relation, out);
            leakproof(scene, relation, out);
        }
    }
}

fn missing(scene: &Scene<'_>, table: &Table, relation: &Relation, out: &mut Vec<Finding>) {
    if !super::keys::is_plain(relation) {
        return;
    }
    for key in table.owners().filter(|key| scene.column(relation, key).is_some()) {
        let found = relation
            .keys
            .iter()
            .any(|index| index.valid && !index.partial && scene.begins_with(index, &[key]));
        if !found {
            let name = scene.quoted(&format!("{}_{key}", relation.name));
            let sql = format!(
                "CREATE INDEX {name} ON {} ({})",
                scene.qualified(relation),
                scene.quoted(key)
            );
            out.push(
                Finding::new(
                    AuditRule::IndexMissing,
                    scene.name(relation),
                    format!("no index begins with {key}"),
                )
                .mend(Step::Index, sql),
            );
        }
    }
}

fn leading(scene: &Scene<'_>, table: &Table, relation: &Relation, out: &mut Vec<Finding>) {
    let first: Vec<&str> = match table.kind() {
        TableKind::Via(via) => via.columns().collect(),
        TableKind::Tenant { .. }
        | TableKind::Mixed { .. }
        | TableKind::Party(_)
        | TableKind::Shared
        | TableKind::View { .. }
        | TableKind::Denied => table.owners().collect(),
    };
    for index in &relation.keys {
        let has = first.iter().any(|key| scene.has_column(index, key));
        let leads = first.iter().any(|key| scene.begins_with(index, &[key]));
        // A unique key that does not have the tenant's at all is told as such.
        if leads || (index.unique && !has) || index.built_in && index.unique {
            continue;
        }
        let finding = Finding::new(
            AuditRule::IndexNotLeading,
            scene.name(relation),
            format!(
                "the index {} does not begin with {}",
                index.name,
                first.join(" or ")
            ),
        )
        .object(index.name.clone());
        out.push(finding);
    }
}

fn leakproof(scene: &Scene<'_>, relation: &Relation, out: &mut Vec<Finding>) {
    if scene.product() != AuditedProduct::Postgres {
        return;
    }
    for index in relation.keys.iter().filter(|index| !index.leaky.is_empty()) {
        out.push(
            Finding::new(
                AuditRule::IndexNotLeakproof,
                scene.name(relation),
                format!("the operators of the index {} are not leakproof", index.name),
            )
            .object(index.name.clone()),
        );
    }
}
