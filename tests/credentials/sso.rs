//! IAM Identity Center: cached tokens, their refresh, and roles.

use crate::world::{NOW, World, get, get_anew, mode, of_sso};
use serde_json::{Value as Json, json};
use session::session::Session;
use std::fs;
use std::path::PathBuf;

const CONFIG: &str = "[default]\nsso_session = corp\nsso_account_id = 333333333333\nsso_role_name = Admin\n\
                      [sso-session corp]\nsso_region = us-east-2\nsso_start_url = https://example.awsapps.com/start\n";
/// The SHA-1 of `corp`.
const OF_SESSION: &str = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

fn cached(world: &World, token: &str, expires_at: &str) -> PathBuf {
    let token = json!({
        "startUrl": "https://example.awsapps.com/start",
        "accessToken": token,
        "expiresAt": expires_at,
        "clientId": "CID",
        "clientSecret": "hidden-secret",
        "registrationExpiresAt": "2040-01-01T00:00:00Z",
        "refreshToken": "hidden-refresh",
        "unknown": {"to": ["us", 1]},
    });
    world.write(OF_SESSION, token.to_string())
}

fn of_oidc(token: &str) -> String {
    json!({"accessToken": token, "expiresIn": 28800, "refreshToken": "hidden-next", "tokenType": "Bearer"})
        .to_string()
}

#[test]
fn a_refreshed_token_is_written_back_with_all_that_stood_beside_it() {
    let world = World::new();
    let path = cached(&world, "old", "2033-05-18T03:33:19Z");
    let session = world.session(CONFIG);
    world.services.will_reply(200, of_oidc("new"));
    world.services.will_reply(200, of_sso("1", NOW + 3600));
    let value = get(&session).unwrap();
    assert_eq!(value.provider, "SSOProvider");
    assert_eq!(
        (value.account_id.as_str(), value.expires_at),
        ("333333333333", NOW + 3600)
    );
    let [refresh, role] = &world.services.sent()[..] else {
        panic!("two calls")
    };
    assert_eq!(refresh.url, "https://oidc.us-east-2.amazonaws.com/token");
    let body: Json = serde_json::from_str(&refresh.body).unwrap();
    assert_eq!(body["refreshToken"], "hidden-refresh");
    assert_eq!(role.header("x-amz-sso_bearer_token"), "new");
    assert!(role.header("authorization").is_empty());

    let written: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(written["accessToken"], "new");
    assert_eq!(written["expiresAt"], "2033-05-18T11:33:20Z");
    assert_eq!(written["refreshToken"], "hidden-next");
    assert_eq!(written["unknown"], json!({"to": ["us", 1]}));
    assert_eq!(written["clientSecret"], "hidden-secret");
    assert_eq!(mode(&path), 0o600);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);

    // The new token serves until it is near its end, then it is refreshed early.
    world.services.will_reply(200, of_sso("2", NOW + 7200));
    get_anew(&session).unwrap();
    world.set_clock(NOW + 28800 - 299);
    world.services.will_reply(503, "");
    for _ in 0..2 {
        world.services.will_reply(503, "");
    }
    world.services.will_reply(200, of_sso("3", NOW + 30000));
    // No refresh is to be had, but the token is still good.
    assert_eq!(get_anew(&session).unwrap().access_key_id, "ASIA3");
    world.set_clock(NOW + 28800);
    let error = get_anew(&session).unwrap_err();
    assert!(!error.text().contains("hidden"), "{error}");
}

#[test]
fn a_lifetime_that_is_none_leaves_the_cached_login_as_it_was() {
    let world = World::new();
    let path = cached(&world, "old", "2033-05-18T03:33:19Z");
    let before = fs::read(&path).unwrap();
    let session = world.session(CONFIG);
    for lifetime in [i64::MIN, -1, 0, 999_999_999_999, i64::MAX] {
        let reply = of_oidc("new").replace("28800", &lifetime.to_string());
        world.services.will_reply(200, reply);
        let error = get_anew(&session).unwrap_err();
        assert!(error.text().contains("expiresIn"), "{lifetime}: {error}");
        assert_eq!(fs::read(&path).unwrap(), before, "{lifetime}");
    }
    world.services.will_reply(200, of_oidc("new"));
    world.services.will_reply(200, of_sso("1", NOW + 3600));
    assert_eq!(get_anew(&session).unwrap().access_key_id, "ASIA1");
}

