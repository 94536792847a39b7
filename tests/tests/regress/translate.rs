//! What of a script is changed before it runs: data for the other tenants, DDL for the shared database.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::script::words;

/// The statement as another tenant has it: some literals of what it inserts are others.
pub(crate) fn perturbed(sql: &str, line: usize, tenant: usize) -> String {
    let words = words(sql);
    let inserts = words.first().is_some_and(|w| w.text == "insert");
    let Some(values) = words
        .iter()
        .find(|w| w.text == "values" && w.depth == 0)
        .filter(|_| inserts && tenant > 1)
    else {
        return sql.to_owned();
    };
    let end = words
        .iter()
        .find(|w| w.at > values.at && w.depth == 0 && ["on", "returning"].contains(&w.text.as_str()))
        .map_or(sql.len(), |w| w.at);
    let (head, rest) = sql.split_at(values.at);
    let (middle, tail) = rest.split_at(end - values.at);
    format!("{head}{}{tail}", changed(middle, (line, tenant)))
}

/// Changes numbers and words of a piece of text, by a chance that hangs on where they stand.
pub(crate) fn changed(text: &str, seed: (usize, usize)) -> String {
    let chance = |at: usize| {
        let mut hasher = DefaultHasher::new();
        (seed, at).hash(&mut hasher);
        hasher.finish() % 10
    };
    let mut out = String::new();
    let mut word = String::new();
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if c.is_alphanumeric() || ['_', '.', '$', ':', '-', '+'].contains(&c) {
            word.push(c);
            continue;
        }
        let quoted = c == '\'' && out.ends_with('\'');
        let number = !word.is_empty() && word.len() < 6 && word.chars().all(|c| c.is_ascii_digit());
        if number && chance(at) < 4 {
            let n: u64 = word.parse().unwrap();
            out.push_str(&(n + 1).to_string());
        } else if quoted && word.chars().all(char::is_alphabetic) && chance(at) < 4 {
            let last = word.pop();
            out.push_str(&word);
            out.extend(last.map(|c| {
                if c == 'z' {
                    'a'
                } else {
                    char::from_u32(c as u32 + 1).unwrap_or(c)
                }
            }));
        } else {
            out.push_str(&word);
        }
        word.clear();
        out.push(c);
    }
    out.pop();
    out
}

/// DDL for the shared database: nothing is temporary there, and foreign keys are added afterwards.
pub(crate) fn shared_ddl(sql: &str) -> String {
    let found = words(sql);
    let mut cuts: Vec<(usize, usize)> = Vec::new();
    let end_of = |n: usize| found.get(n).map_or(sql.len(), |w| w.at);
    let creates = found.first().is_some_and(|w| w.text == "create");
    for (n, word) in found.iter().enumerate().take(4) {
        if creates && ["temp", "temporary", "local", "global"].contains(&word.text.as_str()) {
            cuts.push((word.at, end_of(n + 1)));
        }
    }
    for (n, pair) in found.windows(2).enumerate() {
        if creates && pair[0].text == "on" && pair[1].text == "commit" {
            // ON COMMIT DROP, DELETE ROWS, PRESERVE ROWS
            let rows = found.get(n + 3).is_some_and(|w| w.text == "rows");
            cuts.push((pair[0].at, end_of(n + if rows { 4 } else { 3 })));
        }
    }
    let table = found.iter().take(5).any(|w| w.text == "table");
    for (n, word) in found.iter().enumerate().filter(|_| table) {
        if word.text == "references" {
            cuts.push((word.at, reference_end(sql, end_of(n + 1), end_of(n + 2))));
        }
    }
    let mut out = sql.to_owned();
    cuts.sort_unstable();
    for (from, to) in cuts.into_iter().rev() {
        out.replace_range(from..to, " ");
    }
    foreign_clause(&out)
}

/// Where `REFERENCES t (columns)` ends, whose name begins at `from`.
fn reference_end(sql: &str, from: usize, next: usize) -> usize {
    let bytes = sql.as_bytes();
    let mut at = from;
    while bytes
        .get(at)
        .is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
    {
        at += 1;
    }
    let rest = sql[at..].trim_start();
    match rest.strip_prefix('(').and_then(|r| r.find(')')) {
        Some(close) => sql.len() - rest.len() + close + 2,
        None => at.min(next.max(at)),
    }
}

/// Takes `FOREIGN KEY (columns)` out, whose REFERENCES is gone.
fn foreign_clause(sql: &str) -> String {
    let lower = sql.to_lowercase();
    let Some(at) = lower.find("foreign key") else {
        return sql.to_owned();
    };
    if lower.trim_start().starts_with("alter") {
        return String::new();
    }
    let close = sql[at..].find(')').map_or(sql.len(), |n| at + n + 1);
    // A constraint's name stands before it, and a comma before that.
    let head = sql[..at].trim_end();
    let head = match head.to_lowercase().rfind("constraint") {
        Some(c) if !head[c..].contains(',') => head[..c].trim_end(),
        _ => head,
    };
    let head = head.strip_suffix(',').unwrap_or(head);
    foreign_clause(&format!("{head} {}", &sql[close..]))
}
