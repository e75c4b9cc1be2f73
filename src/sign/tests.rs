use super::*;
use crate::text::Text;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// 2020-01-02T03:04:05Z
const TIME: i64 = 1_577_934_245;

fn signer<'a>(service: &'a str, region: &'a str) -> Signer<'a> {
    Signer {
        explain: true,
        ..Signer::new("AKIDEXAMPLE", SECRET, region, service, TIME)
    }
}

fn headers(list: &[(&str, &str)]) -> Vec<Header> {
    let header = |&(name, value): &(&str, &str)| Header {
        name: Text::new(name).unwrap(),
        value: Text::new(value).unwrap(),
    };
    list.iter().map(header).collect()
}

fn subject<'a>(method: &'a str, url: &'a str, headers: &'a [Header]) -> Subject<'a> {
    Subject {
        method,
        url: Url::parse(url).unwrap(),
        headers,
    }
}

fn added(signed: &Signed) -> Vec<(String, String)> {
    signed
        .headers()
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
}

/// Recorded from the Go package.
#[test]
fn signs_by_headers_as_go_does() {
    let plain = signer("service", "us-east-1");
    let s3 = signer("s3", "us-east-1");
    let awkward = headers(&[
        ("My-Header1", "  a   b   c "),
        ("My-Header2", "\"a   b   c\""),
        ("Multi", "v2"),
        ("Multi", "v1"),
        ("User-Agent", "agent"),
        ("X-Amzn-Trace-Id", "trace"),
    ]);
    let form = headers(&[("Content-Type", "application/x-www-form-urlencoded")]);
    for (signer, method, url, headers, signature) in [
        (
            plain,
            "GET",
            "https://example.amazonaws.com",
            &[][..],
            "de0d1f63cf9ca91951afd71b10f21285623c93ecaa36730ac454a1f496ace03c",
        ),
        (
            plain,
            "GET",
            "https://example.amazonaws.com:443/",
            &[],
            "de0d1f63cf9ca91951afd71b10f21285623c93ecaa36730ac454a1f496ace03c",
        ),
        (
            Signer {
                session_token: Some("TOKEN"),
                ..plain
            },
            "GET",
            "https://example.amazonaws.com/",
            &[],
            "fc2882551adbde1c16a598a598d15acd7845a1f9d370d7b70858b421301d5785",
        ),
        (
            plain,
            "GET",
            "https://example.amazonaws.com:8443/",
            &[],
            "dd8e008c6ed7b9725fe611b8dce9ea1a5dc970bdd4fdcd02015d9e0c7ebc2acb",
        ),
        (
            plain,
            "GET",
            "https://example.amazonaws.com/?b=2&a=z&a=b&c=x%20y&d=%2B&e",
            &[],
            "010264513d320d19b61c7e8bcf646f1dd70fab1028030cd9191a11704ada1352",
        ),
        (
            plain,
            "GET",
            "https://example.amazonaws.com/a%20b/c%2Fd/%E1%88%B4",
            &[],
            "73b344c3827ab5db87bbe0a06cfacf231a112014a52f1bfd3d08cdc2de534037",
        ),
        (
            s3,
            "GET",
            "https://b.s3.amazonaws.com/a%20b/c%2Fd/%E1%88%B4",
            &[],
            "d1c24966c94580fb4cf991cafb692fdb3d1f937d3968168c152e60404102f06f",
        ),
        (
            plain,
            "GET",
            "https://example.amazonaws.com/",
            &awkward,
            "537edffcdb574ce0379158bd3e0a1aaadd15f75301613ff9d1f6db5fe3b767c4",
        ),
        (
            Signer {
                payload: Payload::Bytes(b"Param1=value1"),
                ..plain
            },
            "POST",
            "https://example.amazonaws.com/",
            &form,
            "edd4740767a6be9672e64d67e224a74690361c59d559596881e0fdf651dc7f79",
        ),
        (
            Signer {
                payload: Payload::Bytes(b"hello"),
                region: "us-west-2",
                ..s3
            },
            "PUT",
            "https://b.s3.amazonaws.com/k",
            &[],
            "44de64aa47c289a4422bf23120eb78e3ea8d018e4711ddfd9fc208279bf97c4c",
        ),
        (
            Signer {
                payload: Payload::Unsigned,
                region: "us-west-2",
                ..plain
            },
            "PUT",
            "https://example.amazonaws.com/k",
            &[],
            "2a665412e386bbefd0c7287dc7171572a38c8ed2ed04b9e61a5332f0d5b62171",
        ),
    ] {
        let signed = signer.sign(&subject(method, url, headers)).unwrap();
        assert_eq!(
            signed.signature().as_str(),
            signature,
            "{url}\n{}",
            signed.canonical_request().as_str()
        );
        assert_eq!(signed.url().as_str(), url);
        // What is explained is what was signed, and asking for it changes nothing.
        let hash = Hex::new(&sha256(signed.canonical_request().as_bytes()));
        assert!(signed.string_to_sign().ends_with(hash.as_str()));
        let brief = Signer {
            explain: false,
            ..signer
        }
        .sign(&subject(method, url, headers))
        .unwrap();
        assert_eq!(added(&brief), added(&signed));
        assert_eq!(
            (
                brief.url().as_str(),
                brief.canonical_request().as_str(),
                brief.string_to_sign().as_str()
            ),
            ("", "", "")
        );
    }
}

