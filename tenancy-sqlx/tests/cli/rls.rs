//! `tenancy rls`.

use crate::support::Folder;

#[test]
fn the_migration_is_written_from_the_catalogue() {
    let folder = Folder::new();
    let said = folder.run(&["rls", "--app-role", "shop"], b"");
    assert_eq!(said.code, Some(0), "{}", said.err);
    for expected in [
        r#"CREATE ROLE "shop" NOLOGIN;"#,
        r#"ALTER TABLE "public"."orders" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"#,
        r#"("orders"."store_id" = (SELECT "tenancy".current_tenant()))"#,
        r#"GRANT SELECT ON TABLE "public"."brands" TO "shop";"#,
        "SECURITY DEFINER",
    ] {
        assert!(said.out.contains(expected), "{expected}\n{}", said.out);
    }
    let unsigned = folder.run(&["rls", "--unsigned"], b"");
    assert!(!unsigned.out.contains("signing_key"), "{}", unsigned.out);
    // The same catalogue writes the same file.
    assert_eq!(folder.run(&["rls", "--app-role", "shop"], b"").out, said.out);
}

#[test]
fn a_key_is_installed_by_a_statement_of_its_own() {
    let folder = Folder::new();
    let secret = b"a secret of the tests, 32 bytes and more";
    let said = folder.run(&["rls", "--install-key", "3"], secret);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.out.starts_with(r#"INSERT INTO "tenancy".signing_key"#),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("VALUES ('003', ") && said.out.ends_with(";\n"),
        "{}",
        said.out
    );

    let short = folder.run(&["rls", "--install-key", "3"], b"short");
    assert_eq!((short.code, short.out.as_str()), (Some(2), ""));
    assert!(short.err.contains("at least 32 bytes"), "{}", short.err);
}

#[test]
fn a_catalogue_that_is_none_is_told() {
    let folder = Folder::new();
    let said = folder.run(&["rls", "--catalog", "nowhere.toml"], b"");
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("nowhere.toml cannot be read"), "{}", said.err);
}