#[test]
fn what_can_t_be_used_of_the_cache_is_told_without_secrets() {
    let tokens: [(&[u8], &str); 8] = [
        (b"", "no JSON at line 1"),
        (b"{\"accessToken\": \"hidden", "no JSON at line 1"),
        (b"[\"hidden\"]", "no JSON object"),
        (
            b"{\"accessToken\": 1, \"expiresAt\": \"2040-01-01T00:00:00Z\"}",
            "accessToken is no text",
        ),
        (b"{\"accessToken\": \"hidden\"}", "expiresAt is missing"),
        (
            b"{\"accessToken\": \"hidden\", \"expiresAt\": \"hidden\"}",
            "a time is expected",
        ),
        (
            b"{\"accessToken\": \"hidden\\n\", \"expiresAt\": \"2040-01-01T00:00:00Z\"}",
            "control character",
        ),
        (
            b"{\"accessToken\": \"hidden\", \"expiresAt\": \"2000-01-01T00:00:00Z\"}",
            "cannot be refreshed",
        ),
    ];
    for (token, why) in tokens {
        let world = World::new();
        world.write(OF_SESSION, token);
        let error = get(&world.session(CONFIG)).unwrap_err();
        assert!(error.text().contains(why), "{why}: {error}");
        assert!(!error.text().contains("hidden"), "{error}");
        assert_eq!(error.code(), "SSOProviderInvalidToken", "{error}");
        assert!(world.services.sent().is_empty());
    }
}

#[test]
fn a_token_is_never_sent_in_clear() {
    for (endpoint, sent) in [
        ("http://sso.example.com", 0),
        ("http://127.0.0.1:9", 1),
        ("http://localhost", 1),
    ] {
        let world = World::new();
        cached(&world, "token", "2040-01-01T00:00:00Z");
        world.write(".aws/config", CONFIG);
        let mut options = world.options(&[("AWS_ENDPOINT_URL", endpoint)]);
        options.config.set("max_retries", "0").unwrap();
        let error = get(&Session::load(&options).unwrap()).unwrap_err();
        assert_eq!(world.services.sent().len(), sent, "{error}");
        assert_eq!(error.code() == "InsecureEndpoint", sent == 0, "{error}");
    }
}

#[test]
fn a_region_that_is_no_host_label_gets_no_token() {
    let world = World::new();
    cached(&world, "token", "2040-01-01T00:00:00Z");
    let error = get(&world.session(&CONFIG.replace("us-east-2", "evil.example.com/"))).unwrap_err();
    assert!(world.services.sent().is_empty(), "{error}");
}

#[test]
fn a_token_that_another_process_refreshed_is_used() {
    let world = World::new();
    cached(&world, "old", "2033-05-18T03:33:19Z");
    let session = world.session(CONFIG);
    // It wins the race: its token is there, and ours is refused.
    struct Race(PathBuf, std::sync::Arc<crate::world::Services>);
    impl session::transport::Transport for Race {
        fn send(
            &self,
            request: session::transport::HttpRequest<'_>,
        ) -> session::error::Result<session::transport::HttpReply> {
            if request.target == "/token" {
                let text = fs::read_to_string(&self.0).unwrap();
                let text = text
                    .replace("old", "theirs")
                    .replace("2033-05-18", "2033-05-19");
                fs::write(&self.0, text).unwrap();
            }
            self.1.send(request)
        }
    }
    drop(session);
    let mut options = world.options(&[]);
    options.config.transport = Some(std::sync::Arc::new(Race(
        world.home.join(OF_SESSION),
        world.services.clone(),
    )));
    let session = Session::load(&options).unwrap();
    world.services.will_reply(
        400,
        "{\"error\": \"invalid_grant\", \"__type\": \"InvalidGrantException\"}",
    );
    world.services.will_reply(200, of_sso("1", NOW + 3600));
    get(&session).unwrap();
    assert_eq!(
        world.services.sent()[1].header("x-amz-sso_bearer_token"),
        "theirs"
    );
}
