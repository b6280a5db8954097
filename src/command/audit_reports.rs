//! The reports of an audit: one to standard output or a file, and any number besides, each in its own format and file.

use super::scanning::Shown;
use super::{Terminal, Usage};
use crate::audit::Audit;
use crate::cli::AuditOutputArgs;
use crate::finding::Severity;
use crate::report::{self, Format, Options, audit_text};
use crate::source;
use crate::text::suggest::did_you_mean;
use std::path::PathBuf;

/// What is to be written.
pub(super) struct Reports<'a> {
    args: &'a AuditOutputArgs,
    format: Format,
    more: Vec<(Format, PathBuf)>,
}

/// How findings are weighed.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    /// From which severity on they fail the run.
    pub least: Option<Severity>,
    /// Only those that the run before did not have.
    pub since_last: bool,
}

impl<'a> Reports<'a> {
    /// As the command line asks.
    pub fn new(args: &'a AuditOutputArgs) -> anyhow::Result<Self> {
        let one = |text: &String| {
            let (name, file) = text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or_else(|| {
                Usage::new(format!("`--report {text}` is not FORMAT=FILE"), "write for example `--report html=report.html`")
            })?;
            Ok((format(name)?, PathBuf::from(file)))
        };
        let more: Vec<_> = args.report.iter().map(one).collect::<anyhow::Result<_>>()?;
        let files: Vec<_> = more.iter().map(|(_, file)| file).chain(args.output.as_ref()).collect();
        for (at, file) in files.iter().enumerate() {
            if files.iter().take(at).any(|other| other == file) {
                let message = format!("two reports go to `{}`", file.display());
                return Err(Usage::new(message, "give each report a file of its own").into());
            }
        }
        Ok(Self { args, format: format(&args.format)?, more })
    }

    /// What the reports need besides findings.
    pub fn shown(&self) -> Shown {
        let formats = || self.more.iter().map(|(format, _)| *format).chain([self.format]);
        Shown { cards: formats().any(Format::lists_rules), excerpts: formats().any(Format::shows_source) }
    }

    /// Write those that go to files.
    pub fn files(&self, audit: &Audit, view: View, terminal: &Terminal<'_>) -> anyhow::Result<()> {
        let main = self.args.output.as_ref().map(|file| (self.format, file.clone()));
        for (format, file) in self.more.iter().cloned().chain(main) {
            let mut bytes = Vec::new();
            let options = Options { color: false, ..self.options(view, terminal) };
            report::render_audit(format, audit, &options, view.since_last, &mut bytes)?;
            source::write_atomic(&file, &bytes).map_err(|e| Usage::new(e.to_string(), e.help()))?;
        }
        Ok(())
    }

    /// Write the one that goes to standard output; where that is a file, say there what came of the run.
    pub fn main(&self, audit: &Audit, view: View, terminal: &mut Terminal<'_>) -> anyhow::Result<()> {
        let options = self.options(view, terminal);
        if self.args.output.is_none() {
            report::render_audit(self.format, audit, &options, view.since_last, terminal.out)?;
        } else {
            audit_text::summary(audit, &Options { color: false, ..options }, terminal.err)?;
        }
        Ok(())
    }

    fn options(&self, view: View, terminal: &Terminal<'_>) -> Options {
        Options {
            color: terminal.color,
            width: terminal.width,
            verbose: self.args.verbose,
            quiet: self.args.quiet,
            fail_on: view.least,
            ..Options::default()
        }
    }
}

fn format(text: &str) -> anyhow::Result<Format> {
    text.parse().map_err(|()| {
        let names: Vec<&str> = Format::ALL.map(Format::as_str).to_vec();
        let help = did_you_mean(text, names.iter().copied()).unwrap_or_else(|| format!("use one of {}", names.join(", ")));
        Usage::new(format!("no format `{text}`"), help).into()
    })
}
