//! What each party of a row may write.

use sqlparser::ast::{Assignment, AssignmentTarget, Ident, ObjectNamePart};

use crate::{
    Party, Table, TableKind,
    sql::{
        Breadth, Refusal, Rule,
        faults::{self, Fault},
        names,
        walk::Walk,
    },
};

impl Walk<'_> {
    /// The columns that name the parties which may make a change, of a party table; `None` of any other, and for an
    /// operator, whose change is not a party's.
    pub(super) fn writers(
        &self,
        table: &Table,
        may: impl Fn(&Party) -> bool,
    ) -> Result<Option<Vec<String>>, Refusal> {
        let TableKind::Party(parties) = table.kind() else {
            return Ok(None);
        };
        let any = self.placer.breadth != Breadth::One || faults::is_on(Fault::AnyPartyWrites);
        let keys: Vec<String> = parties
            .iter()
            .filter(|party| any || may(party))
            .map(|party| party.key().to_owned())
            .collect();
        if keys.is_empty() {
            Refusal::new(Rule::PartyWrite).refuse()?;
        }
        Ok(Some(keys))
    }

    /// Whether a party may change all columns that are assigned.
    pub(super) fn may_assign(&self, party: &Party, assignments: &[Assignment]) -> bool {
        assigned(assignments).all(|column| {
            column.is_some_and(|column| {
                party
                    .updatable()
                    .iter()
                    .any(|own| names::is_named(column, own, self.dialect))
            })
        })
    }

    /// An upsert changes a row in which the tenant is the party that inserts; it has to be one which may do that too.
    pub(super) fn check_inserter(&self, table: &Table, may: impl Fn(&Party) -> bool) -> Result<(), Refusal> {
        let TableKind::Party(parties) = table.kind() else {
            return Ok(());
        };
        let inserter = parties.iter().find(|party| party.may_insert());
        match (self.placer.breadth, inserter) {
            (Breadth::All { .. }, _) => Ok(()),
            (_, Some(party)) if may(party) => Ok(()),
            (_, Some(_) | None) => Refusal::new(Rule::PartyWrite).refuse(),
        }
    }
}

/// The columns that are assigned; `None` for a name that is not a column's.
fn assigned(assignments: &[Assignment]) -> impl Iterator<Item = Option<&Ident>> {
    assignments
        .iter()
        .flat_map(|assignment| match &assignment.target {
            AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
            AssignmentTarget::Tuple(names) => names.as_slice(),
        })
        .map(|name| match name.0.as_slice() {
            [ObjectNamePart::Identifier(column)] => Some(column),
            _ => None,
        })
}
