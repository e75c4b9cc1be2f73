//! Logins of `aws login`, refreshed with a proof of possession.

use crate::world::{NOW, World, get, get_anew, mode};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    UnparsedPublicKey,
};
use serde_json::{Value as Json, json};
use std::fs;
use std::path::PathBuf;

const CONFIG: &str = "[default]\nlogin_session = arn:aws:iam::444444444444:user/u\n";
/// The SHA-256 of the ARN.
const CACHED: &str = ".aws/login/cache/LOGIN.json";

struct Key {
    sec1: String,
    pkcs8: String,
    without_point: String,
    public: Vec<u8>,
}

fn pem(title: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .map(|at| &text[at..text.len().min(at + 64)])
        .collect();
    format!(
        "-----BEGIN {title}-----\n{}\n-----END {title}-----\n",
        lines.join("\n")
    )
}

impl Key {
    fn new() -> Key {
        let random = SystemRandom::new();
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let der = document.as_ref();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &random).unwrap();
        let public = pair.public_key().as_ref().to_vec();
        // Tag and length before the private key are its mark.
        let at = der
            .windows(5)
            .position(|bytes| bytes == [2, 1, 1, 4, 32])
            .unwrap();
        let private = &der[at..at + 37];
        let curve = b"\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
        let point = [b"\xa1\x44\x03\x42\x00", &public[..]].concat();
        let sec1 = [b"\x30\x77", private, curve, &point].concat();
        let without_point = [b"\x30\x31", private, curve].concat();
        Key {
            sec1: pem("EC PRIVATE KEY", &sec1),
            pkcs8: pem("PRIVATE KEY", der),
            without_point: pem("EC PRIVATE KEY", &without_point),
            public,
        }
    }
}

fn path() -> String {
    use session::crypto::{Hex, sha256};
    let name = sha256(b"arn:aws:iam::444444444444:user/u");
    CACHED.replace("LOGIN", Hex::new(&name).as_str())
}

fn cached(world: &World, key: &str, expires_at: &str) -> PathBuf {
    let login = json!({
        "accessToken": {"accessKeyId": "ASIAOLD", "secretAccessKey": "hidden-s", "sessionToken": "hidden-t",
                        "accountId": "444444444444", "expiresAt": expires_at},
        "tokenType": "aws_sigv4", "refreshToken": "hidden-refresh", "idToken": "hidden-id",
        "clientId": "arn:aws:signin:::devtools/same-device", "dpopKey": key,
        "signInRegion": "eu-west-1", "unknown": 7,
    });
    world.write(&path(), login.to_string())
}

