//! The error of a build whose environments cannot all be built. It lists them and nothing is printed on stdout, because the output
//! usually goes into a pipe, and applying an incomplete list with pruning would delete the missing environments.

use orangery_controller::pipeline::build::Built;
use orangery_core::plan;

/// Number of environments that are listed; the rest is counted.
const SHOWN: usize = 10;

/// One line for each environment that the operator would leave as it is; `None` if there is none.
pub(super) fn failures(built: &Built, file: &str) -> Option<String> {
    let rendering = built.failed.iter().map(|failed| format!("{} in {file}", failed.error));
    let rules = built.desired.failed.iter().map(|failed| failed.message.clone());
    let names = built.desired.objects().filter_map(|wanted| {
        plan::check_names(wanted.object.key(), &wanted.origin).err().map(|error| error.to_string())
    });
    let mut all: Vec<String> = rendering.chain(rules).chain(names).collect();
    if all.len() > SHOWN {
        let more = all.len() - SHOWN;
        all.truncate(SHOWN);
        all.push(format!("and {more} more"));
    }
    (!all.is_empty()).then(|| all.join("\n"))
}
