//! Whether a table's policies let through what the catalogue says, and no more.

use tenancy_core::{Table, TableKind};

use super::{
    condition::{self, Expr},
    proof::{Command, Proof, Under, is_allowed},
};
use crate::audit::{
    AuditRule, Finding, Severity,
    finding::Step,
    model::{Policy, Postgres, Relation, Role},
    scene::Scene,
};

pub(super) fn check(scene: &Scene<'_>, server: &Postgres, out: &mut Vec<Finding>) {
    for (table, relation) in scene.covered() {
        let on = server
            .security
            .iter()
            .any(|one| one.relation == relation.id && one.on);
        let policies: Vec<Read<'_>> = server
            .policies
            .iter()
            .filter(|policy| policy.relation == relation.id)
            .map(Read::new)
            .collect();
        let about = About {
            scene,
            table,
            relation,
            policies,
        };
        let mut found = Vec::new();
        for role in acting(scene, server, relation) {
            for command in Command::ALL {
                about.command(command, role, on, &mut found);
            }
        }
        about.each(&mut found);
        // One policy that lets several commands through is one finding.
        for finding in found {
            let known = out.iter().any(|other| {
                other.rule() == finding.rule()
                    && other.group() == finding.group()
                    && other.object_name() == finding.object_name()
            });
            if !known {
                out.push(finding);
            }
        }
    }
}

/// As whom the application comes to a table: as its own role, and as those that it can become and that may do something there. Policies that
/// are for the one need not be for the other. What is told of a stronger role is told of the membership.
fn acting<'a>(scene: &Scene<'_>, server: &'a Postgres, relation: &Relation) -> Vec<Option<&'a Role>> {
    let named = |role: &Role, grantee: &str| grantee == role.name || grantee == scene.quoted(&role.name);
    let may = |role: &Role| {
        server.grants.iter().any(|grant| {
            let by = |other: &Role| role.inherits.contains(&other.id) && named(other, &grant.grantee);
            grant.relation == relation.id && (grant.public || server.roles.iter().any(by))
        })
    };
    let weak = |role: &Role| !role.is_strong(&scene.snapshot.operator) && may(role);
    let roles: Vec<_> = server
        .roles
        .iter()
        .filter(|role| role.own || weak(role))
        .map(Some)
        .collect();
    if roles.is_empty() { vec![None] } else { roles }
}

/// A policy with its conditions read.
struct Read<'a> {
    policy: &'a Policy,
    using_expr: Option<Expr>,
    check_expr: Option<Expr>,
}

impl<'a> Read<'a> {
    fn new(policy: &'a Policy) -> Self {
        Self {
            policy,
            using_expr: policy.using_expr.as_deref().map(condition::read),
            check_expr: policy.check_expr.as_deref().map(condition::read),
        }
    }

    fn is_for(&self, command: Command) -> bool {
        self.policy.command == "*" || self.policy.command == command.letter()
    }

    /// The conditions that a row has to meet for a command. An INSERT's has no USING, and an UPDATE's row two of them.
    fn conditions(&self, command: Command) -> Vec<&Expr> {
        let written = self.check_expr.as_ref().or(self.using_expr.as_ref());
        match command {
            Command::Read | Command::Delete => self.using_expr.iter().collect(),
            Command::Insert => written.into_iter().collect(),
            Command::Update => self.using_expr.iter().chain(written).collect(),
        }
    }
}

struct About<'a> {
    scene: &'a Scene<'a>,
    table: &'a Table,
    relation: &'a Relation,
    policies: Vec<Read<'a>>,
}

