//! Making stores, and what may become of them.

use std::sync::Arc;

use tenancy_core::{Role, Slug, Tenant, TenantStatus};

use crate::app::App;
use crate::model::NewPerson;
use crate::problem::Problem;
use crate::{check, secrets};

/// Who will own a store.
pub(crate) struct Owner {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) password: String,
}

/// Makes an active store with its owner.
pub(crate) async fn create(app: &App, slug: &str, name: &str, owner: Owner) -> Result<Arc<Tenant>, Problem> {
    let slug: Slug = slug.parse().map_err(|_| {
        Problem::invalid(
            "the slug is 1 to 63 lower case letters, digits and dashes, with no dash at either end",
        )
    })?;
    if app.is_reserved(&slug) {
        return Err(Problem::invalid(
            "this slug is kept for the platform itself; choose another one",
        ));
    }
    let name = check::line("name", name, 200)?;
    let owner_name = check::line("the owner's name", &owner.name, 200)?;
    let email = check::email(&owner.email)?;
    if !secrets::PASSWORD_LENGTH.contains(&owner.password.len()) {
        let (min, max) = (secrets::PASSWORD_LENGTH.start(), secrets::PASSWORD_LENGTH.end());
        return Err(Problem::invalid(format!(
            "the owner's password must have from {min} to {max} bytes"
        )));
    }
    let password_hash = secrets::hash_password(owner.password).await?;
    let owner = NewPerson {
        email,
        name: owner_name,
        role: Role::Owner,
        password_hash,
    };
    let tenant = app
        .repository
        .add_store(&slug, &name, TenantStatus::Active, &owner)
        .await?;
    // The slug may be remembered as one that nobody has.
    app.directory.invalidate(tenant.id());
    Ok(tenant)
}

/// Whether a store of one status may get another.
pub(crate) fn may_become(from: TenantStatus, to: TenantStatus) -> bool {
    use TenantStatus::{Active, Deleted, Pending, Rejected, Suspended};
    match (from, to) {
        (Pending, Active | Rejected) | (Active, Suspended) | (Suspended, Active) => true,
        (Pending | Active | Suspended | Rejected, Deleted) => true,
        (
            Pending | Active | Suspended | Rejected | Deleted,
            Pending | Active | Suspended | Rejected | Deleted,
        ) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_of_a_store() {
        use TenantStatus::{Active, Deleted, Pending, Rejected, Suspended};
        for (from, to, may) in [
            (Pending, Active, true),
            (Active, Suspended, true),
            (Suspended, Active, true),
            (Active, Deleted, true),
            (Active, Active, false),
            (Active, Pending, false),
            (Rejected, Active, false),
            (Deleted, Active, false),
            (Pending, Suspended, false),
        ] {
            assert_eq!(may_become(from, to), may, "{from} to {to}");
        }
    }
}
