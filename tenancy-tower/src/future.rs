//! The future of [`Tenancy`](crate::Tenancy).

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::Response;

/// The future of [`Tenancy`](crate::Tenancy).
///
/// It is boxed inside: the directory and the admission are objects, so their futures are, and one more box is
/// small beside them.
pub struct ResponseFuture<B, E>(Boxed<B, E>);

type Boxed<B, E> = Pin<Box<dyn Future<Output = Result<Response<B>, E>> + Send>>;

impl<B, E> ResponseFuture<B, E> {
    pub(crate) fn new(future: impl Future<Output = Result<Response<B>, E>> + Send + 'static) -> Self {
        Self(Box::pin(future))
    }
}

impl<B, E> Future for ResponseFuture<B, E> {
    type Output = Result<Response<B>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<B, E> fmt::Debug for ResponseFuture<B, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
