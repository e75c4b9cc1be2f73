//! A setter for each field of the configuration, sugar on `session_config_set`.

use super::config::session_config_t;
use super::guard::guard_status;
use super::handle::borrow_mut;
use super::status::session_status_t;
use super::strings::text;
use crate::config::Field;
use crate::error::Result;
use std::ffi::c_char;
use std::sync::Arc;

/// Sets a field to what the caller gave, or remembers why it can't be.
unsafe fn set(
    config: *mut session_config_t,
    field: Field,
    value: Result<&str>,
) -> session_status_t {
    guard_status(|| {
        // SAFETY: NULL or a live configuration.
        let config = Arc::make_mut(unsafe { borrow_mut(config, "config") }?);
        let name = field.facts().name;
        match value {
            Ok(value) => config.set(name, value),
            Err(error) => config.remember(name, error),
        }
    })
}

unsafe fn set_text(
    config: *mut session_config_t,
    field: Field,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or a text.
    let value = unsafe { text(value, field.facts().name) };
    // SAFETY: NULL or a live configuration.
    unsafe { set(config, field, value) }
}

unsafe fn set_flag(config: *mut session_config_t, field: Field, value: bool) -> session_status_t {
    // SAFETY: NULL or a live configuration.
    unsafe { set(config, field, Ok(if value { "true" } else { "false" })) }
}

unsafe fn set_number(config: *mut session_config_t, field: Field, value: u32) -> session_status_t {
    // SAFETY: NULL or a live configuration.
    unsafe { set(config, field, Ok(&value.to_string())) }
}

/// Sets `region`: the region that clients work in.
///
/// @param config  borrowed
/// @param value   borrowed: the text
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_region(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::Region, value) }
}

/// Sets `endpoint`: the endpoint of service clients, instead of the resolved one; never used for credentials.
///
/// @param config  borrowed
/// @param value   borrowed: the text
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_endpoint(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::Endpoint, value) }
}

/// Sets `endpoint_url`: the endpoint of all services, those that give credentials too, unless one is named for the service.
///
/// @param config  borrowed
/// @param value   borrowed: the text
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_endpoint_url(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::EndpointUrl, value) }
}

/// Sets `ignore_configured_endpoint_urls`: neither `endpoint_url` nor the endpoints that environment and files name for
/// services count.
///
/// @param config  borrowed
/// @param value   whether
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `config` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_ignore_configured_endpoint_urls(
    config: *mut session_config_t,
    value: bool,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_flag(config, Field::IgnoreConfiguredEndpointUrls, value) }
}

/// Sets `auth_scheme_preference`: which schemes of authentication come first, where a service takes more than one. One that
/// the service does not take is passed over.
///
/// Of a service of which AWS has a model, that says what it takes; any other is taken to take both. Where the program
/// prefers nothing, a token goes with the requests of a service that takes one if AWS_BEARER_TOKEN_ and its signing name is
/// set, whatever environment and files prefer.
///
/// @param config  borrowed
/// @param value   borrowed: `sigv4` and `httpBearerAuth`, with a comma between; other words are passed over
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_auth_scheme_preference(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::AuthSchemePreference, value) }
}

/// Sets `sdk_ua_app_id`: what the program calls itself, told to services as `app/NAME` in `User-Agent`.
///
/// AWS asks for at most 50 letters, digits or other characters of an HTTP token; each other one is sent as `-`. Others can
/// say it in AWS_SDK_UA_APP_ID and in the profile.
///
/// @param config  borrowed
/// @param value   borrowed: the name; empty: none
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_sdk_ua_app_id(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::SdkUaAppId, value) }
}

/// Sets `disable_ssl`: plain HTTP instead of HTTPS.
///
/// @param config  borrowed
/// @param value   whether
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_disable_ssl(
    config: *mut session_config_t,
    value: bool,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_flag(config, Field::DisableSsl, value) }
}

