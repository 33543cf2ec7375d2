//! Texts of `resourcesTemplate`: documents of every kind, with every separator, that actions and loops add to.

use super::resources::action;
use super::{Case, Random, values};

const SEPARATORS: &[&str] = &[
    "---\n",
    "---\n",
    "---\n",
    "---\n",
    "--- # c\n",
    "---  \n",
    "--- x\n",
    "----\n",
    "\n",
    "...\n",
    " ---\n",
    "---\r\n",
    "---\t\n",
    "",
    "---",
    "---\n---\n",
    "---\n# only\n---\n",
    "\u{feff}---\n",
];
const FRONTS: &[&str] = &[
    "",
    "",
    "",
    "",
    "---\n",
    "\n",
    "# comment\n",
    " ",
    "\u{feff}",
    "%YAML 1.1\n---\n",
    "{}\n",
    "null\n---\n",
    "<<- /* c */ ->>\n",
    "\u{a0}",
];
const ODD: &[&str] = &[
    "null\n",
    "~\n",
    "# only a comment\n",
    "{}\n",
    "[]\n",
    "- 1\n",
    "text\n",
    "12\n",
    "true\n",
    "1.5\n",
    "a: 1\n",
    "kind: A\n",
    "kind: A\nmetadata: {name: a}\n",
    "apiVersion: v1\nkind: A\n",
    "apiVersion: v1\nkind: A\nmetadata:\n",
    "apiVersion: v1\nkind: A\nmetadata: {name: 5}\n",
    "apiVersion: v1\nkind: A\nmetadata: {name: 1.0, labels: {a: yes}}\n",
    "apiVersion: a/b/c\nkind: A\nmetadata: {name: a}\n",
    "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: k}\n",
    "apiVersion: kustomize.config.k8s.io/v1\nkind: kustomization\nmetadata: {name: k}\n",
    "apiVersion: v1\nkind: List\nitems: []\n",
    "apiVersion: v1\nkind: List\nitems:\n- {kind: A, metadata: {name: a}}\n- {metadata: {name: 0x1F}}\n",
    "apiVersion: v1\nkind: List\nmetadata: {name: l}\nitems: {a: 1}\n",
    "apiVersion: v1\nkind: List\nitems: [1]\n",
    "apiVersion: v1\nkind: List\nitems: [null]\n",
    "apiVersion: v1\nkind: List\nitems: [{}, []]\n",
    "apiVersion: v1\nkind: A\nmetadata: {name: l}\nitems: null\n",
    "kind: 5\n",
    "kind: [a]\n",
    "kind: ''\n",
    "{\"apiVersion\":\"v1\",\"kind\":\"A\",\"metadata\":{\"name\":\"j\"}}",
    "{\"kind\":\"A\"}{\"kind\":\"B\"}\n",
    "{\"kind\":\"A\",\"x\":1.0}\n",
    "{kind: A}\n",
    "{\"kind\":\"A\",\"x\":\"\\ud83d\\ude00\"}\n",
    "? a\n: b\n",
    "a: &x {b: 1}\nkind: A\n<<: *x\n",
    "kind: A\nkind: B\n",
    "\"kind\": A\n'x': <<- 1 >>\n",
    "\tkind: A\n",
    "kind: A\n...\nkind: B\n",
    "kind: |\n  A\n",
    "kind: A\nx: .nan\n",
    "kind: A\nx: !!binary aGVsbG8=\n",
    "kind: A\n? [a]\n: 1\n",
    "kind: A\n1: a\n",
    "kind: A\n~: b\n",
    "kind: A\nx: *nope\n",
    "kind: <&>\u{2028}\napiVersion: 1\n",
    "x: <&>\u{2028}é\ny: 1e21\nz: 0.000001\nw: 1.5e-7\n",
    "kind: \"A\n",
    "kind: A\nx: 1: 2\n",
    "[kind: A]\n",
    "kind: A\napiVersion: v1\nmetadata: {name: a, namespace: 7, annotations: {x: 1e3, y: 2024-01-01, z: 0o17}}\n",
    "kind: A\nmetadata: [a]\napiVersion: v1\n",
];

