//! The words that bring relations into a statement, counted twice: among the tokens, and in the tree.
//!
//! Where the parser takes such a word for a name, an alias or an operator, the tree has one less of it than the text, and what
//! the server reads behind it was seen by nobody. So the counts have to be equal. It is the second of two guards; the
//! first refuses words of the grammar as names.

use std::ops::ControlFlow;

use sqlparser::{
    ast::{
        Delete, Expr, ExtractSyntax, Fetch, FromTable, Insert, JoinConstraint, JoinOperator, LockClause,
        LockType, Merge, MergeAction, OnConflictAction, OnInsert, Query, Select, Statement, TableFactor,
        TableIndexHintForClause, TableIndexHints, TableWithJoins, Update, Visit, Visitor,
    },
    keywords::Keyword,
    tokenizer::{Token, TokenWithSpan},
};

use super::{Refusal, Rule};

/// How often each word stands somewhere.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    select: usize,
    from: usize,
    join: usize,
    using: usize,
    into: usize,
    update: usize,
    table: usize,
    only: usize,
}

/// Checks that the tree accounts for every such word of the text.
pub(super) fn check(statement: &Statement, written: &Words) -> Result<(), Refusal> {
    let mut meant = Words::default();
    // Nothing in it breaks off.
    let _ = statement.visit(&mut meant);
    if meant == *written {
        Ok(())
    } else {
        Err(Refusal::new(Rule::Verification))
    }
}

impl Words {
    /// The words among the tokens that the parser sees.
    pub(super) fn written(tokens: &[TokenWithSpan]) -> Self {
        let mut words = Self::default();
        let mut before: [Option<&Token>; 2] = [None, None];
        for TokenWithSpan { token, .. } in tokens {
            // `ride.from` is a column. Were it a FROM, the tree would have one more than the text.
            let is_part = matches!(before, [Some(Token::Word(_)), Some(Token::Period)]);
            if let Token::Word(word) = token
                && word.quote_style.is_none()
                && !is_part
            {
                words.count(word.keyword);
            }
            before = [before[1], Some(token)];
        }
        words
    }

    fn count(&mut self, keyword: Keyword) {
        let count = match keyword {
            Keyword::SELECT => &mut self.select,
            Keyword::FROM => &mut self.from,
            Keyword::JOIN => &mut self.join,
            Keyword::USING => &mut self.using,
            Keyword::INTO => &mut self.into,
            Keyword::UPDATE => &mut self.update,
            Keyword::TABLE => &mut self.table,
            Keyword::ONLY => &mut self.only,
            _ => return,
        };
        *count += 1;
    }
    fn joins(&mut self, tables: &[TableWithJoins]) {
        for join in tables.iter().flat_map(|table| &table.joins) {
            self.join += 1;
            let constraint = match &join.join_operator {
                JoinOperator::Join(constraint)
                | JoinOperator::Inner(constraint)
                | JoinOperator::Left(constraint)
                | JoinOperator::LeftOuter(constraint)
                | JoinOperator::Right(constraint)
                | JoinOperator::RightOuter(constraint)
                | JoinOperator::FullOuter(constraint)
                | JoinOperator::CrossJoin(constraint) => Some(constraint),
                // A word of its own.
                JoinOperator::StraightJoin(constraint) => {
                    self.join -= 1;
                    Some(constraint)
                }
                // The walk has refused all others.
                _ => None,
            };
            self.using += usize::from(matches!(constraint, Some(JoinConstraint::Using(_))));
        }
    }
}

impl Visitor for Words {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        // `FETCH FIRST 3 ROWS ONLY`.
        let only = |fetch: &Fetch| !fetch.with_ties;
        let updates = |lock: &&LockClause| matches!(lock.lock_type, LockType::Update);
        self.update += query.locks.iter().filter(updates).count();
        self.only += usize::from(query.fetch.as_ref().is_some_and(only));
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        self.select += 1;
        self.from += usize::from(!select.from.is_empty());
        self.joins(&select.from);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::NestedJoin { table_with_joins, .. } => {
                self.joins(std::slice::from_ref(table_with_joins));
            }
            // `USE INDEX FOR JOIN (…)`.
            TableFactor::Table { index_hints, .. } => {
                let for_join =
                    |hint: &&TableIndexHints| matches!(hint.for_clause, Some(TableIndexHintForClause::Join));
                self.join += index_hints.iter().filter(for_join).count();
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        match statement {
            Statement::Insert(Insert { on, into, .. }) => {
                self.into += usize::from(*into);
                let updates = match on {
                    Some(OnInsert::OnConflict(conflict)) => {
                        matches!(conflict.action, OnConflictAction::DoUpdate(_))
                    }
                    Some(OnInsert::DuplicateKeyUpdate(_)) => true,
                    _ => false,
                };
                self.update += usize::from(updates);
            }
            Statement::Update(Update { from, table, .. }) => {
                use sqlparser::ast::UpdateTableFromKind::{AfterSet, BeforeSet};
                self.update += 1;
                self.joins(std::slice::from_ref(table));
                if let Some(BeforeSet(tables) | AfterSet(tables)) = from {
                    self.from += 1;
                    self.joins(tables);
                }
            }
            Statement::Delete(Delete { from, using, .. }) => {
                if let FromTable::WithFromKeyword(tables) = from {
                    self.from += 1;
                    self.joins(tables);
                }
                if let Some(tables) = using {
                    self.using += 1;
                    self.joins(tables);
                }
            }
            Statement::Merge(Merge { into, clauses, .. }) => {
                self.into += usize::from(*into);
                self.using += 1;
                let updates = clauses
                    .iter()
                    .filter(|clause| matches!(clause.action, MergeAction::Update(_)));
                self.update += updates.count();
            }
            // The walk has refused all others but queries.
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        // `CONVERT(x USING utf8mb4)`.
        self.using += usize::from(matches!(expr, Expr::Convert { data_type: None, .. }));
        let from = match expr {
            Expr::IsDistinctFrom(..) | Expr::IsNotDistinctFrom(..) | Expr::Overlay { .. } => true,
            Expr::Extract { syntax, .. } => matches!(syntax, ExtractSyntax::From),
            Expr::Substring {
                special,
                substring_from,
                ..
            } => !special && substring_from.is_some(),
            Expr::Trim { trim_what, .. } => trim_what.is_some(),
            _ => false,
        };
        self.from += usize::from(from);
        ControlFlow::Continue(())
    }
}