/// Sets `use_fips_endpoint`: FIPS endpoints.
///
/// @param config  borrowed
/// @param value   whether
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_use_fips_endpoint(
    config: *mut session_config_t,
    value: bool,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_flag(config, Field::UseFipsEndpoint, value) }
}

/// Sets `use_dual_stack_endpoint`: dual-stack (IPv4 and IPv6) endpoints.
///
/// @param config  borrowed
/// @param value   whether
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_use_dual_stack_endpoint(
    config: *mut session_config_t,
    value: bool,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_flag(config, Field::UseDualStackEndpoint, value) }
}

/// Sets `use_dual_stack`: dual-stack endpoints of S3 alone, where `use_dual_stack_endpoint` is not set.
///
/// @param config  borrowed
/// @param value   whether
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_use_dual_stack(
    config: *mut session_config_t,
    value: bool,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_flag(config, Field::UseDualStack, value) }
}

/// Sets `sts_regional_endpoint`: whether STS is asked in the region or at its global endpoint.
///
/// @param config  borrowed
/// @param value   borrowed: `legacy` or `regional`
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_sts_regional_endpoint(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::StsRegionalEndpoint, value) }
}

/// Sets `s3_us_east_1_regional_endpoint`: whether S3 in us-east-1 is asked at its regional or at its global endpoint.
///
/// @param config  borrowed
/// @param value   borrowed: `legacy` or `regional`
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_s3_us_east_1_regional_endpoint(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::S3UsEast1RegionalEndpoint, value) }
}

/// Sets `s3_force_path_style`: the bucket in the path, never in the host name.
///
/// @param config  borrowed
/// @param value   whether
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_s3_force_path_style(
    config: *mut session_config_t,
    value: bool,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_flag(config, Field::S3ForcePathStyle, value) }
}

/// Sets `s3_use_accelerate`: S3's accelerate endpoints.
///
/// @param config  borrowed
/// @param value   whether
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_s3_use_accelerate(
    config: *mut session_config_t,
    value: bool,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_flag(config, Field::S3UseAccelerate, value) }
}

/// Sets `s3_use_arn_region`: the region of a bucket's ARN instead of the client's.
///
/// @param config  borrowed
/// @param value   whether
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_s3_use_arn_region(
    config: *mut session_config_t,
    value: bool,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_flag(config, Field::S3UseArnRegion, value) }
}

/// Sets `s3_disable_100_continue`: no `Expect: 100-continue` before large uploads.
///
/// @param config  borrowed
/// @param value   whether
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_s3_disable_100_continue(
    config: *mut session_config_t,
    value: bool,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_flag(config, Field::S3Disable100Continue, value) }
}

/// Sets `disable_param_validation`: no check of a request's params before it is sent.
///
/// @param config  borrowed
/// @param value   whether
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_disable_param_validation(
    config: *mut session_config_t,
    value: bool,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_flag(config, Field::DisableParamValidation, value) }
}

/// Sets `disable_compute_checksums`: no `Content-MD5` where S3 wants one.
///
/// @param config  borrowed
/// @param value   whether
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_disable_compute_checksums(
    config: *mut session_config_t,
    value: bool,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_flag(config, Field::DisableComputeChecksums, value) }
}

/// Sets `disable_rest_protocol_uri_cleaning`: paths of REST services as they are: no `//` and dot segments removed.
///
/// @param config  borrowed
/// @param value   whether
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_disable_rest_protocol_uri_cleaning(
    config: *mut session_config_t,
    value: bool,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_flag(config, Field::DisableRestProtocolUriCleaning, value) }
}

/// Sets `enable_endpoint_discovery`: read and kept: endpoint discovery is part of service models.
///
/// @param config  borrowed
/// @param value   whether
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_enable_endpoint_discovery(
    config: *mut session_config_t,
    value: bool,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_flag(config, Field::EnableEndpointDiscovery, value) }
}

