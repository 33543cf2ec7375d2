//! The drawing of a crate: for each folder, which of its modules names which other.

use crate::modules::{Module, ModulePath};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// `from` names something of `to`; both are modules of `folder`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    /// The module whose children they are; empty for the root of the crate.
    pub folder: ModulePath,
    /// The one that names.
    pub from: String,
    /// The one that is named.
    pub to: String,
}

/// All arrows of a crate, each with the files they come from and the paths they name.
#[derive(Debug, Default)]
pub struct Drawing {
    arrows: BTreeMap<Arrow, BTreeSet<String>>,
}

impl Drawing {
    /// Draws the modules of a crate.
    #[must_use]
    pub fn of(modules: &BTreeMap<ModulePath, Module>) -> Self {
        let mut drawing = Self::default();
        for (path, module) in modules {
            for named in &module.names {
                let named = resolve(modules, named);
                drawing.add(path, &named, module);
            }
        }
        drawing
    }

    /// An arrow in the folder where the two paths part.
    fn add(&mut self, from: &ModulePath, to: &ModulePath, module: &Module) {
        let shared = from.iter().zip(to).take_while(|(one, other)| one == other).count();
        if let (Some(one), Some(other)) = (from.get(shared), to.get(shared)) {
            let arrow =
                Arrow { folder: from.iter().take(shared).cloned().collect(), from: one.clone(), to: other.clone() };
            let file = module.file.file_name().unwrap_or_default().to_string_lossy();
            let evidence = format!("{}/{file}: {}", from.join("/"), to.join("::"));
            self.arrows.entry(arrow).or_default().insert(evidence);
        }
    }

    /// The modules that, directly or not, name each other: one list for each knot.
    #[must_use]
    pub fn knots(&self) -> Vec<(ModulePath, BTreeSet<String>)> {
        let mut knots = BTreeSet::new();
        for arrow in self.arrows.keys() {
            let there = self.reached(&arrow.folder, &arrow.from);
            let knot: BTreeSet<String> = there
                .iter()
                .filter(|other| self.reached(&arrow.folder, other).contains(&arrow.from))
                .cloned()
                .collect();
            if !knot.is_empty() {
                knots.insert((arrow.folder.clone(), knot));
            }
        }
        knots.into_iter().collect()
    }

    fn reached(&self, folder: &ModulePath, from: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut open = vec![from.to_owned()];
        while let Some(module) = open.pop() {
            for arrow in self.arrows.keys().filter(|arrow| arrow.folder == *folder && arrow.from == module) {
                if reached.insert(arrow.to.clone()) {
                    open.push(arrow.to.clone());
                }
            }
        }
        reached
    }

    /// What the arrows inside a knot come from.
    #[must_use]
    pub fn evidence(&self, folder: &ModulePath, knot: &BTreeSet<String>) -> Vec<String> {
        self.arrows
            .iter()
            .filter(|(arrow, _)| arrow.folder == *folder && knot.contains(&arrow.from) && knot.contains(&arrow.to))
            .map(|(arrow, files)| {
                let files: Vec<&str> = files.iter().map(String::as_str).collect();
                format!("  {} → {}\n      {}", arrow.from, arrow.to, files.join("\n      "))
            })
            .collect()
    }
}

impl fmt::Display for Drawing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for arrow in self.arrows.keys() {
            writeln!(out, "{}: {} → {}", arrow.folder.join("::"), arrow.from, arrow.to)?;
        }
        Ok(())
    }
}

/// Where a path leads: to the module that it names, or to the module that a folder's front page passes the name on from.
fn resolve(modules: &BTreeMap<ModulePath, Module>, named: &ModulePath) -> ModulePath {
    let mut at = ModulePath::new();
    for (index, part) in named.iter().enumerate() {
        let Some(module) = modules.get(&at) else { break };
        if module.children.contains(part) {
            at.push(part.clone());
        } else if let Some(export) = module.exports.get(part).filter(|export| *export != named) {
            let mut onward = export.clone();
            onward.extend(named.iter().skip(index + 1).cloned());
            return resolve(modules, &onward);
        } else {
            break;
        }
    }
    at
}
