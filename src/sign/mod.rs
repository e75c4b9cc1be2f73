//! AWS Signature Version 4: requests signed by headers, and presigned URLs.
//!
//! What is signed is given as it goes over the wire, and stays as it is. The canonical request is hashed while it is
//! written; nobody sees it unless asked for. No clock, no I/O, no state but the cache of signing keys.

mod canonical;
mod escape;
mod header;
mod key;
mod output;
mod query;
mod short;
mod signed;
mod timestamp;
mod url;

pub use escape::{escape_path, escape_path_segment, unescaped};
pub use signed::{Signed, TextRef};
pub use url::Url;

use crate::crypto::{Hex, sha256};
use crate::error::{Error, Result, Status};
use crate::transport::Header;
use canonical::{CanonicalQuery, CanonicalRequest, PathRules};
use header::{Given, Treatment};
use key::Scope;
use output::{Hasher, Output};
use query::Query;
use timestamp::Timestamp;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The longest that a presigned URL may be valid: seven days.
pub const MAX_PRESIGN_SECONDS: u32 = 604_800;

/// What stands for the body in a signature. A header `X-Amz-Content-Sha256` of the request goes before it.
#[derive(Clone, Copy)]
pub enum Payload<'a> {
    /// The body, to be hashed here. S3's presigned URLs leave it out of the signature: who uses them has another.
    Bytes(&'a [u8]),
    /// Its SHA-256 in hexadecimal, or one of S3's names for other forms of a body. With S3's presigned URLs this binds
    /// the body, and its hash must be sent as a header.
    Hash(&'a str),
    /// Not part of the signature.
    Unsigned,
}

/// A request to be signed.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// `GET`, `PUT`, …
    pub method: &'a str,
    /// Where it goes, exactly as it will be sent.
    pub url: Url<'a>,
    /// All headers that will be sent; `Host` only where it differs from the URL's.
    pub headers: &'a [Header],
}

/// Who signs, for what and how. There is no `Debug`, because of the secret.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The access key's name.
    pub access_key_id: &'a str,
    /// The secret access key.
    pub secret_access_key: &'a str,
    /// The session token, of temporary credentials; empty is none.
    pub session_token: Option<&'a str>,
    /// The region of the scope.
    pub region: &'a str,
    /// The service's signing name.
    pub service: &'a str,
    /// The time of the signature in Unix seconds.
    pub time: i64,
    /// What stands for the body.
    pub payload: Payload<'a>,
    /// Sign the path with `.`, `..` and doubled slashes resolved.
    pub normalize_path: bool,
    /// Sign the path escaped once more; `None`: as the service wants it, so not for S3.
    pub double_encode: Option<bool>,
    /// Add the header `X-Amz-Content-Sha256` for services that don't ask for it, too; not with presigned URLs.
    pub content_sha256_header: bool,
    /// Add the session token after signing, as a few services want it.
    pub omit_token: bool,
    /// Let headers become parameters of a presigned URL where they can.
    pub hoist: bool,
    /// Give the canonical request, the string to sign and the URL, too.
    pub explain: bool,
}

