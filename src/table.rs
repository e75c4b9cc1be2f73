//! Tables of facts: lines of words in the binary, sorted, found by their first words.
//!
//! As one text with an index that is computed by the compiler, a table needs no work when the library is loaded: no
//! parsing, no allocation, and one relocation instead of one for each of its words.

/// How many lines a text has.
pub(crate) const fn count(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut lines) = (0, 0);
    while at < bytes.len() {
        #[allow(
            clippy::indexing_slicing,
            reason = "evaluated by the compiler, and bounded by the loop"
        )]
        if bytes[at] == b'\n' {
            lines += 1;
        }
        at += 1;
    }
    lines
}

/// A table of `N` lines, in byte order; each ends in a line feed.
pub(crate) struct Table<const N: usize> {
    text: &'static str,
    starts: [u32; N],
}

impl<const N: usize> Table<N> {
    /// Indexes `text`, of which [`count`] says the lines.
    pub(crate) const fn new(text: &'static str) -> Table<N> {
        let bytes = text.as_bytes();
        let mut starts = [0; N];
        let (mut at, mut line) = (0, 1);
        while at < bytes.len() && line < N {
            #[allow(
                clippy::indexing_slicing,
                reason = "evaluated by the compiler, and bounded by the loop"
            )]
            if bytes[at] == b'\n' {
                starts[line] = at as u32 + 1;
                line += 1;
            }
            at += 1;
        }
        Table { text, starts }
    }

    /// The line that begins with these words, from the next word on.
    pub(crate) fn find(&self, words: &[&str]) -> Option<&'static str> {
        let at = self
            .starts
            .partition_point(|&start| sorts_before(self.from(start), words));
        let line = self.from(*self.starts.get(at)?).split('\n').next()?;
        words.iter().try_fold(line, |rest, word| {
            rest.strip_prefix(word)?.strip_prefix(' ')
        })
    }

    fn from(&self, start: u32) -> &'static str {
        self.text.get(start as usize..).unwrap_or_default()
    }
}

/// Whether a line sorts before the one that begins with these words.
fn sorts_before(line: &str, words: &[&str]) -> bool {
    let mut rest = line.as_bytes();
    for word in words {
        let Some((head, tail)) = rest.split_at_checked(word.len()) else {
            return rest < word.as_bytes();
        };
        if head != word.as_bytes() {
            return head < word.as_bytes();
        }
        match tail.split_first() {
            Some((b' ', tail)) => rest = tail,
            // What goes on with anything but a blank is a longer word, and those come later.
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# comment\na b 1\na bc 2\na-b b 3\na.b b 4\nab a 5\nab b\nz *z 6\n";
    static TABLE: Table<{ count(TEXT) }> = Table::new(TEXT);

    #[test]
    fn finds_a_line_by_whole_words() {
        let lines = TEXT.lines().skip(1).filter(|line| *line != "ab b");
        for line in lines {
            let words: Vec<_> = line.split(' ').collect();
            assert_eq!(TABLE.find(&words[..2]), Some(words[2]), "{line}");
        }
        assert_eq!(TABLE.find(&["a-b"]), Some("b 3"));
        assert_eq!(TABLE.find(&["ab", "a"]), Some("5"));
        assert_eq!(TABLE.find(&["ab", "b"]), None);
        let beyond = "z 6\n and far more than is left";
        for missing in ["", "0", "aa", "b", "zz", beyond, "é"] {
            assert_eq!(TABLE.find(&[missing]), None, "{missing}");
            assert_eq!(TABLE.find(&["ab", missing]), None, "{missing}");
            assert_eq!(TABLE.find(&["z", missing]), None, "{missing}");
        }
    }
}
