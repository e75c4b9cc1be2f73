//! `aws-chunked`: a body in chunks of known size, with its checksum behind it, so that it need not be read beforehand.

use base64::Engine;
use std::io::{self, Read};

/// Bytes in a chunk but the last.
const CHUNK: u64 = 64 * 1024;
const TRAILER: &str = "x-amz-checksum-crc32:";
/// Of four bytes in Base64.
const CHECKSUM_LENGTH: u64 = 8;

/// What a body of so many bytes has over the wire.
pub(super) fn length_of(length: u64) -> u64 {
    let frame = |size: u64| hex_digits(size) + 2 + size + 2;
    let whole = (length / CHUNK).saturating_mul(frame(CHUNK));
    let last = match length % CHUNK {
        0 => 0,
        rest => frame(rest),
    };
    // "0\r\n", the trailer, "\r\n\r\n".
    whole + last + 3 + TRAILER.len() as u64 + CHECKSUM_LENGTH + 4
}

fn hex_digits(size: u64) -> u64 {
    u64::from((u64::BITS - size.leading_zeros()).div_ceil(4).max(1))
}

/// A body in chunks, read from the body itself.
pub(super) struct Chunked<R> {
    source: R,
    left: u64,
    checksum: crc32fast::Hasher,
    /// What is to be given out before the source is read again, and how much of it was.
    frame: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: Read> Chunked<R> {
    pub(super) fn new(source: R, length: u64) -> Chunked<R> {
        Chunked {
            source,
            left: length,
            checksum: crc32fast::Hasher::new(),
            frame: Vec::new(),
            given: 0,
            ended: false,
        }
    }

    /// Puts the next chunk, or the end, together.
    fn next_frame(&mut self) -> io::Result<()> {
        self.frame.clear();
        self.given = 0;
        let size = self.left.min(CHUNK);
        self.frame
            .extend_from_slice(format!("{size:x}\r\n").as_bytes());
        if size == 0 {
            let checksum = self.checksum.clone().finalize().to_be_bytes();
            let checksum = base64::engine::general_purpose::STANDARD.encode(checksum);
            self.frame
                .extend_from_slice(format!("{TRAILER}{checksum}\r\n\r\n").as_bytes());
            self.ended = true;
            return Ok(());
        }
        let head = self.frame.len();
        let read = (&mut self.source).take(size).read_to_end(&mut self.frame)?;
        if read as u64 != size {
            let message = format!(
                "the request's body ended {} bytes before its length",
                self.left - read as u64
            );
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
        }
        self.checksum
            .update(self.frame.get(head..).unwrap_or_default());
        self.frame.extend_from_slice(b"\r\n");
        self.left -= size;
        Ok(())
    }
}

impl<R: Read> Read for Chunked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.frame.len() && !self.ended {
            self.next_frame()?;
        }
        let mut rest = self.frame.get(self.given..).unwrap_or_default();
        let count = rest.read(buffer)?;
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_known_before() {
        for length in [0, 1, 15, 16, 65_535, 65_536, 65_537, 131_072, 200_000] {
            let body = vec![b'x'; length];
            let mut wire = Vec::new();
            Chunked::new(body.as_slice(), length as u64)
                .read_to_end(&mut wire)
                .unwrap();
            assert_eq!(wire.len() as u64, length_of(length as u64), "{length}");
        }
    }

    #[test]
    fn a_body_is_framed_with_its_checksum() {
        let mut wire = String::new();
        Chunked::new("123456789".as_bytes(), 9)
            .read_to_string(&mut wire)
            .unwrap();
        // The check value of CRC-32 is cbf43926.
        assert_eq!(
            wire,
            "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n"
        );
    }

    #[test]
    fn a_body_that_ends_early_is_an_error() {
        let mut wire = Vec::new();
        assert!(
            Chunked::new("1".as_bytes(), 9)
                .read_to_end(&mut wire)
                .is_err()
        );
    }
}
