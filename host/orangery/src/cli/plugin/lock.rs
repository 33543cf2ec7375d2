//! The lock file of a new plugin, and the crates that it pins: a plugin cannot have the name of one of them.
//!
//! It is that of `examples/plugin-rust`, which has the same dependencies and is built by the tests, so that a new plugin builds with
//! versions that are known to work.

/// The lock file, and the package in it that is the plugin.
const LOCK: &str = include_str!("../../../../../examples/plugin-rust/Cargo.lock");
const LOCKED: &str = "json-file";

/// The crates that a new plugin depends on.
pub(super) fn dependencies() -> impl Iterator<Item = &'static str> {
    packages().map(package_name).filter(|name| *name != LOCKED)
}

/// The lock file with the plugin's name where cargo would sort it.
pub(crate) fn file(name: &str) -> String {
    let head = LOCK.split("\n\n").next().unwrap_or_default();
    let mut packages: Vec<String> = packages()
        .map(|package| match package_name(package) {
            LOCKED => package.replacen(LOCKED, name, 1),
            _ => package.to_owned(),
        })
        .collect();
    // Stable: two versions of one crate stay in their order.
    packages.sort_by(|one, other| package_name(one).cmp(package_name(other)));
    format!("{head}\n\n{}\n", packages.join("\n\n"))
}

/// The `[[package]]` tables of the lock file.
fn packages() -> impl Iterator<Item = &'static str> {
    LOCK.split("\n\n").map(str::trim).filter(|block| block.starts_with("[[package]]"))
}

fn package_name(package: &str) -> &str {
    package.split("name = \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_is_sorted_and_otherwise_that_of_the_example() {
        let text = file("zoo-keeper");
        let names: Vec<&str> = text.split("\n\n").skip(1).map(package_name).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!(names.last(), Some(&"zoo-keeper"));
        assert_eq!(text.lines().count(), LOCK.lines().count());
        assert_eq!(file(LOCKED), LOCK);
    }
}
