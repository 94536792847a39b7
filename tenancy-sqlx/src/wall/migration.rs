//! [`RowSecurity`]: the migration that has PostgreSQL keep tenants apart.

use std::fmt::Write as _;

use tenancy_core::{Catalog, KeyType, Table, TableKind};

use super::{
    proof,
    slice::{Slice, Slices, qualified, quoted, schema_of},
};

/// Row level security for the tables of a catalogue, as a migration for PostgreSQL.
///
/// The migration can be run again, after a change of the catalogue or of the tables, and leaves what the catalogue says.
/// It is run by the owner of the tables, in a transaction, on PostgreSQL 13 or newer. It holds no secret: the
/// [key](super::SigningKey) that signs is installed by a statement of its own.
///
/// A [`TenantDb`](crate::TenantDb) tells it whose turn it is, as its [`Wall`](super::Wall) says. Other programs do so by a
/// [token](super::SigningKey::token).
///
/// What it does:
/// - two roles: the application's, which owns nothing, and the operators';
/// - for each table row security, for its owner too, with one policy for each kind of ownership; partitions and children
///   are closed to everybody who does not come by way of their parent; views look as the one who asks;
/// - grants of just the commands that a tenant may run, and none to `PUBLIC`;
/// - the functions that take a transaction's tenant, signed by the application, and tell it to the policies.
///
/// The policies are restrictive, so that a policy that somebody adds widens nothing. A table's owner is held by them as
/// well, and sees no row: what changes all tenants' rows, such as a migration that fills a column, runs as the operator
/// (`SET ROLE`). The owner has to be a member of that role for it, one that does not inherit (`NOINHERIT`): who inherits is
/// an operator all the time.
///
/// ```
/// use tenancy_core::{Catalog, KeyType};
/// use tenancy_sqlx::RowSecurity;
///
/// let catalog = Catalog::builder().tenant_key("store_id", KeyType::BigInt).tenant_tables(["orders"]).build()?;
/// let migration = RowSecurity::new(&catalog).app_role("shop").migration();
/// assert!(migration.contains(r#"ALTER TABLE "public"."orders" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"#));
/// # Ok::<(), tenancy_core::CatalogError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RowSecurity<'a> {
    catalog: &'a Catalog,
    app: String,
    operator: String,
    schema: String,
    signed: bool,
}

impl<'a> RowSecurity<'a> {
    /// For the tables of this catalogue; with the roles `tenancy_app` and `tenancy_operator`, and a schema `tenancy` for
    /// the functions and their keys.
    pub fn new(catalog: &'a Catalog) -> Self {
        Self {
            catalog,
            app: "tenancy_app".to_owned(),
            operator: "tenancy_operator".to_owned(),
            schema: "tenancy".to_owned(),
            signed: true,
        }
    }

    /// The application's role. It is made where it does not exist, without a login; a role that exists must neither be a
    /// superuser, bypass row security or own one of the tables, nor be able to become a role that does.
    #[must_use]
    pub fn app_role(mut self, name: impl Into<String>) -> Self {
        self.app = name.into();
        self
    }

    /// The operators' role.
    ///
    /// # Cross-tenant
    /// It reads and writes all tenants' rows, and the shared ones.
    #[must_use]
    pub fn operator_role(mut self, name: impl Into<String>) -> Self {
        self.operator = name.into();
        self
    }

    /// The schema of the functions and their keys.
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// Takes the tenant from the setting as it stands, without a signature: for servers that hand settings on to others
    /// (Citus), and where the check of the signature costs too much.
    ///
    /// # Cross-tenant
    /// A statement that gets past the engine and may call `set_config` can then name any tenant.
    #[must_use]
    pub fn unsigned(mut self) -> Self {
        self.signed = false;
        self
    }

    /// The statements of the migration.
    pub fn migration(&self) -> String {
        let mut out = String::from(
            "-- Row level security behind the scoping engine, written from its catalogue. It can be run again.\n\n",
        );
        let walled: Vec<&Table> = self.catalog.tables().filter(|table| !table.is_view()).collect();
        let views = self.catalog.tables().filter(|table| table.is_view());

        self.roles(&mut out, &walled);
        self.functions(&mut out);
        // First what closes children: one that the catalogue names is opened again further below.
        for table in &walled {
            let below = self.filled(include_str!("below.sql"), Some(table));
            let _ = writeln!(out, "\n{}", below.trim_end());
        }
        let call = format!("(SELECT {}.current_tenant())", quoted(&self.schema));
        let slices = Slices {
            catalog: self.catalog,
            tenant: &call,
        };
        for table in &walled {
            self.table(&mut out, table, &slices.of(table));
        }
        for view in views {
            self.view(&mut out, view);
        }
        out
    }

