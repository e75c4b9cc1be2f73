//! Tables of facts: lines of words in the binary, sorted, found by their first word.
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

    /// The lines whose first word this is, each from its second word on.
    pub(crate) fn lines<'a>(
        &'static self,
        word: &'a str,
    ) -> impl Iterator<Item = &'static str> + Clone + use<'a, N> {
        let first = self
            .starts
            .partition_point(|&start| self.is_before(start, word.as_bytes()));
        let tail = self
            .starts
            .get(first)
            .and_then(|&start| self.text.get(start as usize..))
            .unwrap_or_default();
        tail.split('\n')
            .map_while(move |line| line.strip_prefix(word)?.strip_prefix(' '))
    }

    /// Whether the line that starts here sorts before all lines of the word.
    fn is_before(&self, start: u32, word: &[u8]) -> bool {
        let tail = self
            .text
            .as_bytes()
            .get(start as usize..)
            .unwrap_or_default();
        match tail.split_at_checked(word.len()) {
            // A blank comes before whatever else can stand in a word, so only a longer word of this beginning follows.
            Some((head, _)) => head < word,
            None => tail < word,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# comment\na 1\na-b 2\na.b 3\nab 4\nab 5\nz 6\n";
    static TABLE: Table<{ count(TEXT) }> = Table::new(TEXT);

    #[test]
    fn finds_all_lines_of_a_word_and_of_no_other() {
        let found = |word| TABLE.lines(word).collect::<Vec<_>>();
        assert_eq!(found("a"), ["1"]);
        assert_eq!(found("a-b"), ["2"]);
        assert_eq!(found("a.b"), ["3"]);
        assert_eq!(found("ab"), ["4", "5"]);
        assert_eq!(found("z"), ["6"]);
        for missing in [
            "",
            "0",
            "aa",
            "b",
            "zz",
            "z 6\n and far more than is left",
            "é",
        ] {
            assert_eq!(found(missing), [""; 0], "{missing}");
        }
    }
}
