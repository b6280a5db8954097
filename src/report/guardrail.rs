//! The guardrail of an organization for people: what is open and why the nearest Deny misses it, what is held and by what,
//! what nothing stops, and the policy that would close the gap.

use super::diagnostic::{Diagnostic, Note};
use super::escape::{terminal, terminal_lines};
use super::level::paint;
use super::options::Options;
use super::proof::{caller, sgr, shown};
use super::text::{write_header, write_notes, write_source};
use super::wrap::wrap;
use crate::evaluate::Request;
use crate::finding::{Label, Location};
use crate::guardrail::{Control, Coverage, Fallback, Gap, Group, Holds, Nearest, Spot, Suggestion, Target};
use crate::organization::Organization;
use crate::policy::PolicyKind;
use crate::proof::{Asked, Verdict};
use std::collections::BTreeSet;
use std::io::{Result, Write};

/// A statement of a control policy, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The `Sid`.
    pub sid: Option<String>,
    /// Where it is.
    pub location: Location,
}

/// All that a report of a guardrail needs.
pub struct View<'v> {
    /// The answer.
    pub coverage: &'v Coverage,
    /// The tree.
    pub organization: &'v Organization,
    /// Its control policies.
    pub controls: &'v [Control<'v>],
    /// What was asked.
    pub asked: &'v Asked,
    /// Who is exempt.
    pub except: &'v [String],
    /// What cannot be stopped lets pass.
    pub accepts_structural: bool,
    /// Finds a statement.
    pub statement: &'v dyn Fn(Spot) -> Option<Statement>,
    /// What the answer rests on.
    pub assumptions: &'v [String],
}

/// Accounts that are named in a line, unless all are asked for.
const NAMED: usize = 5;
/// Paths that are named in a line.
const PATHS: usize = 4;
/// Lines of a policy that are printed; a longer one is for JSON.
const LINES: usize = 60;

