//! What only PostgreSQL has.

/// Everything that is not about one table's columns and keys.
#[derive(Debug, Default)]
pub(crate) struct Postgres {
    /// The application's role, and those that it can become.
    pub(crate) roles: Vec<Role>,
    /// Members of the application's role whom no policy holds.
    pub(crate) strong_members: Vec<String>,
    /// Owners of tables that have the operators' rights all the time, and whether that is because no policy holds them.
    pub(crate) inheriting_owners: Vec<(String, bool)>,
    pub(crate) security: Vec<Security>,
    pub(crate) policies: Vec<Policy>,
    /// What the application's role may do, by others' roles and by PUBLIC too.
    pub(crate) grants: Vec<Grant>,
    /// What roles may do that the wall knows nothing of; `grantable` is whether no policy holds them.
    pub(crate) others: Vec<Grant>,
    pub(crate) defaults: Vec<DefaultGrant>,
    /// Rights on the server's own objects that were not there when it was made.
    pub(crate) escalations: Vec<Grant>,
    pub(crate) functions: Vec<Function>,
    /// Operators and casts for the server's types, each with the statement that drops it.
    pub(crate) operators: Vec<Object>,
    pub(crate) calls: Vec<Call>,
    pub(crate) rules: Vec<Object>,
    pub(crate) event_triggers: Vec<Object>,
    pub(crate) published: Vec<Published>,
    pub(crate) subscriptions: Vec<String>,
    pub(crate) extensions: Vec<String>,
    pub(crate) role_settings: Vec<RoleSetting>,
    pub(crate) statistics: Vec<Object>,
    /// Views that call functions which run as their owner.
    pub(crate) view_calls: Vec<Object>,
    /// Views of those of the server's own tables that not everybody may read.
    pub(crate) views_of_closed: Vec<Object>,
    /// Sequences of columns.
    pub(crate) column_sequences: Vec<i64>,
    /// Tables with constraint triggers that are switched off.
    pub(crate) disabled: Vec<i64>,
    pub(crate) wall_functions: Vec<WallFunction>,
    /// The functions that this version writes.
    pub(crate) expected: Expected,
    /// What the application's role owns besides tables.
    pub(crate) owned: Vec<Object>,
    /// How many bytes the table of signing keys has.
    pub(crate) key_bytes: Option<i64>,
    /// The owner of the table of signing keys.
    pub(crate) key_owner: Option<String>,
}

#[derive(Debug, Clone)]
#[cfg_attr(feature = "postgres", derive(sqlx::FromRow))]
pub(crate) struct Role {
    pub(crate) id: i64,
    pub(crate) name: String,
    /// The application's own, and not one that it can become.
    pub(crate) own: bool,
    pub(crate) superuser: bool,
    pub(crate) bypasses: bool,
    pub(crate) makes_roles: bool,
    pub(crate) makes_databases: bool,
    pub(crate) replicates: bool,
    pub(crate) predefined: bool,
    pub(crate) owns_tables: bool,
    /// Those of the list that were made members of it.
    pub(crate) members: Vec<String>,
    /// Itself, and the roles whose rights and policies it has without SET ROLE.
    pub(crate) inherits: Vec<i64>,
}

