//! What a policy's condition says, as far as the auditor can prove it. The server writes conditions in one form
//! (`pg_get_expr`), with every name in full; whatever is not read here proves nothing.

use crate::audit::tokens::{self, Token};

/// A condition, or a value in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expr {
    /// A column, with what stands in front of it.
    Column(Vec<String>),
    Literal(String),
    Bool(bool),
    Call(Vec<String>, Vec<Expr>),
    /// `(SELECT value)`.
    Select(Box<Expr>),
    /// A value and the type that it is cast to.
    Cast(Box<Expr>, String),
    Equal(Box<Expr>, Box<Expr>),
    IsNull(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    /// `EXISTS (SELECT FROM relation AS alias WHERE filter)`.
    Exists {
        relation: Vec<String>,
        alias: String,
        filter: Box<Expr>,
    },
    /// Something else.
    Other,
}

/// Reads a condition.
pub(super) fn read(text: &str) -> Expr {
    let tokens = tokens::read(text);
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
    };
    let read = reader.any();
    match read {
        Some(expr) if reader.at == tokens.len() => expr,
        Some(_) | None => Expr::Other,
    }
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self, word: &str) -> bool {
        self.tokens.get(self.at).is_some_and(|token| token.is(word))
    }

    fn take(&mut self, word: &str) -> bool {
        let is = self.peek(word);
        self.at += usize::from(is);
        is
    }

    fn need(&mut self, word: &str) -> Option<()> {
        self.take(word).then_some(())
    }

    fn name(&mut self) -> Option<String> {
        let name = self.tokens.get(self.at)?.name()?.to_owned();
        self.at += 1;
        Some(name)
    }

    fn path(&mut self) -> Option<Vec<String>> {
        let mut path = vec![self.name()?];
        while self.take(".") {
            path.push(self.name()?);
        }
        Some(path)
    }

    fn any(&mut self) -> Option<Expr> {
        let mut all = vec![self.all()?];
        while self.take("or") {
            all.push(self.all()?);
        }
        Some(if all.len() == 1 { all.pop()? } else { Expr::Or(all) })
    }

    fn all(&mut self) -> Option<Expr> {
        let mut all = vec![self.comparison()?];
        while self.take("and") {
            all.push(self.comparison()?);
        }
        Some(if all.len() == 1 {
            all.pop()?
        } else {
            Expr::And(all)
        })
    }

    fn comparison(&mut self) -> Option<Expr> {
        if self.take("not") {
            self.comparison()?;
            return Some(Expr::Other);
        }
        let left = self.value()?;
        if self.take("=") {
            if self.peek("any") || self.peek("all") {
                return None;
            }
            let right = self.value()?;
            return Some(Expr::Equal(Box::new(left), Box::new(right)));
        }
        if self.take("is") {
            let not = self.take("not");
            self.need("null")?;
            return Some(if not {
                Expr::Other
            } else {
                Expr::IsNull(Box::new(left))
            });
        }
        if self.take("in") {
            return self.in_query(left);
        }
        Some(left)
    }

    /// `left IN (SELECT column FROM …)` is an EXISTS that compares the two.
    fn in_query(&mut self, left: Expr) -> Option<Expr> {
        self.need("(")?;
        self.need("select")?;
        let column = self.path()?;
        let (relation, alias, filter) = self.from()?;
        let same = Expr::Equal(Box::new(Expr::Column(column)), Box::new(left));
        let filter = Box::new(Expr::And(vec![same, filter]));
        Some(Expr::Exists {
            relation,
            alias,
            filter,
        })
    }

    /// From FROM to the bracket that closes the query.
    fn from(&mut self) -> Option<(Vec<String>, String, Expr)> {
        self.need("from")?;
        let relation = self.path()?;
        let alias = if self.peek("where") {
            relation.last()?.clone()
        } else {
            self.name()?
        };
        self.need("where")?;
        let filter = self.any()?;
        self.need(")")?;
        Some((relation, alias, filter))
    }

    fn value(&mut self) -> Option<Expr> {
        let mut value = self.plain()?;
        while self.take("::") {
            let mut name = self.name()?;
            // `character varying`, `timestamp with time zone`.
            while matches!(self.tokens.get(self.at), Some(Token::Word(word)) if ["varying", "precision", "with", "without", "time", "zone"].contains(&word.as_str()))
            {
                name = format!("{name} {}", self.name()?);
            }
            value = Expr::Cast(Box::new(value), name);
        }
        Some(value)
    }

    /// `SELECT value AS name)`, behind its bracket.
    fn selected(&mut self) -> Option<Expr> {
        let start = self.at;
        let read = self.try_selected();
        if read.is_none() {
            self.at = start;
        }
        read
    }

    fn try_selected(&mut self) -> Option<Expr> {
        self.need("select")?;
        let value = self.value()?;
        if self.take("as") {
            self.name()?;
        }
        self.need(")")?;
        Some(Expr::Select(Box::new(value)))
    }

    /// To behind the bracket that closes the one that was opened.
    fn skip_bracket(&mut self) -> Option<()> {
        let mut depth = 1;
        while depth > 0 {
            let token = self.tokens.get(self.at)?;
            depth += i32::from(token.is("(")) - i32::from(token.is(")"));
            self.at += 1;
        }
        Some(())
    }

    fn plain(&mut self) -> Option<Expr> {
        if self.take("(") {
            if let Some(selected) = self.selected() {
                return Some(selected);
            }
            let start = self.at;
            let inner = self.any();
            if inner.is_some() && self.take(")") {
                return inner;
            }
            // What stands in brackets and is not known proves nothing, and takes nothing from what stands beside it.
            self.at = start;
            self.skip_bracket()?;
            return Some(Expr::Other);
        }
        if self.take("exists") {
            self.need("(")?;
            self.need("select")?;
            // What it would show does not matter.
            if self.peek("1") {
                self.at += 1;
                if self.take("as") {
                    self.name()?;
                }
            }
            let (relation, alias, filter) = self.from()?;
            let filter = Box::new(filter);
            return Some(Expr::Exists {
                relation,
                alias,
                filter,
            });
        }
        match self.tokens.get(self.at)? {
            Token::Text(text) => {
                let text = text.clone();
                self.at += 1;
                return Some(Expr::Literal(text));
            }
            Token::Word(word) if word.eq_ignore_ascii_case("true") || word.eq_ignore_ascii_case("false") => {
                let is = word.eq_ignore_ascii_case("true");
                self.at += 1;
                return Some(Expr::Bool(is));
            }
            Token::Word(word) if word.starts_with(|c: char| c.is_ascii_digit()) => {
                let text = word.clone();
                self.at += 1;
                return Some(Expr::Literal(text));
            }
            Token::Word(_) | Token::Quoted(_) | Token::Sign(_) => {}
        }
        let path = self.path()?;
        if !self.take("(") {
            return Some(Expr::Column(path));
        }
        let mut arguments = Vec::new();
        while !self.take(")") {
            arguments.push(self.any()?);
            if !self.take(",") && !self.peek(")") {
                return None;
            }
        }
        Some(Expr::Call(path, arguments))
    }
}

