//! The exhaustive walk over the parser's tree.
//!
//! Every struct is taken apart field by field and every enum variant by variant, so that syntax which a new version of
//! the parser brings is a compile error here, not a hole. The walk changes the tree into the one that is meant, and
//! notes the edits that make the same of the text.

mod call;
mod column;
mod columns;
mod expr;
mod forms;
mod grouped;
mod grouping;
mod hidden;
mod in_place;
mod items;
mod labels;
mod locks;
mod operators;
mod ordering;
mod own;
mod query;
mod relation;
mod rows;
mod scopes;
mod sources;
mod stars;
mod statement;
mod system;
mod table;
mod titles;
mod usage;
mod value;
mod view;

pub(in crate::sql) use columns::Columns;
pub(in crate::sql) use forms::Forms;
pub(super) use hidden::hides_key;
pub(super) use relation::plain_name;
pub(super) use view::DEEPER;

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    ops::Range,
};

use sqlparser::{
    ast::{Expr, Ident, Spanned},
    tokenizer::{Location, Span},
};

use super::{
    Dialect, Refusal, Rule,
    mend::{Arbiter, Hidden},
    names::{self, Frames, Tables},
    place::Placer,
    splice::{Edit, Outcome},
    text::Text,
};
use crate::Table;

/// One statement's walk.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    pub(super) text: &'a Text,
    pub(super) tables: &'a Tables,
    pub(super) placer: Placer,
    pub(super) dialect: Dialect,
    frames: Frames,
    scopes: scopes::Scopes,
    usage: Vec<usage::Usage>,
    opening: Option<query::Opening>,
    /// What the last write returns.
    pub(super) returned: Option<columns::Columns>,
    /// Whether the text has the name of SQLite's row number in it.
    numbers_rows: bool,
    /// Whether what is walked next is the statement itself, whose values go to the caller.
    pub(super) at_top: bool,
    /// Whether what is walked next stands in a join.
    in_join: bool,
    /// In how many EXISTS what is walked next stands.
    in_exists: usize,
    /// Whether the statement gives a column the name of the one that tells a row's table.
    names_system: bool,
    /// Whether a whole row is named, and where the type of a value is asked for.
    names_row: bool,
    asks_type: Option<usize>,
    /// How many columns the SELECTs with a wildcard have that rows of an INSERT come from.
    pub(super) widths: HashMap<Location, usize>,
    /// The columns of each `*` of those, where they can be written out, and how many were noted.
    pub(super) stars: HashMap<Location, Vec<Vec<stars::Written>>>,
    written_stars: usize,
    /// The first field that its source does not have.
    no_field: Option<Refusal>,
    placed: Vec<(forms::Slot, String)>,
    hidden: hidden::Hidden,
    edits: Vec<Edit>,
    /// The rank of the last edit that was put before all others at its place.
    foremost: i64,
    /// The items of the select list that was walked last in which something was edited.
    edited_items: Vec<usize>,
    /// Whether the rows go into a table, and nobody sees what their columns are called.
    pub(super) into_table: bool,
    phrases: Vec<String>,
    /// The expressions of upserts' targets that were not come to yet, and those that were.
    arbiters: VecDeque<Arbiter<Expr>>,
    walked_arbiters: Vec<Expr>,
    /// How many `ONLY` are hidden from the parser that were not come to yet.
    only: usize,
    reads: BTreeSet<String>,
    writes: BTreeSet<String>,
    uses_tenant: bool,
    /// The lock of the query that is being walked, for the slices in its FROM.
    lock: Option<String>,
    is_write: bool,
    /// In how many views this text stands.
    views: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(text: &'a Text, tables: &'a Tables, placer: Placer) -> Self {
        Self {
            text,
            tables,
            placer,
            dialect: placer.dialect,
            frames: Frames::default(),
            scopes: scopes::Scopes::default(),
            usage: Vec::new(),
            opening: None,
            returned: None,
            numbers_rows: text.toks.iter().any(column::is_row_number),
            at_top: false,
            in_join: false,
            in_exists: 0,
            names_system: false,
            names_row: false,
            asks_type: None,
            widths: HashMap::new(),
            stars: HashMap::new(),
            written_stars: 0,
            no_field: None,
            placed: Vec::new(),
            hidden: hidden::Hidden::default(),
            edits: Vec::new(),
            foremost: 0,
            edited_items: Vec::new(),
            into_table: false,
            phrases: Vec::new(),
            arbiters: VecDeque::new(),
            walked_arbiters: Vec::new(),
            only: 0,
            reads: BTreeSet::new(),
            writes: BTreeSet::new(),
            uses_tenant: false,
            lock: None,
            is_write: false,
            views: 0,
        }
    }

    pub(super) fn finish(self) -> Result<Outcome, Refusal> {
        if self.only > 0 || !self.arbiters.is_empty() {
            return Err(Refusal::new(Rule::Syntax));
        }
        self.hidden.check(self.dialect)?;
        // A slice's rows have a type of their own.
        if let Some(at) = self.asks_type.filter(|_| self.names_row) {
            return Err(Refusal::at(Rule::Function, at));
        }
        self.no_field.map_or(Ok(()), Refusal::refuse)?;
        Ok(Outcome {
            edits: self.edits,
            phrases: self.phrases,
            arbiters: self.walked_arbiters,
            reads: self.reads.into_iter().collect(),
            writes: self.writes.into_iter().collect(),
            uses_tenant: self.uses_tenant,
            is_write: self.is_write,
        })
    }

    /// Takes note of what is hidden from the parser.
    pub(super) fn hide(&mut self, hidden: Hidden, arbiters: Vec<Arbiter<Expr>>) -> Result<(), Refusal> {
        let Hidden {
            names,
            phrases,
            only,
            arbiters: unread,
        } = hidden;
        if !unread.is_empty() {
            return Err(Refusal::new(Rule::Syntax));
        }
        self.arbiters.extend(arbiters);
        self.check_idents(&names)?;
        self.names_system |= names.iter().any(system::is_table_id);
        self.scopes
            .hide(names.iter().map(|name| names::folded(name, self.dialect)));
        self.phrases.extend(phrases);
        self.only = only;
        Ok(())
    }

    /// Walks the expression of an upsert's target that belongs to the element at this place, if there is one.
    pub(super) fn arbiter(&mut self, anchor: Location, is_condition: bool) -> Result<bool, Refusal> {
        let is_next = self
            .arbiters
            .front()
            .is_some_and(|next| next.anchor == anchor && next.is_condition == is_condition);
        if !is_next {
            return Ok(false);
        }
        if let Some(Arbiter { mut expr, .. }) = self.arbiters.pop_front() {
            self.expr(&mut expr)?;
            self.walked_arbiters.push(expr);
        }
        Ok(true)
    }

    /// Notes that bytes of the text become `text`.
    pub(super) fn edit(&mut self, range: Range<usize>, text: String) {
        self.edits.push(Edit {
            range,
            text,
            whole: false,
            rank: 0,
        });
    }

    /// Notes that `text` is put in before byte `at`.
    pub(super) fn put(&mut self, at: usize, text: String) {
        self.edit(at..at, text);
    }

    /// Notes that `text` is put in before byte `at`, and before what was put there already.
    pub(super) fn put_first(&mut self, at: usize, text: String) {
        self.foremost -= 1;
        self.edits.push(Edit {
            range: at..at,
            text,
            whole: false,
            rank: self.foremost,
        });
    }

    /// Notes that a range becomes `text`, whatever else is noted inside of it.
    pub(super) fn replace(&mut self, range: Range<usize>, text: String) {
        self.edits.push(Edit {
            range,
            text,
            whole: true,
            rank: 0,
        });
    }

    pub(super) fn note_read(&mut self, table: &Table) {
        self.reads.insert(table.name().to_owned());
    }

    pub(super) fn note_write(&mut self, table: &Table) {
        self.writes.insert(table.name().to_owned());
        self.is_write = true;
    }

    /// Notes that the tenant's bind is in the statement.
    pub(super) fn note_tenant(&mut self) {
        self.uses_tenant = true;
    }

    /// The bytes of an identifier that stands in the text.
    pub(super) fn ident_range(&self, ident: &Ident) -> Result<Range<usize>, Refusal> {
        self.text.range(ident.span)
    }

    /// Refuses an identifier that could be read as another one.
    pub(super) fn check_ident(&self, ident: &Ident) -> Result<(), Refusal> {
        names::check(ident, self.dialect, self.offset(ident.span))
    }

    pub(super) fn check_idents<'i>(
        &self,
        idents: impl IntoIterator<Item = &'i Ident>,
    ) -> Result<(), Refusal> {
        idents.into_iter().try_for_each(|ident| self.check_ident(ident))
    }

    /// Where a span starts, for a refusal; the start of the text where the parser recorded none.
    pub(super) fn offset(&self, span: Span) -> usize {
        if span.start == Location::empty() {
            0
        } else {
            self.text.offset(span.start).unwrap_or(0)
        }
    }

    /// A refusal at a node.
    pub(super) fn refuse<T>(&self, rule: Rule, node: &impl Spanned) -> Result<T, Refusal> {
        let span = node.span();
        Err(if span.start == Location::empty() {
            Refusal::new(rule)
        } else {
            Refusal::at(rule, self.offset(span))
        })
    }
}

/// Refuses what a field holds, where only nothing is understood.
pub(super) fn only(nothing: bool) -> Result<(), Refusal> {
    if nothing {
        Ok(())
    } else {
        Refusal::new(Rule::Construct).refuse()
    }
}
