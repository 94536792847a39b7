//! Statements as a proptest strategy whose values shrink by their tree.

use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::dice::Dice;
use crate::grammar::{Emphasis, Made, Maker, Node};
use crate::schema::Schema;

/// All statements over a schema, more of some than of others.
#[derive(Debug)]
pub(super) struct Statements<'a> {
    pub(super) schema: &'a Schema,
    pub(super) emphases: &'a [Emphasis],
}

impl Strategy for Statements<'_> {
    type Tree = StatementTree;
    type Value = Made;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let made = Maker::new(self.schema, Dice::of(runner.new_rng()))
            .with_more(self.emphases)
            .statement();
        Ok(StatementTree {
            made,
            wrong: None,
            left: Vec::new(),
        })
    }
}

/// A statement, the last one known to be wrong, and the smaller ones that were not tried yet.
#[derive(Debug)]
pub(super) struct StatementTree {
    made: Made,
    wrong: Option<Node>,
    left: Vec<Node>,
}

impl StatementTree {
    /// Goes back to the last statement that is known to be wrong.
    pub(super) fn settle(&mut self) {
        if let Some(wrong) = self.wrong.take() {
            self.made.tree = wrong;
        }
    }

    fn next(&mut self) -> bool {
        match self.left.pop() {
            Some(smaller) => {
                self.made.tree = smaller;
                true
            }
            None => false,
        }
    }
}

impl ValueTree for StatementTree {
    type Value = Made;

    fn current(&self) -> Made {
        self.made.clone()
    }

    /// The current statement is wrong: on to a smaller one.
    fn simplify(&mut self) -> bool {
        self.left = self.made.tree.smaller();
        self.left.reverse();
        self.wrong = Some(self.made.tree.clone());
        if self.next() {
            return true;
        }
        self.wrong = None;
        false
    }

    /// The current statement is right: another smaller one of the last that was wrong.
    fn complicate(&mut self) -> bool {
        if self.next() {
            return true;
        }
        self.settle();
        false
    }
}
