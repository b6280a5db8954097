//! The policies that an argument names: a file, a folder, any document with policies in it, standard input, or either at
//! a revision of git. Nothing is answered about a policy that could not be read in full.

use super::load::{self, Project};
use super::{Exit, Terminal, Usage};
use crate::cli::{PolicyArgs, ProjectArgs};
use crate::finding::Incomplete;
use crate::policy::{Context, PolicyKind};
use crate::report::{self, Options};
pub use crate::scan::Input;
use crate::scan::{Gatherer, Inventory, unreadable};
use crate::source::{self, WalkOptions, git};
use crate::text::suggest::did_you_mean;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What one argument gave.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The argument.
    pub argument: String,
    /// It names a folder.
    pub folder: bool,
    /// The policies, in the order of files and texts.
    pub policies: Vec<Input>,
    /// What could not be read or understood: with any of it there is no answer.
    pub problems: Vec<Incomplete>,
    /// Why there is nothing to look at.
    pub nothing: Vec<Usage>,
    /// Who has which of the policies.
    pub inventory: Inventory,
    /// What names of files below the folder start with.
    prefix: String,
}

impl Loaded {
    /// What names a policy within the argument: its file below the folder, and what it is in its file.
    pub fn key<'a>(&'a self, input: &'a Input) -> (&'a str, &'a str) {
        let path = input.file().strip_prefix(&self.prefix).unwrap_or(input.file());
        (if self.folder { path } else { "" }, input.identity())
    }
}

/// Loads what arguments name.
pub struct Loader {
    said: Context,
    project: Project,
    here: PathBuf,
    walk: WalkOptions,
}

impl Loader {
    /// With what the command line and the project file say. `Err` of the inner result: it was shown what is wrong.
    pub fn new(args: &PolicyArgs, paths: &[&Path], terminal: &mut Terminal<'_>) -> anyhow::Result<Result<Self, Exit>> {
        let said = said(args.kind.as_deref(), args.resource_type.as_deref(), args.account.as_deref())?;
        if paths.iter().filter(|path| path.as_os_str() == "-").count() > 1 {
            return Err(Usage::new("`-` stands twice", "standard input can be read once; name a file for the other").into());
        }
        let project = ProjectArgs { config: args.config.clone(), no_config: args.no_config, baseline: None, as_of: None };
        let on_disk = |path: &&&Path| !git::is_git(path);
        let on_disk: Vec<PathBuf> = paths.iter().filter(on_disk).map(|path| path.to_path_buf()).collect();
        let here = std::env::current_dir().unwrap_or_default();
        let project = load::project(&project, &on_disk, source::today(), terminal)?;
        Ok(project.map(|project| Self { said, project, here, walk: WalkOptions::default() }))
    }

    /// Load every argument, and show what is wrong with them. `Err` of the inner result: there can be no answer.
    pub fn all(&self, arguments: &[&Path], terminal: &mut Terminal<'_>) -> anyhow::Result<Result<Vec<Loaded>, Exit>> {
        let all = arguments.iter().map(|argument| self.load(&[argument])).collect::<anyhow::Result<Vec<_>>>()?;
        Self::shown(all, terminal)
    }

    /// Load all arguments as parts of one whole: who is described in one may have what stands in another.
    pub fn together(&self, arguments: &[&Path], terminal: &mut Terminal<'_>) -> anyhow::Result<Result<Vec<Loaded>, Exit>> {
        Self::shown(vec![self.load(arguments)?], terminal)
    }

    fn shown(all: Vec<Loaded>, terminal: &mut Terminal<'_>) -> anyhow::Result<Result<Vec<Loaded>, Exit>> {
        for nothing in all.iter().flat_map(|loaded| &loaded.nothing) {
            writeln!(terminal.err, "{}", nothing.lines())?;
        }
        let options = Options { color: terminal.color, width: terminal.width, ..Options::default() };
        for problem in all.iter().flat_map(|loaded| &loaded.problems) {
            report::write_problem("incomplete", problem, &options, terminal.err)?;
        }
        if all.iter().any(|loaded| !loaded.problems.is_empty()) {
            writeln!(terminal.err, "no answer: a policy that was not read in full can hold anything")?;
            return Ok(Err(Exit::Incomplete));
        }
        Ok(if all.iter().any(|loaded| !loaded.nothing.is_empty()) { Err(Exit::NoInput) } else { Ok(all) })
    }

    /// Load some arguments.
    ///
    /// # Errors
    /// When one cannot be understood.
    pub fn load(&self, arguments: &[&Path]) -> anyhow::Result<Loaded> {
        let context_of = |path: &str| self.context_of(path);
        let mut gatherer = Gatherer::new(&context_of);
        let mut loaded = Loaded::default();
        for argument in arguments {
            loaded.argument = argument.to_string_lossy().replace('\\', "/");
            self.one(argument, &mut gatherer, &mut loaded);
        }
        let gathered = gatherer.finish();
        loaded.policies = gathered.policies;
        loaded.inventory = gathered.inventory;
        loaded.problems.extend(gathered.incomplete);
        let named = gathered.unrecognised.iter().filter(|(_, explicit)| *explicit);
        loaded.nothing.extend(named.map(|(file, _)| {
            Usage::new(format!("`{file}` holds no policy that is known"), "`--kind` tells which kind of policy a file is")
        }));
        let empty = loaded.policies.is_empty() && loaded.inventory.holders.is_empty();
        if empty && loaded.problems.is_empty() && loaded.nothing.is_empty() {
            let help = "name policy files, documents that hold policies, or a folder of them";
            loaded.nothing.push(Usage::new(format!("no policy in `{}`", loaded.argument), help));
        }
        Ok(loaded)
    }

