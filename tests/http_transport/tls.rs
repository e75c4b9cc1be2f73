//! TLS: whom the transport trusts, what it says when it does not, and that a request goes to nobody else.

use super::server::OK;
use super::skip::skipped;
use super::{failure, read, request};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion, version,
};
use session::error::Status;
use session::load::environment::Environment;
use session::transport::http::{HttpTransport, ProxySettings, Tls};
use session::transport::{Body, HttpRequest, Timeouts, Transport};
use session::transport::{PemSource, TlsSettings, built_in};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Certificates made by the `openssl` program, once per run.
struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// `None`, with a line that says so, where there is no `openssl`.
    fn get() -> Option<&'static Certificates> {
        static MADE: OnceLock<Option<Certificates>> = OnceLock::new();
        let made = MADE.get_or_init(|| {
            let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
                .join(format!("tls-{}", std::process::id()));
            Command::new("openssl").arg("version").output().ok()?;
            std::fs::create_dir_all(&folder).unwrap();
            let certificates = Certificates { folder };
            certificates.make();
            Some(certificates)
        });
        if made.is_none() {
            skipped("no `openssl` program to make certificates with");
        }
        made.as_ref()
    }

    fn make(&self) {
        let config = "[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=.\ndatabase=index\nserial=serial\ndefault_md=sha256\n\
                      policy=p\nunique_subject=no\n[p]\ncommonName=supplied\n[req]\ndistinguished_name=n\n[n]\n\
                      [root]\nbasicConstraints=critical,CA:TRUE\n[local]\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n\
                      [proxied]\nsubjectAltName=DNS:bucket.test\n[other]\nsubjectAltName=DNS:other.example\n\
                      [client]\nextendedKeyUsage=clientAuth\n\
                      [server-ca]\nbasicConstraints=critical,CA:TRUE\nsubjectAltName=DNS:localhost\n";
        std::fs::write(self.folder.join("config"), config).unwrap();
        std::fs::write(self.folder.join("index"), "").unwrap();
        std::fs::write(self.folder.join("serial"), "1000\n").unwrap();
        for (name, extensions) in [
            ("ca", "root"),
            ("stranger", "root"),
            ("self-signed", "local"),
            ("server-ca", "server-ca"),
        ] {
            let (key, pem) = (format!("{name}.key"), format!("{name}.pem"));
            let subject = format!("/CN={name}");
            self.openssl(&[
                "req",
                "-x509",
                "-config",
                "config",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-keyout",
                &key,
                "-out",
                &pem,
                "-days",
                "2",
                "-subj",
                &subject,
                "-extensions",
                extensions,
            ]);
        }
        for (name, extensions, from, until) in [
            ("good", "local", "20200101000000Z", "20991231000000Z"),
            ("proxied", "proxied", "20200101000000Z", "20991231000000Z"),
            ("wrong-host", "other", "20200101000000Z", "20991231000000Z"),
            ("expired", "local", "20200101000000Z", "20200201000000Z"),
            ("early", "local", "20980101000000Z", "20991231000000Z"),
            ("client", "client", "20200101000000Z", "20991231000000Z"),
        ] {
            let (key, csr, pem) = (
                format!("{name}.key"),
                format!("{name}.csr"),
                format!("{name}.pem"),
            );
            let subject = format!("/CN={name}");
            self.openssl(&[
                "req",
                "-config",
                "config",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-keyout",
                &key,
                "-out",
                &csr,
                "-subj",
                &subject,
            ]);
            self.openssl(&[
                "ca",
                "-batch",
                "-config",
                "config",
                "-cert",
                "ca.pem",
                "-keyfile",
                "ca.key",
                "-in",
                &csr,
                "-out",
                &pem,
                "-startdate",
                from,
                "-enddate",
                until,
                "-extensions",
                extensions,
                "-notext",
            ]);
        }
        self.openssl(&[
            "pkcs8",
            "-topk8",
            "-in",
            "client.key",
            "-out",
            "encrypted.key",
            "-passout",
            "pass:secret",
        ]);
    }

    fn openssl(&self, arguments: &[&str]) {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(&self.folder)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn trusting(&self, name: &str) -> TlsSettings {
        TlsSettings {
            ca_bundle: Some(PemSource::Path(self.path(name))),
            ..TlsSettings::default()
        }
    }

    fn server(
        &self,
        name: &str,
        asks: bool,
        versions: &[&'static SupportedProtocolVersion],
    ) -> TlsServer {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let chain = CertificateDer::pem_file_iter(self.path(&format!("{name}.pem"))).unwrap();
        let chain = chain.collect::<Result<_, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_file(self.path(&format!("{name}.key"))).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .unwrap();
        let builder = if asks {
            let mut roots = RootCertStore::empty();
            roots
                .add(CertificateDer::from_pem_file(self.path("ca.pem")).unwrap())
                .unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        TlsServer::start(Arc::new(builder.with_single_cert(chain, key).unwrap()))
    }
}

/// What reached a server.
#[derive(Clone, Debug, Default)]
struct Reached {
    handshakes: usize,
    requests: usize,
    bytes: Vec<u8>,
}

/// A server that answers over TLS. To one whose request line says `CONNECT` it first grants a tunnel to itself.
struct TlsServer {
    port: u16,
    reached: Arc<Mutex<Reached>>,
    finished: Arc<Mutex<usize>>,
}

const REFUSED: &[u8] = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ndenied";

impl TlsServer {
    fn start(config: Arc<ServerConfig>) -> TlsServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (reached, finished) = (
            Arc::new(Mutex::new(Reached::default())),
            Arc::new(Mutex::new(0)),
        );
        let server = TlsServer {
            port,
            reached: Arc::clone(&reached),
            finished: Arc::clone(&finished),
        };
        thread::spawn(move || {
            while let Ok((mut tcp, _)) = listener.accept() {
                let (config, reached, finished) = (
                    Arc::clone(&config),
                    Arc::clone(&reached),
                    Arc::clone(&finished),
                );
                thread::spawn(move || {
                    let mut first = [0; 7];
                    if tcp
                        .peek(&mut first)
                        .is_ok_and(|read| read == 7 && &first == b"CONNECT")
                    {
                        let mut head = Vec::new();
                        let mut byte = [0];
                        while !head.ends_with(b"\r\n\r\n") {
                            tcp.read_exact(&mut byte).unwrap();
                            head.push(byte[0]);
                        }
                        tcp.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
                            .unwrap();
                    }
                    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), tcp);
                    let mut handshake = Ok((0, 0));
                    while handshake.is_ok() && stream.conn.is_handshaking() {
                        handshake = stream.conn.complete_io(&mut stream.sock);
                    }
                    if handshake.is_ok() {
                        lock(&reached).handshakes += 1;
                    }
                    let mut buffer = [0; 65536];
                    while let Ok(read @ 1..) = stream.read(&mut buffer) {
                        if buffer.starts_with(b"PUT /refused ") {
                            stream.write_all(REFUSED).unwrap();
                            thread::sleep(Duration::from_secs(5));
                            break;
                        }
                        let mut reached = lock(&reached);
                        reached.bytes.extend_from_slice(&buffer[..read]);
                        let requests = reached
                            .bytes
                            .windows(4)
                            .filter(|window| *window == b"\r\n\r\n")
                            .count();
                        for _ in reached.requests..requests {
                            if stream.write_all(OK).is_err() {
                                break;
                            }
                        }
                        reached.requests = requests;
                    }
                    *lock(&finished) += 1;
                });
            }
        });
        server
    }

    fn authority(&self, host: &str) -> String {
        format!("{host}:{}", self.port)
    }

    fn reached(&self) -> Reached {
        lock(&self.reached).clone()
    }

    /// What reached the server, once it has seen the end of a connection.
    fn reached_in_the_end(&self) -> Reached {
        while *lock(&self.finished) == 0 {
            thread::sleep(Duration::from_millis(5));
        }
        self.reached()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const BOTH: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];

