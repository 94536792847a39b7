//! PostgreSQL's own wall, with the engine switched off.

#![allow(clippy::unwrap_used, clippy::panic)]

use tenancy_core::TenantId;
use tenancy_sqlx::{RowSecurity, SigningKey};
use tenancy_testkit::{OwnWall, Setup, WallAlone};

struct Rows {
    key: SigningKey,
    /// Left out of the migration, to see that the proof would see it.
    without: Option<&'static str>,
}

impl Rows {
    fn up(without: Option<&'static str>) -> Rows {
        Rows {
            key: SigningKey::new(1, &[3; 32]).unwrap(),
            without,
        }
    }
}

impl OwnWall for Rows {
    fn put_up(&self, setup: &Setup, app: &str) -> String {
        let migration = RowSecurity::new(setup.catalog())
            .app_role(app)
            .operator_role(format!("{app}_operator"))
            .migration();
        let kept = |line: &&str| self.without.is_none_or(|without| !line.contains(without));
        let migration: Vec<&str> = migration.lines().filter(kept).collect();
        // The next schema's key may be of another type.
        format!(
            "DROP SCHEMA IF EXISTS tenancy CASCADE;\n{};\n{}",
            migration.join("\n"),
            self.key.install("tenancy")
        )
    }

    fn enter(&self, tenant: &TenantId) -> String {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
        let token = self.key.token(tenant, now.try_into().unwrap());
        format!("SELECT tenancy.enter_session('{token}', '1kB', '4102444800000')")
    }
}

#[test]
fn it_keeps_tenants_apart_by_itself() {
    let report = WallAlone::new(Rows::up(None)).cases(1_500).run().unwrap();
    eprintln!("{report}");
    report.assert_accepted(0.85);
    report.assert_nonempty(0.30);
}

#[test]
fn a_wall_with_a_hole_is_found() {
    for hole in [
        "ALTER TABLE \"public\".\"items\" ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE \"public\".\"orders\" ENABLE ROW LEVEL SECURITY",
        "security_invoker = true",
    ] {
        let failure = WallAlone::new(Rows::up(Some(hole))).cases(600).run().unwrap_err();
        assert!(failure.counterexample().is_some(), "{hole}: {failure}");
    }
}
