//! The little JSON that is written by hand.

/// Appends `text` as a JSON string.
pub(crate) fn push_string(json: &mut String, text: &str) {
    // Names of routes and headers seldom need an escape.
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        for part in ["\"", text, "\""] {
            json.push_str(part);
        }
    } else {
        // It is a text, so this cannot fail.
        json.push_str(&serde_json::to_string(text).unwrap_or_default());
    }
}

/// Whether a JSON string has to be read before its text is known.
pub(crate) fn has_escape(text: &str) -> bool {
    text.bytes().any(|byte| byte == b'\\')
}

/// The number of these digits, if there are none but digits and it is not too large.
pub(crate) fn digits(text: &[u8]) -> Option<u16> {
    text.iter().try_fold(0_u16, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u16::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_written_is_read_back() {
        let all_low: String = (0..0x80).map(char::from).collect();
        for text in ["", "plain", "\"", "\\", "a\nb\u{0}\u{1f}", "é\u{2028}🦀", &all_low] {
            let mut json = String::new();
            push_string(&mut json, text);
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text, "{json}");
        }
    }
}
