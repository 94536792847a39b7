//! Foreign keys, which no policy holds.

use tenancy_core::{Party, Table, TableKind};

use crate::audit::{
    AuditRule, Finding,
    finding::Step,
    model::{Action, Reference, Relation, Server},
    rule::AuditedProduct,
    scene::Scene,
};

pub(super) fn check(scene: &Scene<'_>, out: &mut Vec<Finding>) {
    for (table, relation) in scene.covered() {
        for reference in &relation.references {
            let about = About {
                scene,
                table,
                relation,
                reference,
            };
            about.across(out);
            about.sets_key(out);
            about.validated(out);
        }
    }
    switched_off(scene, out);
}

fn switched_off(scene: &Scene<'_>, out: &mut Vec<Finding>) {
    let off = match &scene.snapshot.server {
        Server::Postgres(server) => {
            for relation in server.disabled.iter().filter_map(|id| scene.by_id(*id)) {
                out.push(
                    Finding::new(
                        AuditRule::FkDisabled,
                        scene.name(relation),
                        "its constraint triggers are switched off",
                    )
                    .mend(
                        Step::Other,
                        format!("ALTER TABLE {} ENABLE TRIGGER ALL", scene.qualified(relation)),
                    ),
                );
            }
            return;
        }
        Server::Sqlite(server) => !server.foreign_keys,
        Server::MariaDb(server) => !server.foreign_keys,
    };
    if off {
        let finding = Finding::new(
            AuditRule::ForeignKeysOff,
            "server",
            "foreign keys are not checked",
        );
        out.push(match scene.product() {
            AuditedProduct::MariaDb => finding.mend(Step::Other, "SET GLOBAL foreign_key_checks = 1"),
            // It is the connection's, so no migration mends it for others.
            AuditedProduct::Sqlite | AuditedProduct::Postgres => finding,
        });
    }
}

/// A foreign key and where it stands.
struct About<'a> {
    scene: &'a Scene<'a>,
    table: &'a Table,
    relation: &'a Relation,
    reference: &'a Reference,
}

/// What a foreign key is between two tables of the catalogue.
enum Between<'a> {
    /// Each row points at one of its own tenant's, at a shared one, or there is nothing to tell.
    Fine,
    /// It does not compare the tenant. The columns that would, where there are such.
    Across(Option<(&'a str, &'a str)>),
    FromShared,
    ToDenied,
}