impl About<'_> {
    fn under(&self) -> Under<'_> {
        Under {
            scene: self.scene,
            table: self.table,
            alias: &self.relation.name,
            top: true,
        }
    }

    /// That a policy alone lets through nothing but the tenant's own rows, for a command. Without a condition everything
    /// passes.
    fn proof(&self, read: &Read<'_>, command: Command) -> Option<Proof> {
        let conditions = read.conditions(command);
        let mut proofs = conditions
            .iter()
            .map(|condition| self.under().proof(condition, command));
        let first = proofs.next()??;
        proofs.try_fold(first, |so_far, proof| proof.map(|proof| so_far.and(proof)))
    }

    fn command(&self, command: Command, role: Option<&Role>, on: bool, out: &mut Vec<Finding>) {
        let applies = |policy: &Policy| role.map_or(policy.for_app, |role| policy.is_for(role));
        let those = |permissive: bool| {
            self.policies.iter().filter(move |read| {
                read.policy.permissive == permissive && applies(read.policy) && read.is_for(command)
            })
        };
        if those(true).next().is_none() {
            let named = self.scene.table(self.relation).is_some() && role.is_none_or(|role| role.own);
            if on && named && is_allowed(self.scene, self.table, command) {
                let detail = format!("no policy lets {} {}", self.scene.snapshot.app, command.name());
                out.push(
                    self.finding(AuditRule::PolicyMissing, &self.scene.name(self.relation), detail)
                        .wall(),
                );
            }
            return;
        }
        let held: Vec<Proof> = those(false)
            .filter_map(|read| self.proof(read, command))
            .collect();
        // One that cannot be forged is enough.
        let best = held.iter().find(|proof| !proof.forgeable).or(held.first());
        if let Some(proof) = best {
            return self.asked(proof, out);
        }
        for read in those(true) {
            match self.proof(read, command) {
                Some(proof) => self.asked(&proof, out),
                // The wall's own leaves the holding to the restrictive ones, so they are to blame.
                None if self.is_walls(read.policy) && those(false).next().is_some() => {
                    those(false).for_each(|other| self.wider(other, command, out));
                }
                None => self.wider(read, command, out),
            }
        }
    }

    fn asked(&self, proof: &Proof, out: &mut Vec<Finding>) {
        let name = self.scene.name(self.relation);
        if proof.forgeable {
            let detail = "its policies believe a setting that any statement can set";
            out.push(self.finding(AuditRule::PolicyForgeable, &name, detail).wall());
        }
        if proof.per_row {
            out.push(
                self.finding(
                    AuditRule::PolicyPerRow,
                    &name,
                    "its policies ask for the tenant for each row",
                )
                .wall(),
            );
        }
    }

    fn wider(&self, read: &Read<'_>, command: Command, out: &mut Vec<Finding>) {
        let name = &read.policy.name;
        let writes = matches!(command, Command::Insert | Command::Update);
        let reads_own = read
            .using_expr
            .as_ref()
            .is_some_and(|condition| self.under().proof(condition, Command::Read).is_some());
        let always = read
            .conditions(command)
            .iter()
            .any(|condition| condition.is_always_true())
            || read.conditions(command).is_empty();
        let inserts = read.policy.command == Command::Insert.letter() && !always;
        let (rule, what) =
            if writes && (reads_own || inserts) && !matches!(self.table.kind(), TableKind::Shared) {
                (
                    AuditRule::PolicyCheckWider,
                    "lets rows be written that are not the tenant's own",
                )
            } else if always {
                (AuditRule::PolicyAlwaysTrue, "lets every row through")
            } else {
                (
                    AuditRule::PolicyWider,
                    "is not known to let through only the tenant's own rows",
                )
            };
        let detail = format!("the policy {name} {what}, for {}", command.name());
        out.push(self.dropped(self.finding(rule, name, detail), read.policy));
    }

    /// What is to be said of each policy by itself.
    fn each(&self, out: &mut Vec<Finding>) {
        for read in &self.policies {
            let policy = read.policy;
            if self.is_walls(policy) || policy.roles == [self.scene.snapshot.operator.clone()] {
                continue;
            }
            let commands: Vec<Command> = Command::ALL
                .into_iter()
                .filter(|command| read.is_for(*command))
                .collect();
            let own = commands
                .iter()
                .all(|command| self.proof(read, *command).is_some() || is_nobodys(read, *command));
            let told = out.iter().any(|finding| {
                finding.object_name() == policy.name
                    && matches!(
                        finding.rule(),
                        AuditRule::PolicyAlwaysTrue | AuditRule::PolicyWider | AuditRule::PolicyCheckWider
                    )
            });
            if policy.permissive && !own && !told {
                let to = policy.roles.join(", ");
                let (rule, detail) = if policy.for_app {
                    (
                        AuditRule::PolicyExtra,
                        format!(
                            "the policy {} lets rows through that only the wall's hold, for {to}",
                            policy.name
                        ),
                    )
                } else {
                    (
                        AuditRule::PolicyOtherRole,
                        format!("the policy {} is for {to}", policy.name),
                    )
                };
                out.push(self.dropped(self.finding(rule, &policy.name, detail), policy));
            }
            self.without_check(read, own, out);
        }
    }

    fn without_check(&self, read: &Read<'_>, own: bool, out: &mut Vec<Finding>) {
        let policy = read.policy;
        let writes = ["*", "w"].contains(&policy.command.as_str());
        let (Some(using), None, true, true) =
            (&policy.using_expr, &policy.check_expr, writes, policy.for_app)
        else {
            return;
        };
        if !own || !Scene::holds_tenants(self.table) {
            return;
        }
        let sql = format!(
            "ALTER POLICY {} ON {} WITH CHECK ({using})",
            self.scene.quoted(&policy.name),
            self.scene.qualified(self.relation)
        );
        let detail = format!("the policy {} has no WITH CHECK", policy.name);
        out.push(
            self.finding(AuditRule::PolicyWithoutCheck, &policy.name, detail)
                .mend(Step::Policy, sql),
        );
    }

    /// The wall's policy that lets through what its restrictive ones hold.
    fn is_walls(&self, policy: &Policy) -> bool {
        policy.name == "tenancy_app" && policy.roles == [self.scene.snapshot.app.clone()] && policy.permissive
    }

    fn finding(&self, rule: AuditRule, object: &str, detail: impl Into<String>) -> Finding {
        let finding = Finding::new(rule, self.scene.name(self.relation), detail).object(object);
        let denied = rule == AuditRule::PolicyMissing && self.scene.table(self.relation).is_none();
        if denied {
            finding.severe(Severity::Note)
        } else {
            finding
        }
    }

    fn dropped(&self, finding: Finding, policy: &Policy) -> Finding {
        let sql = format!(
            "DROP POLICY IF EXISTS {} ON {}",
            self.scene.quoted(&policy.name),
            self.scene.qualified(self.relation)
        );
        finding.mend(Step::Policy, sql).wall()
    }
}

/// Whether a policy says nothing for a command: one FOR SELECT has no check.
fn is_nobodys(read: &Read<'_>, command: Command) -> bool {
    read.conditions(command)
        .iter()
        .any(|condition| **condition == Expr::Bool(false))
}
