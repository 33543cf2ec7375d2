//! The deployment that counts for each of many environments, with few requests.
//!
//! Asking costs one request an environment, which with hundreds of environments is more than a call may send. So many
//! environments are answered from the project's own list of deployments, newest first, page by page. Once that list was
//! read to its end and held still there is nothing left to ask; only what is open after an early stop is asked one by one.
//! Both ways give the same answer.

use std::collections::HashMap;

use orangery_plugin_sdk::listing::{Entry, Reader, entries};
use orangery_plugin_sdk::names::encode_segment;
use orangery_plugin_sdk::{Error, Http, UnreadableItem, status};

use crate::candidate::Candidate;
use crate::deployments::{Deployment, Search, Verdict};
use crate::lists::listing;
use crate::project::Project;

/// Up to so many environments, asking one by one is cheapest.
const FEW: usize = 10;
/// As many as can be asked one by one beside the pages that were read: a call may send 200 requests.
const MANY: usize = 100;
/// Pages of deployments that are read where too many environments would be left to ask.
const MOST_PAGES: usize = 80;

/// What is known of the candidates.
#[derive(Debug, Default)]
pub struct Deployed {
    /// The deployment that counts, by environment id.
    pub found: HashMap<u64, Deployment>,
    /// Environments of which it cannot be told.
    pub unreadable: Vec<UnreadableItem>,
}

/// The deployment that counts for each candidate that has one.
///
/// # Errors
/// Any failure of any request.
pub fn current(http: &dyn Http, project: &Project, candidates: &[Candidate]) -> Result<Deployed, Error> {
    let mut deployed = Deployed::default();
    let mut open: Vec<&Candidate> = candidates.iter().collect();
    if candidates.len() > FEW {
        // A list that did not hold still may have lost a deployment: what it left open is looked for once more.
        for _ in 0..2 {
            let swept = sweep(http, project, &open, &mut deployed)?;
            open = swept.open;
            if swept.is_conclusive || open.len() <= FEW {
                break;
            }
        }
    }
    for (position, candidate) in open.iter().enumerate() {
        match newest(http, project, candidate) {
            Ok(verdict) => deployed.settle(candidate, verdict),
            // The rest is asked at another time: it stays as it is.
            Err(error) if error.failure().code == "BudgetExhausted" && (position > 0 || !deployed.found.is_empty()) => {
                let problem = "there are more environments than a poll can ask about; narrow spec.filter".to_owned();
                let rest = open.iter().skip(position);
                deployed.unreadable.extend(rest.map(|candidate| candidate.unreadable(problem.clone())));
                break;
            }
            Err(error) => {
                let doing = format!("could not list deployments for environment {:?}", candidate.name);
                return Err(error.context(doing));
            }
        }
    }
    Ok(deployed)
}

impl Deployed {
    fn settle(&mut self, candidate: &Candidate, verdict: Verdict) {
        match verdict {
            Verdict::Deployed(deployment) => {
                self.found.insert(candidate.id, *deployment);
            }
            Verdict::Unreadable(problem) => self.unreadable.push(candidate.unreadable(problem)),
            Verdict::Nothing => {}
        }
    }
}

/// Asks for the deployments of one environment.
fn newest(http: &dyn Http, project: &Project, candidate: &Candidate) -> Result<Verdict, Error> {
    let name = encode_segment(&candidate.name);
    let request = project.request(&format!("deployments?order_by=created_at&sort=desc&environment={name}"));
    let mut search = Search::default();
    let deployments = entries::<Deployment>(&request, &status::send(http, &request)?)?;
    let verdict = deployments.into_iter().find_map(|entry| search.take(entry, candidate.wanted));
    Ok(verdict.unwrap_or(Verdict::Nothing))
}

/// What a pass over the project's deployments left open.
struct Swept<'a> {
    open: Vec<&'a Candidate>,
    /// Whether asking one by one is all that is left to do.
    is_conclusive: bool,
}

/// Reads the project's deployments, newest first. It gives up when asking one by one has become cheaper than reading on.
fn sweep<'a>(
    http: &dyn Http,
    project: &Project,
    candidates: &[&'a Candidate],
    deployed: &mut Deployed,
) -> Result<Swept<'a>, Error> {
    let explain = |error: Error| error.context("could not list deployments");
    let listing = listing(project, "GitLab deployments", "deployments?order_by=created_at&sort=desc&per_page=100");
    let mut reader = Reader::<Deployment>::new(http, &listing);
    let mut open: HashMap<u64, (&Candidate, Search)> =
        candidates.iter().map(|candidate| (candidate.id, (*candidate, Search::default()))).collect();
    let mut pages = 0;
    while open.len() > FEW && (pages < candidates.len().div_ceil(4) || (open.len() > MANY && pages < MOST_PAGES)) {
        pages += 1;
        let Some(page) = reader.next_page().map_err(explain)? else {
            let left =
                if reader.doubt().map_err(explain)?.is_none() { Vec::new() } else { in_order(candidates, &open) };
            return Ok(Swept { is_conclusive: left.is_empty(), open: left });
        };
        for entry in page {
            let id = match &entry {
                // A deployment whose environment is gone belongs to none of the candidates.
                Entry::Item(deployment) => deployment.target().map(|target| target.id),
                Entry::Unreadable { item, .. } => match whose(item, &open) {
                    // It may be the newest of any environment, so from here on the list proves nothing.
                    None if item.id.is_none() && item.name.is_none() => {
                        return Ok(Swept { open: in_order(candidates, &open), is_conclusive: true });
                    }
                    id => id,
                },
            };
            let Some((candidate, search)) = id.and_then(|id| open.get_mut(&id)) else { continue };
            let candidate = *candidate;
            if let Some(verdict) = search.take(entry, candidate.wanted) {
                open.remove(&candidate.id);
                deployed.settle(candidate, verdict);
            }
        }
    }
    Ok(Swept { open: in_order(candidates, &open), is_conclusive: true })
}

/// The candidate whose deployment cannot be read.
fn whose(item: &UnreadableItem, open: &HashMap<u64, (&Candidate, Search)>) -> Option<u64> {
    match (&item.id, &item.name) {
        (Some(id), _) => id.parse().ok().filter(|id| open.contains_key(id)),
        (None, name) => open
            .values()
            .find(|(candidate, _)| Some(&candidate.name) == name.as_ref())
            .map(|(candidate, _)| candidate.id),
    }
}

fn in_order<'a>(candidates: &[&'a Candidate], open: &HashMap<u64, (&'a Candidate, Search)>) -> Vec<&'a Candidate> {
    candidates.iter().copied().filter(|candidate| open.contains_key(&candidate.id)).collect()
}
