//! The forms of ARNs: what the resource of an action can look like.
//!
//! Service Authorization Reference, "Resource types defined by …". Fields are left open where ARNs of AWS's own resources
//! differ from the form: an empty account, an empty region. Names may be empty too: no answer hangs on that they are not.

use super::hash::Map;
use super::pattern::{Pattern, Symbol};
use crate::catalog::{self, ResourceType};
use std::rc::Rc;

/// The form of one type.
#[derive(Debug)]
pub struct Format {
    /// What its ARNs match.
    pub within: Pattern,
    /// What they do not.
    pub without: Option<Pattern>,
    /// Its service field, where that is written out.
    pub service: String,
}

/// Forms by the number of the type.
#[derive(Debug, Default)]
pub struct Formats {
    known: Map<usize, Rc<Format>>,
}

impl Formats {
    /// The form of a type.
    pub fn of(&mut self, index: usize) -> Rc<Format> {
        if let Some(known) = self.known.get(&index) {
            return known.clone();
        }
        let arn = catalog::current().type_at(index).map_or("*", ResourceType::arn);
        let format = Rc::new(read(arn));
        self.known.insert(index, format.clone());
        format
    }
}

fn read(arn: &str) -> Format {
    let mut symbols = Vec::new();
    let mut rest = arn;
    let mut colons = 0;
    let text = |part: &str, colons: &mut usize, symbols: &mut Vec<Symbol>| {
        for c in part.chars() {
            *colons += usize::from(c == ':');
            symbols.push(if c == '*' { Symbol::Run } else { Symbol::Char(c) });
        }
    };
    while let Some((head, tail)) = rest.split_once("${") {
        text(head, &mut colons, &mut symbols);
        match colons {
            0..=2 => symbols.extend([Symbol::OneInField, Symbol::RunInField]),
            3 | 4 => symbols.push(Symbol::RunInField),
            _ => symbols.push(Symbol::Run),
        }
        rest = tail.split_once('}').map_or("", |(_, after)| after);
    }
    text(rest, &mut colons, &mut symbols);
    let within = Pattern::new(symbols, false);
    // A bucket's name has no slash; what has one is an object.
    let bucket = arn.strip_prefix("arn:${Partition}:s3:::").is_some_and(|r| r.ends_with('}') && !r.contains('/'));
    let slash = [Symbol::Run, Symbol::Char('/'), Symbol::Run];
    let without = bucket.then(|| Pattern::new(slash.to_vec(), false));
    let service = arn.split(':').nth(2).filter(|s| !s.contains(['$', '*'])).unwrap_or_default().to_owned();
    Format { within, without, service }
}

/// The service fields of patterns, where all of them write it out.
pub fn services(patterns: &[Pattern]) -> Option<Vec<String>> {
    let mut out = Vec::new();
    for pattern in patterns {
        let mut colons = 0;
        let mut service = String::new();
        for symbol in &*pattern.symbols {
            match symbol {
                Symbol::Char(':') => colons += 1,
                Symbol::Char(c) if colons == 2 => service.push(*c),
                Symbol::Char(_) | Symbol::OneInField | Symbol::RunInField | Symbol::Digit if colons < 2 => {}
                _ if colons > 2 => break,
                _ => return None,
            }
            if colons > 2 {
                break;
            }
        }
        if colons <= 2 {
            return None;
        }
        out.push(service);
    }
    out.sort_unstable();
    out.dedup();
    Some(out)
}