impl Expr {
    /// Whether every row passes.
    pub(super) fn is_always_true(&self) -> bool {
        match self {
            Expr::Bool(is) => *is,
            Expr::Or(any) => any.iter().any(Expr::is_always_true),
            Expr::And(all) => all.iter().all(Expr::is_always_true),
            Expr::Equal(one, other) => one == other && !matches!(**one, Expr::Other),
            Expr::Cast(value, _) | Expr::Select(value) => value.is_always_true(),
            Expr::Column(_)
            | Expr::Literal(_)
            | Expr::Call(..)
            | Expr::IsNull(_)
            | Expr::Exists { .. }
            | Expr::Other => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Expr, read};

    #[test]
    fn what_is_not_known_is_other() {
        assert_eq!(read("(a > 1)"), Expr::Other);
        let and = Expr::And(vec![Expr::Other, read("(b = c)")]);
        assert_eq!(read("((a > (1 + 2)) AND (b = c))"), and);
        assert_eq!(read("(a OPERATOR(public.=) b)"), Expr::Other);
        assert_eq!(read("(a = ANY (ARRAY[1]))"), Expr::Other);
        assert_eq!(read("true) OR (false"), Expr::Other);
        assert_eq!(
            read("(EXISTS ( SELECT FROM a JOIN b ON (true) WHERE true))"),
            Expr::Other
        );
    }

    #[test]
    fn always_true() {
        for text in ["true", "(true OR (a = b))", "(1 = 1)", "((a = 2) OR (1 = 1))"] {
            assert!(read(text).is_always_true(), "{text}");
        }
        for text in ["false", "(a = b)", "(true AND (a = b))", "(1 = 2)"] {
            assert!(!read(text).is_always_true(), "{text}");
        }
    }

    #[test]
    fn a_query_of_one_table_is_read() {
        let read =
            read("(EXISTS ( SELECT\n   FROM public.parcels tenancy_1\n  WHERE (tenancy_1.gid = items.gid)))");
        let Expr::Exists { relation, alias, .. } = read else {
            panic!("{read:?}");
        };
        assert_eq!(
            (relation.join(".").as_str(), alias.as_str()),
            ("public.parcels", "tenancy_1")
        );
    }
}
