//! The definition of correct: the shared database, through the engine, answers as the tenant's private one.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::Value;
use crate::db::{Answer, Database, Fault};

/// A table whose contents are compared after a write.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    /// The name as it is written in SQL.
    pub(crate) name: String,
    /// An expression over `tenancy_t` that says whose a row is; `None` for a shared table.
    pub(crate) owner: Option<String>,
    /// A column that is not compared, since only one side has it.
    pub(crate) left_out: Option<String>,
    /// Columns whose values the database makes up (ids, times): they may differ.
    pub(crate) generated: Vec<String>,
}

/// The contents of the watched tables: by table, then by owner (`None` is shared), the rows in one form, sorted.
pub(crate) type State = BTreeMap<String, Rows>;

/// A table's rows by owner.
pub(crate) type Rows = BTreeMap<Option<String>, Vec<String>>;

/// What was seen when a statement ran on one database.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) result: Result<Answer, Fault>,
    /// The contents afterwards, for a write that was not refused.
    pub(crate) after: Option<State>,
}

impl Seen {
    /// Whether the connection was lost meanwhile.
    pub(crate) fn is_lost(&self) -> bool {
        self.result.as_ref().is_err_and(Fault::is_lost)
    }
}

/// Reads the contents of all watched tables.
pub(crate) async fn state(db: &mut Database, tables: &[Watched]) -> Result<State, Fault> {
    let mut state = State::new();
    for table in tables {
        let owner = table.owner.as_deref().unwrap_or("NULL");
        let query = format!(
            "SELECT {owner} AS tenancy_owner, tenancy_t.* FROM {} AS tenancy_t",
            table.name
        );
        let answer = db.run(&query, &[]).await?;
        let owners = state.entry(table.name.clone()).or_default();
        let shown = |(name, value): (&String, &Value)| {
            let left_out = name == "tenancy_owner" || Some(name) == table.left_out.as_ref();
            (!left_out).then(|| (name.clone(), value.clone()))
        };
        for row in &answer.rows {
            let owner = row.first().filter(|v| **v != Value::Null).map(Value::canonical);
            let (columns, values): (Vec<String>, Vec<Value>) =
                answer.columns.iter().zip(row).filter_map(shown).unzip();
            owners
                .entry(owner)
                .or_default()
                .push(line(&columns, &values, &table.generated));
        }
        owners.values_mut().for_each(|rows| rows.sort());
    }
    Ok(state)
}

/// Runs a statement; a write inside a transaction that is undone after its effect was read.
pub(crate) async fn observe(
    db: &mut Database,
    text: &str,
    binds: &[Value],
    write: Option<&[Watched]>,
) -> Result<Seen, Fault> {
    let Some(tables) = write else {
        return Ok(Seen {
            result: db.run(text, binds).await,
            after: None,
        });
    };
    db.script("BEGIN").await?;
    let result = db.run(text, binds).await;
    let after = match &result {
        Ok(_) => Some(state(db, tables).await?),
        Err(_) => None,
    };
    db.script("ROLLBACK").await?;
    Ok(Seen { result, after })
}

/// A row in one form, by the names of its columns.
fn line(columns: &[String], row: &[Value], generated: &[String]) -> String {
    let mut out = String::new();
    for (name, value) in columns.iter().zip(row) {
        let shown = if generated.contains(name) {
            "(generated)".to_owned()
        } else {
            value.canonical()
        };
        out.push_str(name);
        out.push('=');
        out.push_str(&shown);
        out.push(' ');
    }
    out
}

/// Signs by which a value of another tenant is known wherever it turns up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Markers {
    /// Pieces of text, compared without case.
    pub(crate) texts: Vec<String>,
    /// Ranges of integers that only other tenants have.
    pub(crate) ints: Vec<Range<i64>>,
}

impl Markers {
    fn int(&self, v: i64) -> bool {
        self.ints.iter().any(|range| range.contains(&v))
    }

    /// The marker in `text`, numbers in it included.
    pub(crate) fn in_text(&self, text: &str) -> Option<String> {
        let folded = text.to_lowercase();
        if let Some(found) = self.texts.iter().find(|m| folded.contains(&m.to_lowercase())) {
            return Some(found.clone());
        }
        folded
            .split(|c: char| !c.is_ascii_digit())
            .find(|digits| digits.parse().is_ok_and(|v| self.int(v)))
            .map(str::to_owned)
    }

    pub(crate) fn in_value(&self, value: &Value) -> Option<String> {
        match value {
            Value::Int(v) => self.int(*v).then(|| v.to_string()),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the range test does not need the fraction"
            )]
            Value::Real(v) => self.int(*v as i64).then(|| v.to_string()),
            Value::Text(v) => self.in_text(v),
            Value::Bytes(v) | Value::Other(_, v) => self.in_text(&String::from_utf8_lossy(v)),
            Value::Null | Value::Bool(_) | Value::Uuid(_) => None,
        }
    }
}

/// What a comparison that found nothing wrong was worth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Worth {
    /// Rows came back.
    pub(crate) rows: bool,
    /// Rows were changed.
    pub(crate) changed: bool,
    /// Both databases failed, in the same way.
    pub(crate) failed: bool,
}

