//! Who is admitted to a store: shoppers always, and staff with a token of this very store.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use tenancy_core::{Actor, Membership, Tenant, TenantContext};
use tenancy_tower::{Admit, Rejection};

use crate::repository::Repository;

/// Looks tokens up in the store that the request is for. A token of another store is not there, as if it were made
/// up.
#[derive(Clone)]
pub(crate) struct Tokens(pub(crate) Arc<dyn Repository>);

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

#[async_trait]
impl Admit for Tokens {
    async fn admit(&self, request: &Parts, tenant: &Arc<Tenant>) -> Result<TenantContext, Rejection> {
        let visitor = TenantContext::public(tenant)?;
        let Some(token) = bearer(&request.headers).map_err(|_| Rejection::unauthenticated())? else {
            return Ok(visitor);
        };
        let person = self.0.person_by_token(&visitor, token).await.map_err(|error| {
            tracing::error!(%error, "a token could not be looked up");
            Rejection::unavailable()
        })?;
        let person = person.ok_or_else(Rejection::unauthenticated)?;
        let actor = Actor::user(person.id.as_str()).map_err(|_| Rejection::unavailable())?;
        let membership = Membership::new(tenant.id().clone(), actor, person.role.0);
        Ok(TenantContext::member(tenant, &membership)?)
    }
}

/// A header that is there and is no bearer token.
#[derive(Debug)]
pub(crate) struct NotBearer;

/// The bearer token of a request, if it has an Authorization header at all.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, NotBearer> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(NotBearer);
    }
    let (scheme, token) = value
        .to_str()
        .map_err(|_| NotBearer)?
        .split_once(' ')
        .ok_or(NotBearer)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.len() > 200 {
        return Err(NotBearer);
    }
    Ok(Some(token))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_header_is_a_token_or_wrong() {
        assert!(matches!(bearer(&HeaderMap::new()), Ok(None)));
        let with = |value: &'static [u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
            bearer(&headers).map(|token| token.map(ToOwned::to_owned))
        };
        assert_eq!(with(b"Bearer abc").unwrap().as_deref(), Some("abc"));
        assert_eq!(with(b"bearer  abc").unwrap().as_deref(), Some("abc"));
        for bad in [
            &b""[..],
            b"Bearer",
            b"Bearer ",
            b"Basic abc",
            b"abc",
            b"Bearer \xFF",
        ] {
            assert!(with(bad).is_err(), "{bad:?}");
        }
    }
}
