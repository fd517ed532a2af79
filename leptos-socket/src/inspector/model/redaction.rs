//! What is not kept. A secret is taken out before a message is stored, so nothing that reads the store can show it.

use std::collections::VecDeque;
use std::fmt;

use leptos_socket_core::Headers;

use super::json::{Piece, Pieces};

/// Stands for a secret.
pub(crate) const REDACTED: &str = "\"•••\"";

/// A header value that is shorter than this is not looked for in payloads: it would be found in ordinary words.
const SHORTEST: usize = 6;

/// How many header values are looked for.
const MOST_VALUES: usize = 64;

/// Which keys of payloads an inspector treats as secrets: it never keeps what is under them.
///
/// A key is a secret if it contains one of the words, in any case and with any punctuation: `api_key` also means `apiKey`
/// and `X-Api-Key`. The same holds for the name of a route, if its payload is a plain value: a `refreshToken` that
/// answers with `"eyJ..."`.
///
/// The default words are `token`, `password`, `passwd`, `secret`, `refresh`, `authorization`, `api_key`, `ticket`, `credential` and
/// `cookie`.
///
/// ```
/// use leptos_socket::SecretKeys;
///
/// let secrets = SecretKeys::default().with("iban").without("ticket"); // of a help desk
/// assert!(secrets.contains("accessToken") && secrets.contains("customer.IBAN"));
/// assert!(!secrets.contains("ticketNumber"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKeys {
    words: Vec<String>,
}

impl SecretKeys {
    /// One word more.
    #[must_use]
    pub fn with(mut self, word: &str) -> Self {
        self.words.push(plain(word));
        self
    }

    /// Without this word.
    #[must_use]
    pub fn without(mut self, word: &str) -> Self {
        let word = plain(word);
        self.words.retain(|known| *known != word);
        self
    }

    /// Whether this is the key of a secret.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        let key = plain(key);
        self.words.iter().any(|word| !word.is_empty() && key.contains(word.as_str()))
    }
}

impl Default for SecretKeys {
    fn default() -> Self {
        let words = [
            "token",
            "password",
            "passwd",
            "secret",
            "refresh",
            "authorization",
            "api_key",
            "ticket",
            "credential",
            "cookie",
        ];
        Self { words: words.map(plain).into() }
    }
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.words).finish()
    }
}

/// The letters and digits of a name, in lower case. Of an escape only the character that it stands for counts.
fn plain(name: &str) -> String {
    let unescaped = match name.contains('\\') {
        true => serde_json::from_str(&["\"", name, "\""].concat()).unwrap_or_else(|_| name.to_owned()),
        false => name.to_owned(),
    };
    unescaped.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A payload as it may be shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) text: String,
    pub(super) is_cut: bool,
}

#[derive(Debug, Default)]
pub(super) struct Redactor {
    pub(super) keys: SecretKeys,
    /// Values of headers, the latest last: a server may repeat them in a payload.
    values: VecDeque<String>,
}

impl Redactor {
    /// From now on these values are secrets wherever they are.
    pub(super) fn learn(&mut self, headers: &Headers) {
        for (_, value) in headers.iter() {
            for piece in Pieces::of(value.as_json()) {
                if let Piece::Text(text) | Piece::Bare(text) = piece {
                    // Of "Bearer abc", the part that is secret too.
                    let text = text.trim_matches('"');
                    self.learn_value(text);
                    self.learn_value(text.rsplit(' ').next().unwrap_or_default());
                }
            }
        }
    }

    fn learn_value(&mut self, value: &str) {
        if value.len() < SHORTEST || self.values.iter().any(|known| known == value) {
            return;
        }
        if self.values.len() == MOST_VALUES {
            self.values.pop_front();
        }
        self.values.push_back(value.to_owned());
    }

    /// A payload of this route without its secrets, and no longer than `limit`.
    pub(super) fn redacted(&self, payload: &str, route: &str, limit: usize) -> Kept {
        let longest = self.values.iter().map(String::len).max().unwrap_or_default();
        let (mut text, is_all) = self.without_keys(payload, route, limit.saturating_add(longest));
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = text.replace(value.as_str(), "•••");
            }
        }
        // A secret at the end of a part was not seen whole, so it was not found.
        let end = if is_all { text.len() } else { text.len().saturating_sub(longest) };
        let is_cut = !is_all || end > limit;
        if is_cut {
            text.truncate((0..=end.min(limit)).rfind(|end| text.is_char_boundary(*end)).unwrap_or_default());
        }
        Kept { text, is_cut }
    }

    /// Not much more than `limit` of it, and whether that is all.
    fn without_keys(&self, payload: &str, route: &str, limit: usize) -> (String, bool) {
        let mut kept = String::with_capacity(payload.len().min(limit));
        let names_secret = self.keys.contains(route);
        let mut objects = 0_usize;
        let mut pieces = Pieces::of(payload);
        while let Some(piece) = pieces.next() {
            if kept.len() > limit {
                return (kept, false);
            }
            match piece {
                Piece::Text(key) if pieces.colon_follows() => {
                    push(&mut kept, key, limit);
                    if self.keys.contains(key.trim_matches('"')) {
                        kept.push_str(": ");
                        kept.push_str(REDACTED);
                        pieces.by_ref().find(|piece| *piece == Piece::Mark(':'));
                        pieces.skip_value();
                    }
                }
                // A plain value is what its route names.
                Piece::Text(_) if names_secret && objects == 0 => kept.push_str(REDACTED),
                Piece::Bare(bare) if names_secret && objects == 0 && bare != "null" => kept.push_str(REDACTED),
                Piece::Mark(mark) => {
                    match mark {
                        '{' => objects += 1,
                        '}' => objects = objects.saturating_sub(1),
                        _ => {}
                    }
                    kept.push(mark);
                }
                Piece::Text(text) | Piece::Bare(text) | Piece::Space(text) => push(&mut kept, text, limit),
            }
        }
        let is_all = kept.len() <= limit;
        (kept, is_all)
    }
}

