//! What changes something: one transaction, done once, on the version that was meant.

use axum::response::{IntoResponse, Response};
use tradepost_app::idempotency::{Kept, Once};
use tradepost_app::{Actor, After, App, Error, Expect, Tx};
use tradepost_model::fields::{FieldError, FieldErrors};

use super::reply::{Reply, replayed};
use super::{Call, once, versions};
use crate::body::{Members, Purpose, is_json, not_json, parse};
use crate::envelope::Failure;

/// How a transaction ended.
enum Done {
    Now(Kept, After),
    Before(Kept),
}

impl Call {
    /// Makes something of the body. `work` runs in the transaction, may run more than once, and owns what it
    /// is given.
    pub(crate) async fn create<B, F>(self, _: B, work: F) -> Result<Response, Failure>
    where
        B: Members,
        F: AsyncFn(App, &mut Tx, Actor, B::Draft) -> Result<Reply, Error> + Send + Sync + 'static,
    {
        let once = match self.start().await? {
            Started::Before(response) => return Ok(response),
            Started::New(once) => once,
        };
        let (draft, errors) = self.draft::<B>(Purpose::Create)?;
        let done = self.run(once, errors, async move |app, tx: &mut Tx, actor| {
            work(app, tx, actor, draft.clone()).await
        });
        done.await
    }

    /// Changes something by the body, where it has the version that `If-Match` asks for.
    pub(crate) async fn change<B, F>(self, _: B, work: F) -> Result<Response, Failure>
    where
        B: Members,
        F: AsyncFn(App, &mut Tx, Actor, B::Draft, Expect) -> Result<Reply, Error>
            + Send
            + Sync
            + 'static,
    {
        let once = match self.start().await? {
            Started::Before(response) => return Ok(response),
            Started::New(once) => once,
        };
        let expect = versions::expected(&self.headers)?;
        let (draft, errors) = self.draft::<B>(Purpose::Change)?;
        let done = self.run(once, errors, async move |app, tx: &mut Tx, actor| {
            work(app, tx, actor, draft.clone(), expect.clone()).await
        });
        done.await
    }

    /// Removes something, or does something to it that takes no body, where it has the version that
    /// `If-Match` asks for.
    pub(crate) async fn remove<F>(self, work: F) -> Result<Response, Failure>
    where
        F: AsyncFn(App, &mut Tx, Actor, Expect) -> Result<Reply, Error> + Send + Sync + 'static,
    {
        let once = match self.start().await? {
            Started::Before(response) => return Ok(response),
            Started::New(once) => once,
        };
        let expect = versions::expected(&self.headers)?;
        let errors = self.nothing_said()?;
        let done = self.run(once, errors, async move |app, tx: &mut Tx, actor| {
            work(app, tx, actor, expect.clone()).await
        });
        done.await
    }

    /// Looks whether this was done before, which comes before anything is checked.
    async fn start(&self) -> Result<Started, Failure> {
        let body = self.body.as_ref().map_err(Failure::clone)?;
        let store = self.actor.store;
        let once = once::of(store, &self.method, &self.uri, &self.headers, body)?;
        let Some(asked) = &once else {
            return Ok(Started::New(None));
        };
        Ok(match asked.find(&self.app).await? {
            Some(kept) => Started::Before(replayed(kept)),
            None => Started::New(once),
        })
    }

    /// What the body says, with all that is wrong with it. Errors: it is no JSON object.
    pub(crate) fn draft<B: Members>(
        &self,
        purpose: Purpose,
    ) -> Result<(B::Draft, FieldErrors), Failure> {
        if !is_json(&self.headers) {
            return Err(not_json());
        }
        let body = self.body.as_ref().map_err(Failure::clone)?;
        let mut errors = FieldErrors::default();
        let draft = B::read(parse(body)?, purpose, &mut errors);
        Ok((draft, errors))
    }

    /// What is wrong with a body where none is taken: whatever it says. Errors: it is no JSON object.
    fn nothing_said(&self) -> Result<FieldErrors, Failure> {
        let body = self.body.as_ref().map_err(Failure::clone)?;
        let mut errors = FieldErrors::default();
        if !body.is_empty() {
            parse(body)?.finish(&mut errors);
        }
        Ok(errors)
    }

    /// Runs the transaction. Where the body has errors the work is tried nevertheless and rolled back, so
    /// that what it finds wrong is told with them: dates in the wrong order, or a name that does not exist.
    async fn run<F>(
        self,
        once: Option<Once>,
        errors: FieldErrors,
        work: F,
    ) -> Result<Response, Failure>
    where
        F: AsyncFn(App, &mut Tx, Actor) -> Result<Reply, Error> + Send + Sync + 'static,
    {
        let Self { app, actor, .. } = self;
        let (outer, store) = (app.clone(), actor.store);
        let done = app
            .write(async move |tx| {
                if let Some(once) = &once
                    && let Some(kept) = once.claim(tx, outer.now()).await?
                {
                    return Ok(Done::Before(kept));
                }
                let reply = match work(outer.clone(), tx, actor.clone()).await {
                    Err(Error::Invalid(more)) => return Err(both(errors.clone(), more).into()),
                    // Which version it is, what it collides with and why it cannot be done now matters for
                    // what could be done as it was sent.
                    Err(Error::Stale | Error::Conflict { .. } | Error::Refused { .. })
                        if !errors.is_empty() =>
                    {
                        return Err(errors.clone().into());
                    }
                    reply => reply?,
                };
                errors.clone().into_result()?;
                let (kept, after) = reply.into_kept();
                if let Some(once) = &once {
                    once.keep(tx, &kept).await?;
                }
                Ok(Done::Now(kept, after))
            })
            .await?;
        Ok(match done {
            Done::Before(kept) => replayed(kept),
            Done::Now(kept, after) => {
                after.run(&app, store).await;
                super::reply::answer(kept).into_response()
            }
        })
    }
}

enum Started {
    /// It was done before: the answer.
    Before(Response),
    /// It is to be done, and kept where it has a key.
    New(Option<Once>),
}

/// What the body has wrong, and what the work found wrong beyond. A member that could not be read was
/// missing in the work's eyes, so what that says of it is left out.
fn both(mut errors: FieldErrors, more: FieldErrors) -> FieldErrors {
    let read = errors.0.clone();
    let known = |error: &FieldError| read.iter().any(|it| within(&it.field, &error.field));
    errors.0.extend(more.0.into_iter().filter(|it| !known(it)));
    errors
}

/// Whether one of these fields is the other, or a part of it.
fn within(one: &str, other: &str) -> bool {
    let part = |inner: &str, outer: &str| {
        let rest = inner.strip_prefix(outer);
        !outer.is_empty()
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    part(one, other) || part(other, one)
}
