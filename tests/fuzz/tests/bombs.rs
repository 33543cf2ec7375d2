//! Bombs: whatever nests, repeats, refers or goes on without end is read or refused, on a guest's stack, in linear time.

use orangery_test_fuzz::{READERS, Reader, read};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How deep the bombs nest.
const DEEP: usize = 100_000;

/// What nests in YAML: what opens, what is inside, what closes.
const YAML: [(&str, &str, &str); 16] = [
    ("[", "x", "]"),
    ("{a: ", "x", "}"),
    ("[{a: ", "x", "}]"),
    ("[{? ", "x", "}]"),
    ("- ", "x", ""),
    ("? ", "x", ""),
    (": ", "x", ""),
    ("- ? ", "x", ""),
    ("- a: ", "x", ""),
    ("!a [", "x", "]"),
    ("&a [", "x", "]"),
    ("!!map {a: ", "x", "}"),
    ("[\"", "x", "\"]"),
    ("[?", "x", "]"),
    ("- |\n ", "x", ""),
    ("--- [", "x", "]"),
];

/// What nests in templates.
const TEMPLATE: [(&str, &str, &str); 18] = [
    ("(", "1", ")"),
    ("<< (", "1", ") >>"),
    ("<<if .>>", "x", "<<end>>"),
    ("<<if .>><<else>>", "x", "<<end>>"),
    ("<<else if .>>", "x", ""),
    ("<<if .>><<else if .>>", "x", "<<end>>"),
    ("<<with .>>", "x", "<<end>>"),
    ("<<with .>><<else with .>>", "x", "<<end>>"),
    ("<<range .>>", "x", "<<end>>"),
    ("<<range $i, $x := .>>", "x", "<<end>>"),
    ("<<define \"a\">>", "x", "<<end>>"),
    ("<<block \"a\" .>>", "x", "<<end>>"),
    ("<</* ", "x", " */>>"),
    ("<<print (print ", "1", ")>>"),
    ("<<- ", "1", " ->>"),
    ("<< $a := ", "1", ">>"),
    ("<< . | ", "print", " >>"),
    ("<< (.a).b", "", ">>"),
];

fn check(reader: Reader, name: &str, nests: &[(&str, &str, &str)]) {
    for (open, inside, close) in nests {
        let opened = open.repeat(DEEP);
        for text in [
            format!("{opened}{inside}{}", close.repeat(DEEP)),
            opened.clone(),
            format!("a: {opened}"),
            format!("<< {opened}"),
            format!("<<if .>>{opened}"),
            close.repeat(DEEP),
        ] {
            // A name for the overflow that ends the process.
            eprintln!("{name}: {open:?} × {DEEP} in {} bytes", text.len());
            read(reader, text.as_bytes());
        }
    }
}

#[test]
fn what_nests_a_hundred_thousand_deep_is_read_or_refused() {
    let [(yaml, read_yaml), (template, read_template)] = READERS;
    check(read_yaml, yaml, &YAML);
    check(read_template, template, &TEMPLATE);
    // Each line one blank deeper.
    let stairs: String = (0..3_000).map(|n| " ".repeat(n) + "a:\n").collect();
    read(read_yaml, stairs.as_bytes());
    read(read_yaml, stairs.replace("a:", "-").as_bytes());
}

#[test]
fn aliases_and_definitions_that_multiply_are_read_or_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    let mut merges = "a0: &a0 {k: x}\n".to_owned();
    for n in 1..60 {
        bomb += &format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "));
        merges += &format!("a{n}: &a{n} {{<<: [{}], k{n}: x}}\n", vec![format!("*a{}", n - 1); 10].join(", "));
    }
    let chain: String = (1..20_000).map(|n| format!("- &a{n} [*a{}]\n", n - 1)).collect();
    let many = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 16), vec!["*a"; 20_000].join(", "));
    let anchors: String = (0..20_000).map(|n| format!("- &a{n} x\n- *a{n}\n")).collect();
    let itself = "a: &a {b: &b {<<: *a, c: *b}, <<: [*a, *b]}\n";
    let [(_, yaml), (_, template)] = READERS;
    for text in [bomb, merges, format!("- &a0 x\n{chain}"), many, anchors, itself.to_owned()] {
        read(yaml, text.as_bytes());
    }
    let defined: String =
        (0..20_000).map(|n| format!("<<define \"{n}\">><<template \"{}\" .>><<end>>", n + 1)).collect();
    read(template, defined.as_bytes());
}

