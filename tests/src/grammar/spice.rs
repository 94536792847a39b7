//! Expressions that are rarely written, so that each kind of node that an engine lets through is made now and then.
//!
//! Each is a text with holes: `#a` and `#b` are whole numbers, `#t` is a text.

use super::tree::{Node, Sort, node};
use super::{Maker, Scope};
use crate::Dialect;
use crate::schema::Ty;

const INTS: [&str; 4] = [
    "(- #a)",
    "(#a % 7)",
    "CASE #a WHEN 1 THEN 2 WHEN 2 THEN #b END",
    "LENGTH(TRIM(#t))",
];
const POSTGRES_INTS: [&str; 21] = [
    "CAST(X'1F' AS INTEGER)",
    "(#a OPERATOR(pg_catalog.+) int4 '1')",
    "CAST(CAST('2' AS SMALLINT) + '3'::int2 AS BIGINT)",
    "(1::int + 2::int8)",
    "CAST(float8 '2' + 2::float4 AS BIGINT)",
    "CAST(#a::numeric(30, 3) AS BIGINT)",
    "CAST(EXTRACT(YEAR FROM timestamp with time zone '2024-02-29 00:00Z') AS BIGINT)",
    "(#a & 3)",
    "(#a | 1)",
    "(#a # 5)",
    "(#a << 1)",
    "(#a >> 1)",
    "(~ #a)",
    "(ARRAY[#a, #b])[1]",
    "CARDINALITY((ARRAY[#a, 2, 3])[1:2])",
    "CAST(EXTRACT(DAY FROM DATE '2024-02-29' + INTERVAL '1' DAY) AS BIGINT)",
    "CAST(POSITION('a' IN #t) AS BIGINT)",
    "CAST(CEIL(#a / 2.0) AS BIGINT)",
    "CAST(FLOOR(#a / 2.0) AS BIGINT)",
    "CAST(B'101' AS INTEGER)",
    "LENGTH((JSONB_BUILD_ARRAY(#t) -> 0)::text)",
];
const SQLITE_INTS: [&str; 6] = [
    "(#a & 3)",
    "(#a | 1)",
    "(#a << 1)",
    "(#a >> 1)",
    "(~ #a)",
    "IIF(#a > 1, #b, 3)",
];
const MYSQL_INTS: [&str; 6] = [
    "(#a MOD 3)",
    "CAST(#a & 3 AS SIGNED)",
    "CAST(#a ^ 5 AS SIGNED)",
    "POSITION('a' IN #t)",
    "EXTRACT(DAY FROM DATE_ADD('2024-02-28', INTERVAL 1 DAY))",
    "IF(#a > 1, #b, 3)",
];

const TEXTS: [&str; 1] = ["COALESCE(NULL, #t)"];
const POSTGRES_TEXTS: [&str; 16] = [
    "(#t || U&'d\\0061t')",
    "CAST(MAKE_INTERVAL(days => 2) AS TEXT)",
    "CAST('a'::name AS TEXT)",
    "(#t || $x$a$$b$x$)",
    "((JSONB_BUILD_OBJECT('k', #t) #> ARRAY['k'])::text)",
    "SUBSTRING(#t FROM 1 FOR 2)",
    "OVERLAY(#t PLACING 'x' FROM 1 FOR 1)",
    "TRIM(BOTH 'a' FROM #t)",
    "(#t COLLATE \"C\")",
    "(#t || E'a\\'b\\n')",
    "(#t || $$it's$$)",
    "(ARRAY[#t, 'b'])[1]",
    "TO_CHAR(TIMESTAMP '2024-02-29 12:00' AT TIME ZONE 'UTC', 'YYYY')",
    "CAST(INTERVAL '2 days' AS TEXT)",
    "(JSONB_BUILD_OBJECT('k', #t) #>> ARRAY['k'])",
    "#t::varchar(2)::text",
];
const SQLITE_TEXTS: [&str; 4] = [
    "(#t COLLATE NOCASE)",
    "CAST(X'6162' AS TEXT)",
    "PRINTF('%s-%d', #t, #a)",
    "(JSON_ARRAY(#t) -> '$[0]')",
];
const MYSQL_TEXTS: [&str; 6] = [
    "SUBSTRING(#t FROM 1 FOR 2)",
    "TRIM(BOTH 'a' FROM #t)",
    "CONVERT(#t USING utf8mb4)",
    "(#t COLLATE utf8mb4_nopad_bin)",
    "CONCAT(#t, _utf8mb4'a')",
    "CONVERT(#a, CHAR)",
];

