//! The handlers that every session starts with, under Go's names.

use crate::config::Field;
use crate::error::{Error, Status};
use crate::handlers::{Handler, Handlers, Stage, stop_on_error};
use crate::load::environment::Variable;
use crate::request::{Request, retry};
use crate::text::{Text, is_token};
use once_cell::race::OnceBox;
use std::sync::Arc;

/// The lists of a session that was given none.
pub fn handlers() -> Arc<Handlers> {
    // `race`: a lock might have been left behind by a thread that a forked child doesn't have.
    static DEFAULT: OnceBox<Arc<Handlers>> = OnceBox::new();
    DEFAULT.get_or_init(|| Box::new(Arc::new(make()))).clone()
}

fn make() -> Handlers {
    let mut handlers = Handlers::default();
    let mut add = |stage, name, action: fn(&mut Request)| {
        handlers
            .list_mut(stage)
            .push_back(Handler::builtin(name, action));
    };
    add(
        Stage::Validate,
        crate::text!("core.ValidateEndpointHandler"),
        validate_endpoint,
    );
    add(Stage::Validate, PARAMETERS, validate_parameters);
    add(
        Stage::Build,
        crate::text!("core.SDKVersionUserAgentHandler"),
        user_agent,
    );
    // Go's spelling.
    add(
        Stage::Build,
        crate::text!("core.AddHostExecEnvUserAgentHander"),
        user_agent_of_host,
    );
    add(
        Stage::Build,
        crate::text!("core.AddTraceIDHandler"),
        trace_id,
    );
    add(
        Stage::Sign,
        crate::text!("core.AddAttemptHandler"),
        attempt_headers,
    );
    add(
        Stage::Sign,
        crate::text!("core.BuildContentLengthHandler"),
        content_length,
    );
    add(
        Stage::Send,
        crate::text!("core.ValidateReqSigHandler"),
        validate_signature_age,
    );
    add(Stage::Send, crate::text!("core.SendHandler"), send);
    add(
        Stage::ValidateResponse,
        crate::text!("core.ValidateResponseHandler"),
        validate_response,
    );
    add(
        Stage::AfterRetry,
        crate::text!("core.AfterRetryHandler"),
        retry::after_retry,
    );
    for stage in [Stage::Validate, Stage::Build] {
        handlers
            .list_mut(stage)
            .set_after_each(Some(Arc::new(stop_on_error)));
    }
    handlers
}

const PARAMETERS: Text = crate::text!("core.ValidateParametersHandler");

/// Keeps the check of params at the end of VALIDATE, or out of it, as Go does with every copy.
pub fn place_parameter_check(handlers: &mut Handlers, disabled: bool) {
    let list = handlers.list_mut(Stage::Validate);
    list.remove(&PARAMETERS);
    if !disabled {
        list.push_back(Handler::builtin(PARAMETERS, validate_parameters));
    }
}

fn validate_endpoint(request: &mut Request) {
    if request.signing_region().is_empty() && request.region().is_empty() {
        request.set_error(Error::new(
            Status::Config,
            "MissingRegion",
            "could not find region configuration",
        ));
    } else if let Some(error) = request.client().endpoint_error().cloned() {
        request.set_error(error);
    } else if request.url().authority().is_empty() {
        request.set_error(Error::new(
            Status::Config,
            "MissingEndpoint",
            "'Endpoint' configuration is required for this service",
        ));
    }
}

fn validate_parameters(request: &mut Request) {
    let mut faults = Vec::new();
    for label in request.template().labels() {
        let fault = match request.values().get(label) {
            None | Some(serde_json::Value::Null) => "missing required field",
            Some(serde_json::Value::String(text)) if text.is_empty() => "minimum field size of 1",
            Some(serde_json::Value::Array(_) | serde_json::Value::Object(_)) => {
                "a text or number is expected in"
            }
            Some(_) => continue,
        };
        faults.push(format!("- {fault}, {}Input.{label}.", request.operation()));
    }
    if !faults.is_empty() {
        let message = format!(
            "{} validation error(s) found.\n{}",
            faults.len(),
            faults.join("\n")
        );
        request.set_error(Error::new(
            Status::InvalidArgument,
            "InvalidParameter",
            message,
        ));
    }
}

const USER_AGENT: Text = crate::text!("User-Agent");

fn user_agent(request: &mut Request) {
    // Made once in the life of a process, so that each request gets it without a copy.
    static AGENT: OnceBox<String> = OnceBox::new();
    let agent = AGENT.get_or_init(|| {
        let version = env!("CARGO_PKG_VERSION");
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        Box::new(format!("libsession/{version} ({os}; {arch})\0"))
    });
    add_to_user_agent(request, &Text::from_static(agent));
}

