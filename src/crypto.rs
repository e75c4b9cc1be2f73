//! SHA-256 and HMAC-SHA256: ring's where the built-in transport brings it in, RustCrypto's otherwise.

use once_cell::race::OnceBox;
use std::hint::black_box;

/// The length of a digest in bytes.
pub const DIGEST_LEN: usize = 32;

/// A SHA-256 digest or an HMAC of it.
pub type Digest = [u8; DIGEST_LEN];

/// SHA-256 over data that comes in pieces.
#[derive(Clone)]
pub struct Sha256(backend::Hash);

impl Sha256 {
    /// Starts over nothing.
    pub fn new() -> Sha256 {
        Sha256(backend::hash())
    }

    /// Adds data.
    pub fn update(&mut self, data: &[u8]) {
        backend::update(&mut self.0, data);
    }

    /// The digest of all that was added.
    pub fn finish(self) -> Digest {
        backend::finish(self.0)
    }
}

impl Default for Sha256 {
    fn default() -> Sha256 {
        Sha256::new()
    }
}

/// SHA-256 of `data`.
pub fn sha256(data: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.update(data);
    hash.finish()
}

/// A key for HMAC-SHA256 in the form of its two midstates, so that the key's own blocks are hashed once. Wiped when
/// dropped.
pub struct HmacKey(backend::Key);

impl HmacKey {
    /// Prepares a key of any length.
    pub fn new(key: &[u8]) -> HmacKey {
        HmacKey(backend::key(key))
    }

    /// The HMAC of the pieces, one after the other.
    pub fn sign(&self, pieces: &[&[u8]]) -> Digest {
        backend::sign(&self.0, pieces)
    }

    fn wipe(&mut self) {
        // The midstates are another crate's private fields, so they are overwritten with those of a key that is known
        // to all. `black_box` makes the compiler believe that somebody looks, so the write stays.
        // `race`: a lock might have been left behind by a thread that a forked child doesn't have.
        static BLANK: OnceBox<backend::Key> = OnceBox::new();
        self.0
            .clone_from(BLANK.get_or_init(|| Box::new(backend::key(&[]))));
        black_box(&mut self.0);
    }
}

impl Drop for HmacKey {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// A digest in lower-case hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hex([u8; 2 * DIGEST_LEN]);

impl Hex {
    /// Spells a digest.
    pub fn new(digest: &Digest) -> Hex {
        let digit = |nibble: u8| nibble + if nibble < 10 { b'0' } else { b'a' - 10 };
        let mut text = [0; 2 * DIGEST_LEN];
        for (pair, byte) in text.chunks_exact_mut(2).zip(digest) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        Hex(text)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(feature = "http")]
mod backend {
    use super::Digest;
    use ring::{digest, hmac};

    pub(super) type Hash = digest::Context;
    pub(super) type Key = hmac::Key;

    pub(super) fn hash() -> Hash {
        digest::Context::new(&digest::SHA256)
    }

    pub(super) fn update(hash: &mut Hash, data: &[u8]) {
        hash.update(data);
    }

    pub(super) fn finish(hash: Hash) -> Digest {
        array(hash.finish().as_ref())
    }

    pub(super) fn key(key: &[u8]) -> Key {
        hmac::Key::new(hmac::HMAC_SHA256, key)
    }

    pub(super) fn sign(key: &Key, pieces: &[&[u8]]) -> Digest {
        let mut context = hmac::Context::with_key(key);
        for piece in pieces {
            context.update(piece);
        }
        array(context.sign().as_ref())
    }

    /// The algorithm fixes the length, which ring's types don't say.
    fn array(bytes: &[u8]) -> Digest {
        bytes.try_into().unwrap_or_default()
    }
}

#[cfg(not(feature = "http"))]
mod backend {
    use super::Digest;
    use hmac::Mac as _;
    use hmac::digest::KeyInit;
    use sha2::Digest as _;

    pub(super) type Hash = sha2::Sha256;
    pub(super) type Key = hmac::Hmac<sha2::Sha256>;

    pub(super) fn hash() -> Hash {
        sha2::Sha256::new()
    }

    pub(super) fn update(hash: &mut Hash, data: &[u8]) {
        hash.update(data);
    }

    pub(super) fn finish(hash: Hash) -> Digest {
        hash.finalize().into()
    }

    pub(super) fn key(key: &[u8]) -> Key {
        // The constructor for keys of any length returns a `Result` that is never an error; the one for whole blocks
        // does not. Shorter keys are padded with zeros, longer ones hashed: that is HMAC's own definition.
        let mut block = zeroize::Zeroizing::new([0; 64]);
        let digest;
        let key = if key.len() > block.len() {
            digest = zeroize::Zeroizing::new(super::sha256(key));
            digest.as_slice()
        } else {
            key
        };
        for (byte, given) in block.iter_mut().zip(key) {
            *byte = *given;
        }
        <Key as KeyInit>::new((&*block).into())
    }

    pub(super) fn sign(key: &Key, pieces: &[&[u8]]) -> Digest {
        let mut mac = key.clone();
        for piece in pieces {
            mac.update(piece);
        }
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standards() {
        // FIPS 180-2, appendix B
        let digest = sha256(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
        assert_eq!(
            Hex::new(&digest).as_str(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        );
        // RFC 4231, cases 2 and 6
        let mac = HmacKey::new(b"Jefe").sign(&[b"what do ya want ", b"", b"for nothing?"]);
        assert_eq!(
            Hex::new(&mac).as_str(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let mac = HmacKey::new(&[0xaa; 131])
            .sign(&[b"Test Using Larger Than Block-Size Key - Hash Key First"]);
        assert_eq!(
            Hex::new(&mac).as_str(),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    /// The other implementation says the same, for every length around the block's and in every partition.
    #[test]
    fn both_implementations_agree() {
        use hmac::Mac as _;
        use sha2::Digest as _;
        let data: Vec<u8> = (0..300u32).map(|i| (i * 7 % 251) as u8).collect();
        for length in 0..data.len() {
            let (message, rest) = data.split_at(length);
            let (start, end) = message.split_at(length / 3);
            let mut hash = Sha256::new();
            hash.update(start);
            hash.update(end);
            assert_eq!(hash.finish(), <Digest>::from(sha2::Sha256::digest(message)));
            let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(rest).unwrap();
            mac.update(message);
            assert_eq!(
                HmacKey::new(rest).sign(&[start, end]),
                <Digest>::from(mac.finalize().into_bytes())
            );
        }
    }

    #[test]
    fn a_wiped_key_is_the_blank_one() {
        let mut key = HmacKey::new(b"secret");
        let blank = HmacKey::new(b"").sign(&[b"x"]);
        assert_ne!(key.sign(&[b"x"]), blank);
        key.wipe();
        assert_eq!(key.sign(&[b"x"]), blank);
    }
}
