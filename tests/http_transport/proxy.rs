//! Requests through a proxy, and those that go around it.

use super::server::{OK, Server};
use super::{failure, headers, read, request};
use session::error::{Error, Status};
use session::transport::http::{HttpTransport, ProxySettings, Tls};
use session::transport::{HttpRequest, Purpose, Transport};

fn transport(pairs: &[(&str, &str)]) -> HttpTransport {
    let settings = ProxySettings::from_environment(|name| {
        pairs
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    });
    HttpTransport::new(Tls::default(), settings)
}

fn hides_the_password(error: &Error, transport: &HttpTransport) {
    for text in [
        error.text().to_string(),
        format!("{error:?}"),
        format!("{transport:?}"),
    ] {
        assert!(
            !text.contains("s3cret") && !text.contains("czNjcmV0"),
            "{text}"
        );
    }
}

#[test]
fn plain_requests_go_in_absolute_form_with_the_password() {
    let proxy = Server::answering(OK);
    let url = format!("http://user:s3cret%21@127.0.0.1:{}", proxy.port);
    let transport = transport(&[("HTTP_PROXY", &url)]);
    let given = headers(&[("X-A", "1")]);
    for _ in 0..2 {
        let target = "/a//../b%2F?q=1";
        let reply = transport
            .send(HttpRequest {
                headers: &given,
                ..request("bucket.test:8080", "GET", target)
            })
            .unwrap();
        assert_eq!(read(reply).unwrap(), b"ok");
    }
    assert_eq!(
        proxy.seen()[1].head,
        "GET http://bucket.test:8080/a//../b%2F?q=1 HTTP/1.1\r\nHost: bucket.test:8080\r\nX-A: 1\r\n\
         Proxy-Authorization: Basic dXNlcjpzM2NyZXQh\r\n\r\n"
    );
    // Different servers through one proxy do not share a connection: who answers is the proxy's business.
    transport.send(request("other.test", "GET", "/")).unwrap();
    assert_eq!(proxy.connections(), 2);
}

#[test]
fn https_asks_for_a_tunnel_and_sends_nothing_more_when_refused() {
    for (reply, words, status) in [
        (
            &b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"[..],
            "status 407",
            Status::Transport,
        ),
        (
            b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
            "status 502",
            Status::Transport,
        ),
        (b"SSH-2.0-x\r\n\r\n", "not HTTP/1.1", Status::Transport),
        (
            b"HTTP/1.1 200 OK\r\n\r\nmore",
            "HTTP status 200",
            Status::Transport,
        ),
        (b"", "closed the connection", Status::Transport),
    ] {
        let proxy = Server::script(move |peer| {
            peer.request();
            if peer.send(reply) && !reply.is_empty() {
                assert_eq!(peer.rest(), b"");
            }
        });
        let url = format!("user:s3cret@127.0.0.1:{}", proxy.port);
        let transport = transport(&[("https_proxy", &url)]);
        let error = failure(
            &transport,
            HttpRequest {
                scheme: "https",
                ..request("bucket.test", "GET", "/k")
            },
        );
        assert_eq!(error.status(), status);
        assert!(error.text().contains(words), "{error}");
        assert!(
            error
                .text()
                .contains(&format!("the proxy `http://127.0.0.1:{}`", proxy.port)),
            "{error}"
        );
        hides_the_password(&error, &transport);
        assert_eq!(
            proxy.seen()[0].head,
            "CONNECT bucket.test:443 HTTP/1.1\r\nHost: bucket.test:443\r\n\
             Proxy-Authorization: Basic dXNlcjpzM2NyZXQ=\r\n\r\n"
        );
    }
}

#[test]
fn a_proxy_that_never_ends_its_reply_is_left() {
    let proxy = Server::script(|peer| {
        peer.request();
        while peer.send(&b"X-Y: z\r\n".repeat(100)) {}
    });
    let url = format!("127.0.0.1:{}", proxy.port);
    let transport = transport(&[("HTTPS_PROXY", &url)]);
    let error = failure(
        &transport,
        HttpRequest {
            scheme: "https",
            ..request("bucket.test", "GET", "/k")
        },
    );
    assert!(error.text().contains("has no end"), "{error}");
}

#[test]
fn a_proxy_that_is_not_there_or_makes_no_sense() {
    let transport = self::transport(&[("HTTP_PROXY", "http://user:s3cret@127.0.0.1:1")]);
    let error = failure(&transport, request("bucket.test", "GET", "/"));
    assert!(
        error.text().contains("the proxy could not be reached"),
        "{error}"
    );
    hides_the_password(&error, &transport);

    let transport = self::transport(&[("HTTP_PROXY", "socks5://user:s3cret@127.0.0.1:1")]);
    let error = failure(&transport, request("bucket.test", "GET", "/"));
    assert!(
        error
            .text()
            .contains("the proxy in HTTP_PROXY is a SOCKS proxy"),
        "{error}"
    );
    hides_the_password(&error, &transport);
}

#[test]
fn loopback_and_the_machines_own_services_go_directly() {
    let server = Server::answering(OK);
    let proxy = Server::answering(b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n");
    let url = format!("127.0.0.1:{}", proxy.port);
    let transport = transport(&[("HTTP_PROXY", &url)]);
    for host in ["127.0.0.1", "localhost"] {
        let authority = format!("{host}:{}", server.port);
        assert_eq!(
            transport
                .send(request(&authority, "GET", "/"))
                .unwrap()
                .status,
            200
        );
    }
    for purpose in [Purpose::Imds, Purpose::Container] {
        // Nobody is there, but neither is it asked for at the proxy.
        let error = failure(
            &transport,
            HttpRequest {
                purpose,
                ..request("bucket.invalid", "GET", "/")
            },
        );
        assert!(error.text().contains("could not be looked up"), "{error}");
    }
    assert_eq!(proxy.connections(), 0);
    let purpose = Purpose::Sts;
    assert_eq!(
        transport
            .send(HttpRequest {
                purpose,
                ..request("bucket.invalid", "GET", "/")
            })
            .unwrap()
            .status,
        502
    );
}

#[test]
fn no_proxy_goes_directly() {
    let proxy = Server::answering(OK);
    let url = format!("127.0.0.1:{}", proxy.port);
    let transport = transport(&[("HTTP_PROXY", &url), ("NO_PROXY", "10.0.0.0/8, .invalid")]);
    let error = failure(&transport, request("bucket.invalid", "GET", "/"));
    assert!(error.text().contains("could not be looked up"), "{error}");
    assert_eq!(proxy.connections(), 0);
    assert_eq!(
        transport
            .send(request("bucket.test", "GET", "/"))
            .unwrap()
            .status,
        200
    );
}
