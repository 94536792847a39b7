//! Where the plan is another one, and why. The test fails too where one of them becomes the same.

use tenancy_testkit::Dialect;

/// A shape with another plan than that of the hand-written predicate.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) server: Dialect,
    pub(crate) shape: &'static str,
}

impl Known {
    pub(crate) fn is(&self, server: Dialect, shape: &str) -> bool {
        self.server == server && self.shape == shape
    }
}

pub(crate) const KNOWN: &[Known] = &[
    // The parents are looked up behind a fence, since a condition of the statement could fail on another tenant's child. So
    // all of the tenant's children are found before the statement's own condition.
    Known {
        server: Dialect::Postgres,
        shape: "one child",
    },
    Known {
        server: Dialect::Mysql,
        shape: "one child",
    },
    // The same; what comes out of the fence is kept in a table for as long as the statement runs.
    Known {
        server: Dialect::Mysql,
        shape: "all children",
    },
    // The parties' rows stand behind a fence too: MariaDB would put an OR behind conditions that could fail.
    Known {
        server: Dialect::Mysql,
        shape: "of one party",
    },
    // MariaDB merges no derived table into an UPDATE of several tables: those that are only read are gathered first.
    Known {
        server: Dialect::Mysql,
        shape: "UPDATE of a join",
    },
];

/// What the engine refuses, so that there is no plan to compare.
pub(crate) const REFUSED: &[(Dialect, &str, &str)] = &[
    // Its rank is measured over all tenants' rows.
    (
        Dialect::Mysql,
        "SELECT id FROM orders WHERE MATCH (words) AGAINST ('word3')",
        "construct",
    ),
    // An index of full texts is a table of its own, without a key.
    (
        Dialect::Sqlite,
        "SELECT id FROM orders WHERE words MATCH 'word3'",
        "operator",
    ),
];