const CONDS: [&str; 6] = [
    "(#a > 1) IS TRUE",
    "(#a > 1) IS NOT TRUE",
    "(#a > 1) IS FALSE",
    "(#a > 1) IS NOT FALSE",
    "#t LIKE 'a!%' ESCAPE '!'",
    "#a NOT IN (1, #b)",
];
const POSTGRES_CONDS: [&str; 14] = [
    "#t ILIKE ANY (ARRAY['A%', 'b%'])",
    "JSONB_BUILD_OBJECT('k', #a) ?| ARRAY['k']",
    "(#a > 1) IS UNKNOWN",
    "(#a > 1) IS NOT UNKNOWN",
    "#t ILIKE 'A%'",
    "#t SIMILAR TO '%(a|b)%'",
    "#t ~ '^a'",
    "#t !~* 'B'",
    "#t LIKE ANY (ARRAY['a%', 'b%'])",
    "#t LIKE ALL (ARRAY['%', '%a%'])",
    "ARRAY[#a, 1] @> ARRAY[1::bigint]",
    "ARRAY[#a] && ARRAY[#b]",
    "JSONB_BUILD_OBJECT('k', #a) ? 'k'",
    "(DATE '2024-01-01', DATE '2024-02-01') OVERLAPS (DATE '2024-01-15', INTERVAL '1 month')",
];
const SQLITE_CONDS: [&str; 6] = [
    "#t GLOB 'a*'",
    "#a IS #b",
    "#a IS NOT #b",
    "#t NOTNULL",
    "#t ISNULL",
    "#t NOT NULL",
];
const MYSQL_CONDS: [&str; 5] = [
    "#t REGEXP 'a'",
    "#t NOT RLIKE 'b'",
    "(#a > 1) XOR (#b > 2)",
    "(#a > 1) IS UNKNOWN",
    "! (#a > 1)",
];

impl Maker<'_> {
    /// A rare expression of a type, or a condition where there is none.
    pub(super) fn spiced(&mut self, ty: Option<Ty>, scope: &Scope) -> Node {
        let (all, own): (&[&'static str], &[&'static str]) = match (ty, self.dialect) {
            (Some(Ty::Int), Dialect::Postgres) => (&INTS, &POSTGRES_INTS),
            (Some(Ty::Int), Dialect::Sqlite) => (&INTS, &SQLITE_INTS),
            (Some(Ty::Int), Dialect::Mysql) => (&INTS, &MYSQL_INTS),
            (Some(_), Dialect::Postgres) => (&TEXTS, &POSTGRES_TEXTS),
            (Some(_), Dialect::Sqlite) => (&TEXTS, &SQLITE_TEXTS),
            (Some(_), Dialect::Mysql) => (&TEXTS, &MYSQL_TEXTS),
            (None, Dialect::Postgres) => (&CONDS, &POSTGRES_CONDS),
            (None, Dialect::Sqlite) => (&CONDS, &SQLITE_CONDS),
            (None, Dialect::Mysql) => (&CONDS, &MYSQL_CONDS),
        };
        let which = if self.dice.below(all.len() + own.len()) < all.len() {
            all
        } else {
            own
        };
        let mut rest = self.dice.word(which);
        let mut parts = vec![Node::from("(")];
        while let Some((before, behind)) = rest.split_once('#') {
            parts.push(Node::from(before));
            let (hole, behind) = match behind.as_bytes().first() {
                Some(b'a' | b'b') => (Some(Ty::Int), behind.get(1..).unwrap_or_default()),
                Some(b't') => (Some(Ty::Text), behind.get(1..).unwrap_or_default()),
                _ => (None, behind),
            };
            parts.push(match hole {
                Some(ty) => {
                    let value = self.expr(ty, scope, 0);
                    // A bound number has the type that its place has, and some places have many.
                    match (ty, self.dialect) {
                        (Ty::Int, Dialect::Postgres) => node![Sort::Fixed; "CAST(", value, " AS BIGINT)"],
                        _ => self.typed(ty, value),
                    }
                }
                None => Node::from("#"),
            });
            rest = behind;
        }
        parts.push(Node::from(rest));
        parts.push(Node::from(")"));
        Node::Branch(ty.map_or(Sort::Cond, Sort::Expr), parts)
    }
}
