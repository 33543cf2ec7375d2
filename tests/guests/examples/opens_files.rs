//! Reads, lists and writes files.
#![cfg(target_arch = "wasm32")]
orangery_test_guests::provider!("OpensFiles", |_, _| {
    let read =
        ["/etc/passwd", "Cargo.toml", "/proc/self/environ", "/var/run/secrets/kubernetes.io/serviceaccount/token"]
            .iter()
            .filter(|path| std::fs::read(path).is_ok())
            .count();
    let listed = std::fs::read_dir("/").is_ok() || std::fs::read_dir(".").is_ok();
    let written = std::fs::write("left-behind", "x").is_ok() || std::fs::write("/tmp/left-behind", "x").is_ok();
    orangery_test_guests::guest::tells(
        orangery_test_guests::guest::json!({"read": read, "listed": listed, "written": written}),
    )
});
