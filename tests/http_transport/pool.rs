//! Connections that are used again, and those that must not be.

use super::server::{OK, Server};
use super::{failure, headers, read, request, transport};
use session::error::Status;
use session::transport::http::HttpTransport;
use session::transport::{Body, HttpRequest, Transport};
use std::io::Cursor;
use std::net::Shutdown;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

fn get(transport: &HttpTransport, authority: &str) {
    let reply = transport.send(request(authority, "GET", "/")).unwrap();
    assert_eq!(read(reply).unwrap(), b"ok");
}

#[test]
fn a_connection_is_used_again_once_its_reply_was_read() {
    let server = Server::answering(OK);
    let (authority, transport) = (server.authority(), transport());
    for _ in 0..20 {
        get(&transport, &authority);
    }
    assert_eq!(server.connections(), 1);

    // To the last byte, without looking for the end.
    let mut reply = transport.send(request(&authority, "GET", "/")).unwrap();
    reply.body.read_exact(&mut [0; 2]).unwrap();
    get(&transport, &authority);
    assert_eq!(server.connections(), 1);

    // Not read: the rest of the reply is on the connection.
    let reply = transport.send(request(&authority, "GET", "/")).unwrap();
    drop(reply);
    get(&transport, &authority);
    assert_eq!(server.connections(), 2);

    // Two at once.
    let first = transport.send(request(&authority, "GET", "/")).unwrap();
    let second = transport.send(request(&authority, "GET", "/")).unwrap();
    assert_eq!(
        (read(first).unwrap(), read(second).unwrap()),
        (b"ok".to_vec(), b"ok".to_vec())
    );
    assert_eq!(server.connections(), 3);
}

#[test]
fn a_connection_belongs_to_its_authority() {
    let server = Server::answering(OK);
    let transport = transport();
    get(&transport, &server.authority());
    get(&transport, &format!("localhost:{}", server.port));
    assert_eq!(server.connections(), 2);
}

#[test]
fn close_is_honoured_from_either_side() {
    let server =
        Server::answering(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    let (authority, transport) = (server.authority(), transport());
    for _ in 0..3 {
        get(&transport, &authority);
    }
    assert_eq!(server.connections(), 3);

    let server = Server::answering(OK);
    let authority = server.authority();
    let given = headers(&[("Connection", "close")]);
    for _ in 0..3 {
        let reply = transport
            .send(HttpRequest {
                headers: &given,
                ..request(&authority, "GET", "/")
            })
            .unwrap();
        assert_eq!(read(reply).unwrap(), b"ok");
    }
    assert_eq!(server.connections(), 3);
}

#[test]
fn bytes_nobody_asked_for_end_a_connection() {
    let server = Server::script(|peer| {
        while peer.request().is_some() {
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
        }
    });
    let (authority, transport) = (server.authority(), transport());
    for _ in 0..3 {
        get(&transport, &authority);
    }
    assert_eq!(server.connections(), 3);
}

#[test]
fn a_connection_that_was_closed_while_idle_is_replaced() {
    let (sender, receiver) = mpsc::channel();
    let server = Server::script(move |peer| {
        peer.request();
        peer.send(OK);
        if peer.number == 0 {
            peer.stream().shutdown(Shutdown::Both).unwrap();
            sender.send(()).unwrap();
        }
        peer.rest();
    });
    let (authority, transport) = (server.authority(), transport());
    get(&transport, &authority);
    receiver.recv().unwrap();
    thread::sleep(Duration::from_millis(50));
    // Whatever the method, and a reader too: the request was never sent before.
    let mut reader = Cursor::new(b"body".to_vec());
    let body = Body::Reader(&mut reader, Some(4));
    transport
        .send(HttpRequest {
            body,
            ..request(&authority, "POST", "/")
        })
        .unwrap();
    assert_eq!((server.connections(), server.seen().len()), (2, 2));
}

/// A server whose first connection serves one request and closes when the next has come, unanswered.
fn closing_on_the_second() -> Server {
    Server::script(|peer| {
        peer.request();
        peer.send(OK);
        if peer.number == 0 {
            peer.request();
            return;
        }
        while peer.request().is_some() && peer.send(OK) {}
    })
}

#[test]
fn a_request_that_met_a_closing_connection_is_sent_again_only_where_that_is_safe() {
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        let (server, transport) = (closing_on_the_second(), transport());
        let authority = server.authority();
        get(&transport, &authority);
        let body = Body::Bytes(b"again");
        transport
            .send(HttpRequest {
                body,
                ..request(&authority, method, "/")
            })
            .unwrap();
        let seen = server.seen();
        assert_eq!((server.connections(), seen.len()), (2, 3), "{method}");
        assert_eq!((seen[1].connection, seen[2].connection), (0, 1));
        assert_eq!(
            (&seen[1].head, &seen[1].body),
            (&seen[2].head, &seen[2].body)
        );
    }
    for method in ["POST", "PATCH", "PURGE"] {
        let (server, transport) = (closing_on_the_second(), transport());
        let authority = server.authority();
        get(&transport, &authority);
        let error = failure(&transport, request(&authority, method, "/"));
        assert_eq!(error.status(), Status::Transport);
        assert!(
            error
                .text()
                .contains("closed the connection without a reply"),
            "{error}"
        );
        assert_eq!(
            (server.connections(), server.seen().len()),
            (1, 2),
            "{method}"
        );
    }
    // A reader that was read from can't be read again.
    let (server, transport) = (closing_on_the_second(), transport());
    let authority = server.authority();
    get(&transport, &authority);
    let mut reader = Cursor::new(b"body".to_vec());
    let body = Body::Reader(&mut reader, Some(4));
    failure(
        &transport,
        HttpRequest {
            body,
            ..request(&authority, "PUT", "/")
        },
    );
    assert_eq!((server.connections(), server.seen().len()), (1, 2));
}