fn transport(settings: &TlsSettings) -> HttpTransport {
    HttpTransport::new(Tls::check(settings).unwrap(), ProxySettings::default())
}

fn secure<'a>(authority: &'a str) -> HttpRequest<'a> {
    HttpRequest {
        scheme: "https",
        ..request(authority, "GET", "/secret-key")
    }
}

#[test]
fn both_versions_carry_requests_and_keep_connections() {
    let Some(certificates) = Certificates::get() else {
        return;
    };
    for versions in [&[&version::TLS13][..], &[&version::TLS12], BOTH] {
        let server = certificates.server("good", false, versions);
        let transport = transport(&certificates.trusting("ca.pem"));
        for host in ["127.0.0.1", "localhost"] {
            let authority = server.authority(host);
            for _ in 0..5 {
                assert_eq!(
                    read(transport.send(secure(&authority)).unwrap()).unwrap(),
                    b"ok"
                );
            }
        }
        let reached = server.reached();
        assert_eq!(
            (reached.handshakes, reached.requests),
            (2, 10),
            "one connection for each name"
        );
        assert!(
            reached
                .bytes
                .starts_with(b"GET /secret-key HTTP/1.1\r\nHost: ")
        );
    }
}

#[test]
fn a_large_body_goes_through_tls() {
    let Some(certificates) = Certificates::get() else {
        return;
    };
    let server = certificates.server("good", false, BOTH);
    let authority = server.authority("localhost");
    let body = vec![b'x'; 3_000_000];
    let transport = transport(&certificates.trusting("ca.pem"));
    let reply = transport
        .send(HttpRequest {
            method: "PUT",
            body: Body::Bytes(&body),
            ..secure(&authority)
        })
        .unwrap();
    assert_eq!(read(reply).unwrap(), b"ok");
    drop(transport);
    assert!(server.reached_in_the_end().bytes.ends_with(&body));
}

