//! Times and sizes, for people.

use std::time::Duration;

/// "7 ms", "1.2 s", "3 min 5 s".
pub(super) fn duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    match millis {
        0 if !duration.is_zero() => "< 1 ms".to_owned(),
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{} min {} s", duration.as_secs() / 60, duration.as_secs() % 60),
    }
}

/// "812 B", "1.5 KiB", "2.0 MiB".
pub(super) fn size(bytes: usize) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..1_048_576 => format!("{}.{} KiB", bytes >> 10, (bytes % 1_024) * 10 / 1_024),
        _ => format!("{}.{} MiB", bytes >> 20, (bytes % 1_048_576) * 10 / 1_048_576),
    }
}

/// "12,345".
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "14:03:09.120", of the milliseconds since midnight, or since any midnight before.
pub(super) fn time_of_day(millis: u64) -> String {
    let (seconds, millis) = (millis / 1_000 % 86_400, millis % 1_000);
    format!("{:02}:{:02}:{:02}.{millis:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// One line of a payload, as long as a row is wide.
pub(super) fn preview(text: &str) -> String {
    const LONGEST: usize = 240;
    text.chars().take(LONGEST).map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_short() {
        let said = [0, 1, 999, 1_000, 59_999, 60_000, 3_725_000].map(|millis| duration(Duration::from_millis(millis)));
        assert_eq!(said, ["0 ms", "1 ms", "999 ms", "1.0 s", "59.9 s", "1 min 0 s", "62 min 5 s"]);
        assert_eq!(duration(Duration::from_micros(3)), "< 1 ms");
        let sizes = [0, 1_023, 1_024, 1_536, 1_048_575, 1_048_576, 5 << 20].map(size);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1023.9 KiB", "1.0 MiB", "5.0 MiB"]);
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(time_of_day(86_400_000 * 9 + 50_589_120), "14:03:09.120");
    }

    #[test]
    fn a_preview_is_one_short_line() {
        let line = preview(&"é\n".repeat(1_000));
        assert_eq!(line.chars().count(), 240);
        assert!(!line.contains('\n'));
    }
}