/// A server drops the blanks around a header's value before it verifies.
#[test]
fn blanks_around_the_token_are_not_signed() {
    let subject = subject("GET", "https://example.amazonaws.com/", &[]);
    let signed = |token| {
        let signer = Signer {
            session_token: Some(token),
            ..signer("service", "us-east-1")
        };
        signer.sign(&subject).unwrap().signature().to_string()
    };
    let signature = signed("TOKEN");
    for token in ["TOKEN ", " TOKEN", "  TOKEN  "] {
        assert_eq!(signed(token), signature, "{token:?}");
    }
}

/// Recorded from the Go package.
#[test]
fn presigns_as_go_does() {
    let plain = signer("service", "us-east-1");
    let many = headers(&[
        ("X-Amz-Foo", "bar"),
        ("X-Amz-Meta-A", "m"),
        ("Content-Type", "text/plain"),
        ("X-Other", "o"),
    ]);
    let foo = headers(&[("X-Amz-Foo", "bar")]);
    for (signer, url, seconds, headers, signature, sent) in [
        (
            Signer {
                session_token: Some("TOKEN"),
                ..plain
            },
            "https://example.amazonaws.com/p?x=1",
            300,
            &many[..],
            "d119694093d2c0640bf92d1e1ad95786365af8e3d93e70ca2291e9767fe866c2",
            &["X-Amz-Meta-A", "Content-Type", "X-Other"][..],
        ),
        (
            Signer {
                hoist: false,
                ..plain
            },
            "https://example.amazonaws.com/p?x=1",
            300,
            &foo,
            "edcc19baabad38221746ebcc6825f681c2832ffb1b40f5bded6d142a189f97fb",
            &["X-Amz-Foo"],
        ),
        (
            signer("s3", "us-west-2"),
            "https://b.s3.amazonaws.com/k",
            900,
            &[],
            "5f6bf5cf34a233bab90349501a0364a622773ebd98db43429aa5bf65cf550198",
            &[],
        ),
    ] {
        let signed = signer
            .presign(&subject("GET", url, headers), seconds)
            .unwrap();
        assert_eq!(
            signed.signature().as_str(),
            signature,
            "{}",
            signed.canonical_request().as_str()
        );
        assert!(
            signed
                .url()
                .ends_with(&format!("&X-Amz-Signature={signature}"))
        );
        assert_eq!(
            added(&signed)
                .into_iter()
                .map(|(name, _)| name)
                .collect::<Vec<_>>(),
            sent
        );
    }
}