#[test]
fn a_first_request_and_one_that_was_answered_in_part_are_not_repeated() {
    let server = Server::script(|peer| drop(peer.request()));
    let authority = server.authority();
    failure(&transport(), request(&authority, "GET", "/"));
    assert_eq!((server.connections(), server.seen().len()), (1, 1));

    let server = Server::script(|peer| {
        peer.request();
        peer.send(OK);
        peer.request();
        peer.send(b"H");
    });
    let (authority, transport) = (server.authority(), transport());
    get(&transport, &authority);
    failure(&transport, request(&authority, "GET", "/"));
    assert_eq!((server.connections(), server.seen().len()), (1, 2));
}

#[test]
fn threads_share_the_pool() {
    let server = Server::answering(OK);
    let (authority, transport, barrier) = (
        server.authority(),
        Arc::new(transport()),
        Arc::new(Barrier::new(8)),
    );
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (authority, transport, barrier) = (
                authority.clone(),
                Arc::clone(&transport),
                Arc::clone(&barrier),
            );
            thread::spawn(move || {
                barrier.wait();
                for _ in 0..100 {
                    get(&transport, &authority);
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    assert_eq!(server.seen().len(), 800);
    assert!(server.connections() <= 8, "{}", server.connections());
}

#[test]
fn a_child_never_uses_its_parents_connections() {
    // Each reply names its connection, so that both sides can be compared.
    let server = Server::script(|peer| {
        while peer.request().is_some() {
            let reply = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{:08}",
                peer.number
            );
            peer.send(reply.as_bytes());
        }
    });
    let (authority, transport) = (server.authority(), transport());
    let number = |reply: std::io::Result<Vec<u8>>| -> i32 {
        String::from_utf8(reply.unwrap()).unwrap().parse().unwrap()
    };
    let ask = || {
        number(read(
            transport.send(request(&authority, "GET", "/")).unwrap(),
        ))
    };
    assert_eq!((ask(), ask()), (0, 0));

    // A reply that is half read when the process forks.
    let mut open = transport.send(request(&authority, "GET", "/")).unwrap();
    let mut half = [0; 4];
    open.body.read_exact(&mut half).unwrap();
    // And one that waits again.
    assert_eq!(ask(), 1);

    let children: Vec<i32> = (0..20)
        .map(|_| {
            #[allow(unsafe_code, reason = "there is no safe fork")]
            // SAFETY: the child does what a single-threaded program may, and leaves by `_exit`.
            let pid = unsafe { libc::fork() };
            if pid == 0 {
                let mut byte = [0];
                let stolen = open.body.read(&mut byte).is_ok();
                let (first, second) = (ask(), ask());
                let good = !stolen && first > 1 && first == second;
                #[allow(unsafe_code, reason = "a child must not run the test harness's exit")]
                // SAFETY: ends the process.
                unsafe {
                    libc::_exit(if good { 0 } else { 1 })
                }
            }
            pid
        })
        .collect();
    for pid in children {
        let mut status = 0;
        #[allow(unsafe_code, reason = "there is no safe waitpid")]
        // SAFETY: `status` outlives the call.
        let waited = unsafe { libc::waitpid(pid, &mut status, 0) };
        assert_eq!((waited, status), (pid, 0));
    }
    // The parent goes on, on the connection it had, and its open reply is whole.
    assert_eq!(ask(), 1);
    let mut rest = Vec::new();
    std::io::Read::read_to_end(&mut open.body, &mut rest).unwrap();
    assert_eq!((half, rest), (*b"0000", b"0000".to_vec()));
    assert_eq!(ask(), 0);
    assert_eq!(server.connections(), 22);
}
