//! Roles, for whoever has keys and for web identities.

use crate::world::{NOW, World, get, get_anew, of_sts, refusal};
use session::error::{Error, Status};
use session::session::Session;
use session::text::Text;
use std::sync::{Arc, Mutex};

const LATER: &str = "2033-05-18T04:33:20Z";

const MFA: &str = "[default]\nrole_arn = arn:aws:iam::111111111111:role/r\nsource_profile = base\n\
                   mfa_serial = arn:aws:iam::111111111111:mfa/u\n[profile base]\naws_access_key_id = BASE\n\
                   aws_secret_access_key = hidden-base\n";

#[test]
fn a_code_is_asked_for_once_a_refresh_and_may_be_declined() {
    let world = World::new();
    world.write(".aws/config", MFA);
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let mut options = world.options(&[]);
    let seen = asked.clone();
    options.token_provider = Some(Arc::new(move |request| {
        let mut asked = seen.lock().unwrap();
        asked.push(format!(
            "{} {} {}",
            request.serial, request.role, request.profile
        ));
        match asked.len() {
            1 => Ok(Text::lossy("111111")),
            2 => Ok(Text::lossy("222222")),
            3 => Ok(Text::lossy("3")),
            _ => Err(Error::new(Status::Canceled, "Declined", "not now")),
        }
    }));
    let session = Session::load(&options).unwrap();
    // Throttled once: the same code again.
    world.services.will_reply(400, refusal("Throttling"));
    world
        .services
        .will_reply(200, of_sts("AssumeRole", "1", LATER));
    let value = get(&session).unwrap();
    assert_eq!(value.provider, "AssumeRoleProvider");
    assert_eq!(
        (value.access_key_id.as_str(), value.account_id.as_str()),
        ("ASIA1", "222222222222")
    );
    assert_eq!(value.expires_at, NOW + 3600);
    get(&session).unwrap();
    assert_eq!(asked.lock().unwrap().len(), 1);

    world
        .services
        .will_reply(200, of_sts("AssumeRole", "2", LATER));
    assert_eq!(get_anew(&session).unwrap().access_key_id, "ASIA2");
    let sent = world.services.sent();
    let codes: Vec<_> = sent
        .iter()
        .map(|sent| sent.field("TokenCode").unwrap())
        .collect();
    assert_eq!(codes, ["111111", "111111", "222222"]);
    let names: Vec<_> = sent
        .iter()
        .map(|sent| sent.field("RoleSessionName").unwrap())
        .collect();
    assert!(
        names.iter().all(|name| *name == format!("{NOW}000000000")),
        "{names:?}"
    );
    assert!(sent[0].header("authorization").contains("Credential=BASE/"));

    // Too short for STS, so it is not even asked.
    let error = get_anew(&session).unwrap_err();
    assert_eq!(error.code(), "InvalidParameter");
    assert!(
        error
            .message()
            .contains("- minimum field size of 6, AssumeRoleInput.TokenCode.")
    );
    let error = get_anew(&session).unwrap_err();
    assert_eq!(
        (error.status(), error.code().as_str()),
        (Status::Canceled, "Declined")
    );
    assert_eq!(world.services.sent().len(), 3);
    let of_device = "arn:aws:iam::111111111111:mfa/u arn:aws:iam::111111111111:role/r default";
    assert_eq!(*asked.lock().unwrap(), [of_device; 4]);
}

