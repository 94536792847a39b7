//! The conditions of the server's functions: what they believe, and what they sign.

/// Fills them in where the functions have their places.
pub(super) fn filled(functions: &str) -> String {
    let signed = format!(
        "k.id {EQ} pg_catalog.substr(token, 80, 3) AND {} {EQ} pg_catalog.substr(token, 1, 64)",
        mac("k.inner_pad", "k.outer_pad", "pg_catalog.substr(token, 66)")
    );
    let admitted = format!(
        "{signed}
        AND pg_catalog.substr(token, 66, 13) {AT_LEAST} {}
        AND pg_catalog.substr(token, 66, 13) {AT_MOST} {}
        AND pg_catalog.now() {EQ} pg_catalog.statement_timestamp()
        AND {SETTINGS}
        AND {UNTOUCHED}
        AND pg_catalog.current_setting('track_activity_query_size') {EQ} shows",
        time(&format!("OPERATOR(pg_catalog.-) {LEEWAY}")),
        time(&format!("OPERATOR(pg_catalog.+) {LEEWAY}"))
    );
    let transaction = |rest: &str| {
        turn(&format!(
            "'t', {PID}, ({SECONDS} OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8, {rest}"
        ))
    };
    let session = |rest: &str| turn(&format!("'s', {PID}, {rest}"));
    functions
        .replace("{seal_transaction}", &transaction("pg_catalog.substr(token, 80)"))
        .replace("{seal_session}", &session("until, pg_catalog.substr(token, 80)"))
        .replace(
            "{transaction_holds}",
            &same(&transaction("pg_catalog.substr(slice, 66)")),
        )
        .replace("{session_holds}", &same(&session("pg_catalog.substr(slice, 66)")))
        .replace("{admitted}", &admitted)
        .replace("{signed}", &signed)
        .replace("{settings}", SETTINGS)
        .replace("{untouched}", UNTOUCHED)
        .replace(
            "{lasts}",
            &format!("pg_catalog.substr(slice, 66, 13) {AT_LEAST} {}", time("")),
        )
}

/// How far the time of a token may be from the server's, in milliseconds.
const LEEWAY: &str = "10000";
const EQ: &str = "OPERATOR(pg_catalog.=)";
const PID: &str = "pg_catalog.pg_backend_pid()";
const SECONDS: &str = "pg_catalog.date_part('epoch', pg_catalog.now())";
// Times are compared as their 13 digits, which forged ones need not have: to read them as numbers could fail.
const AT_LEAST: &str = "OPERATOR(pg_catalog.>=)";
const AT_MOST: &str = "OPERATOR(pg_catalog.<=)";
/// What the scoping engine relies on, on a connection that may have been anybody's.
const SETTINGS: &str = "pg_catalog.current_setting('standard_conforming_strings') OPERATOR(pg_catalog.=) 'on' \
     AND pg_catalog.current_setting('client_encoding') OPERATOR(pg_catalog.=) 'UTF8'";
/// A statement that was prepared by a statement (PREPARE) may have the name of one of the driver's, and would run in the turn of
/// whoever comes next. Where the setting is believed as it stands there are shorter ways.
const UNTOUCHED: &str = "NOT EXISTS (SELECT FROM pg_catalog.pg_prepared_statement() AS p WHERE p.from_sql)";

/// Now, or so long before or after, in milliseconds since 1970.
fn time(shift: &str) -> String {
    format!(
        "(({SECONDS} OPERATOR(pg_catalog.*) 1000 {shift})::pg_catalog.int8)::pg_catalog.text COLLATE pg_catalog.\"C\""
    )
}

/// HMAC (RFC 2104), in hexadecimal digits.
fn mac(inner: &str, outer: &str, text: &str) -> String {
    format!(
        "pg_catalog.encode(pg_catalog.sha256({outer} OPERATOR(pg_catalog.||) pg_catalog.sha256({inner} \
         OPERATOR(pg_catalog.||) pg_catalog.convert_to({text}, 'UTF8'))), 'hex')"
    )
}

/// What the server signs.
fn turn(parts: &str) -> String {
    mac(
        "k.turn_inner",
        "k.turn_outer",
        &format!("pg_catalog.concat_ws('.', {parts})"),
    )
}

/// Whether the setting has it: compared by their hashes, so that the time that it takes tells nothing of how much of it is
/// right.
fn same(seal: &str) -> String {
    let hash = |text: &str| format!("pg_catalog.sha256(pg_catalog.convert_to({text}, 'UTF8'))");
    format!("{} {EQ} {}", hash(seal), hash("pg_catalog.substr(slice, 1, 64)"))
}