#[test]
fn lines_of_a_megabyte_are_read_or_refused() {
    let pieces = [
        "x", " ", "\t", "-", "\"", "'", "#", ":", "&", "*", "!", "%", "|", "<", "<<", ">>", "\\", "\u{85}", "é", "\0",
        "0", "1_", ".", "$",
    ];
    let frames = [
        "a: {}",
        "\"{}\"",
        "'{}'",
        "<< {} >>",
        "<< \"{}\" >>",
        "<< `{}` >>",
        "<</* {} */>>",
        "<< ${} >>",
        "<< '{}' >>",
        "k: |\n  {}\n",
    ];
    for (_, reader) in READERS {
        for piece in pieces {
            let line = |bytes: usize| piece.repeat(bytes / piece.len());
            read(reader, line(1 << 20).as_bytes());
            for frame in frames {
                read(reader, frame.replace("{}", &line(1 << 15)).as_bytes());
            }
        }
    }
}

/// Processor time of this thread so far: what other programs do on a busy machine does not count. Where the kernel does
/// not say, the time of the clock on the wall.
fn spent() -> Duration {
    static BEGUN: OnceLock<Instant> = OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|told| told.split(' ').next()?.parse().ok()).map(Duration::from_nanos);
    nanos.unwrap_or_else(|| BEGUN.get_or_init(Instant::now).elapsed())
}

/// What a reader spends on a text.
fn cost(reader: Reader, text: &str) -> Duration {
    let before = spent();
    reader(text);
    spent().saturating_sub(before)
}

/// Whether sixteen times the text costs about sixteen times as much; quadratic would be 256 times. Between is room for
/// caches, and the kernel counts in steps of some milliseconds; the best of several tries counts.
fn is_linear(reader: Reader, text: impl Fn(usize) -> String, count: usize) -> Result<(), Vec<(Duration, Duration)>> {
    let (short, long) = (text(count), text(count * 16));
    let mut tries = Vec::new();
    for _ in 0..6 {
        let (short, long) = (cost(reader, &short), cost(reader, &long));
        if long < short.max(Duration::from_millis(10)) * 80 {
            return Ok(());
        }
        tries.push((short, long));
    }
    Err(tries)
}

#[test]
fn sixteen_times_the_text_costs_far_less_than_the_square_of_it() {
    let yaml = [
        "k@: v\n",
        "- &a@ x\n",
        "- *a\n",
        "k@: &a@ {x: 1}\n",
        "? k@\n: v\n",
        "- !t@ x\n",
        "%TAG !t@! x\n",
        "<<: {k@: 1}\n",
        "---\nk@: v\n",
        "[k@, ",
    ];
    let template = [
        "<< $v@ := 1 >>",
        "<<define \"d@\">>x<<end>>",
        "<<template \"d@\">>",
        "<<if .a@>>x<<end>>",
        "<< .a@.b.c | print >>",
        "<</* c@ */>>",
        "\n",
        "x\n<<- 1 ->>\n ",
        "<",
        "<<range $i, $v@ := .>><<end>>",
        "<< print \"@\" `@` '@' >>",
        "<<$v@:=1>><<$v@>>",
    ];
    let [(_, read_yaml), (_, read_template)] = READERS;
    let pieces = yaml.into_iter().map(|piece| (read_yaml, piece));
    // The number makes each piece another name.
    let text = |piece: &str, count: usize| (0..count).map(|n| piece.replace('@', &n.to_string())).collect::<String>();
    for (reader, piece) in pieces.chain(template.into_iter().map(|piece| (read_template, piece))) {
        let begun = spent();
        let told = is_linear(reader, |count| text(piece, count), 6_000 / piece.len());
        eprintln!("{piece:?}: {:?}", spent().saturating_sub(begun));
        assert!(told.is_ok(), "{piece:?}: {told:?}");
    }
}

/// Random texts of pieces that mean something, the same in each run; each also many times in a row.
#[test]
fn generated_texts_are_read_or_refused() {
    let pieces: Vec<&str> =
        YAML.iter().chain(&TEMPLATE).flat_map(|(open, inside, close)| [*open, *inside, *close]).collect();
    let extra = [
        "\n", "\n  ", ": ", "- ", "*a", "&a ", "<<", ">>", "<<: ", "\"", "'", "$x", ".a", " | ", "end", "\u{feff}", "#",
    ];
    let mut state = 42_u64;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound
    };
    for _ in 0..1_500 {
        let text: String = (0..below(24) + 1)
            .map(|_| {
                let nth = below(pieces.len() + extra.len());
                pieces.get(nth).or_else(|| extra.get(nth - pieces.len())).copied().unwrap_or_default()
            })
            .collect();
        let many = text.repeat(below(200) + 1);
        for (_, reader) in READERS {
            read(reader, text.as_bytes());
            read(reader, many.as_bytes());
        }
    }
}
