//! Which types scoped SQL may cast to.
//!
//! A type is a name too. `'shop'::regclass` asks whether a relation exists, and every table of PostgreSQL is
//! also a row type, so `NULL::orders` names a table where no rule for relations looks. Only the types below
//! pass, an unknown name never does.
//!
//! The parser knows the types of all databases at once and PostgreSQL does not: to it `STRING`, `DATETIME` or
//! `DOUBLE` are ordinary names and could be an application's tables. So what the parser takes for a type is
//! allowed only where the database does so as well.

use std::{collections::HashSet, sync::LazyLock};

use sqlparser::ast::{ArrayElemTypeDef, DataType, Ident, ObjectName, ObjectNamePart};

use super::Dialect;

/// Whether scoped SQL may name the type in a cast, a typed literal or a column definition list.
pub(crate) fn is_type_allowed(dialect: Dialect, ty: &DataType) -> bool {
    if dialect == Dialect::Mysql {
        return super::mysql::is_type_allowed(ty);
    }
    match (family(ty), dialect) {
        (Family::Both, Dialect::Postgres | Dialect::Sqlite) => true,
        (Family::Postgres, Dialect::Postgres) => true,
        (Family::Sqlite, Dialect::Sqlite) => true,
        (Family::ArrayOf(element), Dialect::Postgres) => is_type_allowed(dialect, element),
        (Family::Named(name, modifiers), Dialect::Postgres | Dialect::Sqlite) => {
            is_name_allowed(dialect, name) && modifiers.iter().all(|modifier| is_number(modifier))
        }
        (_, Dialect::Mysql) => false,
        (Family::Postgres | Family::ArrayOf(_), Dialect::Sqlite)
        | (Family::Sqlite, Dialect::Postgres)
        | (Family::Neither, Dialect::Postgres | Dialect::Sqlite) => false,
    }
}

enum Family<'a> {
    Both,
    Postgres,
    /// To SQLite a type in a cast is only an affinity, whatever the name.
    Sqlite,
    ArrayOf(&'a DataType),
    Named(&'a ObjectName, &'a [String]),
    Neither,
}

/// Every variant is named: a type that a new version of the parser adds does not compile until it is read.
fn family(ty: &DataType) -> Family<'_> {
    match ty {
        DataType::Character(_)
        | DataType::Char(_)
        | DataType::CharacterVarying(_)
        | DataType::CharVarying(_)
        | DataType::Varchar(_)
        | DataType::Text
        | DataType::Uuid
        | DataType::Numeric(_)
        | DataType::Decimal(_)
        | DataType::Dec(_)
        | DataType::Float(_)
        | DataType::Float4
        | DataType::Float8
        | DataType::Real
        | DataType::DoublePrecision
        | DataType::Int2(_)
        | DataType::Int4(_)
        | DataType::Int8(_)
        | DataType::SmallInt(_)
        | DataType::Int(_)
        | DataType::Integer(_)
        | DataType::BigInt(_)
        | DataType::Bool
        | DataType::Boolean
        | DataType::Date
        | DataType::Time(_, _)
        | DataType::Timestamp(_, _)
        | DataType::JSON
        | DataType::JSONB
        | DataType::Bytea
        | DataType::Bit(_)
        | DataType::BitVarying(_)
        | DataType::VarBit(_) => Family::Both,

        DataType::Interval { fields: _, precision: _ }
        | DataType::GeometricType(_)
        | DataType::TsVector
        | DataType::TsQuery => Family::Postgres,

        DataType::Nvarchar(_)
        | DataType::CharacterLargeObject(_)
        | DataType::CharLargeObject(_)
        | DataType::Clob(_)
        | DataType::Binary(_)
        | DataType::Varbinary(_)
        | DataType::Blob(_)
        | DataType::TinyBlob
        | DataType::MediumBlob
        | DataType::LongBlob
        | DataType::TinyText
        | DataType::MediumText
        | DataType::LongText
        | DataType::String(_)
        | DataType::TinyInt(_)
        | DataType::MediumInt(_)
        | DataType::TinyIntUnsigned(_)
        | DataType::SmallIntUnsigned(_)
        | DataType::MediumIntUnsigned(_)
        | DataType::IntUnsigned(_)
        | DataType::IntegerUnsigned(_)
        | DataType::BigIntUnsigned(_)
        | DataType::Double(_)
        | DataType::Datetime(_) => Family::Sqlite,

        DataType::Array(
            ArrayElemTypeDef::SquareBracket(element, _) | ArrayElemTypeDef::Qualified(element, _),
        ) => Family::ArrayOf(element),

        DataType::Custom(name, modifiers) => Family::Named(name, modifiers),

        // Relations, functions' signatures, and types made in place.
        DataType::Regclass
        | DataType::Table(_)
        | DataType::NamedTable { name: _, columns: _ }
        | DataType::Trigger
        | DataType::AnyType
        | DataType::Unspecified
        | DataType::Array(
            ArrayElemTypeDef::None | ArrayElemTypeDef::AngleBracket(_) | ArrayElemTypeDef::Parenthesis(_),
        )
        | DataType::Map(_, _, _)
        | DataType::Tuple(_)
        | DataType::Nested(_)
        | DataType::Enum(_, _)
        | DataType::Set(_)
        | DataType::Struct(_, _)
        | DataType::Union(_)
        | DataType::Nullable(_)
        | DataType::LowCardinality(_)
        // Types of other databases.
        | DataType::Bytes(_)
        | DataType::FixedString(_)
        | DataType::DecimalUnsigned(_)
        | DataType::DecUnsigned(_)
        | DataType::BigNumeric(_)
        | DataType::BigDecimal(_)
        | DataType::FloatUnsigned(_)
        | DataType::RealUnsigned
        | DataType::DoubleUnsigned(_)
        | DataType::DoublePrecisionUnsigned
        | DataType::Float32
        | DataType::Float64
        | DataType::UTinyInt
        | DataType::USmallInt
        | DataType::UBigInt
        | DataType::UHugeInt
        | DataType::HugeInt
        | DataType::Int2Unsigned(_)
        | DataType::Int4Unsigned(_)
        | DataType::Int8Unsigned(_)
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::Int128
        | DataType::Int256
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::UInt128
        | DataType::UInt256
        | DataType::Signed
        | DataType::SignedInteger
        | DataType::Unsigned
        | DataType::UnsignedInteger
        | DataType::Date32
        | DataType::Datetime64(_, _)
        | DataType::TimestampNtz(_) => Family::Neither,
    }
}

