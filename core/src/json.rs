//! The little JSON that is written by hand.

/// Appends `text` as a JSON string.
pub(crate) fn push_string(json: &mut String, text: &str) {
    json.push('"');
    // Names of routes and headers seldom need an escape.
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        json.push_str(text);
    } else {
        text.chars().for_each(|c| push_char(json, c));
    }
    json.push('"');
}

fn push_char(json: &mut String, c: char) {
    match c {
        '"' | '\\' => json.extend(['\\', c]),
        ' '.. => json.push(c),
        control => {
            let digit = |shift: u32| char::from_digit(u32::from(control) >> shift & 0xf, 16).unwrap_or('0');
            json.push_str("\\u00");
            json.extend([digit(4), digit(0)]);
        }
    }
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
