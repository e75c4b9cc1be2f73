//! Proofs of possession (RFC 9449): a token is refreshed by whoever holds the key that it was issued to.

use crate::error::{Error, Result, Status};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// The `DPoP` header of a POST to `url`: a JWT that is signed with a P-256 key in PEM.
pub(super) fn proof(pem: &str, url: &str, now: i64) -> Result<String> {
    let der = der_of(pem).ok_or_else(|| bad_key("it is no PEM text of a private key"))?;
    let key = Key::read(&der)?;
    signing::proof(&key, url, now)
}

/// A private key and its public point, as they stand in the DER.
struct Key<'a> {
    private: &'a [u8],
    /// Uncompressed: 4, then x and y.
    public: &'a [u8],
}

fn der_of(pem: &str) -> Option<Zeroizing<Vec<u8>>> {
    let lines = pem.lines().map(str::trim);
    let mut inside = lines
        .skip_while(|line| !line.starts_with("-----BEGIN "))
        .skip(1);
    let mut text = Zeroizing::new(String::with_capacity(pem.len()));
    loop {
        match inside.next()? {
            line if line.starts_with("-----END ") => break,
            line => text.push_str(line),
        }
    }
    let mut der = Zeroizing::new(vec![0; text.len()]);
    let length = STANDARD.decode_slice(&*text, &mut der).ok()?;
    der.truncate(length);
    Some(der)
}

impl<'a> Key<'a> {
    /// Reads SEC 1's `ECPrivateKey`, or PKCS #8 around it.
    fn read(der: &'a [u8]) -> Result<Key<'a>> {
        const MALFORMED: &str = "it is no elliptic curve key in DER";
        let (inside, _) = element(der, SEQUENCE).ok_or_else(|| bad_key(MALFORMED))?;
        let (version, rest) = element(inside, INTEGER).ok_or_else(|| bad_key(MALFORMED))?;
        if version == [0] {
            let wrapped = element(rest, SEQUENCE).and_then(|(_, rest)| element(rest, OCTETS));
            let (wrapped, _) = wrapped.ok_or_else(|| bad_key(MALFORMED))?;
            if wrapped.len() < der.len() {
                return Key::read(wrapped);
            }
        }
        let (private, mut rest) = element(rest, OCTETS).ok_or_else(|| bad_key(MALFORMED))?;
        if let Some((_curve, after)) = element(rest, CURVE) {
            rest = after;
        }
        let point = element(rest, POINT).and_then(|(bits, _)| element(bits, BITS));
        match point {
            // The first byte says that no bit is unused.
            Some(([0, public @ ..], _)) if public.len() == 65 && private.len() == 32 => {
                Ok(Key { private, public })
            }
            Some(_) => Err(bad_key("it is not of the curve P-256")),
            None => Err(bad_key(
                "it lacks its public point, which can't be made up here",
            )),
        }
    }
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const BITS: u8 = 0x03;
const CURVE: u8 = 0xa0;
const POINT: u8 = 0xa1;

/// What an element of this tag holds, and what follows it. Lengths as such a key has them: at most two bytes.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match der {
        [first, length, rest @ ..] if *first == tag && *length < 0x80 => {
            (usize::from(*length), rest)
        }
        [first, 0x81, length, rest @ ..] if *first == tag => (usize::from(*length), rest),
        [first, 0x82, high, low, rest @ ..] if *first == tag => {
            (usize::from(*high) << 8 | usize::from(*low), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

fn bad_key(why: &str) -> Error {
    Error::new(
        Status::Credentials,
        "LoginTokenLoadError",
        format!("the dpopKey of the cached login can't be used: {why}"),
    )
}

#[cfg(feature = "http")]
mod signing {
    use super::{Key, bad_key};
    use crate::error::{Error, Result, Status};
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use ring::rand::{SecureRandom, SystemRandom};
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
    use serde_json::json;

    pub(super) fn proof(key: &Key<'_>, url: &str, now: i64) -> Result<String> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            key.private,
            key.public,
            &random,
        )
        .map_err(|rejected| bad_key(&rejected.to_string()))?;
        let base64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (x, y) = key
            .public
            .get(1..)
            .unwrap_or_default()
            .split_at_checked(32)
            .unwrap_or_default();
        let header = json!({
            "typ": "dpop+jwt",
            "alg": "ES256",
            "jwk": {"kty": "EC", "x": base64(x), "y": base64(y), "crv": "P-256"},
        });
        let payload = json!({"htm": "POST", "htu": url, "iat": now, "jti": uuid(&random)?});
        let part = |json: serde_json::Value| base64(json.to_string().as_bytes());
        let signed = format!("{}.{}", part(header), part(payload));
        let signature = pair
            .sign(&random, signed.as_bytes())
            .map_err(|_| no_random())?;
        Ok(format!("{signed}.{}", base64(signature.as_ref())))
    }

    /// A UUID of version 4.
    fn uuid(random: &SystemRandom) -> Result<String> {
        let mut bytes = [0; 16];
        random.fill(&mut bytes).map_err(|_| no_random())?;
        let bits = u128::from_be_bytes(bytes);
        let bits = bits & !(0xf << 76) & !(0b11 << 62) | 0x4 << 76 | 0b10 << 62;
        let (a, b, c) = (bits >> 96, bits >> 80 & 0xffff, bits >> 64 & 0xffff);
        let (d, e) = (bits >> 48 & 0xffff, bits & 0xffff_ffff_ffff);
        Ok(format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}"))
    }

    fn no_random() -> Error {
        Error::new(
            Status::Internal,
            "InternalError",
            "the system has no random numbers",
        )
    }
}

#[cfg(not(feature = "http"))]
mod signing {
    use super::Key;
    use crate::error::{Error, Result, Status};

    pub(super) fn proof(key: &Key<'_>, _url: &str, _now: i64) -> Result<String> {
        let _ = (key.private, key.public);
        Err(Error::new(
            Status::Unsupported,
            "UnsupportedCredentials",
            "this build of libsession can't refresh a login: it has no elliptic curves",
        ))
    }
}
