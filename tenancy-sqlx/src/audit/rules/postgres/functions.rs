//! Functions, and whatever calls them.

use crate::audit::{
    AuditRule, Finding, Severity,
    finding::Step,
    model::{Function, Postgres, WallFunction},
    scene::Scene,
};

pub(super) fn check(scene: &Scene<'_>, server: &Postgres, out: &mut Vec<Finding>) {
    let own = server
        .functions
        .iter()
        .filter(|one| !is_walls(scene, server, one));
    for function in own {
        definer(scene, function, out);
        search_path(function, out);
        // What an extension brings is judged with the extension, but for what somebody made of it.
        if !function.extension {
            rest(scene, function, out);
        }
    }
    for operator in &server.operators {
        let mut finding = Finding::new(
            AuditRule::OperatorOwn,
            "functions",
            format!("{} is the application's own", operator.name),
        )
        .object(operator.name.clone());
        if let Some(sql) = &operator.mend {
            finding = finding.mend(Step::Other, sql.clone());
        }
        out.push(finding);
    }
    calls(scene, server, out);
}

/// The functions that take and tell the tenant, which have rules of their own.
fn is_walls(scene: &Scene<'_>, server: &Postgres, function: &Function) -> bool {
    let is = |expected: &WallFunction| {
        function
            .name
            .strip_suffix(expected.signature.as_str())
            .is_some_and(|schema| schema.ends_with('.'))
    };
    function.schema == scene.wall && server.expected.all().any(is)
}

fn definer(scene: &Scene<'_>, function: &Function, out: &mut Vec<Finding>) {
    // A trigger's function cannot be called, and is told with the trigger.
    if !function.definer || function.for_triggers {
        return;
    }
    let revoke = revoked(scene, function);
    let runs = format!("{} runs as {}", function.name, function.owner);
    if function.app_may {
        out.push(
            Finding::new(
                AuditRule::FunctionDefiner,
                "functions",
                format!("{runs}, and {} may call it", scene.snapshot.app),
            )
            .object(function.name.clone())
            .mend(Step::Grant, revoke.clone()),
        );
    }
    if function.public_may {
        out.push(
            Finding::new(
                AuditRule::FunctionPublic,
                "functions",
                format!("{runs}, and everybody may call it"),
            )
            .object(function.name.clone())
            .mend(Step::Grant, revoke),
        );
    }
}

/// For all by whom the application may call it.
fn revoked(scene: &Scene<'_>, function: &Function) -> String {
    let app = scene.quoted(&scene.snapshot.app);
    let bare = &scene.snapshot.app;
    let others = function
        .grantees
        .iter()
        .filter(|one| **one != app && *one != bare);
    let from: Vec<&str> = std::iter::once(app.as_str())
        .chain(others.map(String::as_str))
        .collect();
    format!(
        "REVOKE ALL ON ROUTINE {} FROM PUBLIC, {}",
        function.name,
        from.join(", ")
    )
}

fn search_path(function: &Function, out: &mut Vec<Finding>) {
    if !function.definer {
        return;
    }
    let path = function.search_path.as_deref().map(str::trim);
    let (detail, wanted) = match path {
        None => (
            "has no search_path of its own".to_owned(),
            "pg_catalog, public, pg_temp".to_owned(),
        ),
        // Nothing but the server's own is found without a schema.
        Some("" | "\"\"") => return,
        // "$user" is a schema that may not be there yet, and goes with whose turn it is.
        Some(path) if elements(path).any(|one| one == "\"$user\"") => {
            let others: Vec<&str> = elements(path)
                .filter(|one| !["\"$user\"", "pg_temp"].contains(one))
                .chain(["pg_temp"])
                .collect();
            (format!("looks in {path}"), others.join(", "))
        }
        Some(path) if elements(path).next_back() == Some("pg_temp") => return,
        Some(path) => (
            format!("looks in temporary tables before {path}"),
            format!("{path}, pg_temp"),
        ),
    };
    out.push(
        Finding::new(
            AuditRule::FunctionSearchPath,
            "functions",
            format!("{} runs as {} and {detail}", function.name, function.owner),
        )
        .object(function.name.clone())
        .mend(
            Step::Grant,
            format!("ALTER ROUTINE {} SET search_path = {wanted}", function.name),
        ),
    );
}

fn elements(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split(',').map(str::trim)
}

fn rest(scene: &Scene<'_>, function: &Function, out: &mut Vec<Finding>) {
    let finding =
        |rule, detail: String| Finding::new(rule, "functions", detail).object(function.name.clone());
    if function.leakproof {
        out.push(
            finding(
                AuditRule::FunctionLeakproof,
                format!("{} is declared LEAKPROOF", function.name),
            )
            .mend(
                Step::Other,
                format!("ALTER FUNCTION {} NOT LEAKPROOF", function.name),
            ),
        );
    }
    let own = function.schema != "pg_catalog";
    if !function.trusted && own && function.app_may && !function.for_triggers {
        out.push(
            finding(
                AuditRule::FunctionUntrusted,
                format!("{} is in a language that nothing holds", function.name),
            )
            .mend(Step::Grant, revoked(scene, function)),
        );
    }
    let of = function
        .row_of
        .and_then(|id| scene.by_id(id))
        .and_then(|relation| scene.table(relation));
    if let Some(table) = of.filter(|table| table.column_names().is_none() && function.app_may) {
        out.push(finding(
            AuditRule::FunctionOfRow,
            format!(
                "{} takes a row of {}, of which the catalogue lists no columns",
                function.name,
                table.name()
            ),
        ));
    }
}

fn calls(scene: &Scene<'_>, server: &Postgres, out: &mut Vec<Finding>) {
    for call in &server.calls {
        let relation = scene.by_id(call.relation);
        let function = server.functions.iter().find(|one| one.id == call.function);
        let (Some(relation), Some(function)) = (relation, function) else {
            continue;
        };
        if function.extension || is_walls(scene, server, function) || scene.covering(relation).is_none() {
            continue;
        }
        // One that is immutable may be wrong about it, which only who wrote it knows.
        let severity = if function.definer || function.volatility != "i" {
            Severity::Warning
        } else {
            Severity::Note
        };
        out.push(
            Finding::new(
                AuditRule::ExpressionCalls,
                scene.name(relation),
                format!("{} calls {}", call.what, function.name),
            )
            .object(function.name.clone())
            .severe(severity),
        );
    }
}
