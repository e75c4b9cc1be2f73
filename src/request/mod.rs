//! A request: one call of an operation of a service, on its way out and back.

pub mod body;
mod bytes;
mod chunked;
mod exchange;
mod headers;
pub mod log;
mod response;
pub mod retry;
mod run;
pub mod template;
pub mod url;

pub mod defaults;

pub use headers::Headers;
pub use response::Response;
pub use url::Url;

use crate::cancel::Cancel;
use crate::config::Field;
use crate::credentials::Snapshot;
use crate::error::{Error, Result, Status};
use crate::handlers::{Handlers, HasHandlers, LiveHandlers, Stage};
use crate::redact;
use crate::service::AuthScheme;
use crate::service::Client;
use crate::service::document::wipe_json;
use crate::text::{Text, is_token};
use crate::transport::Purpose;
use body::Body;
pub use body::{PayloadSigning, Source};
use bytes::Bytes;
pub use bytes::Lent;
use serde_json::{Map, Value};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use template::Template;

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    New,
    Built,
    Sent,
}

/// Told how far the bodies have come: bytes sent and to send, received and to receive; [`UNKNOWN`] where a total is not
/// known.
pub type Progress = dyn Fn(u64, u64, u64, u64) + Send + Sync;

/// A total that is not known.
pub const UNKNOWN: u64 = u64::MAX;

/// One call of an operation.
pub struct Request {
    client: Arc<Client>,
    /// The lists of its client as they were when it was made.
    handlers: Arc<Handlers>,
    /// The same, once somebody may change them.
    live_handlers: OnceLock<Arc<LiveHandlers>>,
    /// Whether it is being sent or presigned: a handler must not do that again.
    running: bool,
    operation: Text,
    method: Text,
    params: Text,
    values: Map<String, Value>,
    template: Template,
    url: Url,
    headers: Headers,
    body: Body,
    payload_signing: PayloadSigning,
    cancel: Option<Arc<Cancel>>,
    progress: Option<Arc<Progress>>,
    signing_name: Text,
    signing_region: Text,
    stand: Stand,
    error: Option<Error>,
    response: Option<Response>,
    request_id: Text,
    retry_count: u32,
    retry_delay_ms: u64,
    retryable: Option<bool>,
    /// What the last retry took from the client's quota.
    retry_cost: Option<u32>,
    corrected_clock: bool,
    /// Whether it was sent to another region already.
    redirected: bool,
    /// Whether a server has refused its `Expect`.
    expect_refused: bool,
    /// What the last signature was made with, while the request is being sent.
    signed_with: Option<Snapshot>,
    /// When that was: Unix nanoseconds.
    signed_at: Option<i64>,
    /// How far it took the servers' clock to be ahead, in nanoseconds.
    signed_skew: i64,
    invocation_id: Text,
    /// How long the presigned URL is good, in seconds, while one is made.
    presign_seconds: Option<u32>,
    presigned_url: Option<Text>,
    created_at: i64,
    attempted_at: i64,
}

impl Request {
    /// A request of `operation`. `path` is as AWS models write it, `/{Bucket}/{Key+}?acl`; its names are filled from
    /// `params`, a JSON object.
    pub fn new(
        client: &Arc<Client>,
        operation: Text,
        method: Text,
        path: &str,
        params: Option<&str>,
    ) -> Result<Request> {
        if operation.is_empty() {
            return Err(Error::argument("operation", "is empty"));
        }
        let method = checked_method(method)?;
        let template = Template::parse(path)?;
        let (params, values) = match params {
            None => (crate::text!("{}"), Map::new()),
            Some(json) => {
                let values = parse_params(json)?;
                (
                    Text::new(json).map_err(|nul| Error::argument("params", nul))?,
                    values,
                )
            }
        };
        let now = client.configuration().now();
        let mut url = client.url().cloned().unwrap_or_default();
        url.join(template.raw_path(), template.raw_query());
        Ok(Request {
            handlers: client.live_handlers().now(),
            live_handlers: OnceLock::new(),
            running: false,
            signing_name: client.signs_as().clone(),
            signing_region: client.signing_region().clone(),
            client: client.clone(),
            operation,
            method,
            params,
            values,
            template,
            url,
            headers: Headers::with_capacity(12),
            body: Body::Bytes(Bytes::default()),
            payload_signing: PayloadSigning::Auto,
            cancel: None,
            progress: None,
            stand: Stand::New,
            error: None,
            response: None,
            request_id: Text::EMPTY,
            retry_count: 0,
            retry_delay_ms: 0,
            retryable: None,
            retry_cost: None,
            corrected_clock: false,
            redirected: false,
            expect_refused: false,
            signed_with: None,
            signed_at: None,
            signed_skew: 0,
            invocation_id: Text::EMPTY,
            presign_seconds: None,
            presigned_url: None,
            created_at: now,
            attempted_at: now,
        })
    }

