//! The manifests of the two articles that people start from, as they stand there, build to these bytes.
//!
//! `ORANGERY_BLESS=1 cargo test -p orangery --test cli seeds` writes the goldens anew; look at the difference.

use crate::bench::{orangery, root};
use std::path::Path;

fn check(name: &str, objects: usize) {
    let folder = root().join("host/orangery/tests/seeds").join(name);
    let words = ["build", "resourceset", "-f", "manifests.yaml", "--inputs-from", "inputs.yaml", "--strict"];
    let built = orangery(words).inside(&folder).run().exits(0);
    assert_eq!(built.out.matches("---\n").count(), objects);
    golden(&folder.join("golden.yaml"), &built.out);
}

fn golden(file: &Path, text: &str) {
    if std::env::var_os("ORANGERY_BLESS").is_some() {
        std::fs::write(file, text).unwrap();
    }
    let there = std::fs::read_to_string(file).unwrap();
    assert_eq!(there, text, "{} (left) differs from what was built (right)", file.display());
}

#[test]
fn the_manifests_of_the_gitlab_environments_article_build_to_their_golden() {
    check("gitlab-environments", 4);
}

#[test]
fn the_manifests_of_the_github_previews_article_build_to_their_golden() {
    check("github-previews", 4);
}
