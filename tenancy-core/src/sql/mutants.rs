//! The engine, broken on purpose: the harness sees each mistake, and the verifier refuses those that are its business.
//!
//! The test kit stands on this crate as others see it; here it is handed this crate as its own tests see it, which
//! can make the mistakes. So the two meet in plain text: the catalogue as TOML, statements as strings.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tenancy_testkit::{
    Class, Emphasis, EngineOutput, EngineRefusal, Failure, NonInterference, Report, engine_for_fn,
};

use super::{
    Dialect, Rule, Scoper,
    faults::{self, Fault, Place},
};
use crate::{Catalog, TenantId};

/// The mistakes, and whether the verifier alone can see each.
const MISTAKES: [(Fault, bool); 22] = [
    (Fault::KeyShown, true),
    (Fault::NoWall, true),
    (Fault::ParentUnchecked, true),
    (Fault::AnyPartyWrites, true),
    (Fault::Drop(Place::Anywhere), true),
    (Fault::Drop(Place::Subquery), true),
    (Fault::Drop(Place::Cte), true),
    (Fault::Drop(Place::NullableSide), true),
    (Fault::Drop(Place::UpsertArm), true),
    (Fault::Drop(Place::Derived), true),
    (Fault::Drop(Place::Joined), true),
    (Fault::Drop(Place::JoinCondition), true),
    (Fault::Drop(Place::Arm), true),
    (Fault::Drop(Place::InsertSource), true),
    (Fault::Drop(Place::UpdateFrom), true),
    (Fault::Drop(Place::Returning), true),
    (Fault::OpenUpdate, true),
    (Fault::OpenDelete, true),
    (Fault::KeyAssignable, true),
    (Fault::KeyNotForced, true),
    (Fault::BindOffByOne, true),
    (Fault::BareConflictTarget, true),
];

/// The mistakes with tables that stay where they stand, which only SQLite's do.
const OPEN: [(Fault, bool); 4] = [
    (Fault::NullableInWhere, true),
    (Fault::WrongOn, true),
    (Fault::BelowOr, true),
    (Fault::WrongName, true),
];

/// The mistakes with what MariaDB merges. The verifier has no reading of what that server gets wrong in some statements.
const MERGING: [(Fault, bool); 1] = [(Fault::OpenChoice, true)];

/// Those that every run makes; `TENANCY_MUTATION=full` makes all.
const QUICK: [Fault; 6] = [
    Fault::Drop(Place::Anywhere),
    Fault::Drop(Place::Subquery),
    Fault::Drop(Place::NullableSide),
    Fault::OpenUpdate,
    Fault::KeyNotForced,
    Fault::BareConflictTarget,
];

/// How many statements the verifier gets to see with each mistake.
const VERIFIED: u64 = 600;

/// The kit's name of a dialect.
fn kit(dialect: Dialect) -> tenancy_testkit::Dialect {
    match dialect {
        Dialect::Sqlite => tenancy_testkit::Dialect::Sqlite,
        Dialect::Postgres => tenancy_testkit::Dialect::Postgres,
        Dialect::Mysql => tenancy_testkit::Dialect::Mysql,
    }
}

/// Whether a mistake can be made in a dialect at all.
fn is_made_in(mistake: Fault, dialect: Dialect) -> bool {
    match mistake {
        // Only SQLite's tables stay where they stand.
        Fault::NullableInWhere | Fault::WrongOn | Fault::BelowOr | Fault::WrongName => {
            dialect == Dialect::Sqlite
        }
        Fault::OpenChoice => dialect == Dialect::Mysql,
        // On MySQL the tenant is no bind, an upsert names no key, and an UPDATE has no FROM.
        Fault::BindOffByOne | Fault::BareConflictTarget | Fault::Drop(Place::UpdateFrom) => {
            dialect != Dialect::Mysql
        }
        _ => true,
    }
}

/// What the harness makes more of, so that a mistake in one kind of place is met often enough: by chance alone some are met a
/// few times in thousands of statements.
fn emphases(mistake: Fault) -> Vec<Emphasis> {
    let mostly = |class| vec![Emphasis::Class(class)];
    match mistake {
        Fault::AnyPartyWrites => vec![Emphasis::Class(Class::Update), Emphasis::Parties],
        Fault::Drop(Place::UpsertArm) => vec![Emphasis::Class(Class::Upsert), Emphasis::Values],
        // Every server returns what it inserted.
        Fault::Drop(Place::Returning) => vec![Emphasis::Class(Class::Insert), Emphasis::Values],
        Fault::OpenUpdate | Fault::Drop(Place::UpdateFrom) => mostly(Class::Update),
        Fault::OpenDelete => mostly(Class::Delete),
        // There a value fails in writes alone.
        Fault::OpenChoice
        | Fault::KeyNotForced
        | Fault::ParentUnchecked
        | Fault::Drop(Place::InsertSource) => mostly(Class::Insert),
        Fault::BareConflictTarget => mostly(Class::Upsert),
        Fault::KeyAssignable => mostly(Class::Forbidden),
        _ => Vec::new(),
    }
}