#[test]
fn a_second_signature_is_the_first_again() {
    let request = headers(&[("X-Custom", "1"), ("Content-Type", "text/plain")]);
    let signer = Signer {
        session_token: Some("TOKEN"),
        payload: Payload::Bytes(b"x"),
        ..signer("s3", "us-east-1")
    };
    let url = "https://b.s3.amazonaws.com/k?acl";
    let first = signer.sign(&subject("PUT", url, &request)).unwrap();
    let mut sent = request.clone();
    first.apply_to(&mut sent);
    assert_eq!(sent.len(), 6);
    // An attempt later, over the headers of the first.
    let later = Signer {
        time: TIME + 60,
        ..signer
    };
    let second = later.sign(&subject("PUT", url, &sent)).unwrap();
    let fresh = later.sign(&subject("PUT", url, &request)).unwrap();
    assert_eq!(second.signature().as_str(), fresh.signature().as_str());
    assert_ne!(second.signature().as_str(), first.signature().as_str());
    second.apply_to(&mut sent);
    assert_eq!(sent.len(), 6);
    // A presigned URL presigned again.
    let first = signer.presign(&subject("GET", url, &[]), 60).unwrap();
    let second = Signer {
        session_token: None,
        ..later
    }
    .presign(&subject("GET", first.url().as_str(), &sent[..2]), 60)
    .unwrap();
    let fresh = Signer {
        session_token: None,
        ..later
    }
    .presign(&subject("GET", url, &sent[..2]), 60)
    .unwrap();
    assert_eq!(second.url().as_str(), fresh.url().as_str());
}

#[test]
fn headers_of_an_older_signature_stay_out_of_a_presigned_url() {
    let signer = Signer {
        session_token: Some("NEW"),
        ..signer("service", "us-east-1")
    };
    let old = headers(&[
        ("Authorization", "old"),
        ("X-Amz-Date", "old"),
        ("X-Amz-Security-Token", "old"),
        ("X-Amz-Signature", "old"),
    ]);
    let url = "https://h.example.com/";
    let signed = signer.presign(&subject("GET", url, &old), 60).unwrap();
    assert_eq!(
        signed.url().as_str(),
        signer
            .presign(&subject("GET", url, &[]), 60)
            .unwrap()
            .url()
            .as_str()
    );
    assert!(!signed.url().contains("old"));
    assert!(added(&signed).is_empty());
}

#[test]
fn a_token_may_be_added_after_signing() {
    let with = Signer {
        session_token: Some("T/+="),
        omit_token: true,
        ..signer("service", "us-east-1")
    };
    let without = Signer {
        session_token: None,
        ..with
    };
    let subject = subject("GET", "https://h.example.com/p?x=1", &[]);
    let signed = with.sign(&subject).unwrap();
    assert_eq!(
        signed.canonical_request(),
        without.sign(&subject).unwrap().canonical_request()
    );
    assert!(added(&signed).contains(&("X-Amz-Security-Token".into(), "T/+=".into())));
    let presigned = with.presign(&subject, 60).unwrap();
    let expected = without.presign(&subject, 60).unwrap();
    assert_eq!(
        presigned.signature().as_str(),
        expected.signature().as_str()
    );
    let url = expected.url().replace(
        "&X-Amz-Signature=",
        "&X-Amz-Security-Token=T%2F%2B%3D&X-Amz-Signature=",
    );
    assert_eq!(presigned.url().as_str(), url);
}

