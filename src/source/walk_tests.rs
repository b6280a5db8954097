//! Tests of the walk.

use super::*;

struct Tree(tempfile::TempDir);

impl Tree {
    fn new(files: &[&str]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        for file in files {
            tree.write(file, "{}");
        }
        tree
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn expand(&self, names: &[&str], options: &WalkOptions) -> (Vec<String>, Vec<String>) {
        let paths: Vec<_> = names.iter().map(|n| self.path(n)).collect();
        let found = expand(&paths, options);
        let root = format!("{}/", self.0.path().display());
        let names = found.entries.iter().map(|e| e.name.replace(&root, "") + if e.explicit { "!" } else { "" });
        let errors = found.errors.iter().map(|e| e.to_string().replace(&root, ""));
        (names.collect(), errors.collect())
    }
}

fn plain() -> WalkOptions {
    WalkOptions::default()
}

#[test]
fn directories_give_policies_and_honour_ignore_files() {
    let tree = Tree::new(&[
        "b.json",
        "a/X.JSON",
        "a/y.json.gz",
        "a/z.gz",
        "a/t.txt",
        ".hidden/h.json",
        ".git/g.json",
        "out/o.json",
        "i/i.json",
    ]);
    tree.write(".gitignore", "/out\n");
    tree.write("i/.ignore", "*.json\n");
    assert_eq!(tree.expand(&[""], &plain()), (vec!["a/X.JSON".into(), "a/y.json.gz".into(), "b.json".into()], vec![]));
    let all = WalkOptions { no_ignore: true, ..plain() };
    assert_eq!(tree.expand(&[""], &all).0, ["a/X.JSON", "a/y.json.gz", "b.json", "i/i.json", "out/o.json"]);
}

#[test]
fn explicit_files_are_taken_as_they_are_and_once() {
    let tree = Tree::new(&["a/t.txt", "a/x.json"]);
    assert_eq!(tree.expand(&["a/t.txt", "a", "a/x.json", "a/../a/x.json"], &plain()).0, ["a/t.txt!", "a/x.json!"]);
}

#[test]
fn missing_paths_name_a_neighbour() {
    let tree = Tree::new(&["policies/reader.json"]);
    let found = expand(&[tree.path("policies/raeder.json"), tree.path("nowhere")], &plain());
    assert!(found.errors[0].help().ends_with("policies/reader.json`?"), "{}", found.errors[0].help());
    assert!(found.errors[0].to_string().ends_with("policies/raeder.json` does not exist"));
    assert_eq!(found.errors[1].help(), "check the path; it is taken from the current directory");
}

#[test]
fn patterns_are_expanded() {
    let tree = Tree::new(&["p/a.json", "p/q/b.json", "p/q/c.txt", "p/q/r/d.json"]);
    let run = |pattern: &str| tree.expand(&[pattern], &plain()).0;
    assert_eq!(run("p/**/*.json"), ["p/a.json", "p/q/b.json", "p/q/r/d.json"]);
    assert_eq!(run("p/*/*.json"), ["p/q/b.json"]);
    assert_eq!(run("p/**"), ["p/a.json", "p/q/b.json", "p/q/r/d.json"]);
    assert_eq!(run("p/q/*.txt"), ["p/q/c.txt"]);
    assert_eq!(run("p/{a,q/b}.json"), ["p/a.json", "p/q/b.json"]);
    assert_eq!(tree.expand(&["p/*.yaml"], &plain()).1, ["no file matches `p/*.yaml`"]);
    let (_, errors) = tree.expand(&["p/[a.json"], &plain());
    assert!(errors[0].contains("is not a valid pattern"), "{errors:?}");
}

#[test]
fn excludes_by_part_and_by_path() {
    let tree = Tree::new(&["a/x.json", "a/vendor/y.json", "b/z.json", "b/z.tmp.json"]);
    let run = |patterns: &[&str]| {
        let exclude = patterns.iter().map(|p| (*p).to_owned()).collect();
        tree.expand(&["", "b/z.tmp.json"], &WalkOptions { exclude, ..plain() }).0
    };
    assert_eq!(run(&["vendor", "*.tmp.json"]), ["a/x.json", "b/z.json", "b/z.tmp.json!"]);
    let set = glob_set(&["fixtures/bad/".to_owned(), "./x/*.json".to_owned()]).unwrap();
    for (path, excluded) in
        [("fixtures/bad/a/b.json", true), ("fixtures/bad", true), ("y/fixtures/bad", false), ("x/a.json", true)]
    {
        assert_eq!(set.is_match(path), excluded, "{path}");
    }
    let bad = WalkOptions { exclude: vec!["[".into()], ..plain() };
    assert!(tree.expand(&["a"], &bad).1[0].contains("`[` is not a valid pattern"));
}

#[cfg(unix)]
#[test]
fn links_are_followed_within_and_reported_without() {
    use std::os::unix::fs::symlink;
    let outside = Tree::new(&["secret.json", "d/e.json"]);
    let tree = Tree::new(&["a/x.json", ".store/s.json", "a/n.txt"]);
    symlink(tree.path("a"), tree.path("a/loop")).unwrap();
    symlink(tree.path(""), tree.path("up")).unwrap();
    symlink(tree.path(".store"), tree.path("store")).unwrap();
    symlink(tree.path("a/n.txt"), tree.path("text.json")).unwrap();
    symlink(outside.path("secret.json"), tree.path("secret.json")).unwrap();
    symlink(outside.path("d"), tree.path("d")).unwrap();
    symlink(tree.path("gone.json"), tree.path("dead.json")).unwrap();
    let (names, errors) = tree.expand(&[""], &plain());
    assert_eq!(names, ["a/x.json", "store/s.json", "text.json"]);
    assert!(
        errors.contains(&"`secret.json` is a symbolic link that leads elsewhere, and was not followed".to_owned()),
        "{errors:?}"
    );
    assert!(errors.contains(&"`d` is a symbolic link that leads elsewhere, and was not followed".to_owned()), "{errors:?}");
    assert!(errors.contains(&"`dead.json` is a symbolic link to nothing".to_owned()), "{errors:?}");
    assert_eq!(tree.expand(&["secret.json"], &plain()).0, ["secret.json!"]);
}

#[test]
fn names_are_as_given() {
    for (path, name) in [("./a/b.json", "a/b.json"), (".//a", "a"), ("../x", "../x"), (".", "."), ("./", "."), ("/t/x", "/t/x")] {
        assert_eq!(name_of(Path::new(path)).as_ref(), name);
    }
}