fn renewed() -> String {
    json!({"accessToken": {"accessKeyId": "ASIANEW", "secretAccessKey": "hidden-s2", "sessionToken": "hidden-t2"},
           "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "hidden-next"})
    .to_string()
}

fn check_proof(proof: &str, public: &[u8]) {
    let (signed, signature) = proof.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public)
        .verify(signed.as_bytes(), &decode(signature))
        .unwrap();
    let header: Json = serde_json::from_slice(&decode(header)).unwrap();
    assert_eq!(
        (&header["typ"], &header["alg"]),
        (&json!("dpop+jwt"), &json!("ES256"))
    );
    let point = [
        &[4][..],
        &decode(header["jwk"]["x"].as_str().unwrap()),
        &decode(header["jwk"]["y"].as_str().unwrap()),
    ];
    assert_eq!(point.concat(), public);
    let payload: Json = serde_json::from_slice(&decode(payload)).unwrap();
    assert_eq!(payload["htm"], "POST");
    assert_eq!(
        payload["htu"],
        "https://eu-west-1.signin.aws.amazon.com/v1/token"
    );
    assert_eq!(payload["iat"], NOW);
    let id = payload["jti"].as_str().unwrap();
    assert!(
        id.len() == 36 && &id[14..15] == "4" && "89ab".contains(&id[19..20]),
        "{id}"
    );
}

#[test]
fn a_login_is_refreshed_with_the_key_it_was_issued_to() {
    let key = Key::new();
    for pem in [&key.sec1, &key.pkcs8] {
        let world = World::new();
        let path = cached(&world, pem, "2033-05-18T03:38:20Z");
        let session = world.session(CONFIG);
        world.services.will_reply(200, renewed());
        let value = get(&session).unwrap();
        assert_eq!(
            (value.access_key_id.as_str(), value.account_id.as_str()),
            ("ASIANEW", "444444444444")
        );
        assert_eq!(
            (value.provider.as_str(), value.expires_at),
            ("LoginProvider", NOW + 900)
        );
        let sent = &world.services.sent()[0];
        assert_eq!(sent.url, "https://eu-west-1.signin.aws.amazon.com/v1/token");
        check_proof(sent.header("DPoP"), &key.public);
        assert!(sent.header("authorization").is_empty());
        let body: Json = serde_json::from_str(&sent.body).unwrap();
        let want = json!({"clientId": "arn:aws:signin:::devtools/same-device", "grantType": "refresh_token",
                          "refreshToken": "hidden-refresh"});
        assert_eq!(body, want);
        let written: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(written["refreshToken"], "hidden-next");
        assert_eq!(written["accessToken"]["expiresAt"], "2033-05-18T03:48:20Z");
        assert_eq!(written["accessToken"]["accountId"], "444444444444");
        assert_eq!(
            (&written["unknown"], &written["signInRegion"]),
            (&json!(7), &json!("eu-west-1"))
        );
        assert_eq!(mode(&path), 0o600);
        // What another process has refreshed already is taken.
        get_anew(&session).unwrap();
        assert_eq!(world.services.sent().len(), 1);
    }
}

#[test]
fn a_lifetime_that_is_none_leaves_the_login_as_it_was() {
    let world = World::new();
    let path = cached(&world, &Key::new().sec1, "2033-05-18T03:33:20Z");
    let before = fs::read(&path).unwrap();
    let session = world.session(CONFIG);
    for lifetime in ["-1", "0", "999999999999"] {
        let reply = renewed().replace("900", lifetime);
        world.services.will_reply(200, reply);
        let error = get_anew(&session).unwrap_err();
        assert!(error.text().contains("expiresIn"), "{lifetime}: {error}");
        assert_eq!(fs::read(&path).unwrap(), before, "{lifetime}");
    }
    world.services.will_reply(200, renewed());
    assert_eq!(get_anew(&session).unwrap().access_key_id, "ASIANEW");
}

#[test]
fn a_refusal_says_what_the_user_can_do() {
    let key = Key::new();
    for (reason, code) in [
        ("TOKEN_EXPIRED", "LoginRefreshRequired"),
        ("USER_CREDENTIALS_CHANGED", "LoginRefreshRequired"),
        ("INSUFFICIENT_PERMISSIONS", "LoginInsufficientPermissions"),
        ("OTHER", "AccessDeniedException"),
    ] {
        let world = World::new();
        cached(&world, &key.sec1, "2033-05-18T03:33:20Z");
        let refusal = json!({"__type": "AccessDeniedException", "error": reason, "message": "no"});
        world.services.will_reply(403, refusal.to_string());
        let error = get(&world.session(CONFIG)).unwrap_err();
        assert_eq!(
            (error.code().as_str(), error.http_status() > 0),
            (code, code == "AccessDeniedException"),
            "{error}"
        );
        assert!(!error.text().contains("hidden"), "{error}");
    }
    // Refused, but still good for a while.
    let world = World::new();
    cached(&world, &key.sec1, "2033-05-18T03:38:00Z");
    world
        .services
        .will_reply(403, "{\"error\": \"TOKEN_EXPIRED\"}");
    assert_eq!(
        get(&world.session(CONFIG)).unwrap().access_key_id,
        "ASIAOLD"
    );
}

#[test]
fn a_key_that_can_t_sign_is_told_without_showing_it() {
    let key = Key::new();
    let body = key.sec1.lines().nth(1).unwrap();
    for (pem, why) in [
        (key.without_point.clone(), "lacks its public point"),
        ("hidden".to_owned(), "no PEM text"),
        (key.sec1.replace(body, "!!!!"), "no PEM text"),
        (key.sec1.replace("-----END", "----"), "no PEM text"),
        (
            pem("EC PRIVATE KEY", b"\x30\x82\xff\xff\x02\x01"),
            "no elliptic curve key",
        ),
        (pem("EC PRIVATE KEY", b""), "no elliptic curve key"),
    ] {
        let world = World::new();
        cached(&world, &pem, "2033-05-18T03:33:20Z");
        let error = get(&world.session(CONFIG)).unwrap_err();
        assert!(error.text().contains(why), "{why}: {error}");
        assert!(
            !error.text().contains("hidden") && !error.text().contains(body),
            "{error}"
        );
        assert!(world.services.sent().is_empty());
    }
}

#[test]
fn without_a_login_the_user_is_told_to_log_in() {
    let world = World::new();
    let error = get(&world.session(CONFIG)).unwrap_err();
    assert_eq!(error.code(), "LoginTokenLoadError");
    assert!(
        error.text().contains("run `aws login --profile default`"),
        "{error}"
    );
    assert!(error.text().contains(&path()), "{error}");
}
