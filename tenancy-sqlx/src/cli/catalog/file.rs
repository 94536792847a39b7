//! The `tenancy.toml` that is written.

use std::{collections::BTreeSet, fmt::Write as _};

use tenancy_core::{Catalog, KeyType, Table};

use super::{
    model::{Column, Database, Kind, Product, Reference, Relation},
    wishes::{self, Wishes},
};

/// The text, or what is wrong with the wishes.
pub(super) fn write(database: &Database, wishes: &Wishes) -> Result<String, String> {
    wishes.check(database)?;
    let key_type = wishes.key_type(database)?;
    let mut file = File {
        database,
        wishes,
        key_type,
        tables: String::new(),
        views: String::new(),
        taken: BTreeSet::new(),
    };
    for relation in &database.relations {
        file.relation(relation);
    }
    file.finish()
}

/// How an entry of the file is made.
struct File<'a> {
    database: &'a Database,
    wishes: &'a Wishes,
    key_type: Option<KeyType>,
    tables: String,
    views: String,
    /// The names that stand in the file, in lower case.
    taken: BTreeSet<String>,
}

/// An entry and the comments in front of it.
#[derive(Debug, Default)]
struct Entry {
    kind: &'static str,
    fields: String,
    notes: Vec<String>,
}

impl Entry {
    fn of(kind: &'static str) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }

    fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    fn field(&mut self, name: &str, value: &str) {
        let _ = write!(self.fields, ", {name} = {value}");
    }

    /// `name = …`, short where there is no more to say.
    fn line(&self, name: &str) -> String {
        match self.fields.as_str() {
            "" => format!("{name} = \"{}\"\n", self.kind),
            fields => format!("{name} = {{ kind = \"{}\"{fields} }}\n", self.kind),
        }
    }
}

impl File<'_> {
    fn relation(&mut self, relation: &Relation) {
        let mut entry = self.entry(relation);
        let is_view = matches!(relation.kind, Kind::View { .. });
        if let Some(schema) = &relation.schema {
            entry.field("schema", &quoted(schema));
        }
        let line = entry.line(&key(&relation.name));
        let fits = self.fits(&line, is_view);
        let name = &relation.name;
        let text = if is_view {
            &mut self.views
        } else {
            &mut self.tables
        };
        if !self.taken.insert(name.to_ascii_lowercase()) {
            let place = relation.schema.as_ref().map(|schema| format!(" of {schema:?}"));
            let _ = writeln!(
                text,
                "# {name:?}{} is left out: another table has that name, and the catalogue knows names alone",
                place.unwrap_or_default()
            );
        } else if let Err(error) = fits {
            let _ = writeln!(text, "# {name:?} is left out: {error}");
        } else {
            for note in &entry.notes {
                let _ = writeln!(text, "# {note}");
            }
            text.push_str(&line);
        }
    }

