//! Templates and inputs to objects: entries of `resources` and texts of `resourcesTemplate`, each with Flux Operator's rules and error
//! texts.
//!
//! ```text
//! resources[]        object ─▶ YAML text ─▶ template ─▶ text ─▶ first document ─▶ one object
//! resourcesTemplate  text ────────────────▶ template ─▶ text ─▶ documents ──────▶ objects
//! ```
//! Guarantees: same in, same out; a template is parsed once a call; one bad input does not hide the others.
//! Leaves to the host: order over inputs, duplicates, exclusion, its own metadata.

mod failure;
mod inputs;
mod objects;
mod prepare;
mod retype;
mod shape;
mod written;

use crate::eval::{Output, execute};
use crate::functions::Context;
use failure::{Blame, Where};
use orangery_plugin_sdk::{Error, Failure, Note, RenderContext, RenderInput, Rendered, Rendering, Template};
use prepare::{Prepared, TemplateForm};

/// Renders every template with every input; with [`RenderContext::inputless`] every template once.
///
/// # Errors
/// One entry for each input. There is no error that concerns all of them: a broken template fails each input.
pub fn render(
    ctx: &RenderContext,
    templates: &[Template],
    inputs: &[RenderInput],
) -> Result<Vec<Result<Rendering, Failure>>, Error> {
    let prepared: Vec<Prepared> = templates.iter().map(Prepared::new).collect();
    let seed = |nth: usize| ctx.seed.wrapping_add(u64::try_from(nth).unwrap_or(0));
    if ctx.inputless {
        let mut context = Context::new(crate::value::Map::nil(), String::new(), ctx.now_ms, seed(0));
        return Ok(vec![one_input(&prepared, &mut context, None)]);
    }
    Ok(inputs
        .iter()
        .enumerate()
        .map(|(nth, input)| {
            let map = inputs::map(input)?;
            let mut context = Context::new(map, input.uid.clone(), ctx.now_ms, seed(nth));
            one_input(&prepared, &mut context, Some(input))
        })
        .collect())
}

fn one_input(templates: &[Prepared], context: &mut Context, input: Option<&RenderInput>) -> Result<Rendering, Failure> {
    let mut rendering = Rendering::default();
    for (nth, template) in templates.iter().enumerate() {
        let place = Where { template, input };
        let objects = one_template(template, context, place, &mut rendering.notes).map_err(|b| b.failure(place))?;
        for object in objects {
            rendering.objects.push(Rendered { template: u32::try_from(nth).unwrap_or(u32::MAX), object });
        }
    }
    Ok(rendering)
}

fn one_template(
    template: &Prepared,
    context: &mut Context,
    place: Where<'_>,
    notes: &mut Vec<Note>,
) -> Result<Vec<String>, Blame> {
    let parsed = template.parsed.as_ref().map_err(|unprepared| Blame::Prepare(unprepared.clone()))?;
    let output = execute(parsed, context).map_err(Blame::Execute)?;
    let text = objects::text(&output.text).map_err(|fault| Blame::Read { fault, text: String::new() })?;
    let objects = match template.form {
        TemplateForm::Object => objects::first(&text).map(|object| vec![object]),
        TemplateForm::Text => objects::all(&text),
    }
    .map_err(|fault| Blame::Read { fault, text: text.clone().into_owned() })?;
    check_untrusted(&output, &text)?;
    let finished = objects::finish(objects, template.form);
    notes.extend(finished.retyped.iter().map(|retyped| retyped.note(place)));
    notes.extend(finished.left_out.iter().map(|left_out| left_out.note(place)));
    Ok(finished.objects)
}

/// Refuses output in which an untrusted value adds or removes keys, list items or documents.
fn check_untrusted(output: &Output, text: &str) -> Result<(), Blame> {
    let Some((shadow, origins)) = output.shadow() else { return Ok(()) };
    let harmless = String::from_utf8_lossy(shadow);
    if shape::same(text, &harmless) {
        return Ok(());
    }
    Err(Blame::Untrusted { keys: origins.iter().map(ToString::to_string).collect() })
}