/// No more of a long text than shows that it is too long.
fn push(kept: &mut String, text: &str, limit: usize) {
    let room = limit.saturating_sub(kept.len()) + 1;
    let end = (room..text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
    kept.push_str(&text[..end]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(payload: &str) -> String {
        Redactor::default().redacted(payload, "route", 10_000).text
    }

    #[test]
    fn what_is_under_the_key_of_a_secret_is_not_kept() {
        for value in [r#""s3cret""#, r#"{"a":"s3cret"}"#, r#"["s3cret",["s3cret"]]"#, r#""s3\"cret,}s3cret""#] {
            for key in ["token", "newPassword", "API-Key", "x_api_key", "Authorization", "refresh", r"tok\u0065n"] {
                let payload = format!(r#"{{"a": 1, "{key}" : {value}, "b": [{{"{key}":{value}}}], "z": "kept"}}"#);
                let text = redacted(&payload);
                assert!(!text.contains("s3cret") && text.contains("kept"), "{payload} -> {text}");
                let still_json: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert_eq!(still_json["z"], "kept");
            }
        }
    }

    #[test]
    fn what_is_not_a_secret_stays_as_it_is() {
        for payload in [r#"{"a": 1, "b": [NaN, "x"]}"#, "null", r#""text""#, "<html>", "", r#"{"cut": "of"#] {
            assert_eq!(redacted(payload), payload);
        }
    }

    #[test]
    fn a_text_that_is_cut_off_shows_no_secret() {
        for payload in [r#"{"token": "s3cret"#, r#"{"token": {"a": ["s3cret"#, r#"{"token": s3cret"#] {
            assert!(!redacted(payload).contains("s3cret"), "{payload}");
        }
    }

    #[test]
    fn a_plain_value_belongs_to_its_route() {
        let redactor = Redactor::default();
        let of = |payload| redactor.redacted(payload, "refreshToken", 1_000).text;
        assert_eq!(of(r#""s3cret""#), REDACTED);
        assert_eq!(of("12345"), REDACTED);
        assert_eq!(of(r#"["s3cret", 7]"#), format!("[{REDACTED}, {REDACTED}]"));
        assert_eq!(of(r#"{"user": "Ann"}"#), r#"{"user": "Ann"}"#);
        assert_eq!(of("null"), "null");
    }

    #[test]
    fn the_value_of_a_header_is_found_in_any_payload() {
        let mut redactor = Redactor::default();
        let headers = Headers::new().with("x-auth", "s3cret-value").with("authorization", "Bearer abcdef").with("n", 7);
        redactor.learn(&headers);
        let text =
            redactor.redacted(r#"{"echo": "s3cret-value", "x": ["Bearer abcdef", "abcdef"], "n": 7}"#, "r", 1_000).text;
        assert_eq!(text, r#"{"echo": "•••", "x": ["•••", "•••"], "n": 7}"#);
        // Wherever the text is cut.
        let payload = r#"{"echo": "é s3cret-value", "more": 1}"#;
        for limit in 0..payload.len() {
            let kept = redactor.redacted(payload, "r", limit);
            assert!(kept.text.len() <= limit);
            assert!(!kept.text.contains("s3"), "{limit}: {}", kept.text);
        }
        // What stands for a secret is shorter, which brings what comes later within the limit.
        for repeated in 1..20 {
            let payload = format!("[{}, \"the end\"]", vec!["\"s3cret-value\""; repeated].join(","));
            for limit in 0..payload.len() {
                let kept = redactor.redacted(&payload, "r", limit);
                assert!(kept.text.len() <= limit && !kept.text.contains("s3"), "{limit}: {}", kept.text);
                assert_eq!(kept.is_cut, !kept.text.ends_with("\"the end\"]"), "{limit}: {}", kept.text);
            }
        }
    }

    #[test]
    fn no_more_is_read_than_is_kept() {
        let long = format!("[{}]", "\"0123456789\",".repeat(1 << 20));
        let (kept, is_all) = Redactor::default().without_keys(&long, "r", 1_000);
        assert!(kept.len() > 1_000 && kept.len() < 1_100 && !is_all);
        let one = format!("\"{}\"", "é".repeat(1 << 20));
        assert!(Redactor::default().redacted(&one, "r", 1_001).text.len() <= 1_001);
    }

    #[test]
    fn few_header_values_are_remembered() {
        let mut redactor = Redactor::default();
        for n in 0..1_000 {
            redactor.learn(&Headers::new().with("token", format!("token-{n}")));
        }
        assert_eq!(redactor.values.len(), MOST_VALUES);
        assert!(redactor.values.contains(&"token-999".to_owned()));
    }
}
