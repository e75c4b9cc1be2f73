//! Replies that are cut, wrong, endless or late.

use super::server::{OK, Server};
use super::skip::skipped;
use super::{failure, read, request, transport};
use session::error::Status;
use session::transport::{Body, HttpRequest, Timeouts, Transport};
use std::io::{ErrorKind, Read};
use std::net::TcpListener;
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

/// A limit that no test comes to: what ends has ended for another reason.
const FAR: Duration = Duration::from_secs(3600);
/// So that what should end by itself, and does not, is told as a timeout.
const MINUTE: Duration = Duration::from_secs(60);

fn patience(idle: Duration, total: Duration) -> Timeouts {
    Timeouts {
        idle,
        total,
        ..Timeouts::default()
    }
}

#[test]
fn a_reply_cut_anywhere_is_never_a_success() {
    for whole in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n",
    ] {
        // With its last chunk a chunked body is whole, though an empty line should follow.
        let needed = if whole.ends_with(b"0\r\n\r\n") { whole.len() - 2 } else { whole.len() };
        for cut in 0..=whole.len() {
            let server = Server::script(move |peer| {
                peer.request();
                peer.send(&whole[..cut]);
            });
            let authority = server.authority();
            let result = transport().send(request(&authority, "GET", "/"));
            let end_of_head = whole.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
            match result {
                Err(error) => {
                    assert!(cut < end_of_head, "cut at {cut}: {error}");
                    assert_eq!(error.status(), Status::Transport);
                    assert!(error.text().contains("closed the connection"), "{error}");
                }
                Ok(mut reply) => {
                    assert!(cut >= end_of_head);
                    let mut body = Vec::new();
                    match reply.body.read_to_end(&mut body) {
                        Ok(_) => assert!(cut >= needed && body == b"0123456789", "cut at {cut}"),
                        Err(error) => {
                            assert!(cut < whole.len(), "cut at {cut}: {error}");
                            assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "cut at {cut}: {error}");
                            assert!(error.to_string().contains("the body was cut after"), "{error}");
                            assert!(b"0123456789".starts_with(&body));
                            // Reading on gives no end.
                            assert!(reply.body.read(&mut [0; 8]).is_err());
                        }
                    }
                }
            }
            assert_eq!(server.seen().len(), 1, "sent once");
        }
    }
}

#[test]
fn a_reset_is_not_the_end_of_a_body() {
    let (was_read, reading) = mpsc::channel::<()>();
    let reading = Mutex::new(reading);
    let server = Server::script(move |peer| {
        peer.head();
        peer.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nsome");
        let _ = reading.lock().unwrap().recv();
        // Closing with unread bytes resets the connection.
    });
    let authority = server.authority();
    let unread = [0; 100_000];
    let mut reply = transport()
        .send(HttpRequest {
            body: Body::Bytes(&unread),
            ..request(&authority, "POST", "/")
        })
        .unwrap();
    let mut body = [0; 4];
    reply.body.read_exact(&mut body).unwrap();
    assert_eq!(&body, b"some");
    drop(was_read);
    let error = reply.body.read(&mut body).unwrap_err();
    assert!(error.to_string().contains("cut after 4 bytes"), "{error}");
}

#[test]
fn replies_that_are_not_http() {
    for garbage in [
        &b"SSH-2.0-OpenSSH_9.2\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 099 Low\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"<html>",
        b"\0\0\0\0\0\0\0\0\0",
    ] {
        let server = Server::script(move |peer| {
            peer.request();
            peer.send(garbage);
            peer.rest();
        });
        let authority = server.authority();
        // The server keeps the connection: it is by what came that the call ends.
        let error = failure(
            &transport(),
            HttpRequest {
                timeouts: patience(FAR, MINUTE),
                ..request(&authority, "GET", "/")
            },
        );
        assert_eq!(error.status(), Status::Transport, "{error}");
        assert!(
            error.text().contains(&authority) && error.text().contains("HTTP/1.1"),
            "{error}"
        );
    }
}

#[test]
fn a_framing_that_is_not_known_is_no_body() {
    for coding in [
        "xchunked",
        "gzip, chunked",
        "chunked, identity",
        "gzip",
        "chunked\r\nTransfer-Encoding: chunked",
        "",
    ] {
        let server = Server::script(move |peer| {
            peer.request();
            let head = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {coding}\r\n\r\n");
            peer.send(head.as_bytes());
            peer.send(b"3\r\nabc\r\n0\r\n\r\n");
        });
        let error = failure(&transport(), request(&server.authority(), "GET", "/"));
        let words = format!(
            "the reply of `{}` has a `Transfer-Encoding` other than `chunked`",
            server.authority()
        );
        assert!(error.text().contains(&words), "{error}");
    }
    let server = Server::answering(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    );
    let reply = transport()
        .send(request(&server.authority(), "GET", "/"))
        .unwrap();
    assert_eq!(read(reply).unwrap(), b"abc");
}

#[test]
fn a_switch_of_protocols_that_nobody_asked_for_is_an_error() {
    let server = Server::script(|peer| {
        peer.request();
        peer.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        );
        peer.rest();
    });
    let error = failure(&transport(), request(&server.authority(), "GET", "/"));
    assert!(
        error
            .text()
            .contains("switched protocols, which nobody asked for"),
        "{error}"
    );
}

