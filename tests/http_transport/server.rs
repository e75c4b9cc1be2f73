//! Servers that follow a script.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// From the request line to the empty line, line ends included.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// On which connection, from 0.
    pub(crate) connection: usize,
}

pub(crate) struct Server {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Runs `script` for each connection in a thread of its own; it is told the connection's number.
    pub(crate) fn script(script: impl Fn(&mut Peer) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let (seen_there, connections_there, script) = (
            Arc::clone(&seen),
            Arc::clone(&connections),
            Arc::new(script),
        );
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let number = connections_there.fetch_add(1, Ordering::SeqCst);
                let (seen, script) = (Arc::clone(&seen_there), Arc::clone(&script));
                thread::spawn(move || {
                    stream.set_nodelay(true).unwrap();
                    script(&mut Peer {
                        reader: BufReader::new(stream),
                        number,
                        seen,
                    });
                });
            }
        });
        Server {
            port,
            seen,
            connections,
        }
    }

    /// Answers every request with the same bytes and keeps the connection.
    pub(crate) fn answering(reply: &'static [u8]) -> Server {
        Server::script(move |peer| while peer.request().is_some() && peer.send(reply) {})
    }

    pub(crate) fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How many connections were accepted.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// The other side of one connection.
pub(crate) struct Peer {
    pub(crate) reader: BufReader<TcpStream>,
    pub(crate) number: usize,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Peer {
    /// A request with its body; `None` at the end of the connection.
    pub(crate) fn request(&mut self) -> Option<Seen> {
        let head = self.head()?;
        let lower = head.to_lowercase();
        let value = |name: &str| {
            lower.lines().find_map(|line| {
                line.strip_prefix(name)?
                    .strip_prefix(": ")
                    .map(str::to_owned)
            })
        };
        let mut body = Vec::new();
        if let Some(length) = value("content-length") {
            body.resize(length.parse().unwrap(), 0);
            self.reader.read_exact(&mut body).ok()?;
        } else if value("transfer-encoding").is_some() {
            while !body.ends_with(b"0\r\n\r\n") {
                if self.reader.read_until(b'\n', &mut body).ok()? == 0 {
                    return None;
                }
            }
        }
        let seen = Seen {
            head,
            body,
            connection: self.number,
        };
        self.seen.lock().unwrap().push(seen.clone());
        Some(seen)
    }

    /// A request's head alone.
    pub(crate) fn head(&mut self) -> Option<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if self.reader.read_until(b'\n', &mut head).ok()? == 0 {
                return None;
            }
        }
        Some(String::from_utf8(head).unwrap())
    }

    /// Whether the bytes could be sent.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream().write_all(bytes).is_ok()
    }

    /// Everything that still comes until the other side closes.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = self.reader.read_to_end(&mut rest);
        rest
    }

    pub(crate) fn stream(&mut self) -> &mut TcpStream {
        self.reader.get_mut()
    }
}

pub(crate) const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
