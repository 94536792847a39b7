//! Rows for the tables that PostgreSQL's own tests fill from files which are not among the scripts: of the same shape,
//! and others for each tenant.

/// What fills `table` for `tenant`, in place of COPY from a file.
pub(crate) fn rows(table: &str, tenant: usize) -> Option<String> {
    let t = tenant - 1;
    Some(match table {
        "onek" => wide("onek", 1_000, 387, t),
        "tenk1" => wide("tenk1", 10_000, 7_919, t),
        "aggtest" => format!(
            "INSERT INTO aggtest VALUES (56, 7.8), ({}, 99.097), (0, 0.09561), (42, {})",
            100 + t,
            324.78 - f64::from(u32::try_from(t).unwrap())
        ),
        "person" => format!(
            "INSERT INTO person SELECT 'p' || i, 18 + (i * 7 + {t}) % 60, point(i, i + {t}) FROM generate_series(1, 40) i"
        ),
        "emp" => format!(
            "INSERT INTO emp SELECT n, 30 + {t}, '(1,1)', s + {t}, 'sharon' FROM (VALUES ('sharon', 1000), ('sam', 2000), ('bill', 400)) v(n, s)"
        ),
        "student" => format!(
            "INSERT INTO student VALUES ('fred', 28, '(3.1,-1.5)', 3.{t}), ('larry', 60, '(21.8,4.9)', 3.1)"
        ),
        "stud_emp" => format!(
            "INSERT INTO stud_emp VALUES ('jeff', {}, '(8,7.7)', 600, 'sharon', 3.5, 20), ('cim', 30, '(10.5,4.7)', 400, NULL, 3.4, 30)",
            23 + t
        ),
        "road" => format!(
            "INSERT INTO road SELECT CASE i % 3 WHEN 0 THEN 'I- ' WHEN 1 THEN 'State Hwy ' ELSE 'Lane ' END || i, \
             path(format('[(%s,%s),(%s,1)]', i, i + {t}, i)) FROM generate_series(1, 60) i"
        ),
        _ => return None,
    })
}

/// The Wisconsin benchmark's rows: a permutation of the numbers below `n`, and columns made from each.
fn wide(table: &str, n: usize, step: usize, t: usize) -> String {
    format!(
        "INSERT INTO {table} SELECT u, i, u % 2, u % 4, u % 10, u % 20, u % 100, u % 1000, u % 2000, u % 5000, u % 10000, \
         (u % 100) * 2, (u % 100) * 2 + 1, \
         (SELECT string_agg(chr(65 + (u / p) % 26), '' ORDER BY p) FROM (VALUES (1), (26), (676), (17576)) v(p)) || 'AA', \
         (SELECT string_agg(chr(65 + (i / p) % 26), '' ORDER BY p) FROM (VALUES (1), (26), (676), (17576)) v(p)) || 'AA', \
         (ARRAY['AAAA', 'HHHH', 'OOOO', 'VVVV'])[1 + (u + {t}) % 4] || 'xx' \
         FROM (SELECT i, (i * {step} + {t} * 13) % {n} AS u FROM generate_series(0, {n} - 1) i) g WHERE {t} = 0 OR i % 10 <> 3"
    )
}

/// The indexes that those tests have on these tables.
pub(crate) const INDEXES: &str = "CREATE INDEX onek_unique1 ON onek (unique1); CREATE INDEX onek_unique2 ON onek (unique2); \
     CREATE INDEX onek_hundred ON onek (hundred); CREATE INDEX onek_stringu1 ON onek (stringu1); \
     CREATE INDEX tenk1_unique1 ON tenk1 (unique1); CREATE INDEX tenk1_unique2 ON tenk1 (unique2); \
     CREATE INDEX tenk1_hundred ON tenk1 (hundred); CREATE INDEX tenk1_thous_tenthous ON tenk1 (thousand, tenthous); \
     CREATE INDEX tenk2_unique1 ON tenk2 (unique1); CREATE INDEX tenk2_unique2 ON tenk2 (unique2); \
     CREATE INDEX tenk2_hundred ON tenk2 (hundred)";