#[test]
fn a_refusal_is_seen_through_tls_while_the_server_reads_no_more() {
    let Some(certificates) = Certificates::get() else {
        return;
    };
    for version in BOTH {
        let server = certificates.server("good", false, &[version]);
        let authority = server.authority("localhost");
        let transport = transport(&certificates.trusting("ca.pem"));
        let started = Instant::now();
        let mut reader = std::io::repeat(b'x');
        let reply = transport
            .send(HttpRequest {
                method: "PUT",
                target: "/refused",
                body: Body::Reader(&mut reader, Some(64 << 20)),
                ..secure(&authority)
            })
            .unwrap();
        assert_eq!(
            (reply.status, read(reply).unwrap()),
            (403, b"denied".to_vec())
        );
        assert!(started.elapsed() < Duration::from_secs(3));
    }
}

#[test]
fn nobody_else_gets_a_byte_of_the_request() {
    let Some(certificates) = Certificates::get() else {
        return;
    };
    for (name, trusted, words) in [
        ("good", "stranger.pem", "unknown issuer"),
        ("self-signed", "ca.pem", "unknown issuer"),
        ("server-ca", "server-ca.pem", "is one of a CA"),
        ("wrong-host", "ca.pem", "is for another host"),
        ("expired", "ca.pem", "has expired"),
        ("early", "ca.pem", "not valid yet"),
    ] {
        for versions in [&[&version::TLS13][..], &[&version::TLS12]] {
            let server = certificates.server(name, false, versions);
            let authority = server.authority("localhost");
            let transport = transport(&certificates.trusting(trusted));
            let error = failure(
                &transport,
                HttpRequest {
                    body: Body::Bytes(b"secret"),
                    ..secure(&authority)
                },
            );
            assert_eq!(
                (error.status(), error.retryable()),
                (Status::Transport, Some(false))
            );
            assert!(
                error.text().contains(words) && error.text().contains("TLS with `localhost`"),
                "{name}: {error}"
            );
            assert_eq!(server.reached_in_the_end().bytes, b"", "{name}");
        }
    }
}

#[test]
fn the_system_does_not_trust_our_ca() {
    let Some(certificates) = Certificates::get() else {
        return;
    };
    let server = certificates.server("good", false, BOTH);
    let transport = HttpTransport::new(Tls::default(), ProxySettings::default());
    let error = failure(&transport, secure(&server.authority("localhost")));
    // A system without any certificates says that instead.
    assert!(
        error.text().contains("unknown issuer")
            || error.text().contains("no certificates to trust"),
        "{error}"
    );
}

#[test]
fn the_environment_says_where_the_systems_certificates_are() {
    let Some(certificates) = Certificates::get() else {
        return;
    };
    let server = certificates.server("good", false, BOTH);
    let authority = server.authority("localhost");
    let ca = certificates.path("ca.pem");
    let folder = certificates.path("trusted");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(&ca, folder.join("ca.pem")).unwrap();
    let folders = format!("/nowhere::{}", folder.display());
    for (name, value) in [
        ("SSL_CERT_FILE", ca.to_str().unwrap()),
        ("SSL_CERT_DIR", folders.as_str()),
    ] {
        let environment = Environment::from_pairs([(name, value)]);
        let transport = built_in(&Tls::default(), &environment).unwrap();
        let reply = transport.send(secure(&authority)).unwrap();
        assert_eq!(reply.status, 200, "{name}");
    }
    let environment = Environment::from_pairs([("SSL_CERT_FILE", "/nowhere")]);
    let transport = built_in(&Tls::default(), &environment).unwrap();
    let error = transport.send(secure(&authority)).err().unwrap();
    assert!(error.text().contains("/nowhere"), "{error}");
}

