//! `palisade init`: a project file to start from.

use super::{Exit, Terminal, Usage};
use crate::cli::InitArgs;
use crate::source;

const PROJECT: &str = r#"# Which rules apply. Without this key every bundled pack does.
extends:
  - palisade:recommended
  # - palisade:rekognition-sharing
  # - ./rules                      # your own rules; start one with `palisade rules new ID`

# Findings from this severity on fail the run: info, low, medium, high, critical or none.
fail_on: medium

# Tells bare files what they are. Without an entry the content decides.
context: []
  # - file: "policies/consumers/*.json"
  #   kind: identity-policy
  #   account: "111122223333"
  #   attached_to: { type: role, name: "{stem}", path: /consumer/ }

# rules:
#   foreign-root-unbound: { severity: critical, params: { org_ids: [o-exampleorgid] } }
#   allow-not-resource: off

# Accepted risks: by rule and policy, never by line; with a reason and an end.
# suppressions:
#   - rule: foreign-root-unbound
#     where: { role: vendor-backup }
#     reason: "Vendor cannot send ExternalId until Q1"
#     owner: storage-team
#     expires: 2027-02-01
"#;

const PRE_COMMIT: &str = r"repos:
  - repo: https://git.example.com/your-org/palisade # where you keep palisade
    rev: v0.1.0
    hooks:
      - id: palisade
";

/// Run it; existing files are left as they are.
pub fn run(args: &InitArgs, terminal: &mut Terminal<'_>) -> anyhow::Result<Exit> {
    let mut files = vec![("palisade.yaml", PROJECT)];
    if args.pre_commit {
        files.push((".pre-commit-config.yaml", PRE_COMMIT));
    }
    for (name, _) in &files {
        let path = args.dir.join(name);
        if path.exists() {
            return Err(Usage::new(format!("`{}` is there already", path.display()), "edit it, or remove it first").into());
        }
    }
    for (name, text) in files {
        let path = args.dir.join(name);
        source::write_atomic(&path, text.as_bytes()).map_err(|e| Usage::new(e.to_string(), e.help()))?;
        writeln!(terminal.err, "wrote {}", path.display())?;
    }
    writeln!(terminal.err, "next: palisade check")?;
    Ok(Exit::Clean)
}
