//! SigV4 as its description tells it, a step at a time, with RustCrypto's hashes and no thought of speed.

use std::collections::BTreeMap;

/// A request, and what is signed of it.
pub(crate) struct Naive<'a> {
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) payload_hash: String,
    pub(crate) double_encode: bool,
    pub(crate) normalize: bool,
}

pub(crate) fn percent_encode(bytes: &[u8], keep: &str) -> String {
    let kept = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || "-._~".contains(char::from(byte))
            || keep.contains(char::from(byte))
    };
    bytes
        .iter()
        .map(|&b| {
            if b.is_ascii() && kept(b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

pub(crate) fn form_decode(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let mut decoded = Vec::new();
    while !bytes.is_empty() {
        let digits = bytes
            .get(1..3)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let code = digits
            .map(|digits| u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap());
        match (bytes[0], code) {
            (b'%', Some(code)) => {
                decoded.push(code);
                bytes.drain(..3);
                continue;
            }
            (b'+', _) => decoded.push(b' '),
            (byte, _) => decoded.push(byte),
        }
        bytes.remove(0);
    }
    decoded
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex(&sha2::Sha256::digest(bytes))
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    use hmac::Mac as _;
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

impl Naive<'_> {
    pub(crate) fn canonical_query(&self) -> String {
        let mut pairs = Vec::new();
        // Ordered by what it decodes to, but by its escapes where it comes raw.
        let key = |text: &str| {
            if text.is_ascii() {
                form_decode(text)
            } else {
                percent_encode(&form_decode(text), "").into_bytes()
            }
        };
        for pair in self.query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let encoded = [name, value].map(|text| percent_encode(&form_decode(text), ""));
            pairs.push(((key(name), key(value)), encoded.join("=")));
        }
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs
            .into_iter()
            .map(|(_, encoded)| encoded)
            .collect::<Vec<_>>()
            .join("&")
    }

    fn canonical_path(&self) -> String {
        let mut path = self.path.to_owned();
        if self.normalize {
            let mut stack = Vec::new();
            for segment in self.path.split('/') {
                match segment {
                    "" | "." => continue,
                    ".." => drop(stack.pop()),
                    other => stack.push(other),
                }
            }
            path = format!("/{}", stack.join("/"));
            if self.path.ends_with('/') && !stack.is_empty() {
                path.push('/');
            }
        }
        if path.is_empty() {
            path.push('/');
        }
        percent_encode(
            path.as_bytes(),
            if self.double_encode {
                "/"
            } else {
                "/%!$&'()*+,;=:@[]"
            },
        )
    }

    fn canonical_headers(&self) -> BTreeMap<String, String> {
        let mut canonical: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let host = ("host".to_owned(), self.host.to_owned());
        for (name, value) in std::iter::once(&host).chain(&self.headers) {
            let name = name.to_lowercase();
            if ["authorization", "user-agent", "x-amzn-trace-id"].contains(&name.as_str()) {
                continue;
            }
            let mut value = value.trim().to_owned();
            while value.contains("  ") {
                value = value.replace("  ", " ");
            }
            canonical.entry(name).or_default().push(value);
        }
        canonical
            .into_iter()
            .map(|(name, values)| (name, values.join(",")))
            .collect()
    }

    pub(crate) fn signed_headers(&self) -> String {
        self.canonical_headers()
            .into_keys()
            .collect::<Vec<_>>()
            .join(";")
    }

    pub(crate) fn canonical_request(&self) -> String {
        let lines: String = self
            .canonical_headers()
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        let (path, query) = (self.canonical_path(), self.canonical_query());
        format!(
            "{}\n{path}\n{query}\n{lines}\n{}\n{}",
            self.method,
            self.signed_headers(),
            self.payload_hash
        )
    }

    pub(crate) fn signature(
        &self,
        secret: &str,
        time: &str,
        region: &str,
        service: &str,
    ) -> String {
        let date = &time[..8];
        let hash = sha256_hex(self.canonical_request().as_bytes());
        let to_sign =
            format!("AWS4-HMAC-SHA256\n{time}\n{date}/{region}/{service}/aws4_request\n{hash}");
        let key = hmac(format!("AWS4{secret}").as_bytes(), date);
        let key = hmac(&hmac(&hmac(&key, region), service), "aws4_request");
        hex(&hmac(&key, &to_sign))
    }
}
