//! S3's own rules: where the bucket goes, ARNs of access points, and replies that need a second look.

mod arn;
mod region;

use crate::config::Field;
use crate::endpoint;
use crate::error::{Error, Result, Status};
use crate::handlers::{Handler, Handlers, Stage};
use crate::request::Request;
use crate::text::Text;
use arn::AccessPoint;
use base64::Engine;
use md5::{Digest, Md5};
pub(super) use region::BucketRegions;
pub(crate) use region::redirect;
use serde_json::Value;

/// Whether a service is S3.
pub(super) fn is_s3(service: &str) -> bool {
    service == "s3"
}

/// Adds S3's handlers behind those of its protocol.
pub(super) fn add_handlers(handlers: &mut Handlers) {
    let mut add = |stage, name, action: fn(&mut Request)| {
        handlers
            .list_mut(stage)
            .push_back(Handler::builtin(name, action));
    };
    add(
        Stage::Validate,
        crate::text!("s3.ValidateSSERequiresSSLHandler"),
        validate_sse_requires_ssl,
    );
    add(
        Stage::Build,
        crate::text!("s3.EndpointHandler"),
        place_bucket,
    );
    add(
        Stage::Build,
        crate::text!("s3.ContentMD5Handler"),
        content_md5,
    );
    add(
        Stage::Sign,
        crate::text!("s3.Add100ContinueHandler"),
        add_100_continue,
    );
    add(
        Stage::Unmarshal,
        crate::text!("s3.StatusOKErrorHandler"),
        error_in_good_reply,
    );
}

fn validate_sse_requires_ssl(request: &mut Request) {
    const KEYS: [&str; 2] = [
        "x-amz-server-side-encryption-customer-key",
        "x-amz-copy-source-server-side-encryption-customer-key",
    ];
    if request.url().scheme() == "http"
        && KEYS.iter().any(|key| request.headers().get(key).is_some())
    {
        request.set_error(Error::new(
            Status::Config,
            "ConfigError",
            "cannot send SSE keys over HTTP.",
        ));
    }
}

/// The bucket, where the first name of the path is it.
fn bucket(request: &Request) -> Option<String> {
    let path = request.template().raw_path();
    let rest = path
        .strip_prefix('/')
        .unwrap_or(path)
        .strip_prefix("{Bucket}")?;
    match request.values().get("Bucket") {
        Some(Value::String(bucket)) if rest.is_empty() || rest.starts_with('/') => {
            Some(bucket.clone())
        }
        _ => None,
    }
}

/// Moves the bucket from the path to the host where it can stand there.
fn place_bucket(request: &mut Request) {
    let Some(bucket) = bucket(request) else {
        return;
    };
    let placed = if bucket.starts_with("arn:") {
        place_access_point(request, &bucket)
    } else if request.flag(Field::S3UseAccelerate)
        && !matches!(
            request.operation().as_str(),
            "CreateBucket" | "DeleteBucket"
        )
    {
        accelerate(request, &bucket)
    } else {
        region::place(request, &bucket);
        place_in_host(request, &bucket);
        Ok(())
    };
    if let Err(error) = placed {
        request.set_error(error);
    }
}

fn place_in_host(request: &mut Request, bucket: &str) {
    if is_host_style(request, bucket) {
        let authority = format!("{bucket}.{}", request.url().authority());
        // Where it can't be moved it is right in the path.
        move_to_host(request, bucket, authority);
    }
}

fn is_host_style(request: &Request, bucket: &str) -> bool {
    let url = request.url();
    // A dot in the bucket would make another level of names, for which the certificate of S3 is not made.
    let fits = is_dns_compatible(bucket) && !(url.scheme() == "https" && bucket.contains('.'));
    let is_address =
        url.host().starts_with('[') || url.host().parse::<std::net::Ipv4Addr>().is_ok();
    fits && !is_address
        && !request.flag(Field::S3ForcePathStyle)
        && request.operation() != "GetBucketLocation"
}

/// Whether a bucket's name can be part of a host's.
fn is_dns_compatible(bucket: &str) -> bool {
    let good = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.'
    };
    let ends = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    (3..=63).contains(&bucket.len())
        && bucket.bytes().all(good)
        && ends(bucket.as_bytes().first())
        && ends(bucket.as_bytes().last())
        && !bucket.contains("..")
        && bucket.parse::<std::net::Ipv4Addr>().is_err()
}