impl<'a> Signer<'a> {
    /// A signer with the usual settings, for requests without a body.
    pub fn new(
        access_key_id: &'a str,
        secret_access_key: &'a str,
        region: &'a str,
        service: &'a str,
        time: i64,
    ) -> Signer<'a> {
        Signer {
            access_key_id,
            secret_access_key,
            session_token: None,
            region,
            service,
            time,
            payload: Payload::Bytes(&[]),
            normalize_path: false,
            double_encode: None,
            content_sha256_header: false,
            omit_token: false,
            hoist: true,
            explain: false,
        }
    }

    /// Signs by headers.
    pub fn sign(&self, subject: &Subject<'_>) -> Result<Signed> {
        let time = self.check(subject)?;
        let token = self.token();
        let Given {
            mut signed,
            host,
            content_sha256,
        } = Given::read(
            subject.headers,
            Treatment {
                token: token.is_some(),
                presign: false,
                hoist: false,
            },
            |_| (),
        )?;
        let payload = self.payload_hash(content_sha256, false);
        signed.push("host", host.unwrap_or(subject.url.host()));
        signed.push(header::DATE, time.as_str());
        if let Some(token) = token.filter(|_| !self.omit_token) {
            signed.push(header::TOKEN, token);
        }
        if payload.as_header {
            signed.push(header::CONTENT_SHA256, payload.hash.as_str());
        }
        signed.sort();
        let mut query = Query::new();
        query.read(subject.url.query.unwrap_or_default(), |_| true);
        query.sort();

        let url_len = if self.explain { subject.url.len() } else { 0 };
        let fixed = 300; // the rest of what is written below, and more
        let variable = self.credential_len()
            + token.map_or(0, str::len)
            + signed.names_len()
            + payload.hash.as_str().len();
        let mut buffer = Buffer::with_capacity(url_len + variable + fixed);
        let url = buffer.add_if(self.explain, |out| subject.url.write(out));
        let date = buffer.add_if(true, |out| out.put(time.as_str()));
        let token = buffer.add_if(token.is_some(), |out| out.put(token.unwrap_or_default()));
        let content_sha256 = buffer.add_if(payload.as_header, |out| out.put(payload.hash.as_str()));
        let request = CanonicalRequest {
            method: subject.method,
            path: subject.url.path,
            path_rules: self.path_rules(),
            query: CanonicalQuery::Parsed(&query),
            headers: &signed,
            payload_hash: payload.hash.as_str(),
        };
        let (signature, explained) = self.signature(&time, &request);
        let authorization = buffer.add_if(true, |out| {
            out.put(ALGORITHM);
            out.put(" Credential=");
            self.write_credential(&time, out);
            out.put(", SignedHeaders=");
            signed.write_names(";", out);
            out.put(", Signature=");
            out.put(signature.as_str());
        });
        Ok(Signed {
            buffer: buffer.0,
            url,
            date,
            token,
            content_sha256,
            authorization,
            explained,
            given: Vec::new(),
        })
    }

    /// Makes a URL that is signed for the next `seconds`.
    pub fn presign(&self, subject: &Subject<'_>, seconds: u32) -> Result<Signed> {
        let time = self.check(subject)?;
        if !(1..=MAX_PRESIGN_SECONDS).contains(&seconds) {
            return Err(Error::new(
                Status::InvalidArgument,
                "InvalidPresignExpireError",
                format!(
                    "a presigned URL can be valid for 1 to {MAX_PRESIGN_SECONDS} seconds (seven days), not for {seconds}"
                ),
            ));
        }
        let token = self.token();
        let mut query = Query::new();
        let treatment = Treatment {
            token: token.is_some(),
            presign: true,
            hoist: self.hoist,
        };
        let Given {
            mut signed,
            host,
            content_sha256,
        } = Given::read(subject.headers, treatment, |header| {
            query.hoist(&header.name, &header.value)
        })?;
        let payload = self.payload_hash(content_sha256, true);
        signed.push("host", host.unwrap_or(subject.url.host()));
        if payload.as_header {
            signed.push(header::CONTENT_SHA256, payload.hash.as_str());
        }
        signed.sort();

        let mut own = String::with_capacity(self.credential_len() + signed.names_len() + 8);
        self.write_credential(&time, &mut own);
        let expires_at = own.len();
        own.push_str(&seconds.to_string());
        let names_at = own.len();
        signed.write_names(";", &mut own);
        query.read(subject.url.query.unwrap_or_default(), |name| {
            !name.is_own_parameter()
        });
        query.push(query::ALGORITHM, ALGORITHM);
        query.push(query::CREDENTIAL, own.get(..expires_at).unwrap_or_default());
        query.push(query::DATE, time.as_str());
        query.push(
            query::EXPIRES,
            own.get(expires_at..names_at).unwrap_or_default(),
        );
        query.push(
            query::SIGNED_HEADERS,
            own.get(names_at..).unwrap_or_default(),
        );
        if let Some(token) = token.filter(|_| !self.omit_token) {
            query.push(query::SECURITY_TOKEN, token);
        }
        query.sort();

        let fixed = 400; // the names of the parameters, the signature, and more
        let variable = subject.url.len() + own.len() * 3 / 2 + token.map_or(0, str::len) * 3 / 2;
        let mut buffer = Buffer::with_capacity(variable + fixed);
        let content_sha256 = buffer.add_if(payload.as_header, |out| out.put(payload.hash.as_str()));
        let path_rules = self.path_rules();
        let mut explained = String::new();
        let url = buffer.add_if(true, |out| {
            subject.url.write_origin(out);
            path_rules.write_sent(subject.url.path, out);
            out.put_ascii(b'?');
            let query_at = out.len();
            query.write(out);
            let request = CanonicalRequest {
                method: subject.method,
                path: subject.url.path,
                path_rules,
                query: CanonicalQuery::Written(out.get(query_at..).unwrap_or_default()),
                headers: &signed,
                payload_hash: payload.hash.as_str(),
            };
            let signature;
            (signature, explained) = self.signature(&time, &request);
            if let Some(token) = token.filter(|_| self.omit_token) {
                let mut unsigned = Query::new();
                unsigned.push(query::SECURITY_TOKEN, token);
                out.put_ascii(b'&');
                unsigned.write(out);
            }
            out.put_ascii(b'&');
            out.put(query::SIGNATURE);
            out.put_ascii(b'=');
            out.put(signature.as_str());
        });
        let host = subject.url.host();
        let given = subject
            .headers
            .iter()
            .filter(|header| treatment.must_be_sent(header, host))
            .cloned()
            .collect();
        Ok(Signed {
            buffer: buffer.0,
            url,
            date: 0..0,
            token: 0..0,
            content_sha256,
            authorization: 0..0,
            explained,
            given,
        })
    }

    /// Refuses what can't be signed, or what would let one part of the text pass for another.
    fn check(&self, subject: &Subject<'_>) -> Result<Timestamp> {
        for (value, what) in [
            (self.access_key_id, "access key id"),
            (self.secret_access_key, "secret access key"),
        ] {
            if value.is_empty() {
                return Err(Error::new(
                    Status::Credentials,
                    "EmptyStaticCreds",
                    format!("static credentials are empty: there is no {what}"),
                ));
            }
        }
        for (value, what) in [
            (self.access_key_id, "access key id"),
            (self.token().unwrap_or_default(), "session token"),
        ] {
            if url::has_control(value) {
                let message = format!("the {what} has a line break or control character");
                return Err(Error::new(
                    Status::Credentials,
                    "InvalidCredentials",
                    message,
                ));
            }
        }
        for (value, argument) in [(self.region, "region"), (self.service, "service")] {
            if value.is_empty() {
                return Err(Error::argument(
                    argument,
                    "is empty, and a signature is made for one",
                ));
            }
            if !value
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'/')
            {
                return Err(Error::argument(
                    argument,
                    "has a character that no scope can have (blank, \"/\", not ASCII)",
                ));
            }
        }
        if !crate::text::is_token(subject.method) {
            return Err(Error::argument("method", "is no HTTP method"));
        }
        if let Payload::Hash(hash) = self.payload {
            if hash.is_empty() || !hash.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Error::argument(
                    "payload hash",
                    "is neither a hexadecimal SHA-256 nor a name of S3's",
                ));
            }
        }
        subject.url.check()?;
        Timestamp::new(self.time)
    }

    fn token(&self) -> Option<&'a str> {
        // A server takes the blanks around a header's value away.
        self.session_token
            .map(str::trim)
            .filter(|token| !token.is_empty())
    }

    fn is_s3(&self) -> bool {
        matches!(
            self.service,
            "s3" | "s3-object-lambda" | "s3-outposts" | "s3express"
        )
    }

    fn path_rules(&self) -> PathRules {
        PathRules {
            double_encode: self.double_encode.unwrap_or(!self.is_s3()),
            normalize: self.normalize_path,
        }
    }

    fn payload_hash<'b>(&'b self, given: Option<&'b str>, presign: bool) -> PayloadHash<'b> {
        if let Some(given) = given {
            return PayloadHash {
                hash: Sum::Known(given),
                as_header: false,
            };
        }
        let unsigned_url = presign && self.is_s3() && self.service != "s3-outposts";
        let hash = match self.payload {
            Payload::Hash(hash) => Sum::Known(hash),
            Payload::Unsigned => Sum::Known(UNSIGNED_PAYLOAD),
            Payload::Bytes(_) if unsigned_url => Sum::Known(UNSIGNED_PAYLOAD),
            Payload::Bytes([]) => Sum::Known(EMPTY_SHA256),
            Payload::Bytes(bytes) => Sum::Computed(Hex::new(&sha256(bytes))),
        };
        let as_header = match self.payload {
            Payload::Bytes(_) | Payload::Unsigned if unsigned_url => false,
            Payload::Unsigned => true,
            _ => {
                self.is_s3()
                    || self.service == "glacier"
                    || (self.content_sha256_header && !presign)
            }
        };
        PayloadHash { hash, as_header }
    }

    /// Writes `AKID/20200102/us-east-1/s3/aws4_request`.
    fn write_credential(&self, time: &Timestamp, out: &mut impl Output) {
        for part in [
            self.access_key_id,
            "/",
            time.date(),
            "/",
            self.region,
            "/",
            self.service,
            "/aws4_request",
        ] {
            out.put(part);
        }
    }

    fn credential_len(&self) -> usize {
        self.access_key_id.len()
            + self.region.len()
            + self.service.len()
            + "/20200102///aws4_request".len()
    }

    /// The signature, and what it was made of where that is asked for.
    fn signature(&self, time: &Timestamp, request: &CanonicalRequest<'_>) -> (Hex, String) {
        let mut explained = if self.explain {
            String::with_capacity(1024)
        } else {
            String::new()
        };
        let mut hasher = Hasher::new(self.explain.then_some(&mut explained));
        request.write(&mut hasher);
        let hash = Hex::new(&hasher.finish());
        let (date, region, service) = (time.date(), self.region, self.service);
        let string_to_sign = [
            ALGORITHM,
            "\n",
            time.as_str(),
            "\n",
            date,
            "/",
            region,
            "/",
            service,
            "/aws4_request\n",
            hash.as_str(),
        ];
        if self.explain {
            explained.push('\0');
            explained.extend(string_to_sign);
            explained.push('\0');
        }
        let scope = Scope {
            date,
            region,
            service,
        };
        let signature = key::sign(
            self.secret_access_key,
            scope,
            &string_to_sign.map(str::as_bytes),
        );
        (Hex::new(&signature), explained)
    }
}

/// What stands for the body in the canonical request, and whether a header must say so.
struct PayloadHash<'a> {
    hash: Sum<'a>,
    as_header: bool,
}

enum Sum<'a> {
    Known(&'a str),
    Computed(Hex),
}

impl Sum<'_> {
    fn as_str(&self) -> &str {
        match self {
            Sum::Known(text) => text,
            Sum::Computed(hex) => hex.as_str(),
        }
    }
}

/// Strings one after the other, each with a NUL after it.
struct Buffer(String);

impl Buffer {
    fn with_capacity(capacity: usize) -> Buffer {
        Buffer(String::with_capacity(capacity))
    }

    /// Adds the string that `write` writes, if there is one, and says where.
    fn add_if(&mut self, present: bool, write: impl FnOnce(&mut String)) -> signed::Span {
        if !present {
            return 0..0;
        }
        let start = self.0.len();
        write(&mut self.0);
        self.0.push('\0');
        start..self.0.len()
    }
}

#[cfg(test)]
mod tests;
