//! Deliberate mistakes, which only this crate's own tests can switch on.
//!
//! They show that the oracle sees a leak, and that the verifier refuses one. Outside of tests this module has no
//! state: [`within`] calls its argument, and no mistake is ever on.

pub(super) use switch::*;

use super::{Refusal, Rule};

/// A mistake of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(not(test), allow(dead_code, reason = "made by tests alone"))]
pub(super) enum Fault {
    /// The predicate is dropped in a place of this kind.
    Drop(Place),
    /// An UPDATE has no predicate on its target.
    OpenUpdate,
    /// A DELETE has no predicate on its target.
    OpenDelete,
    /// The rows of a MERGE's target are not restricted.
    OpenMerge,
    /// The rows of a MERGE's target that its source does not match are not restricted.
    OpenMergeArm,
    /// An assignment to the key passes.
    KeyAssignable,
    /// The tenant's bind is numbered one too low.
    BindOffByOne,
    /// An INSERT keeps the key that it was given.
    KeyNotForced,
    /// An upsert's conflict target stays without the key.
    BareConflictTarget,
    /// A slice shows the key that the catalogue hides.
    KeyShown,
    /// A condition of the statement is looked at in rows of others.
    NoWall,
    /// A new row's foreign key to its parent is not checked.
    ParentUnchecked,
    /// A party writes rows in which it may only read.
    AnyPartyWrites,
    /// What this rule refuses at one of its plain tests passes.
    Pass(Rule),
    /// The predicate of an open table on a nullable side goes to the WHERE.
    NullableInWhere,
    /// The predicates of open tables go to another table's ON.
    WrongOn,
    /// The predicate of an open table stands below an OR.
    BelowOr,
    /// The predicate of an open table names another one.
    WrongName,
    /// MariaDB makes slices a part of what stands around them where it gets that wrong.
    Merged,
    /// The same, of slices whose test is no single comparison, in all statements.
    OpenChoice,
    /// The whole row of a table that is written stays as it is, with the key that it hides.
    WholeRow,
    /// A name of a source means its row, though a column has the name.
    AnyRow,
    /// The verifier does not count the names that the server tells.
    UncountedNames,
    /// The verifier takes whatever is cast to a record for a row that the engine wrote out.
    AnyRecord,
    /// The verifier looks for hidden keys in the statement's tree alone, without the expressions of an upsert's target.
    UnreadArbiters,
    /// The verifier lets everything pass.
    VerifierOff,
}

impl Refusal {
    /// The refusal of a plain test: the way on is open where this very test is taken out.
    pub(in crate::sql) fn refuse(self) -> Result<(), Refusal> {
        if is_on(Fault::Pass(self.rule())) {
            Ok(())
        } else {
            Err(self)
        }
    }
}

/// A kind of place where a table can stand.
#[cfg_attr(not(test), allow(dead_code, reason = "some are named by tests alone"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// Anywhere.
    Anywhere,
    /// A subquery in an expression.
    Subquery,
    /// A common table expression.
    Cte,
    /// The nullable side of an outer join.
    NullableSide,
    /// The arm of a MERGE.
    MergeArm,
    /// The DO UPDATE of an upsert.
    UpsertArm,
    /// A query in FROM.
    Derived,
    /// The right side of a join.
    Joined,
    /// The condition of a join.
    JoinCondition,
    /// An arm of a set operation.
    Arm,
    /// Where the rows of an INSERT come from.
    InsertSource,
    /// The FROM of an UPDATE.
    UpdateFrom,
    /// The USING of a DELETE.
    DeleteUsing,
    /// What a write returns.
    Returning,
}

#[cfg(not(test))]
mod switch {
    use super::{Fault, Place};

    pub(in crate::sql) fn within<T>(_: Place, work: impl FnOnce() -> T) -> T {
        work()
    }

    pub(in crate::sql) fn is_on(_: Fault) -> bool {
        false
    }

    pub(in crate::sql) fn drops_here() -> bool {
        false
    }
}

#[cfg(test)]
mod switch {
    use std::cell::RefCell;

    use super::{Fault, Place};

    thread_local! {
        static ON: RefCell<Vec<Fault>> = const { RefCell::new(Vec::new()) };
        static PLACES: RefCell<Vec<Place>> = const { RefCell::new(Vec::new()) };
    }

    /// Runs `work` with these mistakes on, in this thread.
    pub(in crate::sql) fn with<T>(faults: &[Fault], work: impl FnOnce() -> T) -> T {
        ON.with_borrow_mut(|on| on.extend(faults));
        let result = work();
        ON.with_borrow_mut(Vec::clear);
        result
    }

    pub(in crate::sql) fn within<T>(place: Place, work: impl FnOnce() -> T) -> T {
        PLACES.with_borrow_mut(|places| places.push(place));
        let result = work();
        PLACES.with_borrow_mut(Vec::pop);
        result
    }

    pub(in crate::sql) fn is_on(fault: Fault) -> bool {
        ON.with_borrow(|on| on.contains(&fault))
    }

    pub(in crate::sql) fn drops_here() -> bool {
        let here = PLACES.with_borrow(Clone::clone);
        is_on(Fault::Drop(Place::Anywhere)) || here.into_iter().any(|place| is_on(Fault::Drop(place)))
    }
}