impl View<'_> {
    /// The answer, the management account included.
    pub fn verdict(&self) -> Verdict {
        let gap = self.coverage.gaps.iter().any(|gap| gap.fails && !self.accepts_structural);
        if gap { Verdict::Fail } else { self.coverage.verdict() }
    }

    /// What was asked, in one sentence.
    pub fn question(&self) -> String {
        let list = |all: &[String], any: &str| if all.is_empty() { any.to_owned() } else { listed(all, NAMED) };
        let except = if self.except.is_empty() { String::new() } else { format!(" but {}", listed(self.except, NAMED)) };
        let actions = list(&self.asked.actions, "any action");
        let resources = list(&self.asked.resources, "any resource");
        format!("{actions} on {resources}, by any principal of the account{except}")
    }

    /// `18 accounts`, `account 111122223333 (shop)`.
    pub fn who(&self, accounts: &[String]) -> String {
        let units = accounts.iter().filter(|id| self.organization.units.contains_key(*id)).count();
        match (accounts, units) {
            ([one], _) => self.target(one),
            (many, units) => counted(many.len() - units, units),
        }
    }

    /// An account with its name, where that says more.
    fn named(&self, id: &str) -> String {
        match self.organization.accounts.get(id).filter(|account| account.name != id) {
            Some(account) => format!("{id} ({})", account.name),
            None => id.to_owned(),
        }
    }

    /// A unit by its path, an account by its id.
    pub fn target(&self, id: &str) -> String {
        if self.organization.units.contains_key(id) { self.unit(id) } else { format!("account {}", self.named(id)) }
    }

    fn unit(&self, id: &str) -> String {
        match self.organization.named_path(id).as_str() {
            "/" => "the root".to_owned(),
            path => path.to_owned(),
        }
    }

    /// Units and accounts by what people call them, sorted.
    pub fn targets(&self, ids: &[String]) -> Vec<String> {
        let all: BTreeSet<String> = ids.iter().map(|id| self.target(id)).collect();
        all.into_iter().collect()
    }

    fn accounts(&self, ids: &[String], all: bool) -> String {
        let take = if all { ids.len() } else { NAMED };
        let shown: Vec<String> = ids.iter().take(take).map(|id| self.named(id)).collect();
        let more = ids.len().saturating_sub(take);
        let shown = shown.join(", ");
        if more > 0 { format!("{shown} and {more} more; `--verbose` names all") } else { shown }
    }

    /// `Sid` of `policy` (file:line:column).
    pub fn cite(&self, spot: Spot) -> String {
        let policy = self.controls.get(spot.control).map_or("", |control| control.name.as_str());
        let statement = (self.statement)(spot);
        let sid = statement.as_ref().and_then(|s| s.sid.as_deref()).map_or(String::new(), |sid| format!("`{sid}` of "));
        let place = statement.map_or(String::new(), |s| format!(" ({})", place(&s.location)));
        format!("{sid}`{policy}`{place}")
    }

    /// Why a Deny misses, and where it is attached.
    pub fn misses(&self, nearest: &Nearest) -> String {
        let attached = self.targets(&nearest.attached);
        let at = match attached.as_slice() {
            [] => "attached to nothing".to_owned(),
            some => format!("attached to {}, not above {}", plain(some, PATHS), "these accounts"),
        };
        match (nearest.is_above, nearest.stops_all, nearest.why.is_empty()) {
            (true, ..) if nearest.why.is_empty() => "is above them, and not shown to stop it".to_owned(),
            (true, ..) => format!("is above them, but {}", nearest.why.join("; and ")),
            (false, true, _) | (false, false, true) => format!("would stop all of it, but is {at}"),
            (false, false, false) => format!("{}; and it is {at}", nearest.why.join("; and ")),
        }
    }

    /// What holds accounts.
    pub fn holds(&self, holds: &Holds) -> String {
        let kind = match holds.kind {
            PolicyKind::ResourceControlPolicy => "resource control policy",
            _ => "service control policy",
        };
        match holds.by {
            Some(spot) => format!("{kind} {}", self.cite(spot)),
            None if holds.kind == PolicyKind::ResourceControlPolicy => "several resource control policies together".to_owned(),
            None => "service control policies together: several Denies, or a level that does not allow it".to_owned(),
        }
    }

    /// Where to attach what is suggested.
    pub fn attach(&self, targets: &[Target], all: bool) -> String {
        let names: Vec<String> = targets.iter().map(|target| self.target(&target.id)).collect();
        plain(&names, if all { names.len() } else { NAMED })
    }

    /// One target instead of several, with what it touches besides.
    pub fn fallback(&self, fallback: &Fallback, all: bool) -> String {
        let mut more = Vec::new();
        if fallback.held > 0 {
            more.push(format!("above {} as well, for which nothing changes", held_words(fallback.held)));
        }
        if fallback.others > 0 {
            let plural = if fallback.others == 1 { "account that was" } else { "accounts that were" };
            let lose = format!("above {} {plural} not asked about or not decided, which would lose this access", fallback.others);
            more.push(lose);
        }
        format!("{}: {}", self.attach(&fallback.targets, all), more.join("; and "))
    }

    /// Targets that have their full number of policies, and where the statement fits instead.
    pub fn full(&self, suggestion: &Suggestion) -> Vec<String> {
        let full = |target: &Target| {
            let room = target.room.as_ref()?;
            let name = self.target(&target.id);
            let has =
                format!("{name} has {} of {} {} attached", target.attached, suggestion.quota.attached, plural(suggestion.kind));
            let drafts = suggestion.drafts.len();
            Some(match room.first() {
                None if drafts > 1 => format!("{has}, and {drafts} more do not fit: detach or merge some first"),
                None => format!("{has}, and none of them has room for the statement: detach or merge some first"),
                Some(room) => {
                    let policy = self.controls.get(room.control).map_or("", |c| c.name.as_str());
                    let also = self.targets(&room.also);
                    let also = if also.is_empty() {
                        String::new()
                    } else {
                        format!(", which is attached to {} as well", plain(&also, PATHS))
                    };
                    let size =
                        format!("{} of {} characters then", grouped(room.characters), grouped(suggestion.quota.characters));
                    format!("{has}: add the statement to `{policy}`{also} ({size})")
                }
            })
        };
        suggestion.attach_to.iter().filter_map(full).collect()
    }

    /// How long the policies are.
    pub fn size(&self, suggestion: &Suggestion) -> String {
        let limit = grouped(suggestion.quota.characters);
        let sizes: Vec<String> = suggestion.drafts.iter().map(|draft| grouped(draft.characters)).collect();
        let pretty = |draft: &crate::guardrail::Draft| grouped(format!("{:#}", draft.policy).chars().count());
        let printed: Vec<String> = suggestion.drafts.iter().map(pretty).collect();
        let (sizes, printed) = (sizes.join(" and "), printed.join(" and "));
        format!("{sizes} of {limit} characters; {printed} with its line breaks and spaces, which count too")
    }
}

