//! What a build says of environments that cannot be built: all of them, and nothing on stdout. What is printed goes into a pipe,
//! where a list without them would delete them.

use orangery_controller::pipeline::build::Built;
use orangery_core::plan;

/// More of them are counted, not shown.
const SHOWN: usize = 10;

/// A line for each environment that the operator would leave as it is; `None` if there is none.
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
