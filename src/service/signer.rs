//! `v4.SignRequestHandler`: signs a request with its client's credentials.

use crate::credentials::Patient;
use crate::error::{Error, Status};
use crate::request::Request;
use crate::sign;

/// Signs the request as it is now, or makes its presigned URL.
pub(crate) fn sign(request: &mut Request) {
    let client = request.client().clone();
    let config = client.configuration();
    if client.credentials().is_anonymous() {
        if request.presign_seconds().is_some() {
            let url = request.url().text().clone();
            request.set_presigned_url(url);
        }
        return;
    }
    let credentials = match client.credentials().get(config.now_seconds(), 0, &Patient) {
        Ok(credentials) => credentials,
        Err(error) => return request.set_error(error),
    };
    let _ = (credentials, Error::new(Status::Internal, "", ""), sign::url::Url::parse(""));
    todo(request)
}
fn todo(_: &mut Request) {}