    fn roles(&self, out: &mut String, walled: &[&Table]) {
        let tables: Vec<String> = walled.iter().map(|table| text(&qualified(table))).collect();
        let roles = self
            .filled(include_str!("roles.sql"), None)
            .replace("{tables}", &tables.join(", "));
        out.push_str(&roles);
        let mut schemas: Vec<&str> = self.catalog.tables().map(schema_of).collect();
        schemas.sort_unstable();
        schemas.dedup();
        let (app, operator) = (quoted(&self.app), quoted(&self.operator));
        for schema in schemas {
            let schema = quoted(schema);
            let _ = writeln!(out, "REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {app};");
            let _ = writeln!(out, "GRANT USAGE ON SCHEMA {schema} TO {app}, {operator};");
        }
    }

    fn functions(&self, out: &mut String) {
        let (schema, app, operator) = (quoted(&self.schema), quoted(&self.app), quoted(&self.operator));
        let _ = writeln!(out, "\nCREATE SCHEMA IF NOT EXISTS {schema};");
        let _ = writeln!(out, "REVOKE ALL ON SCHEMA {schema} FROM PUBLIC, {app};");
        let _ = writeln!(out, "GRANT USAGE ON SCHEMA {schema} TO {app}, {operator};");
        let body = if self.signed {
            out.push_str(&self.filled(include_str!("signing_key.sql"), None));
            include_str!("signed.sql")
        } else {
            include_str!("unsigned.sql")
        };
        out.push('\n');
        out.push_str(&self.filled(&proof::filled(body), None));
        let _ = writeln!(
            out,
            "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {schema} FROM PUBLIC, {app}, {operator};"
        );
        let _ = writeln!(
            out,
            "GRANT EXECUTE ON FUNCTION {schema}.current_tenant() TO {app}, {operator};"
        );
        let _ = writeln!(
            out,
            "GRANT EXECUTE ON FUNCTION {schema}.enter(text, text), {schema}.enter_session(text, text, text) TO {app};"
        );
    }

    fn table(&self, out: &mut String, table: &Table, slice: &Slice) {
        let (name, app, operator) = (qualified(table), quoted(&self.app), quoted(&self.operator));
        let _ = writeln!(
            out,
            "\n-- {}\nALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;",
            kind_of(table)
        );
        for policy in POLICIES {
            let _ = writeln!(out, "DROP POLICY IF EXISTS {policy} ON {name};");
        }
        let _ = writeln!(
            out,
            "CREATE POLICY tenancy_operator ON {name} TO {operator} USING (true) WITH CHECK (true);"
        );
        if let Some(own) = slice.one() {
            let _ = writeln!(
                out,
                "CREATE POLICY tenancy_slice ON {name} AS RESTRICTIVE TO {app}\n    USING ({own})\n    WITH CHECK ({own});"
            );
        } else {
            self.each_command(out, &name, slice);
        }
        // What a restrictive policy leaves has to be let through by a permissive one.
        if slice.read.is_some() {
            let _ = writeln!(
                out,
                "CREATE POLICY tenancy_app ON {name} TO {app} USING (true) WITH CHECK (true);"
            );
        }
        self.grants(out, table, &name, slice);
    }

    fn each_command(&self, out: &mut String, name: &str, slice: &Slice) {
        let app = quoted(&self.app);
        let or_none = |condition: &Option<String>| condition.clone().unwrap_or_else(|| "false".to_owned());
        let _ = writeln!(
            out,
            "CREATE POLICY tenancy_read ON {name} AS RESTRICTIVE FOR SELECT TO {app}\n    USING ({});",
            or_none(&slice.read)
        );
        let _ = writeln!(
            out,
            "CREATE POLICY tenancy_insert ON {name} AS RESTRICTIVE FOR INSERT TO {app}\n    WITH CHECK ({});",
            or_none(&slice.insert)
        );
        let update = or_none(&slice.update);
        let _ = writeln!(
            out,
            "CREATE POLICY tenancy_update ON {name} AS RESTRICTIVE FOR UPDATE TO {app}\n    USING ({update})\n    \
             WITH CHECK ({update});"
        );
        let _ = writeln!(
            out,
            "CREATE POLICY tenancy_delete ON {name} AS RESTRICTIVE FOR DELETE TO {app}\n    USING ({});",
            or_none(&slice.delete)
        );
    }

