//! The service: identify → resolve → admit → the inner service.

use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderValue, Request, Response, Uri, header::VARY, request::Parts};
use tenancy_core::{Directory, TenantContext};
use tower_service::Service;
use tracing::Instrument;

use crate::{
    Admit, Identify, IdentifyError, Identity, Problem, RequestHead, ResponseFuture, SetupError,
    TrustedProxies, admit::admit, identify::claims, observe, resolve::resolve,
};

/// The URI as it was sent, as an extension of a request whose path a source has shortened.
///
/// ```
/// use tenancy_tower::RequestedUri;
///
/// fn link_back(request: &http::Request<()>) -> String {
///     let sent = request.extensions().get::<RequestedUri>().map_or(request.uri(), |requested| &requested.0);
///     sent.path().to_owned()
/// }
/// # assert_eq!(link_back(&http::Request::new(())), "/");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedUri(pub Uri);

/// The service that [`TenancyLayer`](crate::TenancyLayer) makes.
///
/// It works with every request body, and every response body that can be made of a `String`, in which refusals are
/// answered. The inner service is called with admitted requests only.
#[derive(Debug, Clone)]
pub struct Tenancy<S> {
    inner: S,
    pipeline: Arc<Pipeline>,
}

/// What the services of one layer share.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) directory: Arc<dyn Directory>,
    pub(crate) sources: Vec<Arc<dyn Identify>>,
    pub(crate) admission: Arc<dyn Admit>,
    pub(crate) proxies: Option<TrustedProxies>,
    pub(crate) setup: Result<(), SetupError>,
    pub(crate) vary: Vec<HeaderValue>,
}

impl<S> Tenancy<S> {
    pub(crate) fn new(inner: S, pipeline: Pipeline) -> Self {
        Self {
            inner,
            pipeline: Arc::new(pipeline),
        }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Tenancy<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone + Send + 'static,
    S::Future: Send,
    ReqBody: Send + 'static,
    ResBody: From<String>,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ResponseFuture<ResBody, S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        // The service that was polled ready is the one to call; the clone has to become ready itself.
        let clone = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, clone);
        let pipeline = Arc::clone(&self.pipeline);
        let span = observe::span(request.method(), request.uri());
        let future = async move {
            let (mut parts, body) = request.into_parts();
            let mut response = match pipeline.context(&mut parts).await {
                Ok(context) => {
                    parts.extensions.insert(context);
                    inner.call(Request::from_parts(parts, body)).await?
                }
                Err(problem) => {
                    observe::refused(&problem);
                    problem.to_response()
                }
            };
            for name in &pipeline.vary {
                response.headers_mut().append(VARY, name.clone());
            }
            Ok(response)
        };
        ResponseFuture::new(future.instrument(span))
    }
}

impl Pipeline {
    async fn context(&self, parts: &mut Parts) -> Result<TenantContext, Problem> {
        self.setup.clone()?;
        // A context that is there already was not made here: of two layers around one service neither can tell which
        // tenant the other's sources meant, so neither overrules the other.
        if parts.extensions.get::<TenantContext>().is_some() {
            return Err(SetupError(
                "the request has a TenantContext already: put one TenancyLayer around a route",
            )
            .into());
        }
        let claims = self.claims(parts)?;
        let tenant = resolve(&*self.directory, &claims).await?;
        observe::resolved(&tenant);
        // Admission sees the path that the handler will see.
        if let Some(path) = claims.iter().find_map(Identity::remaining_path) {
            let mut uri = parts.uri.clone().into_parts();
            uri.path_and_query = Some(path.clone());
            let uri = Uri::from_parts(uri).map_err(|_| {
                IdentifyError::malformed("the request's target has no path to take the tenant off")
            })?;
            parts
                .extensions
                .insert(RequestedUri(mem::replace(&mut parts.uri, uri)));
        }
        admit(&*self.admission, parts, &tenant).await
    }

    /// Reads the claims; the head, which caches the host in a cell, is not held over an await.
    fn claims(&self, parts: &Parts) -> Result<Vec<Identity>, IdentifyError> {
        claims(
            &self.sources,
            &RequestHead::new(parts).forwarded_by(self.proxies.as_ref()),
        )
    }
}
