//! Percent-encoding (RFC 3986), in which IAM and AWS Config write policies.

/// Decode `%XX`; everything else, `+` included, stands for itself. A byte that is no UTF-8 becomes the control character
/// SUBSTITUTE, one for one, so that offsets stay true.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(digit(*high) << 4 | digit(*low));
                rest = after;
            }
            _ => {
                let plain = memchr::memchr(b'%', tail).map_or(rest.len(), |at| at + 1);
                let (run, after) = rest.split_at(plain);
                bytes.extend_from_slice(run);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|error| {
        let mut text = String::with_capacity(error.as_bytes().len());
        for chunk in error.as_bytes().utf8_chunks() {
            text.push_str(chunk.valid());
            text.extend(chunk.invalid().iter().map(|_| '\u{1A}'));
        }
        text
    })
}

fn digit(hex: u8) -> u8 {
    match hex {
        b'0'..=b'9' => hex - b'0',
        b'a'..=b'f' => hex - b'a' + 10,
        _ => hex.wrapping_sub(b'A').wrapping_add(10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_decoded_and_offsets_kept() {
        assert_eq!(decode("%7B%22a%22%3A+1%7d"), "{\"a\":+1}");
        assert_eq!(decode("%c3%bc%C3x%"), "ü\u{1A}x%");
        assert_eq!(decode("100%zz%2"), "100%zz%2");
    }
}
