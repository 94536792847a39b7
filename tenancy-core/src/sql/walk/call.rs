//! Function calls and windows.

use sqlparser::{
    ast::{
        DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgOperator,
        FunctionArgumentClause, FunctionArgumentList, FunctionArguments, Ident, NamedWindowDefinition,
        NamedWindowExpr, NullTreatment, ObjectName, ObjectNamePart, Spanned, WindowFrame, WindowFrameBound,
        WindowFrameUnits, WindowSpec, WindowType,
    },
    tokenizer::Token,
};

use super::{Walk, only, relation::plain_name, usage};
use crate::sql::{
    Dialect, Refusal, Rule,
    faults::{self, Place},
    functions,
    text::Tok,
};

impl Walk<'_> {
    pub(super) fn function(&mut self, function: &mut Function) -> Result<(), Refusal> {
        let Function {
            name,
            uses_odbc_syntax,
            parameters,
            args,
            within_group,
            filter,
            null_treatment,
            over,
        } = function;
        // `{fn lower('A')}` is the call.
        only(!*uses_odbc_syntax || self.dialect == Dialect::Mysql)?;
        only(matches!(parameters, FunctionArguments::None))?;
        let range = self.text.range(name.span())?;
        let known = self.function_name(name);
        let is_age = self.dialect == Dialect::Postgres
            && known.as_ref().is_ok_and(|called| called == "age")
            && is_plain_call_of_one(args);
        let arity = arity(args) + usize::from(is_age);
        let mut aggregates = false;
        let is_row = known.as_ref().is_ok_and(|called| called == "row");
        match known {
            Ok(called) if functions::is_allowed(self.dialect, &called, arity) => {
                self.pin_function(name, &called, range.start)?;
                aggregates = over.is_none() && usage::is_aggregate(&called);
                if is_age {
                    self.put_current_date(range.end)?;
                }
            }
            known => {
                if !self.own_function(name)? {
                    known?;
                    Refusal::at(Rule::Function, range.start).refuse()?;
                }
            }
        }
        self.aggregating(aggregates);
        match args {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(query) => faults::within(Place::Subquery, || self.query(query))?,
            FunctionArguments::List(FunctionArgumentList {
                duplicate_treatment,
                args,
                clauses,
            }) => {
                match duplicate_treatment {
                    None | Some(DuplicateTreatment::Distinct | DuplicateTreatment::All) => {}
                }
                self.call_args(args, is_row)?;
                clauses
                    .iter_mut()
                    .try_for_each(|clause| self.function_clause(clause))?;
                if is_age {
                    args.insert(0, FunctionArg::Unnamed(FunctionArgExpr::Expr(current_date())));
                }
            }
        }
        self.order_by_exprs(within_group)?;
        if let Some(filter) = filter {
            self.expr(filter)?;
        }
        match null_treatment {
            None | Some(NullTreatment::IgnoreNulls | NullTreatment::RespectNulls) => {}
        }
        self.aggregated(aggregates);
        match over {
            None => Ok(()),
            Some(WindowType::NamedWindow(name)) => self.check_ident(name),
            Some(WindowType::WindowSpec(spec)) => self.window_spec(spec),
        }
    }

    /// Makes a call mean the server's own function: on PostgreSQL the application could have one of the same name,
    /// which its search path may put first.
    pub(super) fn pin_function(
        &mut self,
        name: &mut ObjectName,
        called: &str,
        at: usize,
    ) -> Result<(), Refusal> {
        let ObjectName(parts) = name;
        let unqualified = match parts.as_slice() {
            [ObjectNamePart::Identifier(only)] => only.clone(),
            _ => return Ok(()),
        };
        if functions::is_syntax(self.dialect, called) {
            // Quoted, it is a function after all, and not the server's.
            let quoted = unqualified.quote_style.is_some();
            return if quoted {
                Refusal::at(Rule::Function, at).refuse()
            } else {
                Ok(())
            };
        }
        if self.dialect == Dialect::Postgres {
            *name = plain_name([Ident::new("pg_catalog"), unqualified]);
            self.put(at, "pg_catalog.".to_owned());
        }
        Ok(())
    }

    /// Gives PostgreSQL's `age` of one argument the other that it stands for: `age(at)` is `age(CURRENT_DATE, at)` for
    /// every type of time, and no function for a transaction's number, whose age tells what all tenants did since.
    fn put_current_date(&mut self, name_end: usize) -> Result<(), Refusal> {
        let next = self.text.toks.partition_point(|tok| tok.range.start < name_end);
        match self.text.toks.get(next) {
            Some(Tok {
                token: Token::LParen,
                range,
            }) => {
                self.put(range.end, "CURRENT_DATE, ".to_owned());
                Ok(())
            }
            _ => Err(Refusal::at(Rule::Verification, name_end)),
        }
    }

    pub(super) fn function_args(&mut self, args: &mut [FunctionArg]) -> Result<(), Refusal> {
        args.iter_mut().try_for_each(|arg| match arg {
            FunctionArg::Unnamed(arg) => match arg {
                FunctionArgExpr::Expr(expr) => self.expr(expr),
                FunctionArgExpr::Wildcard => Ok(()),
                // `count(t.*)`: the whole row. SQLite has no such argument.
                FunctionArgExpr::QualifiedWildcard(name) if self.dialect == Dialect::Postgres => {
                    self.names_row = true;
                    self.note_row(name);
                    self.whole_row(name).map(drop)
                }
                FunctionArgExpr::QualifiedWildcard(_) | FunctionArgExpr::WildcardWithOptions(_) => {
                    self.refuse(Rule::Construct, &*arg)
                }
            },
            // `make_interval(days => 1)`
            FunctionArg::Named {
                name,
                arg: FunctionArgExpr::Expr(expr),
                operator: FunctionArgOperator::RightArrow | FunctionArgOperator::Assignment,
            } if self.dialect == Dialect::Postgres => {
                self.check_ident(name)?;
                self.expr(expr)
            }
            FunctionArg::ExprNamed {
                name: Expr::Identifier(name),
                arg: FunctionArgExpr::Expr(expr),
                operator: FunctionArgOperator::RightArrow | FunctionArgOperator::Assignment,
            } if self.dialect == Dialect::Postgres => {
                self.check_ident(name)?;
                self.expr(expr)
            }
            FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => self.refuse(Rule::Construct, &*arg),
        })
    }

    fn function_clause(&mut self, clause: &mut FunctionArgumentClause) -> Result<(), Refusal> {
        match clause {
            FunctionArgumentClause::OrderBy(exprs) => self.order_by_exprs(exprs),
            FunctionArgumentClause::IgnoreOrRespectNulls(_) => Ok(()),
            FunctionArgumentClause::Separator(value) if self.dialect == Dialect::Mysql => self.value(value),
            FunctionArgumentClause::Limit(limit) if self.dialect == Dialect::Mysql => self.expr(limit),
            FunctionArgumentClause::Where(_)
            | FunctionArgumentClause::Limit(_)
            | FunctionArgumentClause::OnOverflow(_)
            | FunctionArgumentClause::Having(_)
            | FunctionArgumentClause::Separator(_)
            | FunctionArgumentClause::JsonNullClause(_)
            | FunctionArgumentClause::JsonReturningClause(_) => self.refuse(Rule::Construct, &*clause),
        }
    }

    pub(super) fn named_window(&mut self, window: &mut NamedWindowDefinition) -> Result<(), Refusal> {
        let NamedWindowDefinition(name, definition) = window;
        self.check_ident(name)?;
        match definition {
            NamedWindowExpr::NamedWindow(name) => self.check_ident(name),
            NamedWindowExpr::WindowSpec(spec) => self.window_spec(spec),
        }
    }

    fn window_spec(&mut self, spec: &mut WindowSpec) -> Result<(), Refusal> {
        let WindowSpec {
            window_name,
            partition_by,
            order_by,
            window_frame,
        } = spec;
        self.check_idents(window_name.as_ref())?;
        self.exprs(partition_by)?;
        self.order_by_exprs(order_by)?;
        let Some(WindowFrame {
            units,
            start_bound,
            end_bound,
        }) = window_frame
        else {
            return Ok(());
        };
        match units {
            WindowFrameUnits::Rows | WindowFrameUnits::Range | WindowFrameUnits::Groups => {}
        }
        std::iter::once(start_bound)
            .chain(end_bound)
            .try_for_each(|bound| match bound {
                WindowFrameBound::CurrentRow
                | WindowFrameBound::Preceding(None)
                | WindowFrameBound::Following(None) => Ok(()),
                WindowFrameBound::Preceding(Some(expr)) | WindowFrameBound::Following(Some(expr)) => {
                    self.expr(expr)
                }
            })
    }
}

/// How many arguments a call has.
fn arity(args: &FunctionArguments) -> usize {
    match args {
        FunctionArguments::None => 0,
        FunctionArguments::Subquery(_) => 1,
        FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: _,
            args,
            clauses: _,
        }) => args.len(),
    }
}

/// `f(a)`, and nothing more in the parentheses.
fn is_plain_call_of_one(args: &FunctionArguments) -> bool {
    match args {
        FunctionArguments::None | FunctionArguments::Subquery(_) => false,
        FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment,
            args,
            clauses,
        }) => duplicate_treatment.is_none() && args.len() == 1 && clauses.is_empty(),
    }
}

/// `CURRENT_DATE` as the parser reads it.
fn current_date() -> Expr {
    Expr::Function(Function {
        name: plain_name([Ident::new("CURRENT_DATE")]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::None,
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}
