//! Expressions that only MySQL has.

use sqlparser::ast::{DateTimeField, Expr, Ident, ObjectName, Spanned};

use crate::sql::{
    Refusal, Rule, names, types,
    walk::{Walk, only},
};

/// Clocks that stand without parentheses.
const CLOCKS: [&str; 3] = ["utc_date", "utc_time", "utc_timestamp"];

/// Character sets that a literal may say to be in.
const INTRODUCERS: [&str; 6] = ["_ascii", "_binary", "_latin1", "_utf8", "_utf8mb3", "_utf8mb4"];

/// Whether a text ends with a character set's name, for the literal behind it. The literal itself is read in the client's
/// character set all the same.
pub(in crate::sql) fn is_introduced(before: &[u8]) -> bool {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'@' | 0x80..);
    let start = before.len() - before.iter().rev().take_while(|b| is_part(b)).count();
    before.get(start..).is_some_and(|word| {
        INTRODUCERS
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
    })
}

/// Whether a unit of time has a name that the parser knows, so that nothing else may pass for one.
pub(in crate::sql) fn is_unit(field: &DateTimeField) -> bool {
    match field {
        DateTimeField::Custom(_) => false,
        DateTimeField::Week(day) => day.is_none(),
        _ => true,
    }
}

/// Whether the name is a clock's.
pub(in crate::sql) fn is_clock(name: &Ident) -> bool {
    name.quote_style.is_none() && CLOCKS.iter().any(|clock| name.value.eq_ignore_ascii_case(clock))
}

/// Whether a column's label is written as a text, `AS 'total'`, which names nothing but the column of the result.
pub(in crate::sql) fn is_text_label(label: &Ident) -> bool {
    matches!(label.quote_style, Some('\'' | '"')) && !label.value.contains(['\'', '"', '\\', '`'])
}

/// Whether the name in FROM is `DUAL`, which stands for no table.
pub(in crate::sql) fn is_dual(parts: &[&Ident]) -> bool {
    matches!(parts, [only] if only.quote_style.is_none() && only.value.eq_ignore_ascii_case("dual"))
}

impl Walk<'_> {
    /// An expression that no other dialect has.
    pub(in crate::sql) fn mysql_expr(&mut self, expr: &mut Expr) -> Result<(), Refusal> {
        match expr {
            Expr::RLike {
                negated: _,
                expr,
                pattern,
                regexp: _,
            } => {
                self.expr(expr)?;
                self.expr(pattern)
            }
            Expr::Convert {
                is_try,
                expr,
                data_type,
                charset,
                target_before_value,
                styles,
            } => {
                only(!*is_try && !*target_before_value && styles.is_empty())?;
                if let Some(ty) = data_type
                    && !types::is_type_allowed(self.dialect, ty)
                {
                    return self.refuse(Rule::Type, &**expr);
                }
                charset.as_ref().map_or(Ok(()), |charset| self.charset(charset))?;
                self.expr(expr)
            }
            Expr::Prefixed { prefix, value } => {
                let known = prefix.quote_style.is_none()
                    && INTRODUCERS
                        .iter()
                        .any(|known| prefix.value.eq_ignore_ascii_case(known));
                if !known || !matches!(**value, Expr::Value(_)) {
                    return Err(Refusal::at(Rule::Literal, self.offset(prefix.span)));
                }
                self.expr(value)
            }
            // The rank of a row is measured over all tenants' rows.
            _ => self.refuse(Rule::Construct, expr),
        }
    }

    fn charset(&self, charset: &ObjectName) -> Result<(), Refusal> {
        let at = self.offset(charset.span());
        match names::parts(charset, at)?.as_slice() {
            // `binary` is one, and a word of the grammar.
            [name] => names::check_function(name, self.dialect, at),
            _ => Err(Refusal::at(Rule::Name, at)),
        }
    }
}