    /// Take in what one argument names.
    fn one(&self, argument: &Path, gatherer: &mut Gatherer<'_>, loaded: &mut Loaded) {
        if argument.as_os_str() == "-" {
            let name: Arc<str> = source::stdin::NAME.into();
            match source::stdin::open(&name, self.walk.max_bytes) {
                Ok(content) => gatherer.content(content, &name, &name, true),
                Err(error) => gatherer.failed(&error),
            }
        } else if git::is_git(argument) {
            let shown = loaded.argument.clone();
            self.of_git(&shown, gatherer, loaded);
        } else {
            self.of_disk(argument, gatherer, loaded);
        }
    }

    fn of_disk(&self, argument: &Path, gatherer: &mut Gatherer<'_>, loaded: &mut Loaded) {
        let mut expanded = source::expand(&[argument.to_path_buf()], &self.walk);
        if let Ok(excluded) = source::walk::glob_set(&self.excludes()) {
            expanded.entries.retain(|e| e.explicit || !excluded.is_match(self.project_name(&e.name)));
        }
        loaded.folder = expanded.entries.iter().any(|entry| !entry.explicit) || argument.is_dir();
        // Of a pattern that no shell expanded, the folders before the first wildcard.
        let wild = loaded.argument.find(['*', '?', '[', '{']).filter(|_| !argument.is_dir());
        let plain = loaded.argument.get(..wild.unwrap_or(loaded.argument.len())).unwrap_or_default();
        let plain = if wild.is_some() { plain.rsplit_once('/').map_or("", |(folder, _)| folder) } else { plain };
        let folder = plain.trim_start_matches("./").trim_end_matches('/');
        loaded.prefix = if matches!(folder, "" | ".") { String::new() } else { format!("{folder}/") };
        for error in &expanded.errors {
            if error.is_missing() {
                loaded.nothing.push(Usage::new(error.to_string(), error.help()));
            } else {
                loaded.problems.push(unreadable(error));
            }
        }
        for entry in &expanded.entries {
            match source::disk::open(entry, &self.walk, &|_| ()) {
                Ok(content) => gatherer.content(content, &entry.name, &entry.name, entry.explicit),
                Err(error) => gatherer.failed(&error),
            }
        }
    }

    fn of_git(&self, argument: &str, gatherer: &mut Gatherer<'_>, loaded: &mut Loaded) {
        match git::open(argument, &self.here, &self.walk) {
            Ok(files) => {
                loaded.folder = files.iter().any(|file| !file.explicit);
                let folder = argument.trim_end_matches(['/', '.']);
                loaded.prefix = if folder.ends_with(':') { folder.to_owned() } else { format!("{folder}/") };
                loaded.prefix = loaded.prefix.replacen(":./", ":", 1);
                for file in files {
                    match file.content {
                        Ok(content) => gatherer.content(content, &file.name, &file.path, file.explicit),
                        Err(error) => gatherer.failed(&error),
                    }
                }
            }
            Err(error) if error.is_missing() => loaded.nothing.push(Usage::new(error.to_string(), error.help())),
            Err(error) => loaded.problems.push(unreadable(&error)),
        }
    }

    fn excludes(&self) -> Vec<String> {
        self.project.config.exclude.iter().map(|e| e.value.clone()).collect()
    }

    fn project_name(&self, file: &str) -> String {
        super::scanning::project_name(&self.here, &self.project.folder, file)
    }

    /// What the command line and the project file say of a file; the command line wins.
    fn context_of(&self, path: &str) -> Context {
        let mut context = self.project.config.context_for(&self.project_name(path));
        context.kind = self.said.kind.or(context.kind);
        context.resource_type = self.said.resource_type.clone().or(context.resource_type);
        context.account = self.said.account.clone().or(context.account);
        context
    }
}

/// What the command line says of every policy.
pub fn said(kind: Option<&str>, resource_type: Option<&str>, account: Option<&str>) -> anyhow::Result<Context> {
    let kind = kind.map(kind_named).transpose()?;
    if let Some(account) = account.filter(|account| !crate::policy::arn::is_account_id(account)) {
        return Err(Usage::new(format!("`{account}` is not an account id"), "write 12 digits").into());
    }
    let text = |text: Option<&str>| text.map(str::to_owned);
    Ok(Context { kind, resource_type: text(resource_type), account: text(account), ..Context::default() })
}

/// A kind by palisade's name, or as AWS's interfaces spell it: `IDENTITY_POLICY`.
fn kind_named(text: &str) -> anyhow::Result<PolicyKind> {
    let plain = text.to_ascii_lowercase().replace('_', "-");
    plain.parse::<PolicyKind>().map_err(|()| {
        let names = PolicyKind::ALL.map(PolicyKind::as_str);
        let help = did_you_mean(&plain, names).unwrap_or_else(|| format!("use one of {}", names.join(", ")));
        Usage::new(format!("no kind of policy `{text}`"), help).into()
    })
}
