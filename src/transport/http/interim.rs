//! Replies that come before the reply. ureq takes `100 Continue` for an error if it has fields, and any other with
//! fields for a refusal, so they are taken out before ureq sees them.

/// What a reply begins with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Begin {
    /// A whole interim reply: its length, and whether it is `100 Continue`.
    Interim { length: usize, go_on: bool },
    /// Too little to know, or a part of an interim reply.
    Part,
    /// The reply itself, or no HTTP.
    Final,
}

impl Begin {
    pub(super) fn of(bytes: &[u8]) -> Begin {
        // A switch of protocols is the end of this one.
        const SWITCH: &[u8] = b"01";
        let fits = |at: usize, byte: u8| match at {
            0..=6 => b"HTTP/1.".get(at) == Some(&byte),
            8 => byte == b' ',
            9 => byte == b'1',
            12 => matches!(byte, b' ' | b'\r' | b'\n'),
            _ => byte.is_ascii_digit(),
        };
        let mut start = bytes.iter().take(13).enumerate();
        if !start.all(|(at, byte)| fits(at, *byte)) {
            return Begin::Final;
        }
        match bytes.get(10..12) {
            Some(SWITCH) => Begin::Final,
            Some(number) => match end_of_head(bytes) {
                Some(length) => Begin::Interim {
                    length,
                    go_on: number == b"00",
                },
                None => Begin::Part,
            },
            None => Begin::Part,
        }
    }
}

/// Where a head ends: behind the first empty line.
fn end_of_head(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).find_map(|at| match bytes.get(at + 1..)? {
        [b'\n', ..] => Some(at + 2),
        [b'\r', b'\n', ..] => Some(at + 3),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::Begin;

    #[test]
    fn interim_replies_are_told_from_others() {
        for (whole, go_on) in [
            ("HTTP/1.1 100 Continue\r\nServer: x\r\n\r\n", true),
            ("HTTP/1.0 100\n\n", true),
            ("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", false),
        ] {
            let length = whole.len();
            let followed = format!("{whole}HTTP/1.1 200 OK\r\n\r\n");
            assert_eq!(
                Begin::of(followed.as_bytes()),
                Begin::Interim { length, go_on }
            );
            for cut in 0..length {
                assert_eq!(Begin::of(&whole.as_bytes()[..cut]), Begin::Part, "{cut}");
            }
        }
        for other in [
            "HTTP/1.1 2",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            "HTTP/1.1 1000 What\r\n\r\n",
            "HTTP/2.0 100 Continue\r\n\r\n",
            "SSH",
            "\r\n",
        ] {
            assert_eq!(Begin::of(other.as_bytes()), Begin::Final, "{other}");
        }
    }
}
