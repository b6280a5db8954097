//! Which files belong together: a snapshot tree is read account by account, newest snapshot first, so that the principals
//! of one account are joined and let go before the next. Everything else is one group.

use super::file::Reader;
use super::judge::Judge;
use super::principals::Waiting;
use super::result::FileResult;
use crate::source::Entry;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Read and judge all files.
pub(super) fn judge(judge: &Judge<'_>, entries: &[Entry]) -> FileResult {
    let mut accounts: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    let mut rest = Vec::new();
    for entry in entries {
        match judge.around.known.account_of(&entry.name) {
            Some(account) => accounts.entry(account).or_default().push(entry),
            None => rest.push(entry),
        }
    }
    let groups: Vec<_> = accounts.into_values().collect();
    let one = |mut files: Vec<&Entry>| {
        files.sort_by_cached_key(|entry| (std::cmp::Reverse(taken(&entry.name).to_owned()), entry.name.clone()));
        let mut reader = Reader::new(judge);
        files.iter().for_each(|entry| reader.file(entry));
        let joined = reader.waiting.judge(judge);
        reader.result.merge(joined)
    };
    let of_accounts = match groups.len() {
        0 => FileResult::default(),
        1 => groups.into_iter().map(one).fold(FileResult::default(), FileResult::merge),
        _ => groups.into_par_iter().map(one).reduce(FileResult::default, FileResult::merge),
    };
    of_accounts.merge(others(judge, &rest))
}

/// Files of no account in particular: read in any order, joined at the end.
fn others(judge: &Judge<'_>, entries: &[&Entry]) -> FileResult {
    let read = |reader: &mut Reader<'_, '_>, entries: &[&Entry]| entries.iter().for_each(|entry| reader.file(entry));
    let start = || (FileResult::default(), Waiting::default());
    let chunk = |entries: &[&Entry]| {
        let mut reader = Reader::new(judge);
        read(&mut reader, entries);
        (reader.result, reader.waiting)
    };
    let merge = |a: (FileResult, Waiting), b: (FileResult, Waiting)| (a.0.merge(b.0), a.1.merge(b.1));
    // A thread pool costs more than a handful of files.
    let (result, waiting) =
        if entries.len() < 8 { chunk(entries) } else { entries.par_chunks(4).map(chunk).reduce(start, merge) };
    let joined = waiting.judge(judge);
    result.merge(joined)
}

/// When a file was delivered, as its name tells: `…_20260820T042704Z_….json.gz`.
fn taken(name: &str) -> &str {
    let file = name.rsplit('/').next().unwrap_or(name);
    let is_time = |part: &&str| part.len() == 16 && part.ends_with('Z') && part.get(8..9) == Some("T");
    file.split('_').find(is_time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_time() {
        let name = "x/o-abc/AWSLogs/o-abc/111122223333/Config/us-east-1/2026/8/20/ConfigSnapshot/111122223333_Config_us-east-1_ConfigSnapshot_20260820T042704Z_14a5.json.gz";
        assert_eq!(taken(name), "20260820T042704Z");
        assert_eq!(taken("a.json"), "");
    }
}
