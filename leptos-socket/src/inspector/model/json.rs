//! JSON text that need not be JSON: it may be cut off, or contain Python's `NaN`. It is never decoded, only taken to pieces.

/// A piece of the text as it stands there. All pieces together are the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Space(&'a str),
    /// One of `{}[],:`.
    Mark(char),
    /// With its quotes. Without the last one if the text ends in it.
    Text(&'a str),
    /// A number, a word, or something that is not JSON.
    Bare(&'a str),
}

#[derive(Clone, Debug)]
pub(super) struct Pieces<'a> {
    rest: &'a str,
}

impl<'a> Pieces<'a> {
    pub(super) const fn of(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// Whether what was taken last is a key, because a colon follows.
    pub(super) fn colon_follows(&self) -> bool {
        self.rest.trim_ascii_start().starts_with(':')
    }

    /// Passes over one value, whatever it contains. A comma, or the end of what contains it, stays.
    pub(super) fn skip_value(&mut self) {
        let mut depth = 0_usize;
        loop {
            let before = self.clone();
            match self.next() {
                None => return,
                Some(Piece::Space(_)) => continue,
                Some(Piece::Mark('{' | '[')) => depth += 1,
                Some(Piece::Mark('}' | ']')) if depth > 0 => depth -= 1,
                Some(Piece::Mark(_)) if depth == 0 => {
                    *self = before;
                    return;
                }
                Some(Piece::Mark(_) | Piece::Text(_) | Piece::Bare(_)) => {}
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn take(&mut self, end: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let bytes = self.rest.as_bytes();
        let until = |ends: fn(&u8) -> bool| bytes.iter().position(ends).unwrap_or(bytes.len());
        Some(match bytes.first()? {
            mark if is_mark(mark) => Piece::Mark(self.take(1).chars().next()?),
            b'"' => {
                let end = end_of_text(bytes);
                Piece::Text(self.take(end))
            }
            space if space.is_ascii_whitespace() => {
                let end = until(|byte| !byte.is_ascii_whitespace());
                Piece::Space(self.take(end))
            }
            _ => {
                let end = until(|byte| is_mark(byte) || *byte == b'"' || byte.is_ascii_whitespace());
                Piece::Bare(self.take(end))
            }
        })
    }
}

const fn is_mark(byte: &u8) -> bool {
    matches!(byte, b'{' | b'}' | b'[' | b']' | b',' | b':')
}

/// After the closing quote.
fn end_of_text(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// What is indented less than this shows how deep it is.
const DEEPEST: usize = 24;

/// The text on several lines, two spaces for each level. Text that is not an object or an array stays as it is.
pub(crate) fn pretty(text: &str) -> String {
    if !text.trim_ascii_start().starts_with(['{', '[']) {
        return text.to_owned();
    }
    let mut lines = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut pieces = Pieces::of(text).filter(|piece| !matches!(piece, Piece::Space(_))).peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Mark(open @ ('{' | '[')) => {
                lines.push(open);
                if let Some(Piece::Mark(close @ ('}' | ']'))) = pieces.peek() {
                    lines.push(*close);
                    pieces.next();
                } else {
                    depth += 1;
                    break_line(&mut lines, depth);
                }
            }
            Piece::Mark(close @ ('}' | ']')) => {
                depth = depth.saturating_sub(1);
                break_line(&mut lines, depth);
                lines.push(close);
            }
            Piece::Mark(',') => {
                lines.push(',');
                break_line(&mut lines, depth);
            }
            Piece::Mark(mark) => {
                lines.push(mark);
                lines.push(' ');
            }
            Piece::Text(text) | Piece::Bare(text) | Piece::Space(text) => lines.push_str(text),
        }
    }
    lines
}

fn break_line(lines: &mut String, depth: usize) {
    lines.push('\n');
    lines.extend(std::iter::repeat_n("  ", depth.min(DEEPEST)));
}

#[cfg(test)]
mod tests {
    use super::*;

    const ODD: [&str; 12] = [
        "",
        "{",
        "nope <html>",
        r#"{"a": NaN, "b": [1, -Infinity]}"#,
        r#""unterminated \""#,
        r#""ends in a backslash \"#,
        "}}]],,::",
        r#"{"é": "ü\"", "n": 1e9}"#,
        "[[[[[[",
        r#"{"a":{"b":{}},"c":[]}"#,
        "\u{0} \u{2028}",
        r#"{"cut": "of"#,
    ];

    #[test]
    fn the_pieces_of_any_text_are_the_text() {
        for text in ODD {
            let mut again = String::new();
            for piece in Pieces::of(text) {
                match piece {
                    Piece::Mark(mark) => again.push(mark),
                    Piece::Space(piece) | Piece::Text(piece) | Piece::Bare(piece) => again.push_str(piece),
                }
            }
            assert_eq!(again, text);
        }
    }

    #[test]
    fn pretty_text_differs_in_space_alone() {
        for text in ODD.into_iter().chain(["{\"a\":1,\"b\":[true,null,{}],\"c\":\"x y\"}"]) {
            let pieces = |text: &str| {
                Pieces::of(text)
                    .filter(|piece| !matches!(piece, Piece::Space(_)))
                    .map(|piece| format!("{piece:?}"))
                    .collect::<Vec<_>>()
            };
            assert_eq!(pieces(&pretty(text)), pieces(text));
        }
        assert_eq!(pretty(r#"{"a":1,"b":[2,{}]}"#), "{\n  \"a\": 1,\n  \"b\": [\n    2,\n    {}\n  ]\n}");
        assert_eq!(pretty("Service Unavailable"), "Service Unavailable");
    }

    #[test]
    fn deep_text_does_not_grow_without_bound() {
        let deep = "[".repeat(16_000);
        assert!(pretty(&deep).len() < deep.len() * (2 * DEEPEST + 3));
    }

    #[test]
    fn a_value_is_passed_over_whatever_it_contains() {
        for value in ["1", r#""a,}\"""#, r#"{"a":[1,{"b":"}"}],"c":2}"#, "[]", "NaN"] {
            let text = format!(" {value},1");
            let mut pieces = Pieces::of(&text);
            pieces.skip_value();
            assert_eq!(pieces.next(), Some(Piece::Mark(',')), "{value}");
        }
        let mut nothing = Pieces::of("}");
        nothing.skip_value();
        assert_eq!(nothing.next(), Some(Piece::Mark('}')));
    }
}
