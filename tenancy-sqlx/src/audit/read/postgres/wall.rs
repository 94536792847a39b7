//! The functions that the wall's migration writes.

use super::Ask;
use crate::{
    RowSecurity,
    audit::model::{Expected, WallFunction},
};

/// The functions that this version's migration writes, read from the migration itself.
pub(super) fn expected(ask: &Ask<'_>) -> Expected {
    let security = || RowSecurity::new(ask.catalog).schema(&ask.options.schema);
    let functions = |migration: String| {
        let each = migration.split("CREATE OR REPLACE FUNCTION ").skip(1);
        each.filter_map(function_of).collect()
    };
    Expected {
        signed: functions(security().migration()),
        unsigned: functions(security().unsigned().migration()),
    }
}

/// A function as a migration creates it, from its name on.
fn function_of(text: &str) -> Option<WallFunction> {
    let (name, after) = text.split_once(" AS $tenancy$")?;
    let (body, _) = after.split_once("$tenancy$")?;
    let (name, head) = name.split_once("RETURNS ")?;
    let (name, takes) = name.trim().strip_suffix(')')?.split_once('(')?;
    let (_, name) = name.rsplit_once('.')?;
    // Each stands with its name, and the server's own types with their schema.
    let bare = |of: &str| of.rsplit(['.', ' ']).next().unwrap_or_default().to_owned();
    let types: Vec<String> = takes.split(',').map(bare).collect();
    let words: Vec<&str> = head.split_whitespace().collect();
    let follows = |word: &str| words.iter().position(|own| own.eq_ignore_ascii_case(word));
    let language = follows("LANGUAGE").and_then(|at| words.get(at + 1))?;
    let volatility = ["IMMUTABLE", "STABLE"]
        .iter()
        .find(|word| follows(word).is_some())
        .map_or("v", |word| if *word == "STABLE" { "s" } else { "i" });
    let settings = head
        .split_once(" SET search_path = ")
        .map(|(_, path)| path.trim());
    Some(WallFunction {
        signature: format!("{name}({})", types.join(",")),
        body: body.to_owned(),
        definer: follows("DEFINER").is_some(),
        volatility: volatility.to_owned(),
        language: (*language).to_owned(),
        settings: settings.map_or_else(String::new, |path| format!("search_path={path}")),
        result: bare(words.first()?),
        owner: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::function_of;

    #[test]
    fn the_function_is_read_from_a_migration() {
        let read = function_of(
            "\"t\".enter(token pg_catalog.text, at int8) RETURNS bigint\nLANGUAGE plpgsql STABLE SECURITY DEFINER \
             SET search_path = pg_catalog, pg_temp AS $tenancy$\nBODY $tenancy$;",
        )
        .unwrap();
        assert_eq!(read.signature, "enter(text,int8)");
        assert_eq!((read.body.as_str(), read.definer), ("\nBODY ", true));
        assert_eq!(
            (read.volatility.as_str(), read.language.as_str()),
            ("s", "plpgsql")
        );
        assert_eq!(
            (read.settings.as_str(), read.result.as_str()),
            ("search_path=pg_catalog, pg_temp", "bigint")
        );
        assert_eq!(function_of("CREATE TABLE t ()"), None);
    }
}
