//! The predicate of each kind of ownership: which rows of a table are the tenant's.
//!
//! Whatever the kind, the predicate is a condition on one row of the table, and needs nothing of the statement around it: a
//! child's asks for its foreign key among the keys of the parents that are the tenant's, in a query that looks at no
//! other relation. So it can stand in any place, and no name of the statement can change what it means.

use sqlparser::ast::Expr;

use super::{
    Breadth, Dialect, Refusal,
    faults::{self, Fault},
    names::{self, Tables},
    place::Placer,
    splice,
};
use crate::{Party, Table, TableKind, Via};

/// Which of a table's rows are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows<'a> {
    /// Those that may be read.
    Readable,
    /// The tenant's own, which it may write.
    Own,
    /// Of a party table, those in which the tenant is one of these parties.
    Of(&'a [&'a str]),
}

/// The names of the template that checks a new row's parent; a statement cannot write them.
pub(super) const PARENT: &str = "_tqp";
const REFERENCED: &str = "_tqr";

impl Placer {
    /// The predicate of these rows of `table`, which goes by `name`; `None` where all rows are reached.
    pub(super) fn rows(&self, tables: &Tables, table: &Table, name: &str, rows: Rows<'_>) -> Option<String> {
        match table.kind() {
            TableKind::Shared => None,
            TableKind::Tenant { key } => self.guarded(self.own(name, key)?),
            TableKind::Mixed { key } => {
                let own = self.own(name, key)?;
                match rows {
                    Rows::Readable => {
                        self.guarded(format!("({own} OR {name}.{} IS NULL)", self.dialect.quoted(key)))
                    }
                    Rows::Own | Rows::Of(_) => self.guarded(own),
                }
            }
            TableKind::Party(parties) => self.party(name, parties, rows),
            TableKind::Via(via) => self.child(tables, name, via, rows),
            // A view's body takes its place, and a denied table is refused; were one to come here, it would have no rows.
            TableKind::View { .. } | TableKind::Denied => Some("1 = 0".to_owned()),
        }
    }

    /// The foreign key is among the keys of those parents.
    fn child(&self, tables: &Tables, name: &str, via: &Via, rows: Rows<'_>) -> Option<String> {
        let parents = match tables.parent(via) {
            Some(parent) => self.parents(tables, via, parent, rows, "")?,
            None => return Some("1 = 0".to_owned()),
        };
        let columns: Vec<String> = via
            .columns()
            .map(|column| format!("{name}.{}", self.dialect.quoted(column)))
            .collect();
        Some(match columns.as_slice() {
            [column] => format!("{column} IN ({parents})"),
            columns => format!("({}) IN ({parents})", columns.join(", ")),
        })
    }

    /// The referenced columns of the parents, as a query; `None` where all parents are reached.
    fn parents(
        &self,
        tables: &Tables,
        via: &Via,
        parent: &Table,
        rows: Rows<'_>,
        label: &str,
    ) -> Option<String> {
        let name = self.dialect.quoted(parent.name());
        let predicate = self.rows(tables, parent, &name, rows)?;
        let columns: Vec<String> = via
            .on()
            .enumerate()
            .map(|(index, (_, column))| match label {
                "" => format!("{name}.{}", self.dialect.quoted(column)),
                label => format!("{name}.{} AS {label}{index}", self.dialect.quoted(column)),
            })
            .collect();
        let table = tables.qualified(parent);
        Some(format!(
            "SELECT {} FROM {table} WHERE {predicate}",
            columns.join(", ")
        ))
    }

    fn party(&self, name: &str, parties: &[Party], rows: Rows<'_>) -> Option<String> {
        let keys: Vec<&str> = match rows {
            Rows::Readable => parties.iter().map(Party::key).collect(),
            Rows::Of(keys) => keys.to_vec(),
            Rows::Own => Vec::new(),
        };
        let tests: Vec<String> = keys
            .iter()
            .map(|key| self.own(name, key))
            .collect::<Option<_>>()?;
        match (tests.as_slice(), keys.as_slice()) {
            ([], _) => Some("1 = 0".to_owned()),
            ([only], _) => self.guarded(only.clone()),
            // Two comparisons cost more than a condition that may fail, which would then come first; one with an array of
            // two costs as little.
            ([one, other], [first, second])
                if (self.dialect, self.breadth) == (Dialect::Postgres, Breadth::One) =>
            {
                let value = self.value();
                let pair = format!(
                    "{name}.{}, {name}.{}",
                    self.dialect.quoted(first),
                    self.dialect.quoted(second)
                );
                Some(format!(
                    "({one} OR {other}) AND CASE WHEN {value} = ANY(ARRAY[{pair}]) THEN true END IS NOT NULL"
                ))
            }
            (tests, _) => Some(format!("({})", tests.join(" OR "))),
        }
    }