/// `1 account and 2 units`.
fn counted(accounts: usize, units: usize) -> String {
    let one = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    match (accounts, units) {
        (accounts, 0) => one(accounts, "account"),
        (0, units) => one(units, "unit"),
        (accounts, units) => format!("{} and {}", one(accounts, "account"), one(units, "unit")),
    }
}

fn held_words(held: usize) -> String {
    if held == 1 { "1 account that is held already".to_owned() } else { format!("{held} accounts that are held already") }
}

/// `a`, `b` and 3 more.
fn listed(texts: &[String], most: usize) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| format!("`{text}`")).collect();
    plain(&quoted, most)
}

/// a, b and 3 more.
fn plain(texts: &[String], most: usize) -> String {
    let shown = texts.iter().take(most).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = texts.len().saturating_sub(most);
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// 10,240.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn place(location: &Location) -> String {
    format!("{}:{}:{}", location.file, location.start.line, location.start.column)
}

/// A request in one line, so that it can be copied.
pub fn request_line(request: &Request) -> String {
    let mut out = format!("{} calls {} on {}", caller(&request.caller), request.action, request.resource);
    let keys: Vec<String> = request.context.iter().map(|(key, value)| format!("{key} = {}", shown(value))).collect();
    if !keys.is_empty() {
        out = format!("{out} with {}", keys.join(", "));
    }
    out
}

/// Write the answer.
pub fn write(view: &View<'_>, options: &Options, out: &mut dyn Write) -> Result<()> {
    let mut told = BTreeSet::new();
    let (held, rest): (Vec<&Group>, Vec<&Group>) = view.coverage.groups.iter().partition(|g| g.verdict == Verdict::Pass);
    // What is to be done stands last, where a terminal ends.
    for group in held {
        write_held(view, group, options, out)?;
    }
    for group in rest {
        write_open(view, group, options, (&mut told, out))?;
    }
    for suggestion in view.coverage.suggestion.iter().chain(&view.coverage.for_resources) {
        write_suggestion(view, suggestion, options, out)?;
    }
    write_gaps(view, options, out)?;
    write_end(view, options, out)
}

fn header(group: &Group, message: &str, options: &Options, out: &mut dyn Write) -> Result<()> {
    let header = Diagnostic {
        kind: group.verdict.as_str(),
        code: Some("guardrail"),
        severity: None,
        message,
        file: None,
        primary: None,
        related: Vec::new(),
        notes: Vec::new(),
    };
    write_header(&header, options, out)
}

/// A titled line; prose is wrapped, what is to be copied is not.
fn row(title: &str, text: &str, copied: bool, (options, out): (&Options, &mut dyn Write)) -> Result<()> {
    let title = format!("  {title:>9}:");
    let hang = " ".repeat(title.len() + 1);
    let text = terminal(text);
    let lines = if copied { vec![text] } else { wrap(&text, options.width.saturating_sub(hang.len())) };
    for (at, line) in lines.iter().enumerate() {
        if at == 0 {
            writeln!(out, "{} {line}", paint(&title, "1", options.color))?;
        } else {
            writeln!(out, "{hang}{line}")?;
        }
    }
    Ok(())
}

