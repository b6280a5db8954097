use super::*;
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::io::Write;

/// Gives the bytes in pieces of a size of its own.
struct Drip(Vec<u8>, usize);

impl Read for Drip {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.1.max(1).min(self.0.len()).min(out.len());
        out[..n].copy_from_slice(&self.0[..n]);
        self.0.drain(..n);
        Ok(n)
    }
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn stream(bytes: &[u8]) -> Box<Stream> {
    match open(&"x.json".into(), Box::new(Drip(bytes.to_vec(), 7000)), 0, 1 << 20).unwrap() {
        Content::Items(stream) => stream,
        Content::Whole(_) => panic!("read whole"),
    }
}

fn items(stream: &mut Stream) -> Vec<Item> {
    let mut all = Vec::new();
    loop {
        let batch = stream.batch(100);
        if batch.is_empty() {
            return all;
        }
        all.extend(batch);
    }
}

fn snapshot(items: &[String]) -> String {
    format!("{{\"fileVersion\":\"1.0\",\n\"configSnapshotId\": \"a\\\"b\", \"configurationItems\": [{}]}}", items.join(",\n "))
}

fn item(n: usize) -> String {
    format!(
        "{{\"relatedEvents\":[{n}],\"arn\":\"arn:ä:}}]{{ \\\" {n}\",\"configuration\":{{\"list\":[{{\"a\":[]}},{{\"relatedEvents\":1}}]}}}}"
    )
}

#[test]
fn items_are_cut_and_placed() {
    let list: Vec<String> = (0..500).map(item).collect();
    let text = snapshot(&list);
    for bytes in [text.clone().into_bytes(), pack(text.as_bytes())] {
        let mut stream = stream(&bytes);
        let found = items(&mut stream);
        assert_eq!(found.iter().map(|i| i.text.clone()).collect::<Vec<_>>(), list);
        assert!(stream.cut_off().is_none() && stream.failure().is_none());
        let last = &found[499];
        assert_eq!((last.pointer.as_str(), last.start.line, last.start.column), ("/configurationItems/499", 501, 2));
        assert_eq!(&text[last.start.offset..][..list[499].len()], list[499]);
        assert!(found.iter().all(|i| i.problems.is_empty()));
    }
}

#[test]
fn other_files_are_read_whole() {
    for text in [
        "{\"Statement\":[]}",
        "{\"configurationItems\":{}}",
        "[1]",
        "",
        "{\"a\":{\"configurationItems\":[]}}",
        "{\n\"a\":1}\n{\n}",
    ] {
        let content = open(&"x.json".into(), Box::new(io::Cursor::new(text.as_bytes().to_vec())), 0, 100).unwrap();
        assert!(matches!(content, Content::Whole(file) if file.text == text), "{text}");
    }
}

#[test]
fn a_broken_item_costs_only_itself() {
    for spoil in [
        |t: &str| t.replacen('}', "", 1),
        |t: &str| t.replacen('{', "", 2),
        |t: &str| t.replacen("\"arn\":\"", "\"arn\":", 1),
        |t: &str| t.replacen("\"arn\"", "arn\"", 1),
        |t: &str| t.replacen("\"arn\"", "\"arn", 1),
        |t: &str| format!("{t}}}"),
        |t: &str| t[..t.len() / 2].to_owned(),
        |_: &str| "{\"relatedEvents\":\"".to_owned(),
    ] {
        let mut list: Vec<String> = (0..50).map(item).collect();
        list[20] = spoil(&list[20]);
        let mut stream = stream(snapshot(&list).as_bytes());
        let found = items(&mut stream);
        let texts: Vec<&str> = found.iter().map(|i| i.text.as_str()).collect();
        let lost: Vec<usize> = (0..50).filter(|n| !texts.contains(&item(*n).as_str())).collect();
        assert!(lost.iter().all(|n| (20..=21).contains(n)), "{:?}: {lost:?}", list[20]);
    }
}

#[test]
fn what_ends_too_early_is_told_after_the_items() {
    let text = snapshot(&(0..2000).map(item).collect::<Vec<_>>());
    let mut cut = stream(&text.as_bytes()[..text.len() / 2]);
    assert!(items(&mut cut).len() > 900);
    assert!(cut.cut_off().is_some());
    let packed = pack(text.as_bytes());
    let mut cut = stream(&packed[..packed.len() - 10]);
    assert!(items(&mut cut).len() > 900);
    assert_eq!(cut.failure().unwrap().to_string(), "cannot unpack `x.json`: the gzip data ends too early");
}

#[test]
fn a_bomb_is_refused() {
    let head = "{\"configurationItems\":[";
    let bomb = pack(format!("{head}{}", " ".repeat(20 << 20)).as_bytes());
    let mut stream = stream(&bomb);
    assert!(items(&mut stream).is_empty());
    assert_eq!(stream.failure().unwrap().to_string(), "`x.json` is larger than 16777216 bytes when unpacked");
    let whole = open(&"x.json".into(), Box::new(io::Cursor::new(pack(" ".repeat(3 << 20).as_bytes()))), 0, 1 << 20);
    assert_eq!(whole.err().unwrap().to_string(), "`x.json` is larger than 1048576 bytes when unpacked");
}

#[test]
fn lines_are_items() {
    let mut stream = stream(b"{\"a\":1}\r\n\n{\"b\":\n{\"c\":3}");
    let found = items(&mut stream);
    let texts: Vec<(&str, usize)> = found.iter().map(|i| (i.text.as_str(), i.start.line)).collect();
    assert_eq!(texts, [("{\"a\":1}", 1), ("{\"b\":", 3), ("{\"c\":3}", 4)]);
}

proptest! {
    #[test]
    fn any_bytes_are_handed_out_in_order(tail in proptest::collection::vec(any::<u8>(), 0..300), chunk in 1usize..64) {
        let mut bytes = b"{\"configurationItems\":[{\"a\":1},".to_vec();
        bytes.extend(&tail);
        let content = open(&"x".into(), Box::new(Drip(bytes.clone(), chunk)), 0, 1 << 20).unwrap();
        let Content::Items(mut stream) = content else { panic!("read whole") };
        let mut end = 0;
        for item in items(&mut stream) {
            prop_assert!(item.start.offset >= end && item.start.offset < bytes.len());
            end = item.start.offset + 1;
        }
    }
}

#[test]
fn a_packed_file_that_is_neither_packed_nor_text_is_told_once() {
    let open = |bytes: &[u8]| open(&"x.json.gz".into(), Box::new(Drip(bytes.to_vec(), 7000)), 0, 1 << 20);
    let Err(error) = open(&[0x89, 0x50, 0xF5, 0x00, 0xC3, 0x28]) else { panic!("it is no text") };
    assert_eq!(error.to_string(), "cannot unpack `x.json.gz`: it is no gzip data, and no text either");
    // Some proxies unpack what they pass on, and others make UTF-16 of it.
    for bytes in [&b"{\"a\": \"\xC3\xA4\"}"[..], b"\xFF\xFE{\0}\0", b"", b"{\"a\": \"\xC3"] {
        assert!(open(bytes).is_ok(), "{bytes:?}");
    }
}
