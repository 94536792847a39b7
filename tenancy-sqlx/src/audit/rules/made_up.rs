//! Rules for which no server can be had: they are asked of made-up ones.

use tenancy_core::{Catalog, KeyType};

use crate::audit::{
    AuditRule,
    model::{MariaDb, Postgres, Relation, RelationKind, Server, Snapshot, Sqlite, Version},
    scene::Scene,
};

fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("store_id", KeyType::BigInt)
        .tenant_tables(["orders"])
        .build()
        .unwrap()
}

/// A server of a version, with nothing in it.
fn snapshot(server: Server, major: i32, minor: i32, known: bool) -> Snapshot {
    Snapshot {
        relations: Vec::new(),
        unread: Vec::new(),
        settings: Vec::new(),
        version: Version {
            text: format!("{major}.{minor}"),
            major,
            minor,
            known,
        },
        app: "shop".to_owned(),
        app_exists: true,
        operator: "tenancy_operator".to_owned(),
        server,
    }
}

fn found(snapshot: &Snapshot) -> Vec<AuditRule> {
    let catalog = catalog();
    let scene = Scene {
        catalog: &catalog,
        snapshot,
        wall: "tenancy",
    };
    let rules = super::check(&scene)
        .iter()
        .map(|finding| finding.rule())
        .collect::<Vec<_>>();
    assert!(rules.contains(&AuditRule::TableMissing), "{rules:?}");
    rules
}

fn postgres(major: i32, minor: i32, known: bool) -> Snapshot {
    snapshot(Server::Postgres(Box::<Postgres>::default()), major, minor, known)
}

#[test]
fn servers_that_show_hidden_rows_are_told() {
    for (major, minor, vulnerable) in [
        (12, 22, true),
        (13, 21, true),
        (13, 22, false),
        (14, 18, true),
        (14, 19, false),
        (15, 13, true),
        (15, 14, false),
        (16, 9, true),
        (16, 10, false),
        (17, 5, true),
        (17, 6, false),
        (18, 0, false),
    ] {
        let rules = found(&postgres(major, minor, true));
        assert_eq!(
            rules.contains(&AuditRule::ServerVulnerable),
            vulnerable,
            "{major}.{minor}"
        );
    }
}

#[test]
fn servers_that_are_not_known_are_told() {
    for server in [
        Server::Postgres(Box::<Postgres>::default()),
        Server::Sqlite(Sqlite::default()),
        Server::MariaDb(MariaDb::default()),
    ] {
        let unknown = found(&snapshot(server, 99, 0, false));
        assert!(unknown.contains(&AuditRule::ServerUnknown));
    }
    assert!(!found(&postgres(18, 0, true)).contains(&AuditRule::ServerUnknown));
}

#[test]
fn objects_that_are_not_known_are_told() {
    let kind = |kind: RelationKind| {
        let mut snapshot = postgres(18, 0, true);
        let relation = Relation::new(1, "public".to_owned(), "things".to_owned(), kind);
        snapshot.relations.push(relation);
        found(&snapshot)
    };
    assert!(kind(RelationKind::Unknown("graph".to_owned())).contains(&AuditRule::ObjectUnknown));
    let table = kind(RelationKind::Table);
    assert!(!table.contains(&AuditRule::ObjectUnknown) && table.contains(&AuditRule::TableUnknown));
}

#[test]
fn samples_are_told() {
    let server = |statistics: Vec<String>| {
        let own = Sqlite {
            foreign_keys: true,
            statistics,
            ..Sqlite::default()
        };
        found(&snapshot(Server::Sqlite(own), 3, 51, true))
    };
    assert!(server(vec!["sqlite_stat4".to_owned()]).contains(&AuditRule::StatisticsSampled));
    assert!(!server(Vec::new()).contains(&AuditRule::StatisticsSampled));
}
