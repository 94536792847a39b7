//! Rules and statistics of tables.

use crate::audit::{AuditRule, Finding, finding::Step, model::Postgres, scene::Scene};

pub(super) fn check(scene: &Scene<'_>, server: &Postgres, out: &mut Vec<Finding>) {
    for rule in &server.rules {
        let Some(relation) = scene.by_id(rule.relation) else {
            continue;
        };
        if relation.extension {
            continue;
        }
        let mut finding = Finding::new(
            AuditRule::RewriteRule,
            scene.name(relation),
            format!("the rule {} rewrites statements", rule.name),
        )
        .object(rule.name.clone());
        if let Some(sql) = &rule.mend {
            finding = finding.mend(Step::Policy, sql.clone());
        }
        out.push(finding);
    }
    for statistics in &server.statistics {
        let Some(relation) = scene.by_id(statistics.relation) else {
            continue;
        };
        if scene.covering(relation).is_some_and(Scene::holds_tenants) {
            out.push(
                Finding::new(
                    AuditRule::StatisticsSampled,
                    scene.name(relation),
                    format!("{} keeps values of several columns", statistics.name),
                )
                .object(statistics.name.clone()),
            );
        }
    }
}
