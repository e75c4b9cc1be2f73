//! TLS: whom to trust, and what to show of ourselves.

use super::certificates::{CLIENT_CERTIFICATE, SystemStore, bundle, key_pair};
use super::fault::Fault;
use super::socket::Socket;
use crate::error::{Error, Result, Status};
use crate::transport::TlsSettings;
use once_cell::sync::OnceCell;
use rustls::client::{ResolvesClientCert, WantsClientCert, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::ServerName;
use rustls::sign::SingleCertAndKey;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, ConfigBuilder, InvalidMessage, RootCertStore,
};
use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

/// Settings for TLS that were read and found good. The default is the system's trust and no certificate.
#[derive(Clone, Default)]
pub struct Tls {
    roots: Option<Arc<RootCertStore>>,
    client: Option<Arc<SingleCertAndKey>>,
    system: SystemStore,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("ca_bundle", &self.roots.is_some())
            .field("client_certificate", &self.client.is_some())
            .finish()
    }
}

impl Tls {
    /// Reads and checks what was asked for. Does nothing where nothing was: the system's store is opened only when the
    /// first `https` request is sent.
    pub fn check(settings: &TlsSettings) -> Result<Tls> {
        let roots = settings.ca_bundle.as_ref().map(bundle).transpose()?;
        let client = match (&settings.client_certificate, &settings.client_key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(key_pair(certificate, key)?),
            (certificate, key) => {
                let message = format!(
                    "client TLS cert({}) and key({}) must both be provided",
                    certificate.is_some(),
                    key.is_some()
                );
                return Err(Error::new(Status::Config, CLIENT_CERTIFICATE, message));
            }
        };
        let system = SystemStore::default();
        Ok(Tls {
            roots,
            client,
            system,
        })
    }

    /// The same with the system's certificates from elsewhere.
    pub fn with_system_store(mut self, store: SystemStore) -> Tls {
        self.system = store;
        self
    }
}

/// The TLS of one process's connections, made when the first is opened. Sessions are resumed from it.
pub(super) struct Client {
    settings: Tls,
    config: OnceCell<Arc<ClientConfig>>,
}

impl Client {
    pub(super) fn new(settings: Tls) -> Client {
        Client {
            settings,
            config: OnceCell::new(),
        }
    }

    /// Agrees on TLS with `host` over `stream`. Nothing but the handshake is sent before it is agreed.
    pub(super) fn connect(&self, host: &str, stream: Stream) -> Result<Stream, Fault> {
        let config = self.config.get_or_try_init(|| config(&self.settings))?;
        let name = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        let name = ServerName::try_from(name.to_owned()).map_err(|error| {
            Fault::lasting(format!(
                "`{host}` is no host that a certificate can name: {error}"
            ))
        })?;
        let what = format!("TLS with `{host}`");
        let connection = ClientConnection::new(Arc::clone(config), name)
            .map_err(|error| fault(&error, &what))?;
        let mut stream = rustls::StreamOwned::new(connection, stream);
        while stream.conn.is_handshaking() {
            stream
                .conn
                .complete_io(&mut stream.sock)
                .map_err(|error| Fault::of_io(error, &what))?;
        }
        Ok(Stream::Tls(Box::new(stream)))
    }
}

fn config(settings: &Tls) -> Result<Arc<ClientConfig>, Fault> {
    // Given explicitly: a provider for the whole process would be a choice made for the host program.
    let provider = Arc::new(ring::default_provider());
    let roots = match &settings.roots {
        Some(roots) => Arc::clone(roots),
        None => settings.system.roots()?,
    };
    let builder = builder(&provider, roots).map_err(|error| fault(&error, "TLS"))?;
    Ok(Arc::new(match &settings.client {
        Some(client) => {
            builder.with_client_cert_resolver(Arc::clone(client) as Arc<dyn ResolvesClientCert>)
        }
        None => builder.with_no_client_auth(),
    }))
}

fn builder(
    provider: &Arc<CryptoProvider>,
    roots: Arc<RootCertStore>,
) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, rustls::Error> {
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider))
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))?;
    Ok(ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_webpki_verifier(verifier))
}

