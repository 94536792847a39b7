//! [`AuditRule`]: what the auditor looks for. The rules themselves are listed in `catalogue_of_rules`.

use std::fmt;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing is reached by it alone.
    Note,
    /// A way to learn of other tenants, or one guard less than there should be.
    Warning,
    /// Another tenant's rows can be read or written where nothing else stands in the way.
    Error,
}

impl Severity {
    /// Every severity, the least first.
    pub const ALL: [Severity; 3] = [Severity::Note, Severity::Warning, Severity::Error];

    /// Its name: `note`, `warning` or `error`.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The databases that the auditor reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditedProduct {
    /// PostgreSQL.
    Postgres,
    /// SQLite.
    Sqlite,
    /// MariaDB, and MySQL as far as it is alike.
    MariaDb,
}

impl AuditedProduct {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            AuditedProduct::Postgres => "PostgreSQL",
            AuditedProduct::Sqlite => "SQLite",
            AuditedProduct::MariaDb => "MariaDB",
        }
    }
}

impl fmt::Display for AuditedProduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Declares [`AuditRule`]. Each rule has, beside its meaning: the stable code, how bad it is, on which databases it is looked for
/// (P, S, M), why it matters, and what to do about it.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $severity:ident, [$($product:ident)+],
        $why:literal, $advice:literal;)+) => {
        /// What the auditor looks for, each with a stable code.
        ///
        /// The list is exhaustive: a new rule is a new major version, so that a `match` on it stays complete.
        ///
        /// ```
        /// use tenancy_sqlx::{AuditRule, Severity};
        ///
        /// assert_eq!(AuditRule::RlsOff.code(), "rls_off");
        /// assert_eq!(AuditRule::RlsOff.severity(), Severity::Error);
        /// assert_eq!(AuditRule::from_code("rls_off"), Some(AuditRule::RlsOff));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum AuditRule {
            $($(#[doc = $doc])+ $name,)+
        }

        impl AuditRule {
            /// Every rule.
            pub const ALL: &[AuditRule] = &[$(AuditRule::$name),+];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $(AuditRule::$name => $code),+ }
            }

            /// The rule of a code.
            pub fn from_code(code: &str) -> Option<AuditRule> {
                match code { $($code => Some(AuditRule::$name),)+ _ => None }
            }

            /// How bad a finding of it is, where nothing makes it better or worse.
            pub fn severity(self) -> Severity {
                match self { $(AuditRule::$name => Severity::$severity),+ }
            }

            /// The databases that it is looked for on.
            pub fn products(self) -> &'static [AuditedProduct] {
                use AuditedProduct::{MariaDb as M, Postgres as P, Sqlite as S};
                match self { $(AuditRule::$name => &[$($product),+]),+ }
            }

            /// What was found, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(AuditRule::$name => concat!($($doc),+).trim_ascii()),+ }
            }

            /// Why it matters, in a sentence.
            pub fn why(self) -> &'static str {
                match self { $(AuditRule::$name => $why),+ }
            }

            /// What to do about it, in a sentence.
            pub fn advice(self) -> &'static str {
                match self { $(AuditRule::$name => $advice),+ }
            }
        }
    };
}

pub(super) use rules;

impl fmt::Display for super::AuditRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}