#[test]
fn what_the_program_says_of_the_role_holds_for_the_last_of_a_chain() {
    let world = World::new();
    world.write(
        ".aws/config",
        "[default]\nrole_arn = arn:aws:iam::111111111111:role/a\nsource_profile = b\nexternal_id = x y\n\
         [profile b]\nrole_arn = arn:aws:iam::111111111111:role/b\nsource_profile = base\nrole_session_name = sb\n\
         [profile base]\naws_access_key_id = BASE\naws_secret_access_key = S\n",
    );
    let mut options = world.options(&[]);
    let policy = &mut options.role_policy;
    policy.policy = Some(Text::lossy("{\"Version\": \"2012-10-17\"}"));
    policy.policy_arns = vec![Text::lossy("arn:aws:iam::aws:policy/ReadOnlyAccess")];
    policy.tags = vec![(Text::lossy("a=b"), Text::lossy("1"))];
    policy.transitive_tag_keys = vec![Text::lossy("a=b")];
    policy.source_identity = Some(Text::lossy("me"));
    let session = Session::load(&options).unwrap();
    world
        .services
        .will_reply(200, of_sts("AssumeRole", "b", LATER));
    world
        .services
        .will_reply(200, of_sts("AssumeRole", "a", LATER));
    assert_eq!(get(&session).unwrap().access_key_id, "ASIAa");
    let [first, last] = &world.services.sent()[..] else {
        panic!("two roles, two calls")
    };
    assert_eq!(first.field("RoleSessionName"), Some("sb"));
    assert!(!first.body.contains("Polic") && !first.body.contains("Tag"));
    assert!(last.header("authorization").contains("Credential=ASIAb/"));
    assert_eq!(last.header("x-amz-security-token"), "tokenb");
    for (name, value) in [
        ("ExternalId", "x+y"),
        ("Policy", "%7B%22Version%22%3A+%222012-10-17%22%7D"),
        (
            "PolicyArns.member.1.arn",
            "arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FReadOnlyAccess",
        ),
        ("Tags.member.1.Key", "a%3Db"),
        ("Tags.member.1.Value", "1"),
        ("TransitiveTagKeys.member.1", "a%3Db"),
        ("SourceIdentity", "me"),
        ("DurationSeconds", "900"),
    ] {
        assert_eq!(last.field(name), Some(value), "{name} in {}", last.body);
    }
}

#[test]
fn rubbish_from_sts_is_an_error_without_secrets() {
    let session_of = |world: &World| {
        world.session(
            "[default]\nrole_arn = arn:aws:iam::111111111111:role/r\nsource_profile = b\n\
             [profile b]\naws_access_key_id = BASE\naws_secret_access_key = hidden-base\n",
        )
    };
    let good = of_sts("AssumeRole", "hidden", LATER);
    let bad = [
        good[..good.len() / 2].to_owned(),
        good.replace("<AccessKeyId>ASIAhidden</AccessKeyId>", ""),
        good.replace("secrethidden", ""),
        good.replace(LATER, "300000-01-01T00:00:00Z"),
        good.replace(LATER, "-1"),
        "{\"a\": 1}".to_owned(),
        String::new(),
        "x".repeat(10 << 20),
        good.replace("secrethidden", "secret&#0;hidden"),
    ];
    for reply in bad {
        let world = World::new();
        let session = session_of(&world);
        for _ in 0..10 {
            world.services.will_reply(200, reply.clone());
        }
        let error = get(&session).unwrap_err();
        assert!(!error.text().contains("hidden"), "{error}");
        assert!(!error.code().is_empty(), "{error}");
    }
    let world = World::new();
    let session = session_of(&world);
    world.services.will_reply(403, refusal("AccessDenied"));
    let error = get(&session).unwrap_err();
    assert_eq!(
        (error.code().as_str(), error.http_status()),
        ("AccessDenied", 403)
    );
}

#[test]
fn the_token_of_a_web_identity_is_read_each_time_and_trimmed() {
    let world = World::new();
    let file = world.write("token", "\n first \n");
    let environment = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:iam::111111111111:role/w"),
    ];
    let session = Session::load(&world.options(&environment)).unwrap();
    let operation = "AssumeRoleWithWebIdentity";
    for code in ["InvalidIdentityToken", "IDPCommunicationError"] {
        world.services.will_reply(400, refusal(code));
    }
    world
        .services
        .will_reply(200, of_sts(operation, "1", LATER));
    let value = get(&session).unwrap();
    assert_eq!(value.provider, "WebIdentityCredentials");
    world.write("token", "second");
    world
        .services
        .will_reply(200, of_sts(operation, "2", LATER));
    get_anew(&session).unwrap();
    let sent = world.services.sent();
    let tokens: Vec<_> = sent
        .iter()
        .map(|sent| sent.field("WebIdentityToken").unwrap())
        .collect();
    assert_eq!(tokens, ["first", "first", "first", "second"]);
    assert!(
        sent.iter()
            .all(|sent| sent.header("authorization").is_empty())
    );

    for (bytes, why) in [
        (&b" \n"[..], "it is empty"),
        (b"\xff", "no UTF-8 at byte 0"),
    ] {
        world.write("token", bytes);
        let error = get_anew(&session).unwrap_err();
        assert!(error.text().contains(why), "{error}");
        assert_eq!(error.code(), "WebIdentityErr");
    }
    world.write("token", "hidden-token");
    world.services.will_reply(403, refusal("AccessDenied"));
    let error = get_anew(&session).unwrap_err();
    assert_eq!(error.code(), "WebIdentityErr");
    assert_eq!(error.causes()[0].code(), "AccessDenied");
    assert!(!error.text().contains("hidden"), "{error}");
}
