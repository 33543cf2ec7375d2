//! The modules of a crate, as a tree with the paths that each file names.
//!
//! Files are read as tokens, so comments and strings name nothing. Unit tests (`tests.rs`, `#[cfg(test)]`) may look anywhere and are
//! left out.
#![expect(
    clippy::indexing_slicing,
    reason = "the positions come from the walk itself; a wrong one fails the test that walks"
)]

use anyhow::{Context, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A path of module names from the root of a crate.
pub type ModulePath = Vec<String>;

/// One module: a file, with the modules declared in it.
#[derive(Debug, Default)]
pub struct Module {
    /// Its file.
    pub file: PathBuf,
    /// The modules that the file declares.
    pub children: BTreeSet<String>,
    /// The paths inside the crate that the file names, from the root.
    pub names: BTreeSet<ModulePath>,
    /// Names that the file passes on from elsewhere in the crate: the name, and where it stands.
    pub exports: BTreeMap<String, ModulePath>,
}

/// All modules of the crate whose sources are in this folder.
///
/// # Errors
/// A file cannot be read or is not Rust.
pub fn read(src: &Path) -> Result<BTreeMap<ModulePath, Module>> {
    let mut modules = BTreeMap::new();
    let root = ["lib.rs", "main.rs"].map(|name| src.join(name)).into_iter().find(|path| path.is_file());
    let mut open = vec![(ModulePath::new(), root.with_context(|| format!("{} holds no crate", src.display()))?)];
    while let Some((path, file)) = open.pop() {
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let tokens = TokenStream::from_str(&text).map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
        let mut module = Module { file: file.clone(), ..Module::default() };
        Reader { path: &path, module: &mut module }.items(tokens);
        let folder = if path.is_empty() || file.ends_with("mod.rs") {
            file.parent().unwrap_or(src).to_owned()
        } else {
            file.with_extension("")
        };
        for child in &module.children {
            let place = [folder.join(format!("{child}.rs")), folder.join(child).join("mod.rs")];
            if let Some(place) = place.into_iter().find(|place| place.is_file()) {
                open.push(([path.clone(), vec![child.clone()]].concat(), place));
            }
        }
        modules.insert(path, module);
    }
    Ok(modules)
}

struct Reader<'a> {
    path: &'a ModulePath,
    module: &'a mut Module,
}

impl Reader<'_> {
    /// Walks over the tokens of a file or a block.
    fn items(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            if is_test(&tokens, at) {
                at = after_item(&tokens, at);
                continue;
            }
            match &tokens[at] {
                TokenTree::Ident(word) if word == "mod" && declares(&tokens, at) => {
                    if let Some(TokenTree::Ident(name)) = tokens.get(at + 1) {
                        self.module.children.insert(name.to_string());
                    }
                    at += 2;
                }
                TokenTree::Ident(word) if word == "crate" || word == "super" || word == "self" => {
                    let exported = at > 1 && is_word(&tokens[at - 1], "use") && is_public(&tokens[..at - 1]);
                    let (base, next) = self.base(&tokens, at);
                    at = if let Some(base) = base { self.tree(base, &tokens, next, exported) } else { next };
                }
                TokenTree::Ident(word) if word == "use" => {
                    // `use child::Name` in the file that declares the child.
                    let exported = is_public(&tokens[..at]);
                    if let Some(TokenTree::Ident(first)) = tokens.get(at + 1)
                        && self.module.children.contains(&first.to_string())
                    {
                        at = self.tree(self.path.clone(), &tokens, at + 1, exported);
                    } else {
                        at += 1;
                    }
                }
                TokenTree::Group(group) => {
                    self.items(group.stream());
                    at += 1;
                }
                _ => at += 1,
            }
        }
    }

    /// Where `crate`, `self` or `super::super` leads, and the token behind the colons.
    fn base(&self, tokens: &[TokenTree], at: usize) -> (Option<ModulePath>, usize) {
        let mut base = match &tokens[at] {
            word if is_word(word, "crate") => ModulePath::new(),
            word if is_word(word, "self") => self.path.clone(),
            _ => self.path.split_last().map(|(_, above)| above.to_vec()).unwrap_or_default(),
        };
        let mut at = at + 1;
        if !colons(tokens, at) {
            return (None, at);
        }
        at += 2;
        while tokens.get(at).is_some_and(|token| is_word(token, "super")) && colons(tokens, at + 1) {
            base.pop();
            at += 3;
        }
        (Some(base), at)
    }

    /// Reads `a::b::{c, d::e}` from here on and remembers each path; answers the token behind it.
    fn tree(&mut self, mut path: ModulePath, tokens: &[TokenTree], mut at: usize, exported: bool) -> usize {
        loop {
            match tokens.get(at) {
                Some(TokenTree::Ident(word)) => {
                    path.push(word.to_string());
                    at += 1;
                    if !colons(tokens, at) {
                        break;
                    }
                    at += 2;
                }
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                    for part in inside.split(|token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ',')) {
                        if !part.is_empty() {
                            self.tree(path.clone(), part, 0, exported);
                        }
                    }
                    return at + 1;
                }
                _ => break,
            }
        }
        if path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        if exported && let Some(name) = path.last() {
            self.module.exports.insert(name.clone(), path.clone());
        }
        self.module.names.insert(path);
        at
    }
}

fn is_word(token: &TokenTree, expected: &str) -> bool {
    matches!(token, TokenTree::Ident(word) if word == expected)
}

fn colons(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
    colon(at) && colon(at + 1)
}

/// `mod name;`, not `mod name { … }`.
fn declares(tokens: &[TokenTree], at: usize) -> bool {
    matches!(tokens.get(at + 2), Some(TokenTree::Punct(mark)) if mark.as_char() == ';')
}

/// `pub`, `pub(crate)` or `pub(super)` right before a `use`.
fn is_public(before: &[TokenTree]) -> bool {
    match before.last() {
        Some(TokenTree::Group(_)) => before.len() > 1 && is_word(&before[before.len() - 2], "pub"),
        Some(token) => is_word(token, "pub"),
        None => false,
    }
}

/// `#[cfg(test)]`, or `#[cfg(any(test, …))]`.
fn is_test(tokens: &[TokenTree], at: usize) -> bool {
    let mark = matches!(&tokens[at], TokenTree::Punct(mark) if mark.as_char() == '#');
    let Some(TokenTree::Group(group)) = tokens.get(at + 1) else { return false };
    let text = group.stream().to_string().replace(' ', "");
    mark && text.starts_with("cfg(") && (text.contains("(test") || text.contains(",test"))
}

/// The token behind the item that begins here: behind its `;` or its block.
fn after_item(tokens: &[TokenTree], at: usize) -> usize {
    let mut at = at + 2;
    while let Some(token) = tokens.get(at) {
        at += 1;
        match token {
            TokenTree::Punct(mark) if mark.as_char() == ';' => break,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => break,
            _ => {}
        }
    }
    at
}