#[test]
fn a_client_certificate_is_shown_where_it_is_asked_for() {
    let Some(certificates) = Certificates::get() else {
        return;
    };
    let settings = TlsSettings {
        client_certificate: Some(PemSource::Path(certificates.path("client.pem"))),
        client_key: Some(PemSource::bytes(
            std::fs::read(certificates.path("client.key")).unwrap(),
        )),
        ..certificates.trusting("ca.pem")
    };
    for versions in [&[&version::TLS13][..], &[&version::TLS12]] {
        let server = certificates.server("good", true, versions);
        let authority = server.authority("localhost");
        assert_eq!(
            read(transport(&settings).send(secure(&authority)).unwrap()).unwrap(),
            b"ok"
        );
        let error = failure(
            &transport(&certificates.trusting("ca.pem")),
            secure(&authority),
        );
        assert!(
            error.text().to_lowercase().contains("certificate"),
            "{error}"
        );
        assert_eq!(server.reached().requests, 1);
    }
}

#[test]
fn a_server_without_tls_and_one_that_says_nothing() {
    let Some(certificates) = Certificates::get() else {
        return;
    };
    let settings = certificates.trusting("ca.pem");
    let plain = super::server::Server::script(|peer| {
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        peer.rest();
    });
    let error = failure(&transport(&settings), secure(&plain.authority()));
    assert!(error.text().contains("does not speak TLS"), "{error}");

    let silent = super::server::Server::script(|peer| drop(peer.rest()));
    let timeouts = Timeouts {
        handshake: Duration::from_millis(300),
        ..Timeouts::default()
    };
    let error = failure(
        &transport(&settings),
        HttpRequest {
            timeouts,
            ..secure(&silent.authority())
        },
    );
    assert_eq!(error.status(), Status::Timeout, "{error}");

    let closing = super::server::Server::script(|peer| drop(peer.stream().read(&mut [0; 10])));
    let error = failure(&transport(&settings), secure(&closing.authority()));
    assert!(error.text().contains("TLS with `127.0.0.1`"), "{error}");
}

#[test]
fn a_tunnel_carries_tls_to_the_server_itself() {
    let Some(certificates) = Certificates::get() else {
        return;
    };
    let server = certificates.server("proxied", false, BOTH);
    let proxy = format!("http://user:password@127.0.0.1:{}", server.port);
    let proxies =
        ProxySettings::from_environment(|name| (name == "HTTPS_PROXY").then(|| proxy.clone()));
    let transport = HttpTransport::new(
        Tls::check(&certificates.trusting("ca.pem")).unwrap(),
        proxies,
    );
    for _ in 0..3 {
        assert_eq!(
            read(transport.send(secure("bucket.test")).unwrap()).unwrap(),
            b"ok"
        );
    }
    let reached = server.reached();
    assert_eq!(reached.handshakes, 1);
    assert!(
        reached
            .bytes
            .starts_with(b"GET /secret-key HTTP/1.1\r\nHost: bucket.test\r\n\r\n")
    );
    assert!(
        !String::from_utf8_lossy(&reached.bytes).contains("Proxy-"),
        "the password is the proxy's alone"
    );
    // The certificate is checked against the server's name, not the proxy's.
    let error = failure(&transport, secure("elsewhere.test"));
    assert!(error.text().contains("is for another host"), "{error}");
}

#[test]
fn a_proxy_reached_by_tls() {
    let Some(certificates) = Certificates::get() else {
        return;
    };
    let server = certificates.server("good", false, BOTH);
    let proxy = format!("https://localhost:{}", server.port);
    let proxies =
        ProxySettings::from_environment(|name| (name == "HTTP_PROXY").then(|| proxy.clone()));
    let transport = HttpTransport::new(
        Tls::check(&certificates.trusting("ca.pem")).unwrap(),
        proxies,
    );
    for _ in 0..2 {
        assert_eq!(
            read(transport.send(request("bucket.test", "GET", "/")).unwrap()).unwrap(),
            b"ok"
        );
    }
    assert!(
        server
            .reached()
            .bytes
            .starts_with(b"GET http://bucket.test/ HTTP/1.1\r\n")
    );
}

