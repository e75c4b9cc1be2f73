//! Buckets of another region than the client's. S3 says which region that is, and the request goes there: once.

use crate::error::{Error, Status};
use crate::request::Request;
use crate::service::Client;
use crate::text::Text;
use parking_lot::Mutex;
use std::collections::HashMap;

/// A region that has buckets, and the host of S3 there.
#[derive(Clone)]
struct Place {
    region: Text,
    authority: Text,
}

/// The regions of buckets, as far as a client has been told.
#[derive(Default)]
pub(in crate::service) struct BucketRegions(Mutex<HashMap<String, Place>>);

/// More are forgotten, all at once.
const MOST: usize = 1000;

impl BucketRegions {
    fn get(&self, bucket: &str) -> Option<Place> {
        // In a forked child the lock may be held by a thread that is not there any more: who can't have it does without.
        self.0.try_lock()?.get(bucket).cloned()
    }

    fn put(&self, bucket: String, place: Place) {
        let Some(mut regions) = self.0.try_lock() else {
            return;
        };
        if regions.len() >= MOST {
            regions.clear();
        }
        regions.insert(bucket, place);
    }
}

/// Sends a request to where its bucket is known to be. Its URL is that of the endpoint, without the bucket.
pub(super) fn place(request: &mut Request, bucket: &str) {
    // A bucket is made where the client is.
    if request.operation() == "CreateBucket" {
        return;
    }
    let known = request.client().bucket_regions().get(bucket);
    if let Some(place) = known.filter(|place| place.region != *request.signing_region()) {
        let client = request.client().clone();
        if let Some(home) = client.url() {
            move_to(request, home.authority(), &place);
        }
    }
}

/// Sends a request elsewhere that has come to the wrong region, if the reply says where, and says whether it did.
pub(crate) fn redirect(request: &mut Request, error: &Error) -> bool {
    let client = request.client().clone();
    if !super::is_s3(client.service()) || !is_misdirected(request, error) {
        return false;
    }
    // The ARN of an access point says its region itself.
    let bucket = super::bucket(request).filter(|bucket| !bucket.starts_with("arn:"));
    let (Some(bucket), Some(region)) = (bucket, told_region(request)) else {
        return false;
    };
    if region == *request.signing_region() {
        return false;
    }
    let regions = client.bucket_regions();
    let here = authority_of(&client, regions.get(&bucket), request.signing_region());
    let (Some(here), Some(authority)) = (here, client.authority_in(&region)) else {
        return false;
    };
    let there = Place { region, authority };
    regions.put(bucket, there.clone());
    request.retryable() != Some(false)
        && request.can_send_again()
        && request.begin_redirect()
        && move_to(request, &here, &there)
}

/// Whether the reply is one of those that S3 gives at the wrong endpoint, or to a signature for the wrong region.
fn is_misdirected(request: &Request, error: &Error) -> bool {
    match (request.http_status(), error.code().as_str()) {
        _ if error.status() != Status::Service || request.operation() == "CreateBucket" => false,
        (301 | 302 | 307, _) => true,
        (400, "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException") => true,
        // A reply to HEAD has no body to say more.
        (400, "BadRequest") => request.method() == "HEAD",
        _ => false,
    }
}

fn told_region(request: &mut Request) -> Option<Text> {
    const LIMIT: usize = 1 << 20;
    let response = request.response_mut()?;
    let header = response.header("x-amz-bucket-region");
    if !header.is_empty() {
        return Some(Text::lossy(header));
    }
    let document = response.document(LIMIT).ok()?;
    document.text_of("Region").map(Text::lossy)
}

/// The host that requests for a region go to.
fn authority_of(client: &Client, known: Option<Place>, region: &str) -> Option<Text> {
    match known {
        Some(place) if place.region == region => Some(place.authority),
        _ => client.authority_in(region),
    }
}

/// Puts the host of another region in the place of the one there is, and says whether that was there.
fn move_to(request: &mut Request, here: &str, there: &Place) -> bool {
    let Some(prefix) = request.url().authority().strip_suffix(here) else {
        return false;
    };
    let authority = format!("{prefix}{}", there.authority);
    request.url_mut().set_authority(authority);
    request.set_signing_region(there.region.clone());
    true
}