/// Who is asking, and what is his.
pub(crate) struct Judge<'a> {
    /// The tenant's key in the form of [`Value::canonical`].
    pub(crate) subject: String,
    pub(crate) markers: &'a Markers,
    /// The shared database's contents before any write.
    pub(crate) before: &'a State,
    /// Names of columns that the database makes up: in RETURNING they may differ.
    pub(crate) generated: &'a [String],
}

impl Judge<'_> {
    /// Compares what was seen on the shared database with what was seen on the private one.
    ///
    /// # Errors
    /// The difference, in words.
    pub(crate) fn compare(&self, shared: &Seen, private: &Seen, write: bool) -> Result<Worth, String> {
        match (&shared.result, &private.result) {
            (Ok(s), Ok(p)) => {
                self.no_marker(s)?;
                let generated = if write { self.generated } else { &[] };
                same_rows(s, p, generated)?;
                if write && s.affected != p.affected {
                    return Err(format!("affected {} rows, privately {}", s.affected, p.affected));
                }
                if let (Some(after), Some(own)) = (&shared.after, &private.after) {
                    self.same_state(after, own)?;
                }
                let changed = shared.after.as_ref().is_some_and(|after| after != self.before);
                Ok(Worth {
                    rows: !s.rows.is_empty(),
                    changed,
                    failed: false,
                })
            }
            (Err(s), Err(p)) => {
                if let Some(marker) = self.markers.in_text(&s.text) {
                    return Err(format!("the error shows another tenant's {marker}: {}", s.text));
                }
                if s.kind != p.kind && !is_missing_parent(&s.kind, &p.kind) {
                    return Err(format!(
                        "failed with {}: {}; privately {}: {}",
                        s.kind, s.text, p.kind, p.text
                    ));
                }
                Ok(Worth {
                    failed: true,
                    ..Worth::default()
                })
            }
            (Err(s), Ok(_)) => Err(format!("failed, privately it did not: {}", s.text)),
            (Ok(s), Err(p)) => Err(format!(
                "gave {} rows, privately it failed: {}",
                s.rows.len(),
                p.text
            )),
        }
    }

    /// Two shared databases that differ only in the neighbours must look the same, errors word by word.
    pub(crate) fn two_worlds(&self, one: &Seen, two: &Seen, write: bool) -> Result<(), String> {
        match (&one.result, &two.result) {
            (Ok(a), Ok(b)) => {
                self.no_marker(b)?;
                same_rows(a, b, if write { self.generated } else { &[] })
                    .map_err(|e| format!("with other neighbours: {e}"))?;
                if write && a.affected != b.affected {
                    return Err(format!(
                        "affected {} rows, with other neighbours {}",
                        a.affected, b.affected
                    ));
                }
                Ok(())
            }
            (Err(a), Err(b)) if a.text == b.text => Ok(()),
            (Err(a), Err(b)) => Err(format!(
                "the error tells the neighbours apart: {} / {}",
                a.text, b.text
            )),
            (Err(a), Ok(_)) => Err(format!("fails only beside these neighbours: {}", a.text)),
            (Ok(_), Err(b)) => Err(format!("fails only beside other neighbours: {}", b.text)),
        }
    }

    fn no_marker(&self, answer: &Answer) -> Result<(), String> {
        match answer
            .rows
            .iter()
            .flatten()
            .find_map(|v| self.markers.in_value(v))
        {
            Some(marker) => Err(format!("a row holds another tenant's {marker}")),
            None => Ok(()),
        }
    }

    /// After a write that no private database says anything of: nothing but the subject's own rows changed.
    ///
    /// # Errors
    /// The difference, in words.
    pub(crate) fn others_untouched(&self, shared: &Seen) -> Result<Worth, String> {
        match &shared.result {
            Ok(answer) => self.no_marker(answer)?,
            Err(fault) => {
                if let Some(marker) = self.markers.in_text(&fault.text) {
                    return Err(format!(
                        "the error shows another tenant's {marker}: {}",
                        fault.text
                    ));
                }
            }
        }
        let Some(after) = &shared.after else {
            return Ok(Worth {
                failed: true,
                ..Worth::default()
            });
        };
        let nobody = BTreeMap::new();
        for (table, owners) in after {
            let before = self.before.get(table).unwrap_or(&nobody);
            self.same_others(table, owners, before)?;
            if owners.get(&None) != before.get(&None) {
                return Err(format!("{table}: shared rows changed"));
            }
        }
        Ok(Worth {
            rows: shared.result.as_ref().is_ok_and(|answer| !answer.rows.is_empty()),
            changed: after != self.before,
            failed: false,
        })
    }

    fn same_others(&self, table: &str, owners: &Rows, before: &Rows) -> Result<(), String> {
        let others = owners.keys().chain(before.keys()).flatten();
        for owner in others.filter(|owner| **owner != self.subject) {
            let owner = Some(owner.clone());
            if owners.get(&owner) != before.get(&owner) {
                return Err(format!("{table}: another tenant's rows changed"));
            }
        }
        Ok(())
    }

    fn same_state(&self, after: &State, own: &State) -> Result<(), String> {
        let nobody = BTreeMap::new();
        for (table, owners) in after {
            let before = self.before.get(table).unwrap_or(&nobody);
            self.same_others(table, owners, before)?;
            let private = own.get(table).unwrap_or(&nobody);
            if private.keys().flatten().any(|o| *o != self.subject) {
                return Err(format!(
                    "{table}: the private database holds a foreign key; the harness is wrong"
                ));
            }
            for owner in [Some(self.subject.clone()), None] {
                let (s, p) = (owners.get(&owner), private.get(&owner));
                if s != p {
                    let whose = if owner.is_some() { "own" } else { "shared" };
                    let (more, less) = difference(s.map_or(&[], Vec::as_slice), p.map_or(&[], Vec::as_slice));
                    return Err(format!(
                        "{table}: the {whose} rows afterwards differ: {more:?} and not {less:?}"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// A child under a parent that is not the tenant's own fails for want of a value; privately for want of the parent, or
/// by another rule that is looked at before that.
fn is_missing_parent(shared: &str, private: &str) -> bool {
    let violation = ["ForeignKeyViolation", "UniqueViolation", "Other"];
    shared == "NotNullViolation" && violation.contains(&private)
}

/// The rows of both as multisets, with the names of their columns.
pub fn same_rows(s: &Answer, p: &Answer, generated: &[String]) -> Result<(), String> {
    if !s.rows.is_empty() && !p.rows.is_empty() && s.columns != p.columns {
        return Err(format!(
            "the columns are {:?}, privately {:?}",
            s.columns, p.columns
        ));
    }
    let lines = |a: &Answer| {
        let mut lines: Vec<String> = a.rows.iter().map(|r| line(&a.columns, r, generated)).collect();
        lines.sort();
        lines
    };
    let (one, two) = (lines(s), lines(p));
    if one == two {
        return Ok(());
    }
    let (more, less) = difference(&one, &two);
    Err(format!(
        "{} rows, privately {}; too many: {more:?}; missing: {less:?}",
        one.len(),
        two.len()
    ))
}

/// Some lines that only the first has, and some that only the second has. Both are sorted.
fn difference(one: &[String], two: &[String]) -> (Vec<String>, Vec<String>) {
    let only = |a: &[String], b: &[String]| {
        let mut left: BTreeMap<&String, i64> = BTreeMap::new();
        a.iter().for_each(|l| *left.entry(l).or_default() += 1);
        b.iter().for_each(|l| *left.entry(l).or_default() -= 1);
        left.into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(l, _)| l.clone())
            .take(3)
            .collect()
    };
    (only(one, two), only(two, one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(rows: &[i64]) -> Answer {
        Answer {
            columns: vec!["a".to_owned()],
            rows: rows.iter().map(|v| vec![Value::Int(*v)]).collect(),
            affected: 0,
        }
    }

    #[test]
    fn rows_are_compared_as_multisets() {
        assert!(same_rows(&answer(&[1, 2, 2]), &answer(&[2, 1, 2]), &[]).is_ok());
        assert!(same_rows(&answer(&[1, 2]), &answer(&[2, 1, 2]), &[]).is_err());
        assert!(same_rows(&answer(&[1, 1, 2]), &answer(&[2, 1, 2]), &[]).is_err());
    }

    #[test]
    fn markers_are_seen_in_text_numbers_and_errors() {
        let markers = Markers {
            texts: vec!["zz1_".to_owned()],
            ints: vec![Range { start: 700, end: 800 }],
        };
        assert!(markers.in_text("no: \"ZZ1_a\"").is_some());
        assert!(markers.in_text("Key (a)=(750) exists").is_some());
        assert!(markers.in_text("Key (a)=(75) exists").is_none());
        assert!(markers.in_value(&Value::Real(700.0)).is_some());
        assert!(markers.in_value(&Value::Bytes(b"zz1_".to_vec())).is_some());
        assert!(markers.in_value(&Value::Text("z1_".to_owned())).is_none());
    }

    #[test]
    fn another_tenants_change_and_a_foreign_row_are_seen() {
        let rows = |theirs: &str| {
            State::from([(
                "t".to_owned(),
                BTreeMap::from([
                    (Some("Int(1)".to_owned()), vec!["mine".to_owned()]),
                    (Some("Int(2)".to_owned()), vec![theirs.to_owned()]),
                ]),
            )])
        };
        let own = State::from([(
            "t".to_owned(),
            BTreeMap::from([(Some("Int(1)".to_owned()), vec!["mine".to_owned()])]),
        )]);
        let (markers, before) = (Markers::default(), rows("theirs"));
        let judge = Judge {
            subject: "Int(1)".to_owned(),
            markers: &markers,
            before: &before,
            generated: &[],
        };
        assert!(judge.same_state(&rows("theirs"), &own).is_ok());
        assert!(judge.same_state(&rows("changed"), &own).is_err());
        assert!(judge.same_state(&rows("theirs"), &State::new()).is_err());
    }
}