#[test]
fn what_was_asked_for_is_checked_at_once() {
    let Some(certificates) = Certificates::get() else {
        return;
    };
    let path = |name: &str| Some(PemSource::Path(certificates.path(name)));
    let bytes = |pem: &str| Some(PemSource::bytes(pem));
    let good = std::fs::read_to_string(certificates.path("ca.pem")).unwrap();
    let ca = |ca_bundle| TlsSettings {
        ca_bundle,
        ..TlsSettings::default()
    };
    let pair = |client_certificate, client_key| TlsSettings {
        client_certificate,
        client_key,
        ..TlsSettings::default()
    };

    assert!(Tls::check(&TlsSettings::default()).is_ok());
    assert!(Tls::check(&ca(bytes(&format!("comment\n{good}{good}")))).is_ok());
    assert!(Tls::check(&pair(path("client.pem"), path("client.key"))).is_ok());

    let (bundle, client) = ("LoadCustomCABundleError", "LoadClientTLSCertError");
    let key_pair = "unable to load x509 key pair from client cert";
    for (settings, code, message, why) in [
        (
            ca(path("missing.pem")),
            bundle,
            "failed to open custom CA bundle PEM file",
            "missing.pem: No such file",
        ),
        (
            ca(Some(PemSource::Path(certificates.folder.clone()))),
            bundle,
            "failed to open custom CA bundle PEM file",
            "directory",
        ),
        (
            ca(bytes("")),
            bundle,
            "failed to load custom CA bundle PEM file",
            "no certificate in it",
        ),
        (
            ca(bytes("rubbish\n\0\u{ff}")),
            bundle,
            "failed to load custom CA bundle PEM file",
            "no certificate in it",
        ),
        (
            ca(bytes(&good[..good.len() / 2])),
            bundle,
            "failed to load custom CA bundle PEM file",
            "the PEM text in memory: a section has no end: the text is cut off",
        ),
        (
            ca(bytes("-----BEGIN SECRET-IN-A-LINE\n")),
            bundle,
            "failed to load custom CA bundle PEM file",
            "a line that begins a section is malformed",
        ),
        (
            ca(path("ca.key")),
            bundle,
            "failed to load custom CA bundle PEM file",
            "no certificate in it",
        ),
        (
            ca(bytes(
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            )),
            bundle,
            "failed to load custom CA bundle PEM file",
            "no certificate in it can be used",
        ),
        (
            pair(path("client.pem"), None),
            client,
            "client TLS cert(true) and key(false) must both be provided",
            "",
        ),
        (
            pair(None, path("client.key")),
            client,
            "client TLS cert(false) and key(true) must both be provided",
            "",
        ),
        (
            pair(path("no.pem"), path("client.key")),
            client,
            "failed to open custom client TLS cert file",
            "no.pem",
        ),
        (
            pair(path("client.pem"), path("no.key")),
            client,
            "failed to open custom client TLS key file",
            "no.key",
        ),
        (
            pair(path("client.pem"), path("good.key")),
            client,
            key_pair,
            "good.key",
        ),
        (
            pair(path("client.key"), path("client.key")),
            client,
            key_pair,
            "no certificate in it",
        ),
        (
            pair(path("client.pem"), path("client.pem")),
            client,
            key_pair,
            "no private key in it",
        ),
        (
            pair(path("client.pem"), path("encrypted.key")),
            client,
            key_pair,
            "the key is encrypted",
        ),
        (
            pair(bytes("x"), bytes("y")),
            client,
            key_pair,
            "no certificate in it",
        ),
    ] {
        let error = Tls::check(&settings)
            .err()
            .unwrap_or_else(|| panic!("{message} {why}: no error"));
        assert_eq!(
            (error.code().as_str(), error.message().as_str()),
            (code, message)
        );
        assert!(error.text().contains(why), "{why}: {error}");
        // As text or as numbers.
        for hidden in ["PRIVATE KEY", "SECRET", "[67", "[45"] {
            assert!(!error.text().contains(hidden), "{error}");
        }
    }
    assert!(!format!("{:?}", pair(bytes("SECRET"), bytes("SECRET"))).contains("SECRET"));
}

#[test]
fn the_trust_store_is_not_opened_for_plain_requests() {
    // In a process of its own, whose opened files can be seen.
    let Ok(strace) = Command::new("strace").arg("-V").output() else {
        skipped("no `strace`");
        return;
    };
    assert!(strace.status.success());
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("strace-{}", std::process::id()));
    let this = std::env::current_exe().unwrap();
    let traced = |test: &str| {
        let status = Command::new("strace")
            .args(["-f", "-e", "trace=openat,open", "-o"])
            .arg(&log)
            .arg(&this)
            .args(["--exact", test])
            .output()
            .unwrap();
        let opened = std::fs::read_to_string(&log).unwrap_or_default();
        let opened = opened
            .lines()
            .any(|line| line.contains("ssl") && !line.contains("libssl"));
        (status.status.success(), opened)
    };
    match (
        traced("wire::methods_are_sent_as_given"),
        traced("tls::the_system_does_not_trust_our_ca"),
    ) {
        ((true, plain), (true, secure)) => assert_eq!((plain, secure), (false, true)),
        _ => skipped("strace is not permitted here"),
    }
    let _ = std::fs::remove_file(&log);
}
