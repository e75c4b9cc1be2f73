//! The lines of a whole text, found 64 bytes at a time.

/// Goes over the lines of a text.
///
/// The bytes that matter are looked for in whole blocks and kept as bits, so that the search for the next one waits for
/// nothing that is done with the line before, and no line costs a search of its own.
pub(super) struct Lines<'a> {
    text: &'a [u8],
    /// Where the next line starts.
    start: usize,
    /// Where the block starts that `marks` is about.
    block: usize,
    /// A bit for each byte of the block that matters and is still ahead.
    marks: u64,
}

/// A line of a text.
pub(super) struct RawLine<'a> {
    /// Where it starts.
    pub(super) start: usize,
    /// The line without its newline.
    pub(super) text: &'a [u8],
    /// Where in the line the first `=`, `#` or `;` is; its length if there is none.
    pub(super) mark: usize,
}

const BLOCK: usize = 64;

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a [u8]) -> Lines<'a> {
        Lines {
            text,
            start: 0,
            block: 0,
            marks: text.first_chunk().map_or_else(|| last_marks(text), marks),
        }
    }

    /// The next byte that matters, or the end of the text.
    #[inline]
    fn next_mark(&mut self) -> usize {
        while self.marks == 0 {
            self.block += BLOCK;
            match self.text.get(self.block..) {
                Some(rest) if !rest.is_empty() => {
                    self.marks = rest.first_chunk().map_or_else(|| last_marks(rest), marks);
                }
                _ => {
                    self.block = self.text.len();
                    return self.block;
                }
            }
        }
        let mark = self.block + self.marks.trailing_zeros() as usize;
        self.marks &= self.marks - 1;
        mark
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = RawLine<'a>;

    #[inline]
    fn next(&mut self) -> Option<RawLine<'a>> {
        let start = self.start;
        if start >= self.text.len() {
            return None;
        }
        let first = self.next_mark();
        let mut end = first;
        while self.text.get(end).is_some_and(|byte| *byte != b'\n') {
            end = self.next_mark();
        }
        self.start = end + 1;
        let text = self.text.get(start..end)?;
        Some(RawLine {
            start,
            text,
            mark: first - start,
        })
    }
}

/// A bit for each byte that matters: a newline, or what ends a key.
///
/// Written so that a compiler can compare many bytes at once: the product moves the eight low bits of a word's bytes
/// side by side into its highest byte.
#[inline]
fn marks(block: &[u8; BLOCK]) -> u64 {
    let found = block.map(|byte| u8::from(matches!(byte, b'\n' | b'=' | b'#' | b';')));
    let words = found.chunks_exact(8).filter_map(|word| word.first_chunk());
    words.zip((0..).step_by(8)).fold(0, |marks, (word, shift)| {
        let packed = u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        marks | packed << shift
    })
}

/// The bits of a text that ends before its block does.
#[cold]
fn last_marks(text: &[u8]) -> u64 {
    let mut block = [0; BLOCK];
    block
        .iter_mut()
        .zip(text)
        .for_each(|(to, from)| *to = *from);
    marks(&block)
}
