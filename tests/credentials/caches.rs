//! Caches that are shared with the AWS CLI: what botocore writes is read, and what is written botocore reads.

use crate::skip::skipped;
use crate::world::{NOW, World, get, get_anew, mode, of_sso, of_sts};
use serde_json::{Value as Json, json};
use session::session::{Options, Session};
use session::text::Text;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

const CONFIG: &str = "[profile plain]\nrole_arn = arn:aws:iam::111111111111:role/plain\nsource_profile = base\n\
    [profile full]\nrole_arn = arn:aws:iam::111111111111:role/full\nsource_profile = base\nrole_session_name = sn\n\
    external_id = é/x\nmfa_serial = arn:aws:iam::111111111111:mfa/u\nduration_seconds = 3600\n\
    [profile base]\naws_access_key_id = BASE\naws_secret_access_key = S\n\
    [profile sso]\nsso_start_url = https://example.awsapps.com/start\nsso_region = us-east-2\n\
    sso_account_id = 333333333333\nsso_role_name = Admin\n\
    [profile sso-session]\nsso_session = corp\nsso_account_id = 333333333333\nsso_role_name = Admin\n\
    [sso-session corp]\nsso_start_url = https://example.awsapps.com/start\nsso_region = us-east-2\n\
    [profile login]\nlogin_session = arn:aws:iam::444444444444:user/u\n";
const POLICY: &str = "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Sid\": \"\\u00e9/\\ud83d\\ude00\", \"Effect\": \"Allow\"}]}";

/// What botocore does in a home; None where there is no botocore.
fn botocore(action: &str, home: &Path) -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var_os("SESSION_TEST_PYTHON")
        .map_or_else(|| root.join(".cache/venv/bin/python"), PathBuf::from);
    if !python.exists() {
        skipped(format_args!(
            "no {} with botocore; SESSION_TEST_PYTHON may name one",
            python.display()
        ));
        return None;
    }
    let script = root.join("tests/credentials/caches.py");
    let output = Command::new(python)
        .arg(script)
        .arg(action)
        .arg(home)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8(output.stdout).unwrap())
}

fn session(world: &World, profile: &str) -> Session {
    world.write(".aws/config", CONFIG);
    let mut options: Options = world.options(&[]);
    options.profile = Text::lossy(profile);
    options.cli_cache = true;
    options.token_provider = Some(Arc::new(|_| Ok(Text::lossy("123456"))));
    if profile == "full" {
        let text = |text: &str| Text::lossy(text);
        let policy = &mut options.role_policy;
        policy.policy = Some(text(POLICY));
        policy.policy_arns = vec![text("arn:aws:iam::aws:policy/ReadOnlyAccess")];
        policy.tags = vec![(text("k"), text("v"))];
        policy.transitive_tag_keys = vec![text("k")];
        policy.source_identity = Some(text("me"));
    }
    Session::load(&options).unwrap()
}

#[test]
fn what_botocore_wrote_is_read() {
    let world = World::new();
    if botocore("write", &world.home).is_none() {
        return;
    }
    for (profile, account) in [
        ("plain", "222222222222"),
        ("full", "222222222222"),
        ("sso", "333333333333"),
        ("login", "444444444444"),
    ] {
        let value = get(&session(&world, profile)).unwrap();
        assert_eq!(value.access_key_id.as_str(), format!("ASIA{profile}"));
        assert_eq!(value.secret_access_key.as_str(), format!("secret{profile}"));
        assert_eq!(value.session_token.as_str(), format!("token{profile}"));
        assert_eq!(
            (value.account_id.as_str(), value.expires_at),
            (account, 2_208_988_800),
            "{profile}"
        );
    }
    assert!(world.services.sent().is_empty());
    // The tokens, by both rules for the name of the file.
    for profile in ["sso", "sso-session"] {
        std::fs::remove_dir_all(world.home.join(".aws/cli")).unwrap();
        let before = world.services.sent().len();
        world.services.will_reply(200, of_sso("1", NOW + 3600));
        get(&session(&world, profile)).unwrap();
        assert_eq!(
            world.services.sent()[before].header("x-amz-sso_bearer_token"),
            "botocore's"
        );
    }
}