/// What an error of TLS means.
pub(super) fn fault(error: &rustls::Error, what: &str) -> Fault {
    let reason = match error {
        rustls::Error::InvalidCertificate(error) => {
            let reason = match error {
                CertificateError::UnknownIssuer => {
                    "is signed by none of the trusted CAs (unknown issuer; is it self-signed?)"
                        .to_owned()
                }
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => {
                    format!("is for another host: {error}")
                }
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    format!("has expired: {error}")
                }
                // webpki's, which is not ours to name; what `openssl req -x509` makes where nothing else is said.
                error if error.to_string().contains("CaUsedAsEndEntity") => {
                    "is one of a CA; a server's own has to say CA:FALSE".to_owned()
                }
                error => format!("is not accepted: {error}"),
            };
            return Fault::lasting(format!("{what}: the server's certificate {reason}"));
        }
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            return Fault::lasting(format!("{what}: the server does not speak TLS"));
        }
        error => error.to_string(),
    };
    Fault::other(format!("{what}: {reason}"))
}

/// The bytes of a connection: plain, or inside TLS, which may itself go through TLS to a proxy.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(Socket),
    Tls(Box<rustls::StreamOwned<ClientConnection, Stream>>),
}

impl Stream {
    pub(super) fn socket(&mut self) -> &mut Socket {
        match self {
            Stream::Plain(socket) => socket,
            Stream::Tls(stream) => stream.sock.socket(),
        }
    }

    /// Whether a request can be sent on it: the other side has neither closed nor said anything unasked.
    pub(super) fn is_open(&mut self) -> bool {
        if self.socket().set_probing(true).is_err() {
            return false;
        }
        let open = self.is_silent();
        self.socket().set_probing(false).is_ok() && open
    }

    /// Reads without sending first what waits to be sent, which the other side may never take.
    pub(super) fn read_only(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let stream = match self {
            Stream::Plain(socket) => return socket.read(buffer),
            Stream::Tls(stream) => stream,
        };
        loop {
            match stream.conn.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return result,
            }
            stream.conn.read_tls(&mut ReadOnly(&mut stream.sock))?;
            let processed = stream.conn.process_new_packets();
            processed.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        }
    }

    /// Reads what has come without waiting. TLS has messages of its own, like tickets, that are no reply.
    fn is_silent(&mut self) -> bool {
        let stream = match self {
            Stream::Plain(socket) => return waits(&socket.read(&mut [0])),
            Stream::Tls(stream) => stream,
        };
        loop {
            match stream.conn.process_new_packets() {
                Ok(state) if !state.peer_has_closed() && state.plaintext_bytes_to_read() == 0 => {}
                _ => return false,
            }
            match stream.conn.read_tls(&mut stream.sock) {
                Ok(1..) => {}
                read => return waits(&read),
            }
        }
    }
}

struct ReadOnly<'a>(&'a mut Stream);

impl Read for ReadOnly<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read_only(buffer)
    }
}

/// Sends what TLS has to send; unlike rustls, which reads where it can't, and then waits to send although a reply is there.
fn drain(stream: &mut rustls::StreamOwned<ClientConnection, Stream>) -> io::Result<()> {
    while stream.conn.wants_write() {
        if stream.conn.write_tls(&mut stream.sock)? == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
    }
    Ok(())
}

fn waits(read: &io::Result<usize>) -> bool {
    matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.read(buffer),
            Stream::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.write(bytes),
            Stream::Tls(_) => self.write_vectored(&[io::IoSlice::new(bytes)]),
        }
    }

    fn write_vectored(&mut self, parts: &[io::IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => socket.write_vectored(parts),
            Stream::Tls(stream) => {
                drain(stream)?;
                stream.conn.writer().write_vectored(parts)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(socket) => socket.flush(),
            Stream::Tls(stream) => {
                drain(stream)?;
                stream.sock.flush()?;
                stream.conn.writer().flush()
            }
        }
    }
}