    /// Just the commands that a tenant may run.
    fn grants(&self, out: &mut String, table: &Table, name: &str, slice: &Slice) {
        let (app, operator) = (quoted(&self.app), quoted(&self.operator));
        let _ = writeln!(out, "REVOKE ALL ON TABLE {name} FROM PUBLIC, {app};");
        let _ = writeln!(
            out,
            "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE {name} TO {operator};"
        );
        let mut commands = Vec::new();
        if slice.read.is_some() {
            commands.push("SELECT".to_owned());
        }
        if slice.insert.is_some() {
            commands.push("INSERT".to_owned());
        }
        match &slice.updatable {
            _ if slice.update.is_none() => {}
            None => commands.push("UPDATE".to_owned()),
            Some(columns) => {
                let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
                commands.push(format!("UPDATE ({})", columns.join(", ")));
            }
        }
        if slice.delete.is_some() {
            commands.push("DELETE".to_owned());
        }
        if !commands.is_empty() {
            let _ = writeln!(out, "GRANT {} ON TABLE {name} TO {app};", commands.join(", "));
        }
        if slice.insert.is_some() {
            out.push_str(&self.filled(include_str!("sequences.sql"), Some(table)));
        }
    }

    fn view(&self, out: &mut String, view: &Table) {
        let (name, app) = (qualified(view), quoted(&self.app));
        let _ = write!(out, "\n{}", self.filled(include_str!("view.sql"), Some(view)));
        let _ = writeln!(out, "REVOKE ALL ON TABLE {name} FROM PUBLIC, {app};");
        if !matches!(view.kind(), TableKind::Denied) {
            let _ = writeln!(
                out,
                "GRANT SELECT ON TABLE {name} TO {app}, {};",
                quoted(&self.operator)
            );
        }
    }

    /// A piece of the migration with its names filled in.
    fn filled(&self, piece: &str, table: Option<&Table>) -> String {
        let mut piece = piece
            .replace("{app_text}", &text(&self.app))
            .replace("{operator_text}", &text(&self.operator))
            .replace("{app}", &quoted(&self.app))
            .replace("{operator}", &quoted(&self.operator))
            .replace(
                "{key_text}",
                &text(&format!("{}.signing_key", quoted(&self.schema))),
            )
            .replace("{schema}", &quoted(&self.schema))
            .replace("{type}", type_name(self.catalog.key_type()));
        if let Some(table) = table {
            let name = qualified(table);
            piece = piece
                .replace("{table_text}", &text(&name))
                .replace("{table}", &name);
        }
        piece
    }
}

/// Every policy of this migration, by its name.
const POLICIES: [&str; 7] = [
    "tenancy_operator",
    "tenancy_app",
    "tenancy_slice",
    "tenancy_read",
    "tenancy_insert",
    "tenancy_update",
    "tenancy_delete",
];

fn type_name(key_type: KeyType) -> &'static str {
    match key_type {
        KeyType::BigInt => "bigint",
        KeyType::Uuid => "uuid",
        KeyType::Text => "text",
    }
}

fn kind_of(table: &Table) -> &'static str {
    match table.kind() {
        TableKind::Tenant { .. } => "each row is of one tenant",
        TableKind::Mixed { .. } => {
            "rows without a key are shared and read-only, the others of one tenant each"
        }
        TableKind::Via(_) => "each row is of its parent's tenant",
        TableKind::Party(_) => "each row is of several tenants",
        TableKind::Shared => "every tenant reads, none writes",
        TableKind::View { .. } => "a view",
        TableKind::Denied => "no tenant reads or writes",
    }
}

/// A text as PostgreSQL reads it, whatever `standard_conforming_strings` says.
pub(super) fn text(value: &str) -> String {
    let doubled = value.replace('\'', "''");
    if doubled.contains('\\') {
        format!("E'{}'", doubled.replace('\\', "\\\\"))
    } else {
        format!("'{doubled}'")
    }
}