/// PostgreSQL's own types, each with what becomes of it: all of `pg_type` in versions 15 to 18, so that the test kit sees
/// when a version brings another. By these names a quoted or qualified name (`"int4"`, `pg_catalog.int4`) means the same
/// type: `integer` is grammar, and `"integer"` could be a table.
const POSTGRES: &str = include_str!("types/postgres.txt");

fn is_postgres_value(name: &str) -> bool {
    static VALUES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
        let mut values = HashSet::new();
        let mut allowed = false;
        for line in POSTGRES.lines().filter(|line| !line.starts_with('#')) {
            match line.strip_prefix("== ") {
                Some(heading) => allowed = heading.starts_with("value: "),
                None if allowed => values.extend(line.split_whitespace()),
                None => {}
            }
        }
        values
    });
    VALUES.contains(name)
}

/// Names that SQLite's parser hands on as they are: no words of the parser's own, or quoted.
#[rustfmt::skip]
const SQLITE: &[&str] = &[
    "bigint", "blob", "bool", "boolean", "char", "date", "datetime", "decimal", "double", "float", "int",
    "int1", "int3", "integer", "json", "jsonb", "long", "nchar", "number", "numeric", "real", "smallint",
    "text", "time", "timestamp", "tinyint", "uuid", "varchar",
];

fn is_name_allowed(dialect: Dialect, ObjectName(parts): &ObjectName) -> bool {
    let name = match (dialect, parts.as_slice()) {
        (Dialect::Postgres | Dialect::Sqlite, [name]) => name,
        (Dialect::Postgres, [schema, name]) if folded(dialect, schema).as_deref() == Some("pg_catalog") => {
            name
        }
        (Dialect::Postgres | Dialect::Sqlite | Dialect::Mysql, _) => return false,
    };
    folded(dialect, name).is_some_and(|name| match dialect {
        Dialect::Postgres => is_postgres_value(&name),
        Dialect::Mysql => false,
        Dialect::Sqlite => SQLITE.binary_search(&name.as_str()).is_ok(),
    })
}

/// The name as the database reads it: PostgreSQL keeps the case of a quoted name, SQLite of none.
fn folded(dialect: Dialect, part: &ObjectNamePart) -> Option<String> {
    match part {
        ObjectNamePart::Identifier(Ident {
            value,
            quote_style,
            span: _,
        }) => match (dialect, quote_style) {
            (Dialect::Postgres, Some(_)) => Some(value.clone()),
            (Dialect::Postgres, None) | (Dialect::Sqlite | Dialect::Mysql, _) => {
                Some(value.to_ascii_lowercase())
            }
        },
        ObjectNamePart::Function(_) => None,
    }
}