    /// Whether a server may run conditions of the statement before the predicate, whatever the guard says: then they
    /// need a wall between them.
    pub(super) fn needs_wall(&self, table: &Table, rows: Rows<'_>) -> bool {
        if faults::is_on(Fault::NoWall) {
            return false;
        }
        let crowd = match (table.kind(), rows) {
            (TableKind::Party(parties), Rows::Readable) => parties.len() > 2,
            (TableKind::Party(_), Rows::Of(keys)) => keys.len() > 2,
            (
                TableKind::Tenant { .. }
                | TableKind::Mixed { .. }
                | TableKind::Via(_)
                | TableKind::Shared
                | TableKind::View { .. }
                | TableKind::Denied,
                _,
            )
            | (TableKind::Party(_), Rows::Own) => false,
        };
        let child = matches!(table.kind(), TableKind::Via(_));
        // A test that is no single comparison, which MariaDB does not put in front of the statement's own conditions where it
        // merges a slice. In an UPDATE or DELETE the predicate stands in front of them, and stays there.
        let read = rows == Rows::Readable && !faults::is_on(Fault::OpenChoice);
        let either = read
            && match table.kind() {
                TableKind::Mixed { .. } => true,
                TableKind::Party(parties) => parties.len() > 1,
                // A row that a unique key finds is looked at before the test, unless the key has the tenant's in it.
                TableKind::Tenant { .. } => self.finds_others(table),
                TableKind::Via(_) | TableKind::Shared | TableKind::View { .. } | TableKind::Denied => false,
            };
        match (self.breadth, self.dialect) {
            (Breadth::All { .. }, _) => false,
            (Breadth::One, Dialect::Postgres) => child || crowd,
            (Breadth::Many { .. }, Dialect::Postgres) => child || matches!(table.kind(), TableKind::Party(_)),
            // An index without the foreign key is looked at before it.
            (Breadth::One | Breadth::Many { .. }, Dialect::Sqlite) => child && self.may_fail,
            (Breadth::One, Dialect::Mysql) => child || crowd || either,
            (Breadth::Many { .. }, Dialect::Mysql) => child || crowd || read,
        }
    }

    /// Whether MariaDB may look at the statement's conditions in a row of another tenant's that a unique key finds.
    pub(super) fn finds_others(&self, table: &Table) -> bool {
        let holds =
            |columns: &Vec<String>, key: &str| columns.iter().any(|column| names::are_alike(column, key));
        self.dialect == Dialect::Mysql
            && self.breadth == Breadth::One
            && self.may_fail
            && table.key().is_some_and(|key| {
                let keys = table.unique_keys();
                !keys.is_some_and(|keys| keys.iter().all(|columns| holds(columns, key)))
            })
    }

    /// Around a condition of the statement: nothing of it is looked at in rows that the predicate does not hold for.
    pub(super) fn wall(predicate: &str) -> (String, &'static str) {
        let before = format!("{predicate} AND CASE WHEN {predicate} THEN (");
        (before, ") ELSE false END")
    }

    /// Around the values that a new row has in its foreign key: the value at `index`, if they lead to a parent of
    /// the tenant's own, and NULL otherwise, whether there is no such parent or another tenant has it.
    ///
    /// The text comes in pieces, between which the values belong. `None` where all parents are reached.
    pub(super) fn parent_check(&self, tables: &Tables, via: &Via, index: usize) -> Option<Vec<String>> {
        let parent = tables.parent(via)?;
        let parents = self.parents(tables, via, parent, Rows::Own, REFERENCED)?;
        let mut pieces = Vec::with_capacity(via.on().len() + 1);
        let mut text = format!("(SELECT {PARENT}.{REFERENCED}{index} FROM ({parents}) AS {PARENT} WHERE ");
        for column in 0..via.on().len() {
            if column > 0 {
                text.push_str(" AND ");
            }
            text.push_str(&format!("{PARENT}.{REFERENCED}{column} = ("));
            pieces.push(std::mem::replace(&mut text, ")".to_owned()));
        }
        text.push(')');
        pieces.push(text);
        Some(pieces)
    }

    /// [`parent_check`](Self::parent_check) around `values`, in the tree.
    pub(super) fn parent_check_tree(
        &self,
        tables: &Tables,
        via: &Via,
        index: usize,
        values: Vec<Expr>,
    ) -> Result<Option<Expr>, Refusal> {
        let Some(pieces) = self.parent_check(tables, via, index) else {
            return Ok(None);
        };
        let mut check = splice::parse_expr(&pieces.join("NULL"), self.dialect)?;
        for (place, value) in checked_values(&mut check)?.into_iter().zip(values) {
            *place = value;
        }
        Ok(Some(check))
    }
}

/// The places of a parent check's tree where the values stand, in order.
pub(super) fn checked_values(check: &mut Expr) -> Result<Vec<&mut Expr>, Refusal> {
    use sqlparser::ast::{BinaryOperator, SetExpr};

    use super::Rule;

    let lost = Refusal::new(Rule::Verification);
    let Expr::Subquery(query) = check else {
        return Err(lost);
    };
    let SetExpr::Select(select) = &mut *query.body else {
        return Err(lost);
    };
    let mut places = Vec::new();
    let mut rest = select.selection.as_mut();
    while let Some(condition) = rest {
        let Expr::BinaryOp { left, op, right } = condition else {
            return Err(lost);
        };
        let equal = match op {
            BinaryOperator::And => {
                rest = Some(left);
                &mut **right
            }
            BinaryOperator::Eq => {
                rest = None;
                let Expr::Nested(value) = &mut **right else {
                    return Err(lost);
                };
                places.push(&mut **value);
                continue;
            }
            _ => return Err(lost),
        };
        let Expr::BinaryOp {
            op: BinaryOperator::Eq,
            right,
            ..
        } = equal
        else {
            return Err(lost);
        };
        let Expr::Nested(value) = &mut **right else {
            return Err(lost);
        };
        places.push(value);
    }
    places.reverse();
    Ok(places)
}