fn inside(view: &View<'_>, group: &Group) -> String {
    let units = view.targets(&group.units);
    if units.is_empty() { String::new() } else { format!(" in {}", plain(&units, PATHS)) }
}

fn write_held(view: &View<'_>, group: &Group, options: &Options, out: &mut dyn Write) -> Result<()> {
    let verb = if group.accounts.len() == 1 { "is" } else { "are" };
    let message = format!("{}{} {verb} held", view.who(&group.accounts), inside(view, group));
    header(group, &message, options, out)?;
    if options.verbose && group.accounts.len() > 1 {
        row("accounts", &view.accounts(&group.accounts, true), false, (options, out))?;
    }
    for holds in &group.held {
        row("by", &view.holds(holds), false, (options, out))?;
    }
    if let Some(reason) = &group.reason {
        row("note", reason, false, (options, out))?;
    }
    writeln!(out)
}

fn write_open(
    view: &View<'_>,
    group: &Group,
    options: &Options,
    (told, out): (&mut BTreeSet<Spot>, &mut dyn Write),
) -> Result<()> {
    let verb = match (group.verdict, group.accounts.len()) {
        (Verdict::Unknown, 1) => "is not decided",
        (Verdict::Unknown, _) => "are not decided",
        (_, 1) => "lets it through",
        (..) => "let it through",
    };
    header(group, &format!("{}{} {verb}", view.who(&group.accounts), inside(view, group)), options, out)?;
    if group.accounts.len() > 1 {
        row("accounts", &view.accounts(&group.accounts, options.verbose), false, (options, out))?;
    }
    if let Some(request) = &group.witness {
        row("request", &request_line(request), true, (options, out))?;
    }
    if let Some(reason) = &group.reason {
        row(if group.verdict == Verdict::Unknown { "why" } else { "note" }, reason, false, (options, out))?;
    }
    for (at, nearest) in group.nearest.iter().enumerate() {
        let title = if at == 0 { "nearest" } else { "or" };
        // What would do elsewhere is told once.
        if at > 0 && !nearest.is_above && !told.insert(nearest.spot) {
            continue;
        }
        row(title, &format!("{} {}", view.cite(nearest.spot), view.misses(nearest)), false, (options, out))?;
    }
    if group.nearest.is_empty() {
        row("nearest", "no Deny of the organization is about it", false, (options, out))?;
    }
    // What stands above them is drawn, once: there a word is wrong.
    let above = group.nearest.iter().find(|n| n.is_above && !n.why.is_empty());
    if let Some((nearest, statement)) =
        above.and_then(|n| Some((n, (view.statement)(n.spot)?))).filter(|(n, _)| told.insert(n.spot))
    {
        let label = Label { message: nearest.why.first().cloned().unwrap_or_default(), location: statement.location };
        write_source(&[&label], None, options, out)?;
    }
    writeln!(out)
}

/// What a suggestion does, in one line.
fn promise(suggestion: &Suggestion) -> String {
    let kind = plural(suggestion.kind);
    let what = match suggestion.drafts.len() {
        1 => format!("this {}", kind.replace("policies", "policy")),
        n => format!("these {n} {kind}"),
    };
    let accounts = if suggestion.closes == 1 { "the account" } else { "all of them" };
    let of = if suggestion.closes == 1 { "the account".to_owned() } else { format!("the {} accounts", suggestion.closes) };
    match (suggestion.proved, suggestion.kind, suggestion.closes) {
        (true, PolicyKind::ResourceControlPolicy, _) => {
            format!("with {what} attached nobody can do it to resources of {of}, outsiders and AWS services included: proved")
        }
        (true, _, 1) => format!("with {what} attached the account is held: proved"),
        (true, _, n) => format!("with {what} attached the {n} open accounts are held: proved"),
        (false, ..) => format!("{what} would deny what is asked, and it could not be proved that {accounts} would be held"),
    }
}

