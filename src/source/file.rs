//! One source: its name, its text, and what had to be mended to get at the text. Gzip is recognised by its first
//! bytes, never by the name, and the limit on size holds for what comes out of it too.

use super::decode::decode;
use super::error::SourceError;
use crate::document::Problem;
use flate2::read::MultiGzDecoder;
use std::io::{self, Read};
use std::sync::Arc;

/// A text that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The name shown to people, `/` separated.
    pub name: Arc<str>,
    /// The text, as UTF-8.
    pub text: String,
    /// What is wrong with its encoding.
    pub problems: Vec<Problem>,
}

/// True for the first bytes of gzip data.
pub(super) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1F, 0x8B])
}

/// Read everything from `reader`, unpack it when it is packed, decode it.
pub(super) fn load(name: &Arc<str>, reader: impl Read, size: u64, limit: u64) -> Result<SourceFile, SourceError> {
    let bytes = load_bytes(name, reader, size, limit)?;
    let (text, problems) = decode(bytes);
    Ok(SourceFile { name: name.clone(), text, problems })
}

/// The bytes, unpacked when they are packed.
pub(super) fn load_bytes(name: &Arc<str>, reader: impl Read, size: u64, limit: u64) -> Result<Vec<u8>, SourceError> {
    // Spans are 32 bits wide.
    let limit = limit.min(u64::from(u32::MAX) - 1);
    let too_large = |unpacked| SourceError::TooLarge { name: name.clone(), limit, unpacked };
    let bytes = read_limited(reader, size, limit)
        .map_err(|reason| SourceError::Read { name: name.clone(), reason })?
        .ok_or_else(|| too_large(false))?;
    if !is_gzip(&bytes) {
        return Ok(bytes);
    }
    let unpacked = read_limited(MultiGzDecoder::new(bytes.as_slice()), size.saturating_mul(8), limit);
    let gzip = |reason: io::Error| SourceError::Gzip { name: name.clone(), reason: gzip_reason(&reason).to_owned() };
    unpacked.map_err(gzip)?.ok_or_else(|| too_large(true))
}

/// At most `limit` bytes; `None` when there are more.
fn read_limited(reader: impl Read, size: u64, limit: u64) -> io::Result<Option<Vec<u8>>> {
    // `size` is only a hint, and for packed files a guess: never trust it with more than a megabyte.
    let capacity = usize::try_from(size.min(limit).min(1 << 20)).unwrap_or(0);
    let mut bytes = Vec::with_capacity(capacity + 1);
    reader.take(limit + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

pub(super) fn gzip_reason(reason: &io::Error) -> &'static str {
    match reason.kind() {
        io::ErrorKind::UnexpectedEof => "the gzip data ends too early",
        _ => "the gzip data is damaged",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn pack(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn run(bytes: &[u8], limit: u64) -> Result<String, SourceError> {
        load(&"x".into(), bytes, bytes.len() as u64, limit).map(|f| f.text)
    }

    #[test]
    fn gzip_is_seen_by_content_members_and_all() {
        let mut two = pack(b"{\"a\":");
        two.extend(pack(b"1}"));
        assert_eq!(run(&two, 100).unwrap(), "{\"a\":1}");
        assert_eq!(run(b"{}", 2).unwrap(), "{}");
    }

    #[test]
    fn damage_is_an_error() {
        let packed = pack(b"{\"a\":1}");
        let cut = run(&packed[..packed.len() - 3], 100).unwrap_err();
        assert_eq!(cut.to_string(), "cannot unpack `x`: the gzip data ends too early");
        assert!(matches!(run(&[0x1F, 0x8B], 100), Err(SourceError::Gzip { .. })));
        let mut broken = packed.clone();
        let middle = broken.len() / 2;
        broken[middle] ^= 0xFF;
        assert!(matches!(run(&broken, 100), Err(SourceError::Gzip { .. })));
    }

    #[test]
    fn the_limit_holds_for_what_comes_out() {
        let bomb = pack(&vec![b' '; 5_000_000]);
        assert!(bomb.len() < 10_000);
        let error = run(&bomb, 10_000).unwrap_err();
        assert_eq!(error.to_string(), "`x` is larger than 10000 bytes when unpacked");
        assert!(matches!(run(b"123", 2), Err(SourceError::TooLarge { unpacked: false, .. })));
        assert!(run(b"123", 3).is_ok());
        assert!(run(b"123", u64::MAX).is_ok());
    }
}
