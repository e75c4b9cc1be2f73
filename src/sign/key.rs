//! The signing key of a day, a region and a service, and a cache of those in use.
//!
//! To derive a key takes four HMACs, four times as long as to sign with it. The cache is one of the process; it is small,
//! never grows, knows secrets only by their hash, and wipes a key when another takes its place.

use crate::crypto::{Digest, HmacKey, Sha256};
use parking_lot::RwLock;
use zeroize::Zeroizing;

/// What a signing key is made for.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// `20200102`
    pub(super) date: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
}

/// Signs `pieces` with the key that belongs to the secret and the scope.
pub(super) fn sign(secret: &str, scope: Scope<'_>, pieces: &[&[u8]]) -> Digest {
    let identity = identity(secret, scope);
    let sets = CACHE.get(usize::from(identity[0]) % SETS);
    // A lock may be held by another thread, and in a forked child by one that isn't there any more. The cache is only
    // there to be quick: who can't have it does without.
    if let Some(set) = sets.and_then(RwLock::try_read) {
        if let Some(entry) = set
            .entries
            .iter()
            .flatten()
            .find(|entry| entry.identity == identity)
        {
            return entry.key.sign(pieces);
        }
    }
    let key = derive(secret, scope);
    let signature = key.sign(pieces);
    if let Some(mut set) = sets.and_then(RwLock::try_write) {
        set.insert(Entry { identity, key });
    }
    signature
}

const SETS: usize = 16;
const WAYS: usize = 4;

/// Keys are spread over sets by their identity, so that a look-up compares few and threads seldom meet at a lock.
static CACHE: [RwLock<Set>; SETS] = [const {
    RwLock::new(Set {
        entries: [const { None }; WAYS],
        oldest: 0,
    })
}; SETS];

struct Set {
    entries: [Option<Entry>; WAYS],
    oldest: usize,
}

struct Entry {
    identity: Digest,
    key: HmacKey,
}

impl Set {
    /// Takes the entry in, in place of the oldest where the set is full.
    fn insert(&mut self, entry: Entry) {
        // Two threads may have derived the same key at the same time.
        if self
            .entries
            .iter()
            .flatten()
            .any(|other| other.identity == entry.identity)
        {
            return;
        }
        if let Some(place) = self.entries.get_mut(self.oldest) {
            *place = Some(entry);
        }
        self.oldest = (self.oldest + 1) % WAYS;
    }
}

/// A hash over the secret and the scope: equal for equal keys only.
fn identity(secret: &str, scope: Scope<'_>) -> Digest {
    let mut hash = Sha256::new();
    for part in [scope.date, scope.region, scope.service] {
        // A region or service has no line break (the signer checks), so that parts can't run into each other.
        hash.update(part.as_bytes());
        hash.update(b"\n");
    }
    hash.update(secret.as_bytes());
    hash.finish()
}

fn derive(secret: &str, scope: Scope<'_>) -> HmacKey {
    let mut start = Zeroizing::new(Vec::with_capacity(4 + secret.len()));
    start.extend_from_slice(b"AWS4");
    start.extend_from_slice(secret.as_bytes());
    let mut key = HmacKey::new(&start);
    for part in [scope.date, scope.region, scope.service, "aws4_request"] {
        let next = Zeroizing::new(key.sign(&[part.as_bytes()]));
        key = HmacKey::new(&*next);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Hex;

    fn scope<'a>(date: &'a str, region: &'a str, service: &'a str) -> Scope<'a> {
        Scope {
            date,
            region,
            service,
        }
    }

    #[test]
    fn cached_and_fresh_keys_sign_alike() {
        let secrets = [
            "a",
            "b",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            &"long".repeat(50),
        ];
        // More keys than the cache has places, each asked for several times and in several orders.
        for round in 0..3 {
            for number in 0..200u32 {
                let number = if round == 1 { 199 - number } else { number };
                let date = format!("2020{:04}", number % 50);
                let secret = secrets[number as usize / 50];
                let scope = scope(&date, "us-east-1", "s3");
                let expected = derive(secret, scope).sign(&[b"text"]);
                assert_eq!(sign(secret, scope, &[b"te", b"xt"]), expected);
                assert_eq!(sign(secret, scope, &[b"text"]), expected);
            }
        }
    }

    #[test]
    fn identity_tells_all_parts_apart() {
        let mut seen = std::collections::HashSet::new();
        for (secret, scope) in [
            ("secret", scope("20200101", "us-east-1", "s3")),
            ("Secret", scope("20200101", "us-east-1", "s3")),
            ("secret", scope("20200102", "us-east-1", "s3")),
            ("secret", scope("20200101", "us-east-2", "s3")),
            ("secret", scope("20200101", "us-east-1", "sts")),
            ("secret", scope("20200101", "us-east-1s", "3")),
            ("3\nsecret", scope("20200101", "us-east-1", "s")),
        ] {
            assert!(seen.insert(Hex::new(&identity(secret, scope)).as_str().to_owned()));
            assert!(seen.insert(Hex::new(&sign(secret, scope, &[])).as_str().to_owned()));
        }
    }

    /// As in a forked child whose parent had the lock: the answer comes all the same.
    #[test]
    fn signs_while_every_lock_is_held() {
        let scope = scope("20210101", "eu-west-1", "sts");
        let expected = sign("held", scope, &[b"x"]);
        let locks: Vec<_> = CACHE.iter().map(|set| set.write()).collect();
        assert_eq!(sign("held", scope, &[b"x"]), expected);
        drop(locks);
        let locks: Vec<_> = CACHE.iter().map(|set| set.read()).collect();
        assert_eq!(
            sign("held too", scope, &[b"x"]),
            derive("held too", scope).sign(&[b"x"])
        );
        drop(locks);
    }

    #[test]
    fn threads_share_the_cache() {
        std::thread::scope(|threads| {
            for thread in 0..8 {
                threads.spawn(move || {
                    for number in 0..500 {
                        let region = format!("region-{}", (number + thread) % 90);
                        let scope = scope("20220101", &region, "s3");
                        assert_eq!(
                            sign("shared", scope, &[b"x"]),
                            derive("shared", scope).sign(&[b"x"])
                        );
                    }
                });
            }
        });
    }
}