#[test]
fn what_is_written_botocore_reads() {
    let world = World::new();
    let later = 2_208_988_800;
    for profile in ["plain", "full"] {
        let reply = of_sts("AssumeRole", profile, "2040-01-01T00:00:00Z");
        world.services.will_reply(200, reply);
        get(&session(&world, profile)).unwrap();
    }
    let token = json!({
        "accessToken": "old", "expiresAt": "2033-01-01T00:00:00Z", "clientId": "c", "clientSecret": "s",
        "refreshToken": "r", "registrationExpiresAt": "2040-01-01T00:00:00Z",
    });
    let of_start_url = ".aws/sso/cache/e8be5486177c5b5392bd9aa76563515b29358e6e.json";
    world.write(of_start_url, token.to_string().replace("2033", "2039"));
    world.services.will_reply(200, of_sso("sso", later));
    get(&session(&world, "sso")).unwrap();
    world.write(
        ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json",
        token.to_string(),
    );
    let renewed = json!({"accessToken": "new", "expiresIn": 3600, "refreshToken": "r2"});
    world.services.will_reply(200, renewed.to_string());
    world.services.will_reply(200, of_sso("session", later));
    get(&session(&world, "sso-session")).unwrap();
    for entry in std::fs::read_dir(world.home.join(".aws/cli/cache")).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }

    let Some(found) = botocore("read", &world.home) else {
        return;
    };
    let found: Json = serde_json::from_str(&found).unwrap();
    for (profile, key, account) in [
        ("plain", "plain", "222222222222"),
        ("full", "full", "222222222222"),
        ("sso", "sso", "333333333333"),
        ("sso-session", "session", "333333333333"),
    ] {
        let found = &found[profile];
        assert_eq!(found["access_key"], format!("ASIA{key}"));
        assert_eq!(found["secret_key"], format!("secret{key}"));
        assert_eq!(found["token"], format!("token{key}"));
        assert_eq!(found["account_id"], account);
    }
    assert_eq!(
        found["token"],
        json!({"accessToken": "new", "expiresAt": "2033-05-18T04:33:20Z"})
    );
}

#[test]
fn what_was_given_from_the_cache_once_is_not_given_again() {
    let world = World::new();
    world
        .services
        .will_reply(200, of_sts("AssumeRole", "1", "2040-01-01T00:00:00Z"));
    assert_eq!(
        get(&session(&world, "full")).unwrap().access_key_id,
        "ASIA1"
    );
    // Another program finds them, and is not asked for a code.
    let other = session(&world, "full");
    assert_eq!(get(&other).unwrap().access_key_id, "ASIA1");
    assert_eq!(world.services.sent().len(), 1);
    // They were refused by a service: others are wanted.
    world
        .services
        .will_reply(200, of_sts("AssumeRole", "2", "2040-01-01T00:00:00Z"));
    assert_eq!(get_anew(&other).unwrap().access_key_id, "ASIA2");
    assert_eq!(
        get(&session(&world, "full")).unwrap().access_key_id,
        "ASIA2"
    );
    assert_eq!(world.services.sent().len(), 2);
    // Too near their end to be of use.
    world.set_clock(2_208_988_800 - 300);
    world
        .services
        .will_reply(200, of_sts("AssumeRole", "3", "2040-01-01T01:00:00Z"));
    assert_eq!(
        get(&session(&world, "full")).unwrap().access_key_id,
        "ASIA3"
    );
}

#[test]
fn a_time_that_can_t_be_written_keeps_credentials_out_of_the_cache() {
    let world = World::new();
    world.write(
        ".aws/sso/cache/e8be5486177c5b5392bd9aa76563515b29358e6e.json",
        json!({"accessToken": "t", "expiresAt": "2040-01-01T00:00:00Z"}).to_string(),
    );
    let world_s_end = 999_999_999_999;
    world.services.will_reply(200, of_sso("1", world_s_end));
    let value = get(&session(&world, "sso")).unwrap();
    assert_eq!(value.expires_at, world_s_end);
    assert!(!world.home.join(".aws/cli/cache").exists());
}

#[test]
fn a_cache_that_can_t_be_used_does_no_harm() {
    let world = World::new();
    world.write(".aws/cli/cache", "a file where a folder should be");
    world
        .services
        .will_reply(200, of_sts("AssumeRole", "1", "2040-01-01T00:00:00Z"));
    assert_eq!(
        get(&session(&world, "plain")).unwrap().access_key_id,
        "ASIA1"
    );

    let world = World::new();
    world
        .services
        .will_reply(200, of_sts("AssumeRole", "1", "2040-01-01T00:00:00Z"));
    get(&session(&world, "plain")).unwrap();
    let file = std::fs::read_dir(world.home.join(".aws/cli/cache"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    for rubbish in [
        "",
        "{",
        "[]",
        "{\"Credentials\": 1}",
        "{\"Credentials\": {\"AccessKeyId\": \"A\"}}",
    ] {
        std::fs::write(&file, rubbish).unwrap();
        world
            .services
            .will_reply(200, of_sts("AssumeRole", "2", "2040-01-01T00:00:00Z"));
        assert_eq!(
            get(&session(&world, "plain")).unwrap().access_key_id,
            "ASIA2",
            "{rubbish}"
        );
    }
}
