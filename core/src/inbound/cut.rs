//! Cuts a JSON object into keys and values without reading them: a reply is read once, when its type is known.
//!
//! Of nested values only the brackets are counted, so no depth and no content of a payload can do harm. Everything else is
//! checked.

use std::borrow::Cow;
use std::ops::Range;

use crate::json::has_escape;

/// A frame is not a JSON object. Says where, and never what is there: a frame may hold secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) expected: &'static str,
    pub(crate) at: usize,
}

type Result<T> = std::result::Result<T, Malformed>;

/// A value as it came.
#[derive(Clone, Debug)]
pub(super) struct Raw {
    /// Where it is.
    pub(super) range: Range<usize>,
    /// Whether Python wrote `NaN` or `Infinity` in it, bare.
    pub(super) has_bare_numbers: bool,
}

pub(super) struct Cut<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cut<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Goes over whitespace and this byte, if it is what comes next.
    pub(super) fn next_is(&mut self, byte: u8) -> bool {
        self.skip_whitespace();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// A key, and the colon after it.
    pub(super) fn key(&mut self) -> Result<Cow<'a, str>> {
        self.skip_whitespace();
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.expected("a key"));
        }
        self.skip_string()?;
        let quoted = &self.text[start..self.at];
        if !self.next_is(b':') {
            return Err(self.expected("a colon"));
        }
        let key = &quoted[1..quoted.len() - 1];
        if !has_escape(key) {
            return Ok(Cow::Borrowed(key));
        }
        serde_json::from_str(quoted).map(Cow::Owned).map_err(|_| self.expected("a key"))
    }

    pub(super) fn value(&mut self) -> Result<Raw> {
        self.skip_whitespace();
        let start = self.at;
        let has_bare_numbers = match self.peek() {
            Some(b'{' | b'[') => self.skip_nested()?,
            Some(b'"') => self.skip_string().map(|()| false)?,
            Some(_) | None => self.skip_single()?,
        };
        Ok(Raw { range: start..self.at, has_bare_numbers })
    }

    /// What comes after a value. Returns whether the object is over.
    pub(super) fn comma_or_end(&mut self) -> Result<bool> {
        if self.next_is(b',') {
            return Ok(false);
        }
        if self.next_is(b'}') { Ok(true) } else { Err(self.expected("a comma or a closing brace")) }
    }

    pub(super) fn end(&mut self) -> Result<()> {
        self.skip_whitespace();
        if self.peek().is_none() { Ok(()) } else { Err(self.expected("nothing more")) }
    }

    /// Goes to the bracket that closes the one here. Returns whether there are bare numbers before it.
    fn skip_nested(&mut self) -> Result<bool> {
        let mut depth = 0_usize;
        let mut has_bare_numbers = false;
        while let Some(byte) = self.peek() {
            match KINDS[usize::from(byte)] {
                Kind::Plain => {}
                Kind::Quote => {
                    self.skip_string()?;
                    continue;
                }
                Kind::Opening => depth += 1,
                Kind::Closing => depth -= 1,
                Kind::BareNumber => has_bare_numbers = true,
            }
            self.at += 1;
            if depth == 0 {
                return Ok(has_bare_numbers);
            }
        }
        Err(self.expected("a closing bracket"))
    }

    /// Goes over the string that begins here.
    fn skip_string(&mut self) -> Result<()> {
        self.at += 1;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let Some(length) = plain_length(rest) else { return Err(self.expected("a closing quote")) };
            let is_over = rest[length] == b'"';
            // A backslash hides what comes after it.
            self.at += length + if is_over { 1 } else { 2 };
            if is_over {
                return Ok(());
            }
        }
    }

    /// Goes over a number, `true`, `false` or `null`. Returns whether it is a bare number.
    fn skip_single(&mut self) -> Result<bool> {
        let rest = &self.text[self.at..];
        let ends = |byte| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
        let length = rest.bytes().position(ends).unwrap_or(rest.len());
        let single = &rest[..length];
        let is_bare = matches!(single, "NaN" | "Infinity" | "-Infinity");
        if !is_bare && !matches!(single, "null" | "true" | "false") && !is_number(single) {
            return Err(self.expected("a value"));
        }
        self.at += length;
        Ok(is_bare)
    }

    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) const fn expected(&self, expected: &'static str) -> Malformed {
        Malformed { expected, at: self.at }
    }
}

/// Whether this is a number, as far as its characters tell: whoever reads it checks the rest.
pub(crate) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'))
}

/// How much there is before a quote or a backslash.
fn plain_length(rest: &[u8]) -> Option<usize> {
    let (words, bytes) = rest.as_chunks();
    let mut nth = 0;
    while let Some(word) = words.get(nth) {
        let ends = ends_in(*word);
        if ends != 0 {
            return Some(8 * nth + ends.trailing_zeros() as usize / 8);
        }
        nth += 1;
        // A string that has been long is gone over in larger steps.
        while nth >= LONG
            && let Some(four) = words.get(nth..nth + 4)
            && four.iter().fold(0, |ends, word| ends | ends_in(*word)) == 0
        {
            nth += 4;
        }
    }
    let length = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    Some(8 * words.len() + length)
}

/// From how many words on.
const LONG: usize = 4;

/// Where a word has a quote or a backslash. The lowest bit that is set is right, and those above it may not be.
const fn ends_in(word: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(word);
    bytes_that_are(b'"', word) | bytes_that_are(b'\\', word)
}

/// Sets the highest bit of the first byte that is this one: eight are compared at once.
const fn bytes_that_are(byte: u8, word: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let zero_where_equal = word ^ (ONES * byte as u64);
    zero_where_equal.wrapping_sub(ONES) & !zero_where_equal & (ONES << 7)
}

/// What a byte outside of strings is for who only counts brackets.
#[derive(Clone, Copy)]
enum Kind {
    Plain,
    Quote,
    Opening,
    Closing,
    /// `N` of `NaN`, or `I` of `Infinity`.
    BareNumber,
}

/// A look at a table costs less than six comparisons.
static KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Plain; 256];
    kinds[b'"' as usize] = Kind::Quote;
    kinds[b'{' as usize] = Kind::Opening;
    kinds[b'[' as usize] = Kind::Opening;
    kinds[b'}' as usize] = Kind::Closing;
    kinds[b']' as usize] = Kind::Closing;
    kinds[b'N' as usize] = Kind::BareNumber;
    kinds[b'I' as usize] = Kind::BareNumber;
    kinds
};
