//! Signing without a client.

use super::credentials_value::{session_credentials_value_t, share_value};
use super::error::session_error_t;
use super::guard::{guard, guard_status, guard_value};
use super::handle::{Out, borrow, borrow_mut, handle, into_raw, take};
use super::signed::session_signed_t;
use super::status::session_status_t;
use super::strings::{bytes, text};
use crate::credentials::Snapshot;
use crate::error::{Error, Result, Status};
use crate::os;
use crate::sign::{Payload, Signed, Signer, Subject, Url};
use crate::text::Text;
use crate::transport::Header;
use std::ffi::{c_char, c_void};

/// Who signs, for what and how: AWS Signature Version 4 without a client.
///
/// A bad value is remembered until a good one replaces it; session_sign() and session_presign() fail with it. So a
/// program may set all it wants and check once. It can sign any number of requests.
pub struct session_signing_t {
    _private: [u8; 0],
}
handle!(owned session_signing_t => Signing);

pub(crate) struct Signing {
    service: String,
    region: String,
    credentials: Option<Snapshot>,
    time: Option<i64>,
    payload: OwnedPayload,
    unsigned_payload: bool,
    normalize_path: bool,
    double_encode: Option<bool>,
    content_sha256_header: bool,
    omit_token: bool,
    hoist: bool,
    headers: Vec<Header>,
    /// Bad values, by what they were given for.
    faults: Vec<(&'static str, Error)>,
}

enum OwnedPayload {
    Bytes(Vec<u8>),
    Hash(String),
}

impl Signing {
    fn new(service: Result<&str>, region: Result<&str>) -> Signing {
        let mut faults = Vec::new();
        let mut kept = |name, text: Result<&str>| match text {
            Ok(text) => text.to_owned(),
            Err(error) => {
                faults.push((name, error));
                String::new()
            }
        };
        Signing {
            service: kept("service", service),
            region: kept("region", region),
            credentials: None,
            time: None,
            payload: OwnedPayload::Bytes(Vec::new()),
            unsigned_payload: false,
            normalize_path: false,
            double_encode: None,
            content_sha256_header: false,
            omit_token: false,
            hoist: true,
            headers: Vec::new(),
            faults,
        }
    }

    fn sign(&self, method: &str, url: &str) -> Result<Signed> {
        let subject = self.subject(method, url)?;
        self.signer()?.sign(&subject)
    }

    fn presign(&self, method: &str, url: &str, seconds: u32) -> Result<Signed> {
        let subject = self.subject(method, url)?;
        self.signer()?.presign(&subject, seconds)
    }

    fn subject<'a>(&'a self, method: &'a str, url: &'a str) -> Result<Subject<'a>> {
        Ok(Subject {
            method,
            url: Url::parse(url)?,
            headers: &self.headers,
        })
    }

    fn signer(&self) -> Result<Signer<'_>> {
        if let Some((_, fault)) = self.faults.first() {
            return Err(fault.clone());
        }
        let value = self.credentials.as_ref().ok_or_else(no_credentials)?;
        let payload = match &self.payload {
            _ if self.unsigned_payload => Payload::Unsigned,
            OwnedPayload::Bytes(bytes) => Payload::Bytes(bytes),
            OwnedPayload::Hash(hash) => Payload::Hash(hash),
        };
        Ok(Signer {
            access_key_id: &value.access_key_id,
            secret_access_key: value.secret_access_key.as_str(),
            session_token: Some(value.session_token.as_str()),
            region: &self.region,
            service: &self.service,
            time: self.time.unwrap_or_else(os::coarse_seconds),
            payload,
            normalize_path: self.normalize_path,
            double_encode: self.double_encode,
            content_sha256_header: self.content_sha256_header,
            omit_token: self.omit_token,
            hoist: self.hoist,
            // The getters of what is signed show everything.
            explain: true,
        })
    }
}

fn no_credentials() -> Error {
    Error::new(
        Status::Credentials,
        "MissingCredentials",
        "no credentials are set to sign with: call session_signing_set_credentials() first",
    )
}

/// Sets something, or remembers why it can't be.
unsafe fn set<T>(
    signing: *mut session_signing_t,
    name: &'static str,
    value: Result<T>,
    set: impl FnOnce(&mut Signing, T),
) -> session_status_t {
    guard_status(|| {
        // SAFETY: NULL or a live signing.
        let signing = unsafe { borrow_mut(signing, "signing") }?;
        signing.faults.retain(|(faulty, _)| *faulty != name);
        let value = value.inspect_err(|error| signing.faults.push((name, error.clone())))?;
        set(signing, value);
        Ok(())
    })
}

/// Makes what signs for a service in a region.
///
/// What is wrong with the arguments is the error of session_sign() and session_presign().
///
/// @param service  borrowed: the service's signing name, `s3`
/// @param region   borrowed: `us-east-1`
/// @return owned: free it with session_signing_free(); NULL only when memory is gone
/// @thread Any.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signing_new(
    service: *const c_char,
    region: *const c_char,
) -> *mut session_signing_t {
    guard_value(std::ptr::null_mut(), || {
        // SAFETY: NULL or a text.
        let service = unsafe { text(service, "service") };
        // SAFETY: NULL or a text.
        into_raw(Signing::new(service, unsafe { text(region, "region") }))
    })
}