impl Role {
    /// Why the application's role must not become this one, if it must not.
    pub(crate) fn strength(&self, operator: &str) -> Option<&'static str> {
        if self.superuser {
            Some("a superuser")
        } else if self.bypasses {
            Some("one that bypasses row level security")
        } else if self.name == operator {
            Some("the operators'")
        } else if self.makes_roles {
            Some("one that makes roles")
        } else if self.replicates {
            Some("one that replicates")
        } else if self.owns_tables {
            Some("one that owns tables")
        } else if self.predefined {
            Some("one of the server's own, whose rights reach beyond the tables that were granted")
        } else {
            None
        }
    }

    pub(crate) fn is_strong(&self, operator: &str) -> bool {
        self.strength(operator).is_some()
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Security {
    pub(crate) relation: i64,
    pub(crate) on: bool,
    pub(crate) forced: bool,
    pub(crate) owner: String,
    /// The columns that a DELETE is published with.
    pub(crate) identity: Vec<String>,
}

#[derive(Debug, Clone)]
#[cfg_attr(feature = "postgres", derive(sqlx::FromRow))]
pub(crate) struct Policy {
    pub(crate) relation: i64,
    pub(crate) name: String,
    pub(crate) permissive: bool,
    /// `*`, `r`, `a`, `w` or `d`, as the server writes it.
    pub(crate) command: String,
    pub(crate) roles: Vec<String>,
    /// It is for the application's role, one that it can become, or PUBLIC.
    pub(crate) for_app: bool,
    /// 0 is PUBLIC.
    pub(crate) role_ids: Vec<i64>,
    pub(crate) using_expr: Option<String>,
    pub(crate) check_expr: Option<String>,
}

/// A privilege.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "postgres", derive(sqlx::FromRow))]
pub(crate) struct Grant {
    /// `TABLE`, `SEQUENCE`, `SCHEMA`, `DATABASE`, `FOREIGN SERVER`, `FOREIGN DATA WRAPPER`, `LARGE OBJECT`, `FUNCTION`,
    /// `PARAMETER`: as a GRANT has it.
    pub(crate) kind: String,
    pub(crate) relation: i64,
    /// The object as a statement names it.
    pub(crate) object: String,
    pub(crate) column_name: Option<String>,
    /// As a statement names it; PUBLIC too.
    pub(crate) grantee: String,
    pub(crate) public: bool,
    pub(crate) privilege: String,
    pub(crate) grantable: bool,
}

#[derive(Debug, Clone)]
#[cfg_attr(feature = "postgres", derive(sqlx::FromRow))]
pub(crate) struct DefaultGrant {
    pub(crate) owner: String,
    pub(crate) schema: Option<String>,
    /// `TABLES` or `SEQUENCES`.
    pub(crate) kind: String,
    pub(crate) grantee: String,
    pub(crate) public: bool,
    pub(crate) privilege: String,
}

#[derive(Debug, Clone)]
#[cfg_attr(feature = "postgres", derive(sqlx::FromRow))]
pub(crate) struct Function {
    pub(crate) id: i64,
    /// With its arguments, as a statement names it.
    pub(crate) name: String,
    pub(crate) schema: String,
    pub(crate) definer: bool,
    pub(crate) leakproof: bool,
    pub(crate) volatility: String,
    pub(crate) trusted: bool,
    pub(crate) search_path: Option<String>,
    pub(crate) owner: String,
    /// Only a trigger can call it.
    pub(crate) for_triggers: bool,
    pub(crate) app_may: bool,
    pub(crate) public_may: bool,
    /// Those of the application's roles that it was granted to, as a statement names them.
    pub(crate) grantees: Vec<String>,
    /// The table whose row it takes.
    pub(crate) row_of: Option<i64>,
    pub(crate) extension: bool,
}

impl Policy {
    /// Whether it is for a role, by one that the role inherits from too.
    pub(crate) fn is_for(&self, role: &Role) -> bool {
        self.role_ids
            .iter()
            .any(|id| *id == 0 || role.inherits.contains(id))
    }
}

/// Something with a name, on a relation or on none.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "postgres", derive(sqlx::FromRow))]
pub(crate) struct Object {
    pub(crate) relation: i64,
    pub(crate) name: String,
    /// The statement that takes it away.
    pub(crate) mend: Option<String>,
}

/// A default, check or index that calls a function of the application's.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "postgres", derive(sqlx::FromRow))]
pub(crate) struct Call {
    pub(crate) relation: i64,
    /// What calls it.
    pub(crate) what: String,
    pub(crate) function: i64,
}

#[derive(Debug, Clone)]
#[cfg_attr(feature = "postgres", derive(sqlx::FromRow))]
pub(crate) struct Published {
    pub(crate) publication: String,
    pub(crate) schema: String,
    pub(crate) table_name: String,
    pub(crate) filter: Option<String>,
    pub(crate) deletes: bool,
    /// By name, and not with all tables or a whole schema.
    pub(crate) by_name: bool,
}

#[derive(Debug, Clone)]
#[cfg_attr(feature = "postgres", derive(sqlx::FromRow))]
pub(crate) struct RoleSetting {
    /// `ROLE "shop"`, `DATABASE "shop"` or `ROLE ALL`, with what else the statement needs.
    pub(crate) place: String,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// The functions that this version's migration writes, for a wall that believes signatures and for one that does not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expected {
    pub(crate) signed: Vec<WallFunction>,
    pub(crate) unsigned: Vec<WallFunction>,
}

impl Expected {
    pub(crate) fn all(&self) -> impl Iterator<Item = &WallFunction> {
        self.signed.iter().chain(&self.unsigned)
    }
}

/// The function that tells the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "postgres", derive(sqlx::FromRow))]
pub(crate) struct WallFunction {
    /// Its name and the types that it takes, without a space.
    pub(crate) signature: String,
    pub(crate) body: String,
    pub(crate) definer: bool,
    pub(crate) volatility: String,
    pub(crate) language: String,
    pub(crate) settings: String,
    pub(crate) result: String,
    pub(crate) owner: String,
}