/// Text of several documents and an input.
pub(crate) fn case(random: &mut Random) -> Case {
    let inputs = (!random.one_in(25)).then(|| values::inputs(random));
    if random.one_in(2) {
        return Case::documents(tidy(random), inputs);
    }
    let mut out = random.pick(FRONTS).to_owned();
    for _ in 0..=random.below(4) {
        match random.below(8) {
            0 | 1 => out.push_str(random.pick(ODD)),
            2 => {
                let (over, body) =
                    (random.pick(&["inputs.l", "(until 3)", "inputs.list", "inputs.m", "inputs.v"]), document(random));
                let front = random.pick(&["---\n", "", "---\n", "\n"]);
                out.push_str(&format!("<<- range $i, $x := {over} >>\n{front}{body}<<- end >>\n"));
            }
            3 => {
                let (yes, no) = (document(random), document(random));
                out.push_str(&format!("<< if inputs.b >>\n{yes}---\n<< else ->>\n{no}<< end >>\n"));
            }
            _ => out.push_str(&document(random)),
        }
        out.push_str(random.pick(SEPARATORS));
    }
    Case::documents(out, inputs)
}

fn document(random: &mut Random) -> String {
    let mut out = format!(
        "apiVersion: {}\nkind: {}\n",
        random.pick(&["v1", "v1", "apps/v1"]),
        random.pick(&["A", "ConfigMap", "B"])
    );
    let name = random.pick(&[
        "a",
        "a-<< inputs.i >>",
        "<< inputs.s | slugify >>",
        "<< inputs.i >>",
        "\"<< inputs.i >>\"",
        "x",
        "<< inputs.s | quote >>",
    ]);
    out.push_str(&format!("metadata:\n  name: {name}\n"));
    if random.one_in(3) {
        out.push_str(&format!("  {}:\n    a: {}\n", random.pick(&["labels", "annotations"]), action(random)));
    }
    for n in 0..random.below(4) {
        let action = action(random);
        out.push_str(&match random.below(10) {
            0 => format!("k{n}: \"{action}\"\n"),
            1 => format!("k{n}: '{action}'\n"),
            2 => format!("k{n}: |\n  {action}\n  more\n"),
            3 => format!("k{n}:\n- {action}\n- b\n"),
            4 => format!("{action}: v\n"),
            5 => format!("k{n}: {{a: {action}, b: [{action}]}}\n"),
            6 => format!(
                "<<- if {} >>\nk{n}: 1\n<<- end >>\n",
                random.pick(&["inputs.b", "inputs.s", "inputs.l", "eq inputs.i 1"])
            ),
            7 => format!("k{n}: >-\n  {action}\n\n  x\n"),
            8 => format!(
                "k{n}: << toYaml inputs.{} | nindent 2 >>\n",
                random.pick(&["v", "m", "l", "s", "t", "big", "f"])
            ),
            _ => format!("k{n}: {action} # c\n"),
        });
    }
    out
}

/// Documents as people write them, with every value quoted.
fn tidy(random: &mut Random) -> String {
    let mut out = String::new();
    for n in 0..=random.below(4) {
        let loops = random.one_in(3);
        if loops {
            let over = random.pick(&["inputs.list", "inputs.m", "until 3", "inputs.l"]);
            out.push_str(&format!("<<- range $i, $x := {over} >>\n"));
        }
        let name = match (loops, random.below(3)) {
            (true, _) => "n-<< $i >>",
            (_, 0) => "<< inputs.i >>",
            (_, 1) => "<< inputs.i | quote >>",
            _ => "x-<< inputs.s | slugify | trunc 20 >>y",
        };
        out.push_str(&format!("---\napiVersion: v1\nkind: K{n}\nmetadata:\n  name: {name}\n"));
        if random.one_in(3) {
            let value =
                random.pick(&["<< inputs.b >>", "<< inputs.i >>", "<< inputs.s | quote >>", "1.0", "0x1F", "yes"]);
            out.push_str(&format!("  {}:\n    k: {value}\n", random.pick(&["labels", "annotations"])));
        }
        for field in 0..random.below(4) {
            let value = random.pick(&[
                "inputs.s",
                "inputs.t",
                "inputs.m.k",
                "inputs.v",
                "inputs.list",
                "inputs.f",
                "inputs.big",
                "inputs.n",
            ]);
            let how = random.pick(&[
                " << %s | quote >>",
                " << %s | toJson >>",
                "\n<< toYaml %s | indent 4 >>",
                " << %s | toYaml | nindent 4 >>",
                " << %s | toString | toJson >>",
                " |-\n    << %s | toString | nindent 4 >>",
            ]);
            out.push_str(&format!("f{field}:{}\n", how.replace("%s", value)));
        }
        if loops {
            out.push_str("<<- end >>\n");
        }
    }
    out
}