/// Moves the bucket, which is filled in escaped, from the path to the host, and says whether it was there.
fn move_to_host(request: &mut Request, bucket: &str, authority: String) -> bool {
    let mut base = String::new();
    let of_endpoint = request.client().url().map_or("", |url| url.path());
    crate::sign::escape_path(of_endpoint.trim_end_matches('/'), &mut base);
    let mut first = String::from("/");
    crate::sign::escape_path_segment(bucket, false, &mut first);
    let path = request.url().path();
    // A URL that was set in the place of the endpoint's has no base.
    let moved = [base.as_str(), ""].into_iter().find_map(|base| {
        match path.strip_prefix(base)?.strip_prefix(first.as_str())? {
            "" => Some(format!("{base}/")),
            rest if rest.starts_with('/') => Some(format!("{base}{rest}")),
            _ => None,
        }
    });
    let Some(path) = moved else {
        return false;
    };
    request.url_mut().set_path(path);
    request.url_mut().set_authority(authority);
    true
}

/// The error of a bucket that only its place in the host's name can reach.
fn not_in_path(bucket: &str) -> Error {
    let message = format!("the path of the request does not begin with the bucket {bucket:?}");
    Error::new(
        Status::InvalidArgument,
        "InvalidParameterException",
        message,
    )
}

fn accelerate(request: &mut Request, bucket: &str) -> Result<()> {
    if !is_dns_compatible(bucket) || bucket.contains('.') {
        let message = format!(
            "unable to accelerate {bucket:?}: the bucket's name is not compatible with S3 Accelerate"
        );
        return Err(Error::new(
            Status::InvalidArgument,
            "InvalidParameterException",
            message,
        ));
    }
    let config = request.client().configuration();
    let dual_stack = config.flag(Field::UseDualStackEndpoint)
        || (config.tri_state(Field::UseDualStackEndpoint).is_none()
            && config.flag(Field::UseDualStack));
    let host = match dual_stack {
        true => "s3-accelerate.dualstack.amazonaws.com",
        false => "s3-accelerate.amazonaws.com",
    };
    match move_to_host(request, bucket, format!("{bucket}.{host}")) {
        true => Ok(()),
        false => Err(not_in_path(bucket)),
    }
}

fn place_access_point(request: &mut Request, bucket: &str) -> Result<()> {
    let point = AccessPoint::parse(bucket)?;
    let client = request.client().clone();
    let config = client.configuration();
    let region = endpoint::without_fips(config.text(Field::Region)).into_owned();
    let partition = endpoint::partition_of_region(&region);
    let refused = |what: &str| {
        Error::new(
            Status::Config,
            "ConfigurationError",
            format!("{what}: {bucket}"),
        )
    };
    if partition.id != *point.partition {
        return Err(refused(
            "client partition does not match provided ARN partition",
        ));
    }
    if point.region != region && !config.flag(Field::S3UseArnRegion) {
        return Err(refused("client region does not match provided ARN region"));
    }
    if config.flag(Field::S3UseAccelerate) {
        return Err(refused(
            "client configured for S3 Accelerate but is not supported with resource ARN",
        ));
    }
    if config.flag(Field::S3ForcePathStyle) {
        return Err(refused(
            "client configured for path style, which is not possible with a resource ARN",
        ));
    }
    let authority = if client.has_custom_endpoint() {
        format!("{}.{}", point.host_prefix(), request.url().authority())
    } else {
        let fips = config.flag(Field::UseFipsEndpoint) || region != config.text(Field::Region);
        let dual_stack = config.flag(Field::UseDualStackEndpoint);
        format!(
            "{}.{}{}{}.{}.{}",
            point.host_prefix(),
            point.host_service,
            if fips { "-fips" } else { "" },
            if dual_stack { ".dualstack" } else { "" },
            point.region,
            partition.dns_suffix
        )
    };
    if !move_to_host(request, bucket, authority) {
        return Err(not_in_path(bucket));
    }
    request.set_signing_region(Text::lossy(point.region));
    request.set_signing_name(Text::lossy(point.signing_name));
    Ok(())
}