/// Sets whose signature it is. Required.
///
/// @param signing      borrowed
/// @param credentials  borrowed: shared from now on
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `signing`, if either is NULL
/// @thread The signing's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signing_set_credentials(
    signing: *mut session_signing_t,
    credentials: *const session_credentials_value_t,
) -> session_status_t {
    // SAFETY: NULL or a live value.
    let value = unsafe { share_value(credentials, "credentials") };
    // SAFETY: NULL or a live signing.
    unsafe {
        set(signing, "credentials", value, |signing, value| {
            signing.credentials = Some(value)
        })
    }
}

/// Sets the time of the signature. Without it, that of each call.
///
/// @param signing       borrowed
/// @param unix_seconds  the time
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `signing` is NULL
/// @thread The signing's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signing_set_time(
    signing: *mut session_signing_t,
    unix_seconds: i64,
) -> session_status_t {
    // SAFETY: NULL or a live signing.
    unsafe {
        set(signing, "time", Ok(unix_seconds), |signing, time| {
            signing.time = Some(time)
        })
    }
}

/// Sets the body, whose hash is signed. Without one it is empty.
///
/// @param signing  borrowed
/// @param payload  borrowed: copied; NULL is right for a `length` of 0 alone
/// @param length   how many bytes
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `signing`, if a pointer is NULL
/// @thread The signing's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signing_set_payload(
    signing: *mut session_signing_t,
    payload: *const c_void,
    length: usize,
) -> session_status_t {
    // SAFETY: NULL or a buffer of that length.
    let payload = unsafe { bytes(payload.cast(), length, "payload") };
    let payload = payload.map(|bytes| OwnedPayload::Bytes(bytes.to_vec()));
    // SAFETY: NULL or a live signing.
    unsafe {
        set(signing, "payload", payload, |signing, payload| {
            signing.payload = payload
        })
    }
}

/// Sets the hash of the body, in place of the body.
///
/// @param signing  borrowed
/// @param hash     borrowed: copied; a SHA-256 in hexadecimal, or one of S3's names such as
///                 `STREAMING-UNSIGNED-PAYLOAD-TRAILER`
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `signing`, if either is NULL
/// @thread The signing's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signing_set_payload_hash(
    signing: *mut session_signing_t,
    hash: *const c_char,
) -> session_status_t {
    // SAFETY: NULL or a text.
    let hash = unsafe { text(hash, "hash") };
    let hash = hash.map(|hash| OwnedPayload::Hash(hash.to_owned()));
    // SAFETY: NULL or a live signing.
    unsafe {
        set(signing, "payload", hash, |signing, hash| {
            signing.payload = hash
        })
    }
}

/// Leaves the body out of the signature, whatever it is: `UNSIGNED-PAYLOAD`.
///
/// @param signing  borrowed
/// @param enabled  whether to; false at first
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `signing` is NULL
/// @thread The signing's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signing_set_unsigned_payload(
    signing: *mut session_signing_t,
    enabled: bool,
) -> session_status_t {
    // SAFETY: NULL or a live signing.
    unsafe {
        set(signing, "unsigned_payload", Ok(enabled), |signing, on| {
            signing.unsigned_payload = on
        })
    }
}

/// Signs the path with dot segments and doubled slashes resolved.
///
/// @param signing  borrowed
/// @param enabled  whether to; false at first, as in Go
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `signing` is NULL
/// @thread The signing's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signing_set_normalize_path(
    signing: *mut session_signing_t,
    enabled: bool,
) -> session_status_t {
    // SAFETY: NULL or a live signing.
    unsafe {
        set(signing, "normalize_path", Ok(enabled), |signing, on| {
            signing.normalize_path = on
        })
    }
}

/// Signs the path percent-encoded once more.
///
/// @param signing  borrowed
/// @param enabled  whether to; at first as the service wants it: not for S3, for all others
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `signing` is NULL
/// @thread The signing's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signing_set_double_encode(
    signing: *mut session_signing_t,
    enabled: bool,
) -> session_status_t {
    // SAFETY: NULL or a live signing.
    unsafe {
        set(signing, "double_encode", Ok(enabled), |signing, on| {
            signing.double_encode = Some(on)
        })
    }
}

/// Adds the header `X-Amz-Content-Sha256` for services that don't ask for it, too. Not with presigned URLs.
///
/// @param signing  borrowed
/// @param enabled  whether to; false at first
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `signing` is NULL
/// @thread The signing's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signing_set_content_sha256_header(
    signing: *mut session_signing_t,
    enabled: bool,
) -> session_status_t {
    // SAFETY: NULL or a live signing.
    unsafe {
        set(
            signing,
            "content_sha256_header",
            Ok(enabled),
            |signing, on| {
                signing.content_sha256_header = on;
            },
        )
    }
}

