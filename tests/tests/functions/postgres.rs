//! PostgreSQL's `pg_proc`.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tenancy_core::{
    Catalog, KeyType,
    sql::{Dialect, Rule, Scoper},
};
use tenancy_testkit::pg::PgDatabase;

use super::{Entry, check_known, table};

fn functions() -> BTreeMap<&'static str, Entry> {
    table(include_str!(
        "../../../tenancy-core/src/sql/functions/postgres.txt"
    ))
}

async fn names(db: &PgDatabase, sql: &str) -> Vec<String> {
    let mut connection = PgConnection::connect(db.app_url()).await.unwrap();
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
        .fetch_all(&mut connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn every_built_in_is_in_the_table() {
    let Some(db) = PgDatabase::or_skip("built-ins").await.unwrap() else {
        return;
    };
    let all = names(
        &db,
        "SELECT DISTINCT proname::text FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace ORDER BY 1",
    )
    .await;
    assert!(all.len() > 2_000, "{}", all.len());
    check_known(&functions(), all.iter().map(String::as_str));
}

/// One function, as far as its class is concerned.
#[derive(Debug, sqlx::FromRow)]
struct Fact {
    name: String,
    kind: String,
    volatile: bool,
    definer: bool,
    returns_set: bool,
    language: String,
    args: i16,
    /// The types of its arguments and of its result.
    types: Vec<String>,
    /// It runs a query over the server's own tables.
    reads: bool,
}

async fn facts(db: &PgDatabase) -> Vec<Fact> {
    let mut connection = PgConnection::connect(db.app_url()).await.unwrap();
    sqlx::query_as(
        "SELECT proname::text AS name, prokind::text AS kind, provolatile = 'v' AS volatile, prosecdef AS definer,
                proretset AS returns_set, l.lanname::text AS language, pronargs AS args,
                ARRAY(SELECT DISTINCT format_type(t, NULL)
                      FROM unnest(proargtypes::oid[] || coalesce(proallargtypes, '{}') || prorettype) t) AS types,
                coalesce(l.lanname = 'sql' AND coalesce(pg_get_function_sqlbody(p.oid), prosrc) ~* '\\mfrom\\s+[a-z_.(]', false)
                    AS reads
         FROM pg_proc p JOIN pg_language l ON l.oid = prolang
         WHERE pronamespace = 'pg_catalog'::regnamespace",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap()
}

/// Types whose values name something, or belong to the server's insides.
fn names_something(ty: &str) -> bool {
    ty.starts_with("reg")
        || ty.starts_with("pg_")
        || [
            "aclitem",
            "cstring",
            "event_trigger",
            "internal",
            "language_handler",
            "name",
            "oid",
            "oid[]",
            "oidvector",
            "refcursor",
            "tid",
            "trigger",
            "txid_snapshot",
            "void",
            "xid",
            "xid8",
            "xml",
            "name[]",
            "aclitem[]",
        ]
        .contains(&ty)
}

/// Why an allowed function may have such a type all the same.
fn excuse(name: &str, ty: &str) -> bool {
    match ty {
        // A configuration, a dictionary or a parser of text search is named by a literal, and holds no rows.
        "regconfig" | "regdictionary" => true,
        // What casts from it, gives a text or a number.
        "xml" => name == "text",
        "oid" => [
            "int8",
            "max",
            "min",
            "ts_parse",
            "ts_token_type",
            "generate_series",
        ]
        .contains(&name),
        "xid8" | "tid" | "pg_lsn" => ["max", "min"].contains(&name),
        // Names of encodings, and short texts.
        "name" => [
            "bpchar",
            "convert",
            "convert_from",
            "convert_to",
            "length",
            "text",
            "to_ascii",
            "varchar",
        ]
        .contains(&name),
        _ => false,
    }
}

#[tokio::test]
async fn what_is_allowed_has_nothing_that_contradicts_it() {
    let Some(db) = PgDatabase::or_skip("built-ins").await.unwrap() else {
        return;
    };
    let table = functions();
    let mut wrong = Vec::new();
    for fact in facts(&db).await {
        let entry = table[fact.name.as_str()];
        let overload = entry
            .args
            .is_none_or(|only| only == usize::try_from(fact.args).unwrap());
        if !entry.is_harmless() || !overload {
            continue;
        }
        let mut say = |what: &str| wrong.push(format!("{} is {} and {what}", fact.name, entry.class));
        if fact.volatile && entry.class == "pure" {
            say("volatile");
        }
        if fact.definer || fact.kind == "p" {
            say("a procedure, or runs with its owner's rights");
        }
        if fact.reads {
            say("runs a query");
        }
        if !["internal", "sql", "c"].contains(&fact.language.as_str()) {
            say("written in a language of its own");
        }
        // Of a record one row is made, which stands in FROM too.
        let is_row = fact
            .types
            .iter()
            .any(|ty| ["record", "anyelement"].contains(&ty.as_str()));
        let in_from = matches!(entry.place, "rows" | "from");
        if fact.returns_set != in_from && !(in_from && is_row) {
            say("makes rows, or does not, against its place");
        }
        let kind = match entry.place {
            "aggregate" => "a",
            "window" => "w",
            _ => "f",
        };
        let hypothetical = entry.place == "window" && fact.kind == "a";
        if fact.kind != kind && !hypothetical {
            say(&format!("of kind {}, against its place", fact.kind));
        }
        for ty in fact.types.iter().filter(|ty| names_something(ty)) {
            if !excuse(&fact.name, ty) {
                say(&format!("takes or gives {ty}"));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the table calls the server's own parts is a part of a type, an operator, an index, a cast or an aggregate, or cannot be
/// called for its types.
#[tokio::test]
async fn what_is_internal_is_a_part_of_something() {
    let Some(db) = PgDatabase::or_skip("built-ins").await.unwrap() else {
        return;
    };
    let others = names(
        &db,
        "WITH parts AS (
            SELECT unnest(ARRAY[typinput, typoutput, typreceive, typsend, typmodin, typmodout, typanalyze, typsubscript])::oid
                AS f FROM pg_type
            UNION SELECT unnest(ARRAY[oprcode, oprrest, oprjoin])::oid FROM pg_operator
            UNION SELECT unnest(ARRAY[aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn,
                                      aggminvtransfn, aggmfinalfn])::oid FROM pg_aggregate
            UNION SELECT amproc::oid FROM pg_amproc
            UNION SELECT unnest(ARRAY[rngcanonical, rngsubdiff])::oid FROM pg_range)
         SELECT DISTINCT proname::text FROM pg_proc p
         WHERE pronamespace = 'pg_catalog'::regnamespace
           AND oid NOT IN (SELECT f FROM parts)
           AND NOT EXISTS (SELECT FROM unnest(proargtypes::oid[] || prorettype) t JOIN pg_type ON pg_type.oid = t
                           WHERE typname IN ('internal', 'cstring', 'trigger', 'event_trigger', 'language_handler',
                                             'fdw_handler', 'index_am_handler', 'table_am_handler', 'tsm_handler',
                                             'pg_ddl_command'))
           AND coalesce(obj_description(oid, 'pg_proc') !~ '^(implementation of|internal|\\(internal\\))', true)",
    )
    .await;
    let table = functions();
    let wrong: Vec<_> = others
        .iter()
        .filter(|name| {
            let entry = table[name.as_str()];
            entry.class == "internal" && entry.about.starts_with("input and output")
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// PostgreSQL reads `t.f` as `f(t)`: what takes any row and is refused has a name that the engine refuses as a field too.
#[tokio::test]
async fn what_any_row_can_call_is_refused_as_a_field() {
    let Some(db) = PgDatabase::or_skip("built-ins").await.unwrap() else {
        return;
    };
    let callable = names(
        &db,
        "SELECT DISTINCT proname::text FROM pg_proc
         WHERE pronamespace = 'pg_catalog'::regnamespace AND pronargs - pronargdefaults <= 1 AND pronargs > 0
           AND proargtypes[0] IN ('\"any\"'::regtype, 'anyelement'::regtype, 'anynonarray'::regtype,
                                  'anycompatible'::regtype, 'anycompatiblenonarray'::regtype, 'record'::regtype)",
    )
    .await;
    assert!(callable.len() > 20, "{callable:?}");
    let scoper = scoper();
    for name in &callable {
        let entry = functions()[name.as_str()];
        // Of the server's own parts a row gets its bytes or its text.
        if entry.is_harmless() || entry.class == "internal" {
            continue;
        }
        let refusal = scoper
            .scope(&format!("SELECT i.\"{name}\" FROM items i"))
            .unwrap_err();
        assert_eq!(refusal.rule(), Rule::Field, "{name}");
    }
}

fn scoper() -> Scoper {
    let catalog = Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .tenant_tables(["items"])
        .build()
        .unwrap();
    Scoper::new(catalog, Dialect::Postgres)
}

#[test]
fn the_engine_decides_as_the_table_says() {
    let scoper = scoper();
    let rule = |sql: &str| scoper.scope(sql).map(|_| ()).map_err(|refusal| refusal.rule());
    for (name, entry) in functions() {
        if entry.place == "syntax" {
            assert_eq!(
                rule(&format!("SELECT \"{name}\"($1)")),
                Err(Rule::Function),
                "{name}"
            );
            continue;
        }
        let args = entry.args.unwrap_or(1);
        let args = (1..=args).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        for name in [format!("\"{name}\""), format!("pg_catalog.\"{name}\"")] {
            let expression = rule(&format!("SELECT {name}({args})"));
            let from = rule(&format!("SELECT * FROM {name}({args}) AS f"));
            // A type may be asked for where the answer goes to the caller.
            let is_told = name.trim_start_matches("pg_catalog.") == "\"pg_typeof\"";
            if is_told || entry.is_harmless() && entry.place != "from" {
                assert_eq!(expression, Ok(()), "{name}");
            } else {
                assert_eq!(expression, Err(Rule::Function), "{name}");
            }
            // A function of one value is one row there.
            let is_value = entry.place == "scalar" && entry.args.is_none();
            if entry.is_harmless() && (is_value || ["rows", "from"].contains(&entry.place)) {
                assert_eq!(from, Ok(()), "{name}");
            } else {
                assert_eq!(from, Err(Rule::Function), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn every_type_is_in_the_table() {
    let Some(db) = PgDatabase::or_skip("built-ins").await.unwrap() else {
        return;
    };
    let table = table(include_str!("../../../tenancy-core/src/sql/types/postgres.txt"));
    let all = names(
        &db,
        "SELECT typname::text FROM pg_type
         WHERE typnamespace = 'pg_catalog'::regnamespace AND typrelid = 0 AND typname !~ '^_' ORDER BY 1",
    )
    .await;
    assert!(all.len() > 90, "{}", all.len());
    check_known(&table, all.iter().map(String::as_str));
    let scoper = scoper();
    for (name, entry) in table {
        for cast in [
            format!("$1::\"{name}\""),
            format!("CAST($1 AS pg_catalog.\"{name}\"[])"),
        ] {
            let decided = scoper.scope(&format!("SELECT {cast}")).map(|_| ());
            if entry.class == "value" {
                assert_eq!(decided, Ok(()), "{cast}");
            } else {
                assert_eq!(decided.unwrap_err().rule(), Rule::Type, "{cast}");
            }
        }
    }
}

#[tokio::test]
async fn every_operator_is_allowed() {
    let Some(db) = PgDatabase::or_skip("built-ins").await.unwrap() else {
        return;
    };
    let scoper = scoper();
    let mut refused = Vec::new();
    for (kind, operands) in [
        ("b", "$1 {} $2"),
        ("b", "$1 OPERATOR(pg_catalog.{}) $2"),
        ("l", "{} $1"),
    ] {
        let sql = format!(
            "SELECT DISTINCT oprname::text FROM pg_operator
             WHERE oprkind = '{kind}' AND oprnamespace = 'pg_catalog'::regnamespace ORDER BY 1"
        );
        for operator in names(&db, &sql).await {
            let sql = format!("SELECT {}", operands.replace("{}", &operator));
            // The parser does not read all of them, `*<>` of records for one.
            if let Err(refusal) = scoper.scope(&sql)
                && refusal.rule() != Rule::Syntax
            {
                refused.push(format!("{sql}: {}", refusal.code()));
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn operators_of_an_application_are_refused() {
    for sql in [
        "$1 %% $2",
        "$1 OPERATOR(public.=) $2",
        "$1 OPERATOR(=) $2",
        "$1 <#> $2",
        "$1 -|-- $2",
        "$1 -|/* */ $2",
    ] {
        assert!(scoper().scope(&format!("SELECT {sql}")).is_err(), "{sql}");
    }
}