/// Operations whose body S3 takes only with a checksum.
const WITH_CHECKSUM: [&str; 20] = [
    "DeleteObjects",
    "PutBucketAcl",
    "PutBucketCors",
    "PutBucketEncryption",
    "PutBucketLifecycle",
    "PutBucketLifecycleConfiguration",
    "PutBucketLogging",
    "PutBucketNotification",
    "PutBucketOwnershipControls",
    "PutBucketPolicy",
    "PutBucketReplication",
    "PutBucketRequestPayment",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutBucketWebsite",
    "PutObjectAcl",
    "PutObjectLegalHold",
    "PutObjectLockConfiguration",
    "PutObjectRetention",
    "PutObjectTagging",
];

fn content_md5(request: &mut Request) {
    let wanted = WITH_CHECKSUM.contains(&request.operation().as_str())
        && !request.flag(Field::DisableComputeChecksums)
        && request.has_body_in_memory()
        && request.presign_seconds().is_none()
        && request.headers().get("Content-MD5").is_none();
    if wanted {
        let hash = base64::engine::general_purpose::STANDARD.encode(Md5::digest(request.body()));
        request
            .headers_mut()
            .set(crate::text!("Content-MD5"), Text::lossy(hash));
    }
}

/// Large bodies wait for the server's word. Set behind the signature, as a proxy may change it.
fn add_100_continue(request: &mut Request) {
    const LARGE: u64 = 2 << 20;
    let upload = matches!(request.operation().as_str(), "PutObject" | "UploadPart");
    if upload
        && request.body_length().is_none_or(|length| length >= LARGE)
        && !request.flag(Field::S3Disable100Continue)
        && request.presign_seconds().is_none()
        && request.may_expect()
    {
        request
            .headers_mut()
            .set(crate::text!("Expect"), crate::text!("100-continue"));
    }
}

/// Some operations begin to answer 200 before they know how they will end.
fn error_in_good_reply(request: &mut Request) {
    const LIMIT: usize = 1 << 20;
    if !matches!(
        request.operation().as_str(),
        "CopyObject" | "CompleteMultipartUpload" | "UploadPartCopy"
    ) {
        return;
    }
    let id = request.request_id().clone();
    let Some(response) = request.response_mut() else {
        return;
    };
    let status = response.status();
    let host_id = response.header("x-amz-id-2").to_owned();
    match response.document(LIMIT) {
        Ok(document) if document.root() == "Error" => {
            let text = |name| document.text_of(name).unwrap_or_default();
            let error = Error::new(Status::Service, text("Code"), text("Message"))
                .with_reply(status, id.as_str(), host_id)
                .with_retryable(true);
            request.set_error(error);
        }
        Ok(_) => {}
        Err(cause) => request.set_error(
            Error::new(
                Status::Serialization,
                "SerializationError",
                "response body is no result of the operation",
            )
            .with_reply(status, id.as_str(), host_id)
            .with_cause(cause),
        ),
    }
}

/// The error of a reply that has no body, as those to HEAD.
pub(super) fn error_without_body(request: &Request, told: impl Fn(&str, &str) -> Error) -> Error {
    let status = request.http_status();
    if status == 301 {
        let region = request
            .response()
            .map_or("", |response| response.header("x-amz-bucket-region"));
        let elsewhere = if region.is_empty() {
            String::new()
        } else {
            format!("; it is in '{region}'")
        };
        let message = format!(
            "incorrect region, the bucket is not in '{}' region at endpoint '{}'{elsewhere}",
            request.region(),
            request.client().endpoint()
        );
        return told("BucketRegionError", &message);
    }
    let code = match status {
        304 => "NotModified",
        307 => "TemporaryRedirect",
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        409 => "Conflict",
        411 => "LengthRequired",
        412 => "PreconditionFailed",
        416 => "RequestedRangeNotSatisfiable",
        429 => "TooManyRequests",
        500 => "InternalServerError",
        501 => "NotImplemented",
        502 => "BadGateway",
        503 => "ServiceUnavailable",
        504 => "GatewayTimeout",
        _ => "UnknownError",
    };
    told(code, "the reply has no body")
}

#[cfg(test)]
mod tests {
    use super::is_dns_compatible;

    #[test]
    fn names_that_can_be_hosts() {
        for good in ["abc", "a-b.c", "0123456789"] {
            assert!(is_dns_compatible(good), "{good}");
        }
        for bad in [
            "ab", "Abc", "-abc", "abc-", "a..b", "1.2.3.4", "a_b", "a/b", "é12",
        ] {
            assert!(!is_dns_compatible(bad), "{bad}");
        }
    }
}