/// Adds the session token after signing, as a few services want it.
///
/// @param signing  borrowed
/// @param enabled  whether to; false at first
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `signing` is NULL
/// @thread The signing's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signing_set_omit_token(
    signing: *mut session_signing_t,
    enabled: bool,
) -> session_status_t {
    // SAFETY: NULL or a live signing.
    unsafe {
        set(signing, "omit_token", Ok(enabled), |signing, on| {
            signing.omit_token = on
        })
    }
}

/// Lets headers become parameters of a presigned URL where they can, so that they need not be sent.
///
/// @param signing  borrowed
/// @param enabled  whether to; true at first
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT if `signing` is NULL
/// @thread The signing's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signing_set_hoist(
    signing: *mut session_signing_t,
    enabled: bool,
) -> session_status_t {
    // SAFETY: NULL or a live signing.
    unsafe {
        set(signing, "hoist", Ok(enabled), |signing, on| {
            signing.hoist = on
        })
    }
}

/// Adds a header that will be sent and is to be signed, after those that there are.
///
/// `Host` is taken from the URL and needs to be given only where it differs.
///
/// @param signing  borrowed
/// @param name     borrowed: copied
/// @param value    borrowed: copied
/// @return SESSION_OK; SESSION_ERR_INVALID_ARGUMENT, also remembered in `signing`, if a pointer is NULL or a text no UTF-8
/// @thread The signing's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signing_add_header(
    signing: *mut session_signing_t,
    name: *const c_char,
    value: *const c_char,
) -> session_status_t {
    guard_status(|| {
        // SAFETY: NULL or a live signing.
        let signing = unsafe { borrow_mut(signing, "signing") }?;
        // SAFETY: NULL or texts.
        let header = unsafe { header(name, value) };
        // No later header makes up for one that is missing: its fault stays.
        let header = header.inspect_err(|error| signing.faults.push(("header", error.clone())))?;
        signing.headers.push(header);
        Ok(())
    })
}

unsafe fn header(name: *const c_char, value: *const c_char) -> Result<Header> {
    // SAFETY: NULL or a text.
    let name = Text::lossy(unsafe { text(name, "name") }?);
    // SAFETY: NULL or a text.
    let value = Text::lossy(unsafe { text(value, "value") }?);
    Ok(Header { name, value })
}

/// Signs a request by headers.
///
/// The result has the headers to add to the given ones, each in place of what has its name.
///
/// @param signing  borrowed
/// @param method   borrowed: `GET`
/// @param url      borrowed: absolute, exactly as it will be sent
/// @param out      receives the result; free it with session_signed_free(). Unchanged on failure.
/// @param error    nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_CREDENTIALS without credentials; SESSION_ERR_INVALID_ARGUMENT if an argument or what was
///         set before is NULL or not valid
/// @thread The signing's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_sign(
    signing: *const session_signing_t,
    method: *const c_char,
    url: *const c_char,
    out: *mut *mut session_signed_t,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or a live signing.
        let signing = unsafe { borrow(signing, "signing") }?;
        // SAFETY: NULL or a text.
        let method = unsafe { text(method, "method") }?;
        // SAFETY: NULL or a text.
        let url = unsafe { text(url, "url") }?;
        let out = Out::new(out, "out")?;
        out.set(into_raw(signing.sign(method, url)?));
        Ok(())
    })
}

/// Makes a URL that is signed for some time.
///
/// The result has the URL, and the headers that must be sent along with it.
///
/// @param signing  borrowed
/// @param method   borrowed: `GET`
/// @param url      borrowed: absolute
/// @param seconds  for how long: 1 to 604800, seven days
/// @param out      receives the result; free it with session_signed_free(). Unchanged on failure.
/// @param error    nullable: receives details on failure; free with session_error_free()
/// @return SESSION_OK; SESSION_ERR_CREDENTIALS without credentials; SESSION_ERR_INVALID_ARGUMENT if an argument or what was
///         set before is NULL or not valid
/// @thread The signing's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_presign(
    signing: *const session_signing_t,
    method: *const c_char,
    url: *const c_char,
    seconds: u32,
    out: *mut *mut session_signed_t,
    error: *mut *mut session_error_t,
) -> session_status_t {
    guard(error, || {
        // SAFETY: NULL or a live signing.
        let signing = unsafe { borrow(signing, "signing") }?;
        // SAFETY: NULL or a text.
        let method = unsafe { text(method, "method") }?;
        // SAFETY: NULL or a text.
        let url = unsafe { text(url, "url") }?;
        let out = Out::new(out, "out")?;
        out.set(into_raw(signing.presign(method, url, seconds)?));
        Ok(())
    })
}

/// Frees what signs; NULL is ignored. Results keep what they have.
///
/// @param signing  owned, nullable: given up
/// @thread The signing's.
/// @since 0.1.0
#[unsafe(no_mangle)]
pub unsafe extern "C" fn session_signing_free(signing: *mut session_signing_t) {
    // SAFETY: NULL or a live signing that is given up.
    guard_value((), || drop(unsafe { take(signing) }));
}