fn plural(kind: PolicyKind) -> &'static str {
    if kind == PolicyKind::ResourceControlPolicy { "resource control policies" } else { "service control policies" }
}

fn write_suggestion(view: &View<'_>, suggestion: &Suggestion, options: &Options, out: &mut dyn Write) -> Result<()> {
    let title = paint("help:", "34", options.color);
    writeln!(out, "{title} {}", terminal(&promise(suggestion)))?;
    for draft in &suggestion.drafts {
        let text = format!("{:#}", draft.policy);
        if text.lines().count() > LINES {
            row("policy", "too long to print: `--format json` has it", false, (options, out))?;
            continue;
        }
        for line in terminal_lines(&text).lines() {
            writeln!(out, "    {line}")?;
        }
    }
    row("size", &view.size(suggestion), false, (options, out))?;
    let above = if suggestion.kind == PolicyKind::ResourceControlPolicy { "one of these accounts" } else { "open account" };
    let targets = view.attach(&suggestion.attach_to, options.verbose);
    row("attach to", &format!("{targets}: above every {above} and no other"), false, (options, out))?;
    for fallback in &suggestion.or_to {
        row("or to", &view.fallback(fallback, options.verbose), false, (options, out))?;
    }
    for full in view.full(suggestion) {
        row("full", &full, false, (options, out))?;
    }
    writeln!(out)
}

fn write_gaps(view: &View<'_>, options: &Options, out: &mut dyn Write) -> Result<()> {
    let fails = |gap: &Gap| gap.fails && !view.accepts_structural;
    for gap in view.coverage.gaps.iter().filter(|gap| fails(gap)) {
        let word = paint("FAIL[guardrail]:", "31", options.color);
        writeln!(out, "{word} {}", paint(&terminal(&gap.says), "1", options.color))?;
        if !gap.help.is_empty() {
            row("help", &gap.help, false, (options, out))?;
        }
        writeln!(out)?;
    }
    let told = |gap: &&Gap| !fails(gap);
    let text = |gap: &Gap| if gap.help.is_empty() { gap.says.clone() } else { format!("{}; {}", gap.says, gap.help) };
    let mut notes: Vec<Note<'_>> = view.coverage.gaps.iter().filter(told).map(|gap| Note::prose("beyond", text(gap))).collect();
    notes.insert(0, Note::prose("asked", view.question()));
    notes.extend(view.coverage.unused.iter().map(|e| {
        Note::prose("unneeded", format!("`{e}` is exempt, and in every account that is held it is stopped all the same"))
    }));
    notes.extend(view.assumptions.iter().map(|a| Note::prose("assumed", a.as_str())));
    write_notes(&notes, options, out)
}

fn write_end(view: &View<'_>, options: &Options, out: &mut dyn Write) -> Result<()> {
    let verdict = view.verdict();
    let count = |v: Verdict| view.coverage.count(v);
    let word = paint(verdict.as_str(), sgr(verdict), options.color);
    let members = view.coverage.groups.iter().flat_map(|group| &group.accounts);
    let units = members.filter(|id| view.organization.units.contains_key(*id)).count();
    let all = counted(view.coverage.accounts() - units, units);
    let unbound = view.coverage.gaps.iter().filter(|g| !g.accounts.is_empty() && g.fails).count();
    let unbound = if unbound > 0 { format!(", {unbound} not bound") } else { String::new() };
    let counts = [(Verdict::Pass, "held"), (Verdict::Fail, "open"), (Verdict::Unknown, "not decided")];
    let counts = counts.map(|(v, name)| format!("{} {name}", count(v))).join(", ");
    writeln!(out, "{word}: {counts} of {all}{unbound}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (5120, "5,120"), (10240, "10,240"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn long_lists_tell_how_many_are_left() {
        let texts: Vec<String> = ["a", "b", "c"].map(str::to_owned).into();
        assert_eq!(listed(&texts, 2), "`a`, `b` and 1 more");
        assert_eq!(listed(&texts, 3), "`a`, `b`, `c`");
    }
}