impl<'a> About<'a> {
    fn parent(&self) -> Option<&'a Relation> {
        self.scene.find(&self.reference.schema, &self.reference.parent)
    }

    fn between(&self) -> Between<'a> {
        let Some(parent) = self.parent() else {
            return Between::Fine;
        };
        let Some(above) = self.scene.covering(parent) else {
            return self.to_denied();
        };
        match (self.table.kind(), above.kind()) {
            (TableKind::Denied | TableKind::View { .. }, _) => Between::Fine,
            (TableKind::Shared, _) if Scene::holds_tenants(above) => Between::FromShared,
            (TableKind::Shared, _) | (_, TableKind::Shared) => Between::Fine,
            (_, TableKind::Denied | TableKind::View { .. }) => self.to_denied(),
            (TableKind::Via(via), _) => {
                let link = self
                    .scene
                    .parent(self.table)
                    .and_then(|own| self.scene.relation(own));
                match link {
                    Some(link) if super::children::follows(self.scene, self.reference, via, link) => {
                        Between::Fine
                    }
                    Some(_) | None => Between::Across(None),
                }
            }
            (
                TableKind::Tenant { .. } | TableKind::Mixed { .. } | TableKind::Party(_),
                TableKind::Tenant { .. } | TableKind::Mixed { .. } | TableKind::Party(_) | TableKind::Via(_),
            ) => self.compares(self.table, above),
        }
    }

    fn compares(&self, table: &'a Table, above: &'a Table) -> Between<'a> {
        // Without the column there is worse to tell.
        if owners(table)
            .iter()
            .any(|own| self.scene.column(self.relation, own).is_none())
        {
            return Between::Fine;
        }
        let mut candidates = Vec::new();
        for own in owners(table) {
            for other in owners(above) {
                if self.has_pair(own, other) {
                    return Between::Fine;
                }
                candidates.push((own, other));
            }
        }
        Between::Across(candidates.first().copied())
    }

    fn has_pair(&self, own: &str, other: &str) -> bool {
        self.reference
            .on
            .iter()
            .any(|(from, to)| self.scene.same_column(from, own) && self.scene.same_column(to, other))
    }

    /// By the tenant's key alone it tells nothing but that the tenant is there.
    fn to_denied(&self) -> Between<'a> {
        let by_key =
            |(from, _): &(String, String)| self.table.owners().any(|own| self.scene.same_column(own, from));
        if !Scene::holds_tenants(self.table) || self.reference.on.iter().all(by_key) {
            Between::Fine
        } else {
            Between::ToDenied
        }
    }

    fn across(&self, out: &mut Vec<Finding>) {
        let from: Vec<&str> = self.reference.on.iter().map(|(from, _)| from.as_str()).collect();
        let shown = format!(
            "the foreign key ({}) to {}",
            from.join(", "),
            self.reference.parent
        );
        match self.between() {
            Between::Fine => {}
            Between::FromShared => {
                out.push(self.dropped(
                    self.finding(AuditRule::FkFromShared, format!("{shown} tells of tenants' rows")),
                ))
            }
            Between::ToDenied => out.push(self.finding(
                AuditRule::FkToDenied,
                format!("{shown} is by more than the tenant's key"),
            )),
            Between::Across(pair) => {
                let finding = self.finding(
                    AuditRule::FkWithoutKey,
                    format!("{shown} does not compare the tenant"),
                );
                out.push(self.keyed(finding, pair));
                let acts = [
                    ("DELETE", self.reference.on_delete),
                    ("UPDATE", self.reference.on_update),
                ];
                let acts: Vec<String> = acts
                    .iter()
                    .filter(|(_, action)| *action != Action::Nothing)
                    .map(|(event, action)| format!("ON {event} {}", action.name()))
                    .collect();
                if !acts.is_empty() {
                    let finding = self.finding(
                        AuditRule::FkActionAcross,
                        format!("{shown} says {}", acts.join(" ")),
                    );
                    out.push(self.keyed(finding, pair));
                }
            }
        }
    }

    fn sets_key(&self, out: &mut Vec<Finding>) {
        let reference = self.reference;
        let sets = |action: Action, listed: &[String]| {
            matches!(action, Action::SetNull | Action::SetDefault)
                && self.table.owners().any(|own| {
                    let in_it = reference
                        .on
                        .iter()
                        .any(|(from, _)| self.scene.same_column(from, own));
                    in_it
                        && (listed.is_empty()
                            || listed.iter().any(|column| self.scene.same_column(column, own)))
                })
        };
        if sets(reference.on_delete, &reference.sets) || sets(reference.on_update, &[]) {
            let finding = self.finding(
                AuditRule::FkSetsKey,
                format!(
                    "the foreign key to {} sets the tenant's key when the parent goes or changes",
                    reference.parent
                ),
            );
            out.push(self.rebuilt(finding, &reference.on));
        }
    }

    fn validated(&self, out: &mut Vec<Finding>) {
        if self.reference.validated {
            return;
        }
        let name = self.reference.name.as_deref().unwrap_or_default();
        let finding = self.finding(
            AuditRule::FkNotValidated,
            format!(
                "the foreign key to {} was not checked for the rows that were there",
                self.reference.parent
            ),
        );
        let (table, name) = (self.scene.qualified(self.relation), self.scene.quoted(name));
        let sql = if self.reference.enforced {
            format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
        } else {
            format!("ALTER TABLE {table} ALTER CONSTRAINT {name} ENFORCED")
        };
        out.push(finding.mend(Step::Other, sql));
    }

    fn finding(&self, rule: AuditRule, detail: String) -> Finding {
        let name = self.scene.name(self.relation);
        let object = self.reference.name.clone().unwrap_or_else(|| name.clone());
        Finding::new(rule, name, detail).object(object)
    }

    fn dropped(&self, finding: Finding) -> Finding {
        let (scene, name) = (self.scene, self.reference.name.as_deref().unwrap_or_default());
        let table = scene.qualified(self.relation);
        match scene.product() {
            AuditedProduct::Postgres => finding.mend(
                Step::DropReference,
                format!("ALTER TABLE {table} DROP CONSTRAINT {}", scene.quoted(name)),
            ),
            AuditedProduct::MariaDb => finding.mend(
                Step::DropReference,
                format!("ALTER TABLE {table} DROP FOREIGN KEY {}", scene.quoted(name)),
            ),
            AuditedProduct::Sqlite => finding.by_hand(
                "make a new table with the foreign key as it should be, copy the rows, and rename it",
            ),
        }
    }

    /// With the tenant's key on both sides.
    fn keyed(&self, finding: Finding, pair: Option<(&str, &str)>) -> Finding {
        let Some((own, other)) = pair else {
            return finding.by_hand("give the child a key of its own, and put it into the foreign key");
        };
        let mut on = vec![(own.to_owned(), other.to_owned())];
        let others = self
            .reference
            .on
            .iter()
            .filter(|(from, to)| from != own && to != other);
        on.extend(others.cloned());
        self.rebuilt(finding, &on)
    }

    /// The foreign key anew, over these columns, with what it does where that is to rows of its own.
    fn rebuilt(&self, finding: Finding, on: &[(String, String)]) -> Finding {
        let (scene, Some(parent)) = (self.scene, self.parent()) else {
            return finding;
        };
        if self.reference.period {
            return finding.by_hand("make it anew with the tenant's key in front, and its PERIOD behind");
        }
        let finding = self.dropped(finding);
        if scene.product() == AuditedProduct::Sqlite {
            return finding;
        }
        let from = scene.quoted_all(on.iter().map(|(from, _)| from.as_str()));
        let to = scene.quoted_all(on.iter().map(|(_, to)| to.as_str()));
        let (table, above) = (scene.qualified(self.relation), scene.qualified(parent));
        let names: Vec<&str> = on.iter().map(|(_, to)| to.as_str()).collect();
        let has = parent.keys.iter().filter(|key| key.unique).any(|key| {
            key.whole().is_some_and(|columns| {
                columns.len() == names.len() && names.iter().all(|name| scene.has_column(key, name))
            })
        });
        let finding = if has {
            finding
        } else {
            finding.mend(Step::AddKey, format!("ALTER TABLE {above} ADD UNIQUE ({to})"))
        };
        let name = self.reference.name.as_deref().unwrap_or_default();
        let does = match self.reference.on_delete {
            Action::Cascade => " ON DELETE CASCADE",
            // It would set the key as well.
            Action::Nothing | Action::SetNull | Action::SetDefault => "",
        };
        finding.mend(
            Step::AddReference,
            format!(
                "ALTER TABLE {table} ADD CONSTRAINT {} FOREIGN KEY ({from}) REFERENCES {above} ({to}){does}",
                scene.quoted(name)
            ),
        )
    }
}

/// The columns that name a row's tenants.
fn owners(table: &Table) -> Vec<&str> {
    match table.kind() {
        TableKind::Tenant { key } | TableKind::Mixed { key } => vec![key],
        TableKind::Party(parties) => parties.iter().map(Party::key).collect(),
        TableKind::Via(_) | TableKind::Shared | TableKind::View { .. } | TableKind::Denied => Vec::new(),
    }
}
