//! The server and the connection: version, settings, and what could not be read.

use crate::audit::{
    AuditRule, Finding,
    finding::Step,
    model::{Server, Sqlite},
    rule::AuditedProduct,
    scene::Scene,
};

pub(super) fn check(scene: &Scene<'_>, out: &mut Vec<Finding>) {
    let version = &scene.snapshot.version;
    if !version.known {
        out.push(
            Finding::new(
                AuditRule::ServerUnknown,
                "server",
                format!("{} is not known to this auditor", version.text),
            )
            .object(version.text.clone()),
        );
    }
    for setting in &scene.snapshot.settings {
        let mut finding = Finding::new(
            AuditRule::ServerSetting,
            "server",
            format!("{} is {}: {}", setting.name, shown(&setting.value), setting.what),
        )
        .object(setting.name.clone());
        if let Some(sql) = &setting.mend {
            finding = finding.mend(Step::Other, sql.clone());
        }
        out.push(finding);
    }
    for (what, said) in &scene.snapshot.unread {
        out.push(
            Finding::new(
                AuditRule::Unreadable,
                "server",
                format!("{what} could not be read: {said}"),
            )
            .object(what.clone()),
        );
    }
    if !scene.snapshot.app_exists && scene.product() != AuditedProduct::Sqlite {
        out.push(
            Finding::new(
                AuditRule::RoleMissing,
                "roles",
                format!("there is no role {:?}", scene.snapshot.app),
            )
            .object(scene.snapshot.app.clone()),
        );
    }
    if let Server::Sqlite(server) = &scene.snapshot.server {
        sqlite(server, out);
    }
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "empty" } else { value }
}

fn sqlite(server: &Sqlite, out: &mut Vec<Finding>) {
    for name in &server.attached {
        out.push(
            Finding::new(
                AuditRule::AttachedDatabase,
                "server",
                format!("{name} is attached"),
            )
            .object(name.clone()),
        );
    }
    for name in &server.temporary {
        out.push(
            Finding::new(
                AuditRule::TempObject,
                "server",
                format!("the connection has the temporary {name}"),
            )
            .object(name.clone()),
        );
    }
    for name in &server.statistics {
        out.push(
            Finding::new(
                AuditRule::StatisticsSampled,
                "server",
                format!("{name} holds samples of all tenants' rows"),
            )
            .object(name.clone()),
        );
    }
}