#[test]
fn wrong_chunks_are_an_error() {
    for body in [
        &b"x\r\n"[..],
        b"5\r\nabc",
        b"3\r\nabcdef\r\n",
        b"ffffffffffffffffff\r\na",
        b"-1\r\n",
        b"123456789012345678901234567890",
    ] {
        let server = Server::script(move |peer| {
            peer.request();
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            peer.send(body);
        });
        let reply = transport()
            .send(request(&server.authority(), "GET", "/"))
            .unwrap();
        assert!(read(reply).is_err(), "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn heads_without_end_are_bounded() {
    for (start, again) in [
        (&b"HTTP/1.1 200 OK\r\n"[..], &b"X-Header: value\r\n"[..]),
        (
            b"HTTP/1.1 200 OK\r\nX: ",
            b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ),
        (b"HTTP/1.1 200 ", b"OK OK OK "),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
        (b"", b"\r\n"),
    ] {
        let server = Server::script(move |peer| {
            peer.request();
            let many = again.repeat(1000);
            let mut alive = peer.send(start);
            while alive {
                alive = peer.send(&many);
            }
        });
        let authority = server.authority();
        let error = failure(
            &transport(),
            HttpRequest {
                timeouts: patience(FAR, MINUTE),
                ..request(&authority, "GET", "/")
            },
        );
        assert_eq!(error.status(), Status::Transport, "{error}");
    }
}

#[test]
fn trailers_without_end_are_bounded() {
    let server = Server::script(|peer| {
        peer.request();
        let mut alive =
            peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n");
        let many = b"X-Trailer: value\r\n".repeat(1000);
        while alive {
            alive = peer.send(&many);
        }
    });
    let reply = transport()
        .send(request(&server.authority(), "GET", "/"))
        .unwrap();
    let error = read(reply).unwrap_err();
    assert!(error.to_string().contains("without end"), "{error}");
}

#[test]
fn silence_ends_by_the_idle_limit_and_dripping_by_the_total() {
    let silent = Server::script(|peer| drop(peer.rest()));
    let authority = silent.authority();
    let start = Instant::now();
    let error = failure(
        &transport(),
        HttpRequest {
            timeouts: patience(Duration::from_millis(300), FAR),
            ..request(&authority, "GET", "/")
        },
    );
    assert_eq!(error.status(), Status::Timeout);
    assert!(
        error
            .text()
            .contains(&format!("waiting for `{authority}` took too long")),
        "{error}"
    );
    assert!(start.elapsed() >= Duration::from_millis(290));

    let dripping = Server::script(|peer| {
        peer.request();
        peer.send(b"HTTP/1.1 200 OK\r\nX: ");
        while peer.send(b"a") {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let authority = dripping.authority();
    let start = Instant::now();
    let error = failure(
        &transport(),
        HttpRequest {
            timeouts: patience(FAR, Duration::from_millis(700)),
            ..request(&authority, "GET", "/")
        },
    );
    assert_eq!(error.status(), Status::Timeout);
    assert!(start.elapsed() >= Duration::from_millis(690));
}

#[test]
fn a_body_that_stops_times_out() {
    let server = Server::script(|peer| {
        peer.request();
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123");
        peer.rest();
    });
    let authority = server.authority();
    let reply = transport()
        .send(HttpRequest {
            timeouts: patience(Duration::from_millis(300), FAR),
            ..request(&authority, "GET", "/")
        })
        .unwrap();
    let error = read(reply).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
}

#[test]
fn a_server_that_does_not_read_times_out() {
    // It keeps the connection, and reads nothing of it, until the call has ended.
    let (ended, ending) = mpsc::channel::<()>();
    let ending = Mutex::new(ending);
    let server = Server::script(move |_| {
        let _ = ending.lock().unwrap().recv();
    });
    let authority = server.authority();
    let body = vec![0; 64 << 20];
    let error = failure(
        &transport(),
        HttpRequest {
            timeouts: patience(Duration::from_millis(400), FAR),
            body: Body::Bytes(&body),
            ..request(&authority, "PUT", "/")
        },
    );
    assert_eq!(error.status(), Status::Timeout);
    assert!(error.text().contains("sending to"), "{error}");
    drop(ended);
}

#[test]
fn nobody_there() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let authority = free.to_string();
    let error = failure(&transport(), request(&authority, "GET", "/"));
    assert!(
        error.text().contains(&authority) && error.text().contains("Connection refused"),
        "{error}"
    );

    let error = failure(&transport(), request("no-such-host.invalid", "GET", "/"));
    assert!(
        error
            .text()
            .contains("the name `no-such-host.invalid` could not be looked up"),
        "{error}"
    );
}

#[test]
fn a_host_that_does_not_answer_the_connect() {
    // A listener whose queue is full drops what else comes.
    let listener = socket_with_full_queue();
    let authority = listener.0.local_addr().unwrap().to_string();
    let timeouts = Timeouts {
        connect: Duration::from_millis(300),
        ..patience(FAR, FAR)
    };
    let error = failure(
        &transport(),
        HttpRequest {
            timeouts,
            ..request(&authority, "GET", "/")
        },
    );
    assert_eq!(error.status(), Status::Timeout, "{error}");
    assert!(error.text().contains("connecting to"), "{error}");
}

fn socket_with_full_queue() -> (TcpListener, Vec<std::net::TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) =
        std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200))
    {
        waiting.push(stream);
    }
    (listener, waiting)
}

#[test]
fn ipv6_and_names() {
    if let Ok(listener) = TcpListener::bind("[::1]:0") {
        let authority = listener.local_addr().unwrap().to_string();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).unwrap();
            std::io::Write::write_all(&mut stream, OK).unwrap();
            String::from_utf8(buffer[..read].to_vec()).unwrap()
        });
        transport().send(request(&authority, "GET", "/")).unwrap();
        assert!(
            server
                .join()
                .unwrap()
                .contains(&format!("Host: {authority}\r\n"))
        );
    } else {
        skipped("no IPv6 here");
    }
    let server = Server::answering(OK);
    let authority = format!("localhost:{}", server.port);
    assert_eq!(
        transport()
            .send(request(&authority, "GET", "/"))
            .unwrap()
            .status,
        200
    );
}
