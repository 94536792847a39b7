//! Whether a condition lets through only rows that a tenant may reach.

use tenancy_core::{Party, Table, TableKind};

use super::condition::Expr;
use crate::audit::scene::Scene;

/// What a statement does with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Read,
    Insert,
    Update,
    Delete,
}

impl Command {
    pub(super) const ALL: [Command; 4] = [Command::Read, Command::Insert, Command::Update, Command::Delete];

    pub(super) fn letter(self) -> &'static str {
        match self {
            Command::Read => "r",
            Command::Insert => "a",
            Command::Update => "w",
            Command::Delete => "d",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Command::Read => "SELECT",
            Command::Insert => "INSERT",
            Command::Update => "UPDATE",
            Command::Delete => "DELETE",
        }
    }
}

/// Whether the catalogue lets tenants do it.
pub(super) fn is_allowed(scene: &Scene<'_>, table: &Table, command: Command) -> bool {
    match (table.kind(), command) {
        (TableKind::Tenant { .. } | TableKind::Mixed { .. }, _) => true,
        (TableKind::Shared, Command::Read) | (TableKind::Via(_) | TableKind::Party(_), Command::Read) => true,
        (TableKind::Via(_), _) => scene.parent(table).is_some_and(|parent| match parent.kind() {
            // The children of several parties are written by none.
            TableKind::Party(_) => false,
            TableKind::Tenant { .. }
            | TableKind::Mixed { .. }
            | TableKind::Via(_)
            | TableKind::Shared
            | TableKind::View { .. }
            | TableKind::Denied => is_allowed(scene, parent, command),
        }),
        (TableKind::Party(parties), _) => parties.iter().any(|party| may(party, command)),
        (TableKind::Shared | TableKind::View { .. } | TableKind::Denied, _) => false,
    }
}

fn may(party: &Party, command: Command) -> bool {
    match command {
        Command::Read => true,
        Command::Insert => party.may_insert(),
        Command::Update => !party.updatable().is_empty(),
        Command::Delete => party.may_delete(),
    }
}

/// That a condition holds for rows of the tenant's own alone, and by what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Proof {
    /// The tenant comes from a setting that any statement can set.
    pub(super) forgeable: bool,
    /// The tenant is asked for each row.
    pub(super) per_row: bool,
}

impl Proof {
    pub(super) fn and(self, other: Proof) -> Proof {
        Proof {
            forgeable: self.forgeable || other.forgeable,
            per_row: self.per_row || other.per_row,
        }
    }
}

/// A table under the name that a condition has for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Under<'a> {
    pub(super) scene: &'a Scene<'a>,
    pub(super) table: &'a Table,
    pub(super) alias: &'a str,
    /// The policy's own table, whose columns need no name in front.
    pub(super) top: bool,
}