#[test]
fn payload_hash_by_service() {
    let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let bytes = Payload::Bytes(b"hello");
    for (service, payload, signed, presigned) in [
        ("service", bytes, (hello, false), (hello, false)),
        (
            "service",
            Payload::Hash(hello),
            (hello, false),
            (hello, false),
        ),
        (
            "service",
            Payload::Unsigned,
            (UNSIGNED_PAYLOAD, true),
            (UNSIGNED_PAYLOAD, true),
        ),
        ("glacier", bytes, (hello, true), (hello, true)),
        ("s3-outposts", bytes, (hello, true), (hello, true)),
        ("s3", bytes, (hello, true), (UNSIGNED_PAYLOAD, false)),
        (
            "s3",
            Payload::Unsigned,
            (UNSIGNED_PAYLOAD, true),
            (UNSIGNED_PAYLOAD, false),
        ),
        ("s3", Payload::Hash(hello), (hello, true), (hello, true)),
        (
            "s3-object-lambda",
            bytes,
            (hello, true),
            (UNSIGNED_PAYLOAD, false),
        ),
        (
            "s3express",
            Payload::Bytes(b""),
            (EMPTY_SHA256, true),
            (UNSIGNED_PAYLOAD, false),
        ),
    ] {
        let signer = Signer {
            payload,
            ..signer(service, "us-east-1")
        };
        let request = subject("PUT", "https://h.example.com/", &[]);
        for (signed, (hash, as_header)) in [
            (signer.sign(&request), signed),
            (signer.presign(&request, 1), presigned),
        ] {
            let signed = signed.unwrap();
            assert!(
                signed.canonical_request().ends_with(&format!("\n{hash}")),
                "{service}"
            );
            assert_eq!(
                added(&signed).contains(&("X-Amz-Content-Sha256".into(), hash.into())),
                as_header,
                "{service}"
            );
            assert_eq!(
                signed.canonical_request().contains("x-amz-content-sha256"),
                as_header,
                "{service}"
            );
        }
        // What the request says itself goes before all that.
        let given = headers(&[("x-amz-content-sha256", " STREAMING ")]);
        let request = subject("PUT", "https://h.example.com/", &given);
        let signed = signer.sign(&request).unwrap();
        assert!(signed.canonical_request().ends_with("\nSTREAMING"));
        assert!(
            !added(&signed)
                .iter()
                .any(|(name, _)| name == "X-Amz-Content-Sha256")
        );
        let signed = signer.presign(&request, 1).unwrap();
        assert!(signed.canonical_request().ends_with("\nSTREAMING"));
        assert_eq!(
            added(&signed),
            [("x-amz-content-sha256".into(), " STREAMING ".into())]
        );
    }
    let forced = Signer {
        content_sha256_header: true,
        payload: bytes,
        ..signer("service", "us-east-1")
    };
    let request = subject("PUT", "https://h.example.com/", &[]);
    assert!(
        forced
            .sign(&request)
            .unwrap()
            .canonical_request()
            .contains(&format!("\nx-amz-content-sha256:{hello}\n"))
    );
    assert!(
        !forced
            .presign(&request, 1)
            .unwrap()
            .canonical_request()
            .contains("x-amz-content-sha256")
    );
}

#[test]
fn a_host_header_goes_before_the_url_s() {
    let signer = signer("service", "us-east-1");
    let given = headers(&[("Host", " proxy.example.com:443 ")]);
    let signed = signer
        .sign(&subject("GET", "https://h.example.com:443/", &given))
        .unwrap();
    assert!(
        signed
            .canonical_request()
            .contains("\nhost:proxy.example.com:443\n")
    );
    let signed = signer
        .presign(&subject("GET", "https://h.example.com:443/", &given), 1)
        .unwrap();
    assert_eq!(added(&signed).len(), 1);
    let given = headers(&[("Host", "h.example.com")]);
    let signed = signer
        .presign(&subject("GET", "https://h.example.com:443/", &given), 1)
        .unwrap();
    assert!(added(&signed).is_empty());
}

#[test]
fn raw_paths_are_sent_as_given_but_escaped_for_s3() {
    let url = "https://h.example.com/a b/é?x=y z";
    let signed = signer("service", "us-east-1")
        .presign(&subject("GET", url, &[]), 1)
        .unwrap();
    assert!(
        signed
            .canonical_request()
            .starts_with("GET\n/a%20b/%C3%A9\n")
    );
    assert!(
        signed
            .url()
            .starts_with("https://h.example.com/a b/é?X-Amz-Algorithm=")
    );
    assert!(signed.url().contains("&x=y%20z&"));
    let signed = signer("s3", "us-east-1")
        .presign(&subject("GET", url, &[]), 1)
        .unwrap();
    assert!(
        signed
            .canonical_request()
            .starts_with("GET\n/a%20b/%C3%A9\n")
    );
    assert!(
        signed
            .url()
            .starts_with("https://h.example.com/a%20b/%C3%A9?X-Amz-Algorithm=")
    );
}

#[test]
fn text_for_c_ends_in_one_nul() {
    let signer = Signer {
        session_token: Some("TOKEN"),
        ..signer("s3", "us-east-1")
    };
    let given = headers(&[("Range", "bytes=0-1")]);
    let request = subject("GET", "https://h.example.com/", &given);
    for signed in [
        signer.sign(&request).unwrap(),
        signer.presign(&request, 60).unwrap(),
    ] {
        let mut texts = vec![
            signed.url(),
            signed.signature(),
            signed.canonical_request(),
            signed.string_to_sign(),
        ];
        texts.extend(signed.headers().flat_map(|(name, value)| [name, value]));
        for text in texts {
            assert!(!text.is_empty());
            assert_eq!(text.as_str_with_nul().find('\0'), Some(text.len()));
        }
        assert_eq!(signed.signature().len(), 64);
    }
    let brief = Signer {
        explain: false,
        ..signer
    }
    .sign(&request)
    .unwrap();
    assert_eq!(brief.url().as_str_with_nul(), "\0");
    assert_eq!(brief.canonical_request().as_str_with_nul(), "\0");
    assert_eq!(brief.string_to_sign().as_str_with_nul(), "\0");
}