    /// The client it was made from.
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// The service, by the id of its endpoints: `s3`.
    pub fn service(&self) -> &Text {
        self.client.service()
    }

    /// The operation: `PutObject`.
    pub fn operation(&self) -> &Text {
        &self.operation
    }

    /// The HTTP method.
    pub fn method(&self) -> &Text {
        &self.method
    }

    /// Changes the HTTP method.
    pub fn set_method(&mut self, method: Text) -> Result<()> {
        self.method = checked_method(method)?;
        Ok(())
    }

    /// Makes it a GET.
    pub(crate) fn set_method_to_get(&mut self) {
        self.method = crate::text!("GET");
    }

    /// The params as they were given: a JSON object.
    pub fn params(&self) -> &Text {
        &self.params
    }

    /// The params, read.
    pub fn values(&self) -> &Map<String, Value> {
        &self.values
    }

    /// The path as models write it.
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// Where it goes; the names in its path are filled in BUILD.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Where it goes, as text.
    pub fn url_text(&self) -> &Text {
        self.url.text()
    }

    /// The endpoint of its client.
    pub fn endpoint(&self) -> &Text {
        self.client.endpoint()
    }

    /// The partition of its client.
    pub fn partition(&self) -> &Text {
        self.client.partition()
    }

    /// Changes where it goes.
    pub fn set_url(&mut self, text: &str) -> Result<()> {
        let parsed = crate::sign::Url::parse(text)?;
        if !matches!(parsed.scheme, "https" | "http") {
            return Err(Error::argument("url", "is neither https nor http"));
        }
        self.url = Url::new(
            parsed.scheme,
            parsed.authority,
            parsed.path,
            parsed.query.unwrap_or_default(),
        );
        Ok(())
    }

    /// Where it goes, to be changed.
    pub fn url_mut(&mut self) -> &mut Url {
        &mut self.url
    }

    /// The headers it is sent with.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The headers it is sent with, to be changed.
    pub fn headers_mut(&mut self) -> &mut Headers {
        &mut self.headers
    }

    /// The body it is sent with, where that is in memory.
    pub fn body(&self) -> &[u8] {
        match &self.body {
            Body::Bytes(bytes) => bytes,
            Body::Stream(_) => &[],
        }
    }

    /// Changes the body.
    pub fn set_body(&mut self, body: Vec<u8>) {
        self.body = Body::Bytes(Bytes::Own(body));
    }

    /// Changes the body to memory that is not copied.
    pub fn set_body_lent(&mut self, body: Box<Lent>) {
        self.body = Body::Bytes(Bytes::Lent(body));
    }

    /// Lets somebody end its waiting.
    pub fn set_cancel(&mut self, cancel: Option<Arc<Cancel>>) {
        self.cancel = cancel;
    }

    /// Who may end its waiting.
    pub fn cancel(&self) -> Option<&Arc<Cancel>> {
        self.cancel.as_ref()
    }

    /// Sets who is told how far the bodies have come.
    pub fn set_progress(&mut self, progress: Option<Arc<Progress>>) {
        self.progress = progress;
    }

    /// The region its client works in.
    pub fn region(&self) -> &Text {
        self.client.region()
    }

