//! Writes the texts that the fuzzer of the engine starts from, where `TENANCY_FUZZ_SEEDS` names a folder for them: those
//! that stand beside it, every escape, and the outside scripts where `TENANCY_CORPORA` names theirs.

#![allow(clippy::unwrap_used)]

use std::path::Path;

#[test]
fn the_fuzzer_has_seeds() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts: Vec<String> = Vec::new();
    let own = std::fs::read_to_string(here.join("../tenancy-core/fuzz/seeds.sql")).unwrap();
    texts.extend(own.split(";\n").map(str::to_owned));
    for file in std::fs::read_dir(here.join("data/escapes")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|e| e == "json") {
            let text = std::fs::read_to_string(&path).unwrap();
            strings(&serde_json::from_str(&text).unwrap(), &mut texts);
        }
    }
    assert!(texts.len() > 200, "{} texts", texts.len());
    let Some(out) = std::env::var_os("TENANCY_FUZZ_SEEDS") else {
        return;
    };
    if let Some(folder) = std::env::var_os("TENANCY_CORPORA") {
        for file in std::fs::read_dir(Path::new(&folder).join("postgres-regress")).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            texts.extend(text.split(";\n").map(str::to_owned));
        }
    }
    std::fs::create_dir_all(&out).unwrap();
    for (n, text) in texts.iter().enumerate().filter(|(_, t)| t.len() < 2_000) {
        // The first byte chooses the dialect.
        for dialect in ["0", "1", "2"] {
            let data = format!("{dialect}{}", renamed(text.trim()));
            std::fs::write(Path::new(&out).join(format!("seed-{n}-{dialect}")), data).unwrap();
        }
    }
}

/// The tables of the scripts are not in the fuzzer's catalogue; most of their forms fit it.
fn renamed(text: &str) -> String {
    let names = [
        ("tenk1", "items"),
        ("onek", "orders"),
        ("int4_tbl", "items"),
        ("INT4_TBL", "items"),
        ("int8_tbl", "orders"),
        ("INT8_TBL", "orders"),
        ("unique1", "id"),
        ("unique2", "qty"),
        ("f1", "id"),
        ("q1", "id"),
        ("q2", "item_id"),
    ];
    names
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn strings(value: &serde_json::Value, out: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) if text.contains(' ') => out.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|v| strings(v, out)),
        serde_json::Value::Object(fields) => fields.values().for_each(|v| strings(v, out)),
        _ => {}
    }
}