/// Sets `max_retries`: how many times a request is tried again.
///
/// @param config  borrowed
/// @param value   from 0 to 1000
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL or the number out of range
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_max_retries(
    config: *mut session_config_t,
    value: u32,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_number(config, Field::MaxRetries, value) }
}

/// Sets `max_attempts`: how many times a request is tried, the first included.
///
/// @param config  borrowed
/// @param value   from 1 to 1001
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL or the number out of range
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_max_attempts(
    config: *mut session_config_t,
    value: u32,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_number(config, Field::MaxAttempts, value) }
}

/// Sets `retry_mode`: how tries follow each other. `adaptive` acts as `standard` so far.
///
/// With `legacy` a server that says `Retry-After` is waited for as long as it says, without a bound, as in Go: give a
/// session_cancel_t with a deadline to requests to a server that is not trusted. `standard` adds five seconds at most.
///
/// @param config  borrowed
/// @param value   borrowed: `legacy`, `standard` or `adaptive`
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_retry_mode(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::RetryMode, value) }
}

/// Sets `log_level`: what the logger is told.
///
/// @param config  borrowed
/// @param value   borrowed: `off`; or, separated by commas, `debug` (requests and replies), `signing`, `body`, `retries`,
///                `errors`, `deprecated`; each but `off` includes `debug`. With `unredacted` secrets are shown
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_log_level(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::LogLevel, value) }
}

/// Sets `ca_bundle`: PEM certificates of the authorities to trust, instead of the system's.
///
/// @param config  borrowed
/// @param value   borrowed: the path of a file
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_ca_bundle(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::CaBundle, value) }
}

/// Sets `client_tls_cert`: PEM certificate (chain) that identifies this program to servers.
///
/// @param config  borrowed
/// @param value   borrowed: the path of a file
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_client_tls_cert(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::ClientTlsCert, value) }
}

/// Sets `client_tls_key`: PEM key of that certificate.
///
/// @param config  borrowed
/// @param value   borrowed: the path of a file
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_client_tls_key(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::ClientTlsKey, value) }
}

/// Sets `ec2_metadata_service_endpoint`: where the EC2 instance metadata service is.
///
/// @param config  borrowed
/// @param value   borrowed: the text
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_ec2_metadata_service_endpoint(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::Ec2MetadataServiceEndpoint, value) }
}

/// Sets `ec2_metadata_service_endpoint_mode`: which address family that service is asked on.
///
/// @param config  borrowed
/// @param value   borrowed: `IPv4` or `IPv6`
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_ec2_metadata_service_endpoint_mode(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::Ec2MetadataServiceEndpointMode, value) }
}

/// Sets `ec2_metadata_enable_fallback`: whether that service may be asked by version 1 where it has no version 2.
///
/// @param config  borrowed
/// @param value   whether
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_ec2_metadata_enable_fallback(
    config: *mut session_config_t,
    value: bool,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_flag(config, Field::Ec2MetadataEnableFallback, value) }
}

/// Sets `csm_enabled`: read and kept: client-side monitoring is not sent.
///
/// @param config  borrowed
/// @param value   whether
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if `config` is NULL
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_csm_enabled(
    config: *mut session_config_t,
    value: bool,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_flag(config, Field::CsmEnabled, value) }
}

/// Sets `csm_host`: read and kept, like `csm_enabled`.
///
/// @param config  borrowed
/// @param value   borrowed: the text
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_csm_host(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::CsmHost, value) }
}

/// Sets `csm_port`: read and kept, like `csm_enabled`.
///
/// @param config  borrowed
/// @param value   borrowed: the text
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_csm_port(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::CsmPort, value) }
}

/// Sets `csm_client_id`: read and kept, like `csm_enabled`.
///
/// @param config  borrowed
/// @param value   borrowed: the text
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `config`, if either is NULL or the text not valid
/// @thread The configuration's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_config_set_csm_client_id(
    config: *mut session_config_t,
    value: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or live objects.
    unsafe { set_text(config, Field::CsmClientId, value) }
}