impl Under<'_> {
    /// The proof, if there is one.
    pub(super) fn proof(&self, condition: &Expr, command: Command) -> Option<Proof> {
        // Everybody reads a shared table.
        if matches!(self.table.kind(), TableKind::Shared) && command == Command::Read && self.top {
            return Some(Proof::default());
        }
        match condition {
            Expr::Bool(false) => Some(Proof::default()),
            Expr::And(all) => {
                let proofs: Vec<Proof> = all.iter().filter_map(|one| self.proof(one, command)).collect();
                // One that cannot be forged is enough.
                proofs
                    .iter()
                    .find(|proof| !proof.forgeable)
                    .or(proofs.first())
                    .copied()
                    .or_else(|| self.child(all, command))
            }
            Expr::Or(any) => any.iter().try_fold(Proof::default(), |so_far, one| {
                self.proof(one, command).map(|proof| so_far.and(proof))
            }),
            Expr::Equal(one, other) => self
                .compares(one, other, command)
                .or_else(|| self.compares(other, one, command)),
            Expr::IsNull(value) => {
                let mixed = matches!(self.table.kind(), TableKind::Mixed { .. });
                let key = self.table.key().is_some_and(|key| self.is_column(value, key));
                (mixed && key && command == Command::Read).then(Proof::default)
            }
            Expr::Exists { .. } => self.child(std::slice::from_ref(condition), command),
            Expr::Bool(true)
            | Expr::Column(_)
            | Expr::Literal(_)
            | Expr::Call(..)
            | Expr::Select(_)
            | Expr::Cast(..)
            | Expr::Other => None,
        }
    }

    fn compares(&self, column: &Expr, value: &Expr, command: Command) -> Option<Proof> {
        let keys: Vec<&str> = match self.table.kind() {
            TableKind::Tenant { key } | TableKind::Mixed { key } => vec![key],
            TableKind::Party(parties) => parties
                .iter()
                .filter(|party| may(party, command))
                .map(Party::key)
                .collect(),
            TableKind::Via(_) | TableKind::Shared | TableKind::View { .. } | TableKind::Denied => Vec::new(),
        };
        keys.iter().find(|key| self.is_column(column, key))?;
        tenant(self.scene, value, false)
    }

    /// Whether an expression is a column of this table, or a cast of it that keeps ids apart.
    fn is_column(&self, value: &Expr, column: &str) -> bool {
        match value {
            Expr::Column(path) => match path.as_slice() {
                [name] => self.top && name == column,
                [alias, name] => alias == self.alias && name == column,
                _ => false,
            },
            Expr::Cast(value, to) => {
                ["text", "bigint", "uuid", "numeric"].contains(&to.as_str()) && self.is_column(value, column)
            }
            Expr::Literal(_)
            | Expr::Bool(_)
            | Expr::Call(..)
            | Expr::Select(_)
            | Expr::Equal(..)
            | Expr::IsNull(_)
            | Expr::And(_)
            | Expr::Or(_)
            | Expr::Exists { .. }
            | Expr::Other => false,
        }
    }

    /// A child's condition: that there is a parent which the tenant may reach.
    fn child(&self, all: &[Expr], command: Command) -> Option<Proof> {
        let TableKind::Via(via) = self.table.kind() else {
            return None;
        };
        let parent = self.scene.parent(self.table)?;
        all.iter().find_map(|one| {
            let Expr::Exists {
                relation,
                alias,
                filter,
            } = one
            else {
                return None;
            };
            let named = match relation.as_slice() {
                [schema, name] => *schema == self.scene.schema_of(parent) && name == parent.name(),
                _ => false,
            };
            let above = Under {
                scene: self.scene,
                table: parent,
                alias,
                top: false,
            };
            let conditions = match filter.as_ref() {
                Expr::And(all) => flat(all),
                other => vec![other],
            };
            let linked = via.on().all(|(column, references)| {
                conditions.iter().any(|one| match one {
                    Expr::Equal(a, b) => {
                        (self.is_column(a, column) && above.is_column(b, references))
                            || (self.is_column(b, column) && above.is_column(a, references))
                    }
                    _ => false,
                })
            });
            let allowed = command == Command::Read || is_allowed(self.scene, self.table, command);
            // Under one name the two could not be told apart.
            if !(named && linked && allowed) || alias == self.alias {
                return None;
            }
            conditions.iter().find_map(|one| above.proof(one, command))
        })
    }
}

fn flat(all: &[Expr]) -> Vec<&Expr> {
    all.iter()
        .flat_map(|one| match one {
            Expr::And(inner) => flat(inner),
            other => vec![other],
        })
        .collect()
}

/// Whether a value is the tenant whose turn it is.
fn tenant(scene: &Scene<'_>, value: &Expr, asked_once: bool) -> Option<Proof> {
    match value {
        Expr::Select(value) => tenant(scene, value, true),
        Expr::Cast(value, _) => tenant(scene, value, asked_once),
        Expr::Call(path, arguments) => {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let literals = |rest: &[Expr]| rest.iter().all(is_literal);
            match (path.as_slice(), arguments.as_slice()) {
                ([schema, "current_tenant"], []) if *schema == scene.wall => Some(Proof {
                    forgeable: false,
                    per_row: !asked_once,
                }),
                (["current_setting"], all) if !all.is_empty() && literals(all) => Some(Proof {
                    forgeable: true,
                    per_row: false,
                }),
                ([nullif], [first, second])
                    if nullif.eq_ignore_ascii_case("nullif") && is_literal(second) =>
                {
                    tenant(scene, first, asked_once)
                }
                _ => None,
            }
        }
        Expr::Column(_)
        | Expr::Literal(_)
        | Expr::Bool(_)
        | Expr::Equal(..)
        | Expr::IsNull(_)
        | Expr::And(_)
        | Expr::Or(_)
        | Expr::Exists { .. }
        | Expr::Other => None,
    }
}

fn is_literal(value: &Expr) -> bool {
    match value {
        Expr::Literal(_) | Expr::Bool(_) => true,
        Expr::Cast(value, _) => is_literal(value),
        Expr::Column(_)
        | Expr::Call(..)
        | Expr::Select(_)
        | Expr::Equal(..)
        | Expr::IsNull(_)
        | Expr::And(_)
        | Expr::Or(_)
        | Expr::Exists { .. }
        | Expr::Other => false,
    }
}
