//! What goes over the wire, and what comes back.

use super::server::{OK, Server};
use super::{failure, headers, read, request, transport};
use session::transport::{Body, HttpRequest, Transport};
use std::io::{Cursor, Read};
use std::sync::mpsc;
use std::time::{Duration, Instant};

#[test]
fn targets_arrive_byte_for_byte() {
    let server = Server::answering(OK);
    let (authority, transport) = (server.authority(), transport());
    let long = format!("/{}", "k".repeat(70_000));
    let targets = [
        "/",
        "//",
        "//bucket//key",
        "/a/../b",
        "/..",
        "/.",
        "/a%2Fb",
        "/a%2fb",
        "/a+b?c+d",
        "/a%20b",
        "/?",
        "/??",
        "/?a=b&&c",
        "/a?b?c#d",
        "/%",
        "/%zz",
        "/é/ü",
        "/a\\b|c^d`e\"f<g>{h}[i]",
        "/a:b@c;d=e,f!$&'()*~",
        "/%00%0A",
        "/key?X-Amz-Signature=a/b&uploads",
        &long,
    ];
    for target in targets {
        let reply = transport.send(request(&authority, "GET", target)).unwrap();
        assert_eq!((reply.status, read(reply).unwrap()), (200, b"ok".to_vec()));
        let head = server.seen().last().unwrap().head.clone();
        assert_eq!(
            head,
            format!("GET {target} HTTP/1.1\r\nHost: {authority}\r\n\r\n")
        );
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn headers_keep_their_order_and_spelling_and_none_is_added() {
    let server = Server::answering(OK);
    let authority = server.authority();
    let given = headers(&[
        ("X-First", "1"),
        ("hOsT", "bucket.example"),
        ("x-repeated", "a"),
        ("Authorization", "AWS4-HMAC-SHA256 Credential=x"),
        ("X-Repeated", " b  c "),
        ("Empty", ""),
        ("Latin", "é"),
        ("x-first", "again"),
    ]);
    let body = Body::Bytes(b"hello");
    transport()
        .send(HttpRequest {
            headers: &given,
            body,
            ..request(&authority, "PUT", "/k")
        })
        .unwrap();
    let seen = server.seen().remove(0);
    assert_eq!(
        seen.head,
        "PUT /k HTTP/1.1\r\nX-First: 1\r\nhOsT: bucket.example\r\nx-repeated: a\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=x\r\nX-Repeated:  b  c \r\nEmpty: \r\nLatin: é\r\nx-first: again\r\n\
         Content-Length: 5\r\n\r\n"
    );
    assert_eq!(seen.body, b"hello");
}

#[test]
fn methods_are_sent_as_given() {
    let server = Server::answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let (authority, transport) = (server.authority(), transport());
    for (method, length) in [
        ("GET", ""),
        ("DELETE", ""),
        ("PURGE", ""),
        ("get", ""),
        ("M-SEARCH", ""),
        ("OPTIONS", ""),
        ("POST", "Content-Length: 0\r\n"),
        ("PUT", "Content-Length: 0\r\n"),
        ("PATCH", "Content-Length: 0\r\n"),
    ] {
        transport.send(request(&authority, method, "/")).unwrap();
        let head = server.seen().last().unwrap().head.clone();
        assert_eq!(
            head,
            format!("{method} / HTTP/1.1\r\nHost: {authority}\r\n{length}\r\n")
        );
    }
    // A body goes with any method.
    transport
        .send(HttpRequest {
            body: Body::Bytes(b"q"),
            ..request(&authority, "GET", "/")
        })
        .unwrap();
    assert_eq!(server.seen().last().unwrap().body, b"q");
    assert_eq!(server.connections(), 1);
}

#[test]
fn bodies_from_memory_and_readers() {
    let server = Server::answering(OK);
    let (authority, transport) = (server.authority(), transport());
    let large: Vec<u8> = (0..5_000_000u32).map(|at| (at % 251) as u8).collect();
    for length in [0, 1, 1000, 128 * 1024, 128 * 1024 + 1, large.len()] {
        let bytes = &large[..length];
        transport
            .send(HttpRequest {
                body: Body::Bytes(bytes),
                ..request(&authority, "PUT", "/")
            })
            .unwrap();
        assert!(server.seen().last().unwrap().body == bytes);

        let mut reader = Cursor::new(large.clone());
        let body = Body::Reader(&mut reader, Some(length as u64));
        transport
            .send(HttpRequest {
                body,
                ..request(&authority, "PUT", "/")
            })
            .unwrap();
        assert!(server.seen().last().unwrap().body == bytes);
        assert_eq!(
            reader.position(),
            length as u64,
            "not a byte more is read than sent"
        );
    }
    let mut reader = Cursor::new(b"abc".to_vec());
    let body = Body::Reader(&mut reader, None);
    transport
        .send(HttpRequest {
            body,
            ..request(&authority, "PUT", "/")
        })
        .unwrap();
    let seen = server.seen().pop().unwrap();
    assert_eq!(
        seen.head,
        format!("PUT / HTTP/1.1\r\nHost: {authority}\r\nTransfer-Encoding: chunked\r\n\r\n")
    );
    assert_eq!(seen.body, b"3\r\nabc\r\n0\r\n\r\n");

    let mut reader = Cursor::new(b"abcdef".to_vec());
    let (given, body) = (
        headers(&[("content-length", "4")]),
        Body::Reader(&mut reader, None),
    );
    transport
        .send(HttpRequest {
            headers: &given,
            body,
            ..request(&authority, "PUT", "/")
        })
        .unwrap();
    assert_eq!(server.seen().pop().unwrap().body, b"abcd");
}

#[test]
fn a_small_request_is_one_packet() {
    let (sender, receiver) = mpsc::channel();
    let server = Server::script(move |peer| {
        let mut buffer = [0; 4096];
        let read = peer.stream().read(&mut buffer).unwrap();
        sender.send(buffer[..read].to_vec()).unwrap();
        peer.send(OK);
    });
    let authority = server.authority();
    transport()
        .send(HttpRequest {
            body: Body::Bytes(b"hello"),
            ..request(&authority, "PUT", "/")
        })
        .unwrap();
    let first = receiver.recv().unwrap();
    assert!(
        first.starts_with(b"PUT / ") && first.ends_with(b"\r\n\r\nhello"),
        "{}",
        String::from_utf8_lossy(&first)
    );
}

#[test]
fn a_body_of_another_length_than_announced_is_an_error() {
    let server = Server::answering(OK);
    let (authority, transport) = (server.authority(), transport());
    let mut short = Cursor::new(b"abc".to_vec());
    let body = Body::Reader(&mut short, Some(10));
    let error = failure(
        &transport,
        HttpRequest {
            body,
            ..request(&authority, "PUT", "/")
        },
    );
    assert!(
        error
            .text()
            .contains("the request's body ended after 3 of 10 bytes"),
        "{error}"
    );

    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    let body = Body::Reader(&mut Broken, Some(10));
    let error = failure(
        &transport,
        HttpRequest {
            body,
            ..request(&authority, "PUT", "/")
        },
    );
    assert!(
        error
            .text()
            .contains("reading the request's body failed: the disk is gone"),
        "{error}"
    );

    let unused = Server::answering(OK);
    let authority = unused.authority();
    let given = headers(&[("Content-Length", "4")]);
    for body in [
        Body::Empty,
        Body::Bytes(b"abc"),
        Body::Reader(&mut short, Some(9)),
    ] {
        let error = failure(
            &transport,
            HttpRequest {
                headers: &given,
                body,
                ..request(&authority, "PUT", "/")
            },
        );
        assert!(
            error
                .text()
                .contains("`Content-Length` is 4, but the body has"),
            "{error}"
        );
    }
    assert_eq!(
        unused.connections(),
        0,
        "found before a connection was opened"
    );
}

#[test]
fn what_would_break_the_head_is_refused_before_it_is_sent() {
    let server = Server::answering(OK);
    let (authority, transport) = (server.authority(), transport());
    let said = |request: HttpRequest<'_>, words: &str| {
        let error = failure(&transport, request);
        assert!(error.text().contains(words), "{error}");
        assert_eq!(error.retryable(), Some(false));
    };
    for target in [
        "",
        "a",
        "http://x/",
        "/a b",
        "/a\r\nX: y",
        "/a\u{7f}",
        "/\t",
    ] {
        said(request(&authority, "GET", target), "target");
    }
    for method in ["", "A B", "A\r\n", "É", "CONNECT"] {
        said(request(&authority, method, "/"), "is no method");
    }
    for other in [
        "",
        ":80",
        "a b",
        "u:p@h",
        "h:x",
        "h:99999",
        "h/x",
        "[::1",
        "é",
        &"h".repeat(400),
    ] {
        let error = failure(&transport, request(other, "GET", "/"));
        assert!(error.text().contains("is no"), "{other}: {error}");
    }
    said(
        HttpRequest {
            scheme: "ftp",
            ..request(&authority, "GET", "/")
        },
        "is no scheme",
    );
    for (pairs, words) in [
        (&[("a b", "c")][..], "no name of a header"),
        (&[("", "c")], "no name of a header"),
        (&[("a", "b\r\nc: d")], "control character"),
        (&[("Host", "a"), ("host", "b")], "twice"),
        (&[("Content-Length", "0"), ("content-length", "0")], "twice"),
        (&[("Content-Length", "+0")], "no number"),
        (&[("Content-Length", "99999999999999999999")], "no number"),
        (&[("Transfer-Encoding", "gzip")], "other than `chunked`"),
        (
            &[("Transfer-Encoding", "chunked"), ("Content-Length", "0")],
            "both given",
        ),
    ] {
        said(
            HttpRequest {
                headers: &headers(pairs),
                ..request(&authority, "GET", "/")
            },
            words,
        );
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn every_status_is_a_reply_and_no_redirect_is_followed() {
    let server = Server::script(|peer| {
        while let Some(seen) = peer.request() {
            let status = seen.head.split(['/', ' ']).nth(2).unwrap().to_owned();
            let reply = format!(
                "HTTP/1.1 {status} Why\r\nLocation: /other\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 4\r\n\r\nbody"
            );
            peer.send(reply.as_bytes());
        }
    });
    let (authority, transport) = (server.authority(), transport());
    for status in [
        200, 201, 206, 300, 301, 302, 303, 307, 308, 400, 403, 404, 416, 500, 503, 599, 999,
    ] {
        let target = format!("/{status}");
        let reply = transport
            .send(HttpRequest {
                body: Body::Bytes(b"x"),
                ..request(&authority, "POST", &target)
            })
            .unwrap();
        assert_eq!(reply.status, status);
        let pairs: Vec<(&str, &str)> = reply
            .headers
            .iter()
            .map(|header| (&*header.name, &*header.value))
            .collect();
        assert_eq!(
            pairs,
            [
                ("location", "/other"),
                ("x-a", "1"),
                ("x-a", "2"),
                ("content-length", "4")
            ]
        );
        assert_eq!(read(reply).unwrap(), b"body");
    }
    assert_eq!((server.seen().len(), server.connections()), (17, 1));
}

#[test]
fn replies_without_a_body_end_at_once() {
    for (method, reply) in [
        (
            "HEAD",
            &b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"[..],
        ),
        (
            "HEAD",
            b"HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
        ("DELETE", b"HTTP/1.1 204 No Content\r\n\r\n"),
        (
            "GET",
            b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
        ),
        ("GET", b"HTTP/1.1 200\r\ncontent-length:0\r\n\r\n"),
    ] {
        let server = Server::answering(reply);
        let (authority, transport) = (server.authority(), transport());
        for _ in 0..3 {
            let reply = transport.send(request(&authority, method, "/")).unwrap();
            assert_eq!(read(reply).unwrap(), b"");
        }
        assert_eq!(
            server.connections(),
            1,
            "{}",
            String::from_utf8_lossy(reply)
        );
    }
}

#[test]
fn a_body_is_not_decoded() {
    let server = Server::answering(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",
    );
    let reply = transport()
        .send(request(&server.authority(), "GET", "/"))
        .unwrap();
    assert!(
        reply
            .headers
            .iter()
            .any(|header| &*header.name == "content-encoding")
    );
    assert_eq!(read(reply).unwrap(), b"\x1f\x8b\x08");
}

#[test]
fn chunked_replies_with_extensions_and_trailers() {
    let server = Server::answering(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n",
    );
    let (authority, transport) = (server.authority(), transport());
    for _ in 0..3 {
        let mut reply = transport.send(request(&authority, "GET", "/")).unwrap();
        let mut body = Vec::new();
        // In single bytes, and with an empty read between.
        let mut byte = [0];
        while reply.body.read(&mut byte).unwrap() == 1 {
            body.push(byte[0]);
            assert_eq!(reply.body.read(&mut []).unwrap(), 0);
        }
        assert_eq!(body, b"abc0123456789");
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_body_streams_as_it_comes() {
    let (sender, receiver) = mpsc::channel::<()>();
    let receiver = std::sync::Mutex::new(receiver);
    let server = Server::script(move |peer| {
        peer.request();
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none");
        receiver.lock().unwrap().recv().unwrap();
        peer.send(b"two");
    });
    let mut reply = transport()
        .send(request(&server.authority(), "GET", "/"))
        .unwrap();
    let mut buffer = [0; 100];
    assert_eq!(reply.body.read(&mut buffer).unwrap(), 3);
    sender.send(()).unwrap();
    assert_eq!(read(reply).unwrap(), b"two");
}

#[test]
fn a_body_until_the_end_of_the_connection() {
    let server = Server::script(|peer| {
        peer.request();
        peer.send(b"HTTP/1.0 200 OK\r\n\r\nuntil the end");
    });
    let (authority, transport) = (server.authority(), transport());
    for _ in 0..2 {
        assert_eq!(
            read(transport.send(request(&authority, "GET", "/")).unwrap()).unwrap(),
            b"until the end"
        );
    }
    assert_eq!(server.connections(), 2);
}

#[test]
fn interim_replies_are_passed_over() {
    let server = Server::answering(
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    );
    let (authority, transport) = (server.authority(), transport());
    for _ in 0..2 {
        let reply = transport.send(request(&authority, "GET", "/")).unwrap();
        assert_eq!((reply.status, read(reply).unwrap()), (200, b"ok".to_vec()));
    }
}

#[test]
fn an_interim_reply_may_have_fields() {
    const INTERIM: [&str; 5] = [
        "HTTP/1.1 100 Continue\r\nServer: x\r\n\r\n",
        "HTTP/1.1 100 Continue\r\nServer: x\r\nDate: y\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 102 Processing\r\nServer: x\r\n\r\nHTTP/1.1 100 Continue\r\nServer: x\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.0 100\nServer: x\n\n",
    ];
    let server = Server::script(|peer| {
        while let Some(head) = peer.head() {
            let number = head.split(['/', ' ']).nth(2).unwrap();
            let interim = INTERIM[number.parse::<usize>().unwrap()];
            let mut body = [0; 5];
            let put = head.starts_with("PUT");
            // Without being asked it comes when the body is here.
            if put && !head.contains("Expect") {
                peer.reader.read_exact(&mut body).unwrap();
            }
            for part in interim.as_bytes().chunks(30) {
                peer.send(part);
                std::thread::sleep(Duration::from_millis(2));
            }
            if put && head.contains("Expect") {
                peer.reader.read_exact(&mut body).unwrap();
            }
            assert!(!put || &body == b"hello");
            peer.send(OK);
        }
    });
    let (authority, transport) = (server.authority(), transport());
    let expect = headers(&[("Expect", "100-continue")]);
    for number in 0..INTERIM.len() {
        let target = format!("/{number}");
        for (method, headers) in [("GET", &[][..]), ("PUT", &[]), ("PUT", &expect)] {
            let body = match method {
                "GET" => Body::Empty,
                _ => Body::Bytes(b"hello"),
            };
            let started = Instant::now();
            let reply = transport
                .send(HttpRequest {
                    headers,
                    body,
                    ..request(&authority, method, &target)
                })
                .unwrap();
            assert_eq!((reply.status, read(reply).unwrap()), (200, b"ok".to_vec()));
            assert!(started.elapsed() < Duration::from_millis(900), "{target}");
        }
    }
    assert_eq!(server.connections(), 1);
}

/// A server that grants the upload, thinks better of it, and neither reads on nor closes.
#[test]
fn a_refusal_is_seen_while_the_server_reads_no_more() {
    for interim in ["", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"] {
        let server = Server::script(move |peer| {
            peer.head();
            peer.send(b"HTTP/1.1 100 Continue\r\n\r\n");
            std::thread::sleep(Duration::from_millis(200));
            peer.send(interim.as_bytes());
            std::thread::sleep(Duration::from_millis(50));
            peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\n");
            std::thread::sleep(Duration::from_millis(50));
            peer.send(b"denied");
            std::thread::sleep(Duration::from_secs(5));
        });
        let (authority, transport) = (server.authority(), transport());
        let large = vec![b'x'; 32 << 20];
        let expect = headers(&[("Expect", "100-continue")]);
        for (headers, length) in [(&expect[..], Some(32 << 20)), (&[], None)] {
            let started = Instant::now();
            let mut reader = Cursor::new(&large);
            let reply = transport
                .send(HttpRequest {
                    headers,
                    body: Body::Reader(&mut reader, length),
                    ..request(&authority, "PUT", "/")
                })
                .unwrap();
            assert_eq!(
                (reply.status, read(reply).unwrap()),
                (403, b"denied".to_vec())
            );
            assert!(started.elapsed() < Duration::from_secs(3));
            assert!(reader.position() < 32 << 20);
        }
        assert_eq!(server.connections(), 2, "the first is not used again");
    }
}

#[test]
fn expect_100_continue_refused_sends_no_byte_of_the_body() {
    let (sender, receiver) = mpsc::channel();
    let server = Server::script(move |peer| {
        let head = peer.head().unwrap();
        peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ndenied");
        sender.send((head, peer.rest())).unwrap();
    });
    let authority = server.authority();
    let body = vec![b'x'; 8 << 20];
    let given = headers(&[("Expect", "100-continue")]);
    let reply = transport()
        .send(HttpRequest {
            headers: &given,
            body: Body::Bytes(&body),
            ..request(&authority, "PUT", "/")
        })
        .unwrap();
    assert_eq!(
        (reply.status, read(reply).unwrap()),
        (403, b"denied".to_vec())
    );
    let (head, rest) = receiver.recv().unwrap();
    assert!(
        head.contains("\r\nExpect: 100-continue\r\n")
            && head.contains("\r\nContent-Length: 8388608\r\n")
    );
    assert_eq!(rest.len(), 0);
}

#[test]
fn expect_100_continue_granted_or_ignored() {
    let (sender, receiver) = mpsc::channel();
    let server = Server::script(move |peer| {
        while let Some(head) = peer.head() {
            let (came, apart) = (Instant::now(), peer.reader.buffer().is_empty());
            if head.starts_with("PUT /granted") {
                peer.send(b"HTTP/1.1 100 Continue\r\n\r\n");
            }
            let mut body = [0; 5];
            if peer.reader.read_exact(&mut body).is_err() || &body != b"hello" {
                return;
            }
            sender.send((apart, came.elapsed())).unwrap();
            peer.send(OK);
        }
    });
    let (authority, transport) = (server.authority(), transport());
    let given = headers(&[("expect", "100-Continue")]);
    for (target, least) in [("/granted", 0), ("/ignored", 900)] {
        let body = Body::Bytes(b"hello");
        let reply = transport
            .send(HttpRequest {
                headers: &given,
                body,
                ..request(&authority, "PUT", target)
            })
            .unwrap();
        assert_eq!(read(reply).unwrap(), b"ok");
        let (apart, between) = receiver.recv().unwrap();
        println!("{target}: {between:?} between head and body");
        assert!(apart, "{target}: the body came with the head");
        assert!(between >= Duration::from_millis(least), "{between:?}");
    }
    assert_eq!(server.connections(), 1);
}

#[test]
fn an_early_refusal_is_seen_although_the_upload_breaks() {
    let server = Server::script(|peer| {
        peer.head();
        peer.send(
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\nConnection: close\r\n\r\ndenied",
        );
        peer.stream().shutdown(std::net::Shutdown::Both).unwrap();
    });
    let authority = server.authority();
    let body = vec![b'x'; 64 << 20];
    let reply = transport()
        .send(HttpRequest {
            body: Body::Bytes(&body),
            ..request(&authority, "PUT", "/")
        })
        .unwrap();
    assert_eq!(
        (reply.status, read(reply).unwrap()),
        (403, b"denied".to_vec())
    );
}