#[test]
fn refuses_what_can_t_be_signed() {
    let good = signer("s3", "us-east-1");
    let request = subject("GET", "https://h.example.com/", &[]);
    let relative = Subject {
        url: Url {
            path: "x",
            ..request.url
        },
        ..request
    };
    let broken_host = Subject {
        url: Url {
            authority: "h\nx",
            ..request.url
        },
        ..request
    };
    for (signer, request, status, code, word) in [
        (
            Signer {
                access_key_id: "",
                ..good
            },
            request,
            Status::Credentials,
            "EmptyStaticCreds",
            "access key id",
        ),
        (
            Signer {
                secret_access_key: "",
                ..good
            },
            request,
            Status::Credentials,
            "EmptyStaticCreds",
            "secret access key",
        ),
        (
            Signer {
                access_key_id: "a\r\nb",
                ..good
            },
            request,
            Status::Credentials,
            "InvalidCredentials",
            "access key id",
        ),
        (
            Signer {
                session_token: Some("a\nb"),
                ..good
            },
            request,
            Status::Credentials,
            "InvalidCredentials",
            "session token",
        ),
        (
            Signer { region: "", ..good },
            request,
            Status::InvalidArgument,
            "InvalidArgument",
            "`region` is empty",
        ),
        (
            Signer {
                service: "",
                ..good
            },
            request,
            Status::InvalidArgument,
            "InvalidArgument",
            "`service` is empty",
        ),
        (
            Signer {
                region: "a/b",
                ..good
            },
            request,
            Status::InvalidArgument,
            "InvalidArgument",
            "`region`",
        ),
        (
            Signer {
                service: "a\nb",
                ..good
            },
            request,
            Status::InvalidArgument,
            "InvalidArgument",
            "`service`",
        ),
        (
            Signer {
                time: i64::MAX,
                ..good
            },
            request,
            Status::InvalidArgument,
            "InvalidArgument",
            "`time`",
        ),
        (
            Signer {
                payload: Payload::Hash(""),
                ..good
            },
            request,
            Status::InvalidArgument,
            "InvalidArgument",
            "payload hash",
        ),
        (
            Signer {
                payload: Payload::Hash("a\nb"),
                ..good
            },
            request,
            Status::InvalidArgument,
            "InvalidArgument",
            "payload hash",
        ),
        (
            good,
            Subject {
                method: "",
                ..request
            },
            Status::InvalidArgument,
            "InvalidArgument",
            "`method`",
        ),
        (
            good,
            Subject {
                method: "GET /\n",
                ..request
            },
            Status::InvalidArgument,
            "InvalidArgument",
            "`method`",
        ),
        (
            good,
            relative,
            Status::InvalidArgument,
            "InvalidArgument",
            "path",
        ),
        (
            good,
            broken_host,
            Status::InvalidArgument,
            "InvalidArgument",
            "`authority`",
        ),
    ] {
        for error in [
            signer.sign(&request).err().unwrap(),
            signer.presign(&request, 60).err().unwrap(),
        ] {
            assert_eq!((error.status(), error.code().as_str()), (status, code));
            assert!(error.message().contains(word), "{error}");
            assert!(!error.text().contains(SECRET));
        }
    }
    for seconds in [0, MAX_PRESIGN_SECONDS + 1, u32::MAX] {
        let error = good.presign(&request, seconds).err().unwrap();
        assert_eq!(
            (error.status(), error.code().as_str()),
            (Status::InvalidArgument, "InvalidPresignExpireError")
        );
        assert!(error.message().contains(&seconds.to_string()));
    }
    for seconds in [1, MAX_PRESIGN_SECONDS] {
        assert!(
            good.presign(&request, seconds)
                .unwrap()
                .url()
                .contains(&format!("&X-Amz-Expires={seconds}&"))
        );
    }
}