    /// The name that is signed for the service.
    pub fn signing_name(&self) -> &Text {
        &self.signing_name
    }

    /// Changes the name that is signed for the service.
    pub fn set_signing_name(&mut self, name: Text) {
        self.signing_name = name;
    }

    /// The region that is signed for.
    pub fn signing_region(&self) -> &Text {
        &self.signing_region
    }

    /// Changes the region that is signed for.
    pub fn set_signing_region(&mut self, region: Text) {
        self.signing_region = region;
    }

    /// The id the service gave it; empty before a reply.
    pub fn request_id(&self) -> &Text {
        &self.request_id
    }

    /// Sets the id the service gave it.
    pub fn set_request_id(&mut self, id: Text) {
        self.request_id = id;
    }

    /// How many tries have failed before this one.
    pub fn retry_count(&self) -> u32 {
        self.retry_count
    }

    /// The wait before this try, in milliseconds.
    pub fn retry_delay_ms(&self) -> u64 {
        self.retry_delay_ms
    }

    /// Whether another try is worth it, where somebody has decided.
    pub fn retryable(&self) -> Option<bool> {
        self.retryable
    }

    /// Decides whether another try is worth it.
    pub fn set_retryable(&mut self, retryable: Option<bool>) {
        self.retryable = retryable;
    }

    /// The error with which to stop, once it is cancelled.
    fn check_cancel(&self) -> Result<()> {
        self.cancel.as_ref().map_or(Ok(()), |cancel| cancel.check())
    }

    /// Waits before another attempt, in nanoseconds, as the program's sleep does or the system's.
    fn wait(&self, nanoseconds: u64) -> Result<()> {
        let time = Duration::from_nanos(nanoseconds);
        match (self.client.configuration().sleep(), &self.cancel) {
            (Some(sleep), _) => sleep(nanoseconds),
            (None, Some(cancel)) => return cancel.sleep(time),
            (None, None) => std::thread::sleep(time),
        }
        self.check_cancel()
    }

    /// The id that all its attempts have.
    fn invocation_id(&mut self) -> &Text {
        if self.invocation_id.is_empty() {
            self.invocation_id = retry::uuid();
        }
        &self.invocation_id
    }

    /// Goes over to the next attempt, which waited so long and cost so much.
    fn begin_retry(&mut self, delay: u64, cost: Option<u32>) {
        self.error = None;
        self.retry_count = self.retry_count.saturating_add(1);
        self.retry_delay_ms = delay / 1_000_000;
        self.retry_cost = cost;
        log::retry(self);
    }

    /// Notes that it goes elsewhere, which is no retry; false if it did before.
    pub(crate) fn begin_redirect(&mut self) -> bool {
        !std::mem::replace(&mut self.redirected, true)
    }

    /// Whether `Expect` may be sent: not once a server has refused it.
    pub(crate) fn may_expect(&self) -> bool {
        !self.expect_refused
    }

    /// Whether it has a signature, which another is to replace.
    pub(crate) fn was_signed(&self) -> bool {
        self.signed_at.is_some()
    }

    /// When it was signed; where the program's own handlers do that, when this attempt began.
    fn signed_at(&self) -> i64 {
        self.signed_at.unwrap_or(self.attempted_at)
    }

    /// Keeps when a signature was made, for a clock that is so far ahead, and with what.
    pub(crate) fn set_signed(&mut self, at: i64, skew: i64, credentials: Snapshot) {
        (self.signed_at, self.signed_skew) = (Some(at), skew);
        self.signed_with = Some(credentials);
    }

    /// Has the credentials of the last signature forgotten, or the token, which the service has refused.
    fn expire_credentials(&mut self) {
        self.client.token().forget();
        if let Some(used) = self.signed_with.take() {
            self.client.credentials().expire_used(&used);
        }
    }

    fn has_corrected_clock(&self) -> bool {
        self.corrected_clock
    }

    fn set_corrected_clock(&mut self) {
        self.corrected_clock = true;
    }