/// Runs the harness over the engine with these mistakes on; also counts what the verifier refused.
fn run(dialect: Dialect, mistakes: Vec<Fault>, cases: u64) -> (Result<Report, Failure>, usize) {
    let verifier = Arc::new(AtomicUsize::new(0));
    let refused = Arc::clone(&verifier);
    let more: Vec<Emphasis> = mistakes.iter().copied().flat_map(emphases).collect();
    let harness = NonInterference::new(kit(dialect), move |setup| {
        let scoper = Scoper::new(Catalog::from_toml(setup.catalog_toml()).unwrap(), dialect);
        let (mistakes, refused) = (mistakes.clone(), Arc::clone(&refused));
        Box::new(engine_for_fn(move |sql: &str, tenant: &str| {
            let outcome = faults::with(&mistakes, || scoper.scope(sql));
            if matches!(&outcome, Err(refusal) if refusal.rule() == Rule::Verification) {
                refused.fetch_add(1, Ordering::Relaxed);
                if mistakes.is_empty() {
                    println!("refused by the verifier: {sql}");
                }
            }
            match outcome {
                Ok(scoped) => {
                    let tenant = TenantId::parse(scoper.catalog().key_type(), tenant).unwrap();
                    Ok(EngineOutput {
                        text: scoped.text_for(&tenant).unwrap().to_string(),
                        binds: scoped.binds(),
                        tenant_bind: scoped.tenant_bind(),
                    })
                }
                Err(refusal) => Err(EngineRefusal {
                    code: refusal.code().to_owned(),
                    message: refusal.to_string(),
                }),
            }
        }))
    });
    // A seed of its own: whether a mistake is found must not hang on the day.
    let outcome = more
        .into_iter()
        .fold(harness, NonInterference::mostly)
        .cases(cases)
        .seed(20_240_229)
        .shrink_for(Duration::ZERO)
        .run();
    (outcome, verifier.load(Ordering::Relaxed))
}

fn every_mistake_is_seen(dialect: Dialect) {
    let (sound, refused) = run(dialect, Vec::new(), 200);
    if sound.as_ref().is_ok_and(Report::skipped) {
        return;
    }
    sound.unwrap();
    assert_eq!(refused, 0, "the verifier refuses what is right");

    let mut missed = Vec::new();
    // All of them take minutes.
    let full = std::env::var("TENANCY_MUTATION").is_ok_and(|v| v == "full");
    let chosen = |mistake: Fault| is_made_in(mistake, dialect) && (full || QUICK.contains(&mistake));
    for (mistake, verifiable) in MISTAKES
        .into_iter()
        .chain(OPEN)
        .chain(MERGING)
        .filter(|(m, _)| chosen(*m))
    {
        // Without the verifier the harness has to see it.
        let (outcome, _) = run(dialect, vec![mistake, Fault::VerifierOff], 4_000);
        match outcome {
            Err(failure) if failure.counterexample().is_some() => {}
            Err(failure) => panic!("{mistake:?}: {failure}"),
            // There next to nothing that the harness writes can fail on a row's value.
            Ok(_) if mistake == Fault::NoWall && dialect == Dialect::Sqlite => {}
            Ok(report) => missed.push(format!("{mistake:?}, by the harness: {report}")),
        }
        // With it, nothing gets that far.
        if verifiable {
            let (outcome, refused) = run(dialect, vec![mistake], VERIFIED);
            // The harness wants its pivot rows read, and the verifier refuses even that.
            let refused_pivot = |failure: &Failure| failure.to_string().contains("is refused: verification");
            if let Err(failure) = outcome
                && !refused_pivot(&failure)
            {
                missed.push(format!("{mistake:?}, by the verifier: {failure}"));
            }
            if refused == 0 {
                missed.push(format!("{mistake:?}: the verifier had nothing to refuse"));
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n\n"));
}

#[test]
fn every_mistake_is_seen_on_sqlite() {
    every_mistake_is_seen(Dialect::Sqlite);
}

#[test]
fn every_mistake_is_seen_on_postgres() {
    every_mistake_is_seen(Dialect::Postgres);
}

#[test]
fn every_mistake_is_seen_on_mariadb() {
    every_mistake_is_seen(Dialect::Mysql);
}