/// A length or precision. A word in its place is something that this module has not read.
fn is_number(modifier: &str) -> bool {
    !modifier.is_empty() && modifier.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use sqlparser::parser::Parser;
    use sqlparser::tokenizer::Token;

    use super::*;

    /// `None`: the parser does not take the text for one type.
    fn allowed(dialect: Dialect, text: &str) -> Option<bool> {
        let mut parser = Parser::new(dialect.parser()).try_with_sql(text).ok()?;
        let ty = parser.parse_data_type().ok()?;
        (parser.peek_token().token == Token::EOF).then(|| is_type_allowed(dialect, &ty))
    }

    fn check(dialect: Dialect, expect: bool, texts: &[&str]) {
        for text in texts {
            assert_eq!(allowed(dialect, text), Some(expect), "{text}");
        }
    }

    #[test]
    fn names_are_sorted_and_unique() {
        for (before, after) in SQLITE.iter().zip(SQLITE.iter().skip(1)) {
            assert!(before < after, "{before} stands before {after}");
        }
        let mut seen = HashSet::new();
        for name in POSTGRES
            .lines()
            .filter(|line| !line.starts_with('#') && !line.starts_with("== "))
            .flat_map(str::split_whitespace)
        {
            assert!(seen.insert(name), "{name} stands twice");
        }
    }

    #[test]
    #[rustfmt::skip]
    fn postgres_allows_values() {
        check(
            Dialect::Postgres,
            true,
            &[
                "int", "INTEGER", "int4", "bigint", "smallint", "numeric(10,2)", "decimal", "real",
                "double precision", "float8", "text", "varchar(20)", "character varying(3)", "char(2)",
                "bool", "boolean", "date", "time(3)", "timestamp", "timestamp(3) with time zone",
                "timestamptz", "timestamptz(3)", "timetz", "interval", "interval day to second(3)", "uuid",
                "json", "jsonb", "jsonpath", "bytea", "bit(3)", "bit varying(3)", "tsvector", "tsquery",
                "inet", "cidr", "macaddr", "point", "box", "int4range", "tstzmultirange", "bpchar(3)",
                "int[]", "int[3][4]", "int array", "text array[3]", "inet[]", "INET", "\"int4\"",
                "oid", "name", "name[]", "\"char\"", "money", "xid", "xid8", "tid", "pg_lsn", "oidvector",
                "pg_catalog.int4", "PG_CATALOG.Int4", "\"pg_catalog\".\"int4\"",
                "pg_catalog.numeric(10, 2)",
            ],
        );
    }

    #[test]
    #[rustfmt::skip]
    fn postgres_refuses_names_of_relations() {
        check(
            Dialect::Postgres,
            false,
            &[
                "regclass", "regclass[]", "regtype", "regproc", "regprocedure", "regnamespace", "regrole",
                "regoper", "pg_catalog.regclass", "\"regclass\"", "cid",
                "pg_snapshot", "txid_snapshot", "refcursor", "cstring", "record", "pg_node_tree", "unknown",
                "anyelement", "any", "void", "trigger", "setof", "xml", "citext", "hstore", "aclitem", "items", "items[]", "items array", "public.items", "pg_class",
                "_int4", "_items",
            ],
        );
    }

    #[test]
    #[rustfmt::skip]
    fn postgres_refuses_names_that_only_look_like_its_types() {
        check(
            Dialect::Postgres,
            false,
            &[
                "public.int4", "a.pg_catalog.int4", "\"PG_CATALOG\".int4", "\"INT4\"", "\"Text\"",
                "\"integer\"", "\"bigint\"", "\"boolean\"", "pg_catalog.integer", "\"double precision\"",
                "\"int4 \"", "string", "datetime", "blob", "clob", "double", "tinyint", "mediumint",
                "nvarchar(3)", "bytes", "int64", "float64", "uint8", "hugeint", "signed", "unsigned",
                "int unsigned", "binary(3)", "varbinary(3)", "longtext", "enum('a')", "set('a')",
                "datetime64(3)", "fixedstring(3)", "timestamp_ntz", "date32", "bignumeric", "table",
                "bpchar(x)", "bpchar('x')", "text(regclass)",
            ],
        );
    }

    #[test]
    #[rustfmt::skip]
    fn sqlite_allows_affinities() {
        check(
            Dialect::Sqlite,
            true,
            &[
                "INTEGER", "int", "bigint", "tinyint", "TEXT", "varchar(20)", "nvarchar(20)", "clob",
                "blob", "real", "double", "double precision", "float", "numeric", "decimal(10,2)",
                "boolean", "date", "datetime", "timestamp", "json", "number", "number(10,2)", "long",
                "string", "\"text\"", "[TEXT]", "`integer`", "int unsigned",
            ],
        );
    }

    #[test]
    #[rustfmt::skip]
    fn sqlite_refuses_what_is_no_ordinary_type() {
        check(
            Dialect::Sqlite,
            false,
            &[
                "items", "main.items", "main.text", "regclass", "hugeint", "interval", "number(x)",
                "signed",
            ],
        );
    }
}