fn user_agent_of_host(request: &mut Request) {
    let host = request
        .client()
        .configuration()
        .environment()
        .get(Variable::ExecutionEnv);
    if let Some(host) = host.filter(|host| !host.bytes().any(|byte| byte.is_ascii_control())) {
        let addition = Text::lossy(format!("exec-env/{host}"));
        add_to_user_agent(request, &addition);
    }
    let program = request.client().configuration().text(Field::SdkUaAppId);
    if !program.is_empty() {
        let spelt = |c: char| match is_token(c.encode_utf8(&mut [0; 4])) {
            true => c,
            false => '-',
        };
        let program: String = program.chars().map(spelt).collect();
        add_to_user_agent(request, &Text::lossy(format!("app/{program}")));
    }
}

/// Adds a piece behind the user agent there is.
pub fn add_to_user_agent(request: &mut Request, addition: &Text) {
    let agent = match request.headers().get(&USER_AGENT) {
        Some(before) if !before.is_empty() => Text::lossy(format!("{before} {addition}")),
        _ => addition.clone(),
    };
    request.headers_mut().set(USER_AGENT, agent);
}

/// Tells a service that runs in Lambda which call of it this one belongs to, as all AWS SDKs do.
fn trace_id(request: &mut Request) {
    const NAME: Text = crate::text!("X-Amzn-Trace-Id");
    let environment = request.client().configuration().environment();
    if environment.now(Variable::LambdaFunctionName).is_none()
        || request.headers().get(&NAME).is_some()
    {
        return;
    }
    if let Some(id) = environment.now(Variable::TraceId) {
        let mut escaped = String::with_capacity(id.len());
        for byte in id.bytes() {
            match byte {
                b' '..=b'~' => escaped.push(char::from(byte)),
                _ => escaped.push_str(&format!("%{byte:02X}")),
            }
        }
        request.headers_mut().set(NAME, Text::lossy(escaped));
    }
}

/// Lets a service tell the attempts of a request from other requests.
fn attempt_headers(request: &mut Request) {
    if request.presign_seconds().is_some() {
        return;
    }
    let id = request.invocation_id().clone();
    let most = retry::max_attempts(request.client().configuration(), request.service());
    let attempt = request.retry_count().saturating_add(1);
    let headers = request.headers_mut();
    headers.set(crate::text!("amz-sdk-invocation-id"), id);
    let value = Text::format(format_args!("attempt={attempt}; max={most}"));
    headers.set(crate::text!("amz-sdk-request"), value);
}

const CONTENT_LENGTH: Text = crate::text!("Content-Length");

fn content_length(request: &mut Request) {
    if let Err(error) = request.prepare_payload() {
        return request.set_error(error);
    }
    // Zero is said where a server may wait for a body: Go and curl do the same. A presigned URL that says it could not be
    // used to send one.
    let expects_body = matches!(request.method().as_str(), "PUT" | "POST" | "PATCH");
    match request.wire_length() {
        Some(0) if !expects_body || request.presign_seconds().is_some() => {
            request.headers_mut().remove(&CONTENT_LENGTH);
        }
        Some(length) => {
            let length = Text::format(format_args!("{length}"));
            request.headers_mut().set(CONTENT_LENGTH, length);
        }
        // Sent in HTTP's own chunks.
        None => {
            request.headers_mut().remove(&CONTENT_LENGTH);
        }
    }
}

/// A signature is good for some minutes: an older one is made anew, by all that sign.
fn validate_signature_age(request: &mut Request) {
    const FIVE_MINUTES: i64 = 5 * 60 * 1_000_000_000;
    if request.client().credentials().is_anonymous() {
        return;
    }
    let age = request
        .client()
        .configuration()
        .now()
        .saturating_sub(request.signed_at());
    if age >= FIVE_MINUTES {
        request.run(Stage::Sign);
    }
}

fn send(request: &mut Request) {
    if request.error().is_some() {
        return;
    }
    match request.exchange() {
        Ok(response) => request.set_response(response),
        Err(error) => {
            if error.status() == Status::Canceled
                || request
                    .cancel()
                    .is_some_and(|cancel| cancel.check().is_err())
            {
                request.set_retryable(Some(false));
            }
            request.set_error(error);
        }
    }
}

fn validate_response(request: &mut Request) {
    let status = request.http_status();
    if status == 0 || status >= 300 {
        request.set_error(Error::new(Status::Service, "UnknownError", "unknown error"));
    }
}
