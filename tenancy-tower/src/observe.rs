//! Observe: the span that a request runs in.

use http::{Method, Uri};
use tenancy_core::Tenant;
use tracing::{Span, field};

use crate::Problem;

/// The span of one request. The query is left out: it can hold what logs should not.
pub(crate) fn span(method: &Method, uri: &Uri) -> Span {
    tracing::info_span!(
        "tenant_request",
        %method,
        path = uri.path(),
        tenant = field::Empty,
        slug = field::Empty,
        problem = field::Empty,
    )
}

/// Notes whose the request is.
pub(crate) fn resolved(tenant: &Tenant) {
    Span::current()
        .record("tenant", field::display(tenant.id()))
        .record("slug", tenant.slug().as_str());
}

/// Notes why the request was not let through.
pub(crate) fn refused(problem: &Problem) {
    Span::current().record("problem", problem.code());
    tracing::debug!(code = problem.code(), "request refused");
}