    /// What is wrong with it now.
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Makes it fail.
    pub fn set_error(&mut self, error: Error) {
        self.error = Some(self.without_secrets(error));
    }

    /// An error without the secrets that the request was sent with: a service may repeat in its reply what it was sent,
    /// as those do that tell which canonical request they have signed.
    pub(crate) fn without_secrets(&self, error: Error) -> Error {
        /// What is shorter is no key of AWS's, and may be a word of the message.
        const SHORTEST: usize = 8;
        let keys = self
            .signed_with
            .iter()
            .flat_map(|keys| [keys.secret_access_key.as_str(), keys.session_token.as_str()]);
        // The last word, as of `Bearer TOKEN`.
        let headers = self.headers.as_slice().iter();
        let headers = headers
            .filter(|header| redact::is_secret(&header.name))
            .filter_map(|header| header.value.split_ascii_whitespace().last());
        let secrets = keys.chain(headers);
        let secrets: Vec<&str> = secrets.filter(|secret| secret.len() >= SHORTEST).collect();
        error.without(&secrets)
    }

    /// Takes its error away.
    pub fn clear_error(&mut self) -> Option<Error> {
        self.error.take()
    }

    /// The reply, once its headers have come.
    pub fn response(&self) -> Option<&Response> {
        self.response.as_ref()
    }

    /// The reply, to be read.
    pub fn response_mut(&mut self) -> Option<&mut Response> {
        self.response.as_mut()
    }

    /// The HTTP status of the reply; 0 before one.
    pub fn http_status(&self) -> u16 {
        self.response.as_ref().map_or(0, Response::status)
    }

    /// For how many seconds a presigned URL is being made, if one is.
    pub fn presign_seconds(&self) -> Option<u32> {
        self.presign_seconds
    }

    /// When it was made: Unix nanoseconds.
    pub fn created_at(&self) -> i64 {
        self.created_at
    }

    /// When this attempt began: Unix nanoseconds.
    pub fn attempted_at(&self) -> i64 {
        self.attempted_at
    }

    /// A switch of its client's configuration.
    pub fn flag(&self, field: Field) -> bool {
        self.client.configuration().flag(field)
    }

    /// Its lists, shared with whoever changes them.
    pub fn live_handlers(&self) -> Arc<LiveHandlers> {
        self.live_handlers
            .get_or_init(|| Arc::new(LiveHandlers::new(self.handlers.clone())))
            .clone()
    }

    /// Runs one of its lists as it is now.
    fn run(&mut self, stage: Stage) {
        let handlers = self
            .live_handlers
            .get()
            .map_or_else(|| self.handlers.clone(), |live| live.now());
        handlers.run(stage, self);
    }
}

/// What asks for credentials has secrets in it: tokens, codes for MFA. So have the headers of one with a bearer token.
impl Drop for Request {
    fn drop(&mut self) {
        if self.client.purpose() != Purpose::Service {
            self.params.wipe();
            self.values.values_mut().for_each(wipe_json);
            if let Body::Bytes(bytes) = &mut self.body {
                bytes.wipe();
            }
        } else if self.client.auth_scheme() != AuthScheme::Bearer {
            return;
        }
        for header in self.headers.as_mut_vec() {
            header.value.wipe();
        }
    }
}

fn checked_method(method: Text) -> Result<Text> {
    if !is_token(&method) {
        let shown: String = method.chars().take(64).collect();
        return Err(Error::argument(
            "method",
            format_args!("is {shown:?}, which is no HTTP method"),
        ));
    }
    Ok(method)
}

fn parse_params(json: &str) -> Result<Map<String, Value>> {
    match serde_json::from_str(json) {
        Ok(Value::Object(values)) => Ok(values),
        Ok(_) => Err(Error::argument("params", "is no JSON object")),
        // The position alone: the text itself may be secret.
        Err(error) => Err(Error::new(
            Status::InvalidArgument,
            "InvalidArgument",
            format!(
                "`params` is no JSON: at line {} column {}",
                error.line(),
                error.column()
            ),
        )),
    }
}