    /// Whether the catalogue would take an entry.
    fn fits(&self, line: &str, is_view: bool) -> Result<(), String> {
        let section = if is_view { "[views]" } else { "[tables]" };
        let text = format!("{}{section}\n{line}", self.tenant());
        match Catalog::from_toml(&text) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string().lines().last().unwrap_or_default().to_owned()),
        }
    }

    fn tenant(&self) -> String {
        match (&self.wishes.key, self.key_type) {
            (Some(key), Some(key_type)) => {
                format!("[tenant]\nkey = {}\ntype = \"{key_type}\"\n\n", quoted(key))
            }
            _ => String::new(),
        }
    }

    fn entry(&self, relation: &Relation) -> Entry {
        let is_shared = self
            .wishes
            .shared
            .iter()
            .any(|name| wishes::is_named(relation, name));
        let key = self
            .wishes
            .key
            .as_ref()
            .and_then(|key| relation.column(self.database.product, key));
        match (&relation.kind, key) {
            (Kind::Table, key) if is_shared => {
                let mut entry = Entry::of("shared");
                if let Some(key) = key {
                    entry.note(format!(
                        "it has {:?}, and is shared all the same, as --shared says",
                        key.name
                    ));
                }
                self.describe(relation, None, &mut entry);
                entry
            }
            (Kind::View { .. } | Kind::Special(_), _) if is_shared => Entry::of("shared"),
            (Kind::Table, Some(key)) => self.tenant_table(relation, key),
            (Kind::Table, None) => self.keyless(relation),
            (Kind::View { body }, key) => view(relation, body.as_deref(), key.is_some()),
            (Kind::Special(what), _) => {
                let mut entry = Entry::of("denied");
                entry.note(what.clone());
                entry
            }
        }
    }

    fn tenant_table(&self, relation: &Relation, key: &Column) -> Entry {
        let ids = self.database.product.ids(&key.column_type);
        if !self.key_type.is_some_and(|key_type| ids.contains(&key_type)) {
            let mut entry = Entry::of("denied");
            entry.note(format!(
                "{:?} is of the type {:?}, which holds no id of the catalogue's type",
                key.name, key.column_type
            ));
            return entry;
        }
        let mut entry = Entry::of("tenant");
        if key.nullable {
            entry.note(format!(
                "{:?} may be NULL: such rows are nobody's; as \"mixed\" every tenant would read them",
                key.name
            ));
        }
        if self.wishes.key.as_ref().is_some_and(|wished| *wished != key.name) {
            entry.field("key", &quoted(&key.name));
        }
        self.describe(relation, Some(&key.name), &mut entry);
        entry
    }

    /// A table without the key: a child of one that has it, or something that the operator has to say.
    fn keyless(&self, relation: &Relation) -> Entry {
        let mut entry = Entry::of("denied");
        match self.wishes.key.as_ref().and_then(|_| self.parent(relation)) {
            Some(Reference { parent, on }) => {
                let pairs: Vec<String> = on
                    .iter()
                    .map(|(column, references)| format!("{} = {}", key(column), quoted(references)))
                    .collect();
                entry.note(format!(
                    "if its rows are their parent's: {} = {{ kind = \"via\", parent = {}, on = {{ {} }} }}",
                    key(&relation.name),
                    quoted(parent),
                    pairs.join(", ")
                ));
            }
            None => entry.note("if every tenant may read it: \"shared\""),
        }
        entry
    }

    /// A foreign key to a table that has the key, by columns that are never NULL.
    fn parent<'a>(&self, relation: &'a Relation) -> Option<&'a Reference> {
        let (product, wished) = (self.database.product, self.wishes.key.as_ref()?);
        relation.references.iter().find(|reference| {
            let parent = self
                .database
                .relations
                .iter()
                .find(|one| product.same(&one.name, &reference.parent));
            let has_key = parent.is_some_and(|parent| parent.column(product, wished).is_some());
            let never_null = |column: &str| {
                relation
                    .column(product, column)
                    .is_some_and(|column| !column.nullable)
            };
            has_key && reference.on.iter().all(|(column, _)| never_null(column))
        })
    }

    /// Columns and unique keys, where they can be told whole.
    fn describe(&self, relation: &Relation, key: Option<&str>, entry: &mut Entry) {
        match relation.unlisted {
            None => {
                let names: Vec<String> = relation
                    .columns
                    .iter()
                    .map(|column| column.name.clone())
                    .collect();
                entry.field("columns", &list(&names));
            }
            Some(why) => entry.note(format!("its columns are not listed, since {why}")),
        }
        let product = self.database.product;
        let has_key =
            |columns: &[String]| key.is_none_or(|key| columns.iter().any(|column| product.same(column, key)));
        // A key that cannot be told may be left out only where no other tenant's row can break it.
        if !relation.odd_keys.iter().all(|columns| has_key(columns)) {
            entry.note(
                "its unique keys are not listed, since one is on more than columns; upserts are refused",
            );
        } else if !relation.unique.is_empty() {
            let keys: Vec<String> = relation.unique.iter().map(|columns| list(columns)).collect();
            entry.field("unique", &format!("[{}]", keys.join(", ")));
        }
        if let Some(primary) = &relation.primary {
            entry.field("primary", &list(primary));
        }
        // Nobody but an operator writes a shared table.
        let named: Vec<String> = relation
            .constraints
            .iter()
            .filter(|(name, _)| key.is_some() && is_constraint(name))
            .map(|(name, columns)| format!("{} = {}", self::key(name), list(columns)))
            .collect();
        if !named.is_empty() {
            entry.field("constraints", &format!("{{ {} }}", named.join(", ")));
        }
        for columns in relation.unique.iter().filter(|columns| !has_key(columns)) {
            entry.note(format!(
                "unique {columns:?} is without the key: an INSERT tells whether another tenant has the value"
            ));
        }
    }

    fn finish(self) -> Result<String, String> {
        let Database {
            product,
            relations: _,
            enums,
        } = self.database;
        let mut text = format!(
            "# Written by `tenancy catalog` from a {} database. Review it: what is \"denied\" no tenant reads or writes\n\
             # until you say whose it is, and what is \"shared\" every tenant reads.\n",
            product.name()
        );
        if *product == Product::MariaDb {
            text.push_str("# Only what the user of the URL may see is in it.\n");
        }
        if self.wishes.key.is_none() {
            text.push_str("# No column was named that says whose a row is: name it with --tenant-key.\n");
            if let Some(candidates) = wishes::candidates(self.database) {
                let _ = writeln!(text, "# There are {candidates}.");
            }
        }
        let _ = write!(text, "\n{}[tables]\n{}", self.tenant(), self.tables);
        if !self.views.is_empty() {
            let _ = write!(text, "\n[views]\n{}", self.views);
        }
        if !enums.is_empty() {
            let _ = write!(
                text,
                "\n# For casts to the database's own enums:\n# [allow]\n# types = {}\n",
                list(enums)
            );
        }
        Catalog::from_toml(&text).map_err(|error| format!("the catalogue does not read back: {error}"))?;
        Ok(text)
    }
}

fn view(relation: &Relation, body: Option<&str>, has_key: bool) -> Entry {
    let mut entry = Entry::of("denied");
    let name = key(&relation.name);
    // A body that TOML would not take whole is better copied by hand.
    let plain = body.filter(|body| !body.contains(|c: char| c.is_control() && c != '\n' && c != '\t'));
    if let Some(body) = plain {
        entry.note(format!(
            "scoped by its body, which then is the query as it stands: {name} = {{ sql = {} }}",
            quoted(body)
        ));
    }
    if has_key {
        entry.note(format!(
            "if each of its rows comes from the rows of the one tenant that the key names: {name} = \"tenant\""
        ));
    }
    if plain.is_none() && !has_key {
        entry.note("a view; if every tenant may read it: \"shared\"");
    }
    entry
}

/// Whether the catalogue takes the name of a constraint; a table is not left out for one that it does not.
fn is_constraint(name: &str) -> bool {
    let table = Table::shared("t").constraint(name, ["c"]);
    Catalog::builder().table(table).build().is_ok()
}

/// A name as a key of TOML.
fn key(name: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(is_bare) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// A text as a string of TOML, which has the escapes of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned())
        .to_string()
        .replace('\u{7f}', "\\u007F")
}

fn list(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    format!("[{}]", names.join(", "))
}
