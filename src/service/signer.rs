//! `v4.SignRequestHandler`: signs a request with its client's credentials, or gives it its bearer token.

use super::scheme::AuthScheme;
use crate::credentials::{Value, check_tls_of};
use crate::error::{Error, Result, Status};
use crate::request::Request;
use crate::request::log::{self, Level};
use crate::sign::{Payload, Signed, Signer, Subject, Url};
use crate::text::Text;
use zeroize::Zeroizing;

/// Signs the request as it is now, or makes its presigned URL. Without credentials it goes out as it is.
pub(crate) fn sign(request: &mut Request) {
    let client = request.client().clone();
    if client.credentials().is_anonymous() {
        if request.presign_seconds().is_some() {
            let url = request.url().text().clone();
            request.set_presigned_url(url);
        }
        return;
    }
    if client.auth_scheme() == AuthScheme::Bearer {
        if let Err(error) = authorize(request) {
            request.set_error(error);
        }
        return;
    }
    if request.was_signed() {
        // The credentials may have changed to some without a token.
        request.headers_mut().remove("X-Amz-Security-Token");
    }
    let seconds = || client.configuration().now_seconds();
    let cancel = request.cancel().cloned();
    let signed = client
        .credentials()
        .get(&seconds, 0, &cancel)
        .and_then(|credentials| {
            // Now, as it may have taken minutes to get them.
            let now = client.configuration().now();
            let skew = client.retries().clock_offset();
            let theirs = now.saturating_add(skew);
            let signed = signature(request, &credentials, theirs.div_euclid(1_000_000_000));
            request.set_signed(now, skew, credentials);
            signed
        });
    match signed {
        Ok(signed) if request.presign_seconds().is_some() => {
            request.set_presigned_url(Text::lossy(signed.url().as_str()));
        }
        Ok(signed) => signed.apply_to(request.headers_mut().as_mut_vec()),
        Err(error) => request.set_error(error),
    }
}

/// Sets the header that a bearer token goes in: RFC 6750, 2.1.
fn authorize(request: &mut Request) -> Result<()> {
    if request.presign_seconds().is_some() {
        let message = "a request that a bearer token goes with can't be presigned";
        return Err(Error::new(
            Status::Unsupported,
            "PresignNotSupported",
            message,
        ));
    }
    check_tls_of(request.url(), request.service())?;
    let client = request.client().clone();
    let token = client
        .token()
        .get(client.configuration(), request.signing_name())?;
    // Of the last attempt.
    request.headers_mut().wipe("Authorization");
    let value = Zeroizing::new(format!("Bearer {}", token.text.as_str()));
    request.headers_mut().set_checked("Authorization", &value)
}

fn signature(request: &Request, credentials: &Value, now: i64) -> Result<Signed> {
    let url = request.url();
    let path = if url.path().is_empty() {
        "/"
    } else {
        url.path()
    };
    let subject = Subject {
        method: request.method(),
        url: Url {
            scheme: url.scheme(),
            authority: url.authority(),
            path,
            query: (!url.query().is_empty()).then(|| url.query()),
        },
        headers: request.headers().as_slice(),
    };
    let mut signer = Signer::new(
        &credentials.access_key_id,
        credentials.secret_access_key.as_str(),
        request.signing_region(),
        request.signing_name(),
        now,
    );
    signer.session_token = Some(credentials.session_token.as_str());
    signer.payload = match request.payload_hash() {
        Some(hash) => Payload::Hash(hash),
        None => Payload::Bytes(request.body()),
    };
    signer.explain = log::wants(request.client().configuration(), Level::Signing);
    let signed = match request.presign_seconds() {
        Some(seconds) => signer.presign(&subject, seconds),
        None => signer.sign(&subject),
    }?;
    if signer.explain {
        log::signature(
            request,
            &signed.canonical_request(),
            &signed.string_to_sign(),
        );
    }
    Ok(signed)
}
