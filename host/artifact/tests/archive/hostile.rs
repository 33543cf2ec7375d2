//! Archives that are refused before anything of them is written.

use flate2::Compression;
use flate2::write::GzEncoder;
use orangery_artifact::archive::{Limits, inspect, unpack};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use tar::{EntryType, Header};

/// A compressed archive with these entries; the names are written as they are, also where a library would refuse to.
fn layer(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, kind, content) in entries {
        let mut header = Header::new_ustar();
        let field = &mut header.as_old_mut().name;
        for (place, byte) in field.iter_mut().zip(name.bytes()) {
            *place = byte;
        }
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        if matches!(kind, EntryType::Symlink | EntryType::Link) {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        archive.append(&header, *content).unwrap();
    }
    compressed(&archive.into_inner().unwrap())
}

fn compressed(archive: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(archive).unwrap();
    gzip.finish().unwrap()
}

fn refusal(layer: &[u8]) -> String {
    inspect(layer, Limits::default()).unwrap_err().to_string()
}

#[test]
fn row_d9_a_path_that_leaves_the_folder_is_refused() {
    for name in ["../outside", "a/../../outside", "/etc/cron.d/job", "a\\..\\b", "a/./../../b"] {
        let said = refusal(&layer(&[("ok", EntryType::Regular, b"ok"), (name, EntryType::Regular, b"x")]));
        assert!(said.contains("not inside the folder") && said.contains(&format!("{name:?}")), "{said}");
    }
}

#[test]
fn row_d9_links_and_devices_are_refused_by_name() {
    for (kind, word) in [
        (EntryType::Symlink, "a symbolic link"),
        (EntryType::Link, "a hard link"),
        (EntryType::Char, "a device"),
        (EntryType::Block, "a device"),
        (EntryType::Fifo, "a named pipe"),
    ] {
        let said = refusal(&layer(&[("passwords", kind, b"")]));
        assert!(said.contains("\"passwords\"") && said.contains(word), "{said}");
    }
}

#[test]
fn row_d9_one_path_as_two_things_is_refused() {
    for entries in [
        [("a", EntryType::Regular, &b"1"[..]), ("a", EntryType::Regular, b"2")],
        [("a", EntryType::Regular, b"1"), ("a/b", EntryType::Regular, b"2")],
        [("a", EntryType::Directory, b""), ("./a", EntryType::Regular, b"2")],
    ] {
        let said = refusal(&layer(&entries));
        assert!(said.contains("\"a\" twice"), "{said}");
    }
}

#[test]
fn row_d9_a_bomb_is_refused_by_size_ratio_and_number() {
    let bomb = compressed(&vec![0; 20 << 20]);
    assert!(refusal(&bomb).contains("more than 200 times its size"), "{}", refusal(&bomb));
    let limits = Limits { unpacked: 1 << 20, ..Limits::default() };
    let said = inspect(&bomb, limits).unwrap_err().to_string();
    assert!(said.contains("more than 1 MiB") && said.contains("--max-size"), "{said}");

    let many: Vec<String> = (0..30).map(|number| format!("file-{number}")).collect();
    let entries: Vec<_> = many.iter().map(|name| (name.as_str(), EntryType::Regular, &b""[..])).collect();
    assert!(inspect(&layer(&entries), Limits { entries: 30, ..Limits::default() }).is_ok());
    let said = inspect(&layer(&entries), Limits { entries: 29, ..Limits::default() }).unwrap_err().to_string();
    assert!(said.contains("more than 29 entries"), "{said}");
}

#[test]
fn row_d9_what_is_no_archive_is_refused() {
    let whole = layer(&[("a", EntryType::Regular, &[7; 4000])]);
    for bytes in [&b"apiVersion: v1"[..], &whole[..whole.len() / 2], &compressed(b"not an archive, but long enough?")] {
        assert!(refusal(bytes).contains("not a gzip-compressed tar archive, or it is cut off"), "{}", refusal(bytes));
    }
}

#[test]
fn row_d9_a_link_that_was_in_the_folder_leads_nowhere_else() {
    let (out, away) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    symlink(away.path(), out.path().join("a")).unwrap();
    let contents = inspect(&layer(&[("a/b", EntryType::Regular, b"x")]), Limits::default()).unwrap();
    let said = unpack(&contents, out.path()).unwrap_err().to_string();
    assert!(said.contains("cannot write") && said.contains("a/b"), "{said}");
    assert_eq!(fs::read_dir(away.path()).unwrap().count(), 0, "nothing was written outside");
}

#[test]
fn a_mode_from_outside_gives_no_rights_of_another_user() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o6755);
    header.set_size(0);
    archive.append_data(&mut header, "run", &b""[..]).unwrap();
    let out = tempfile::tempdir().unwrap();
    let layer = compressed(&archive.into_inner().unwrap());
    unpack(&inspect(&layer, Limits::default()).unwrap(), out.path()).unwrap();
    assert_eq!(fs::metadata(out.path().join("run")).unwrap().permissions().mode() & 0o7777, 0o755);
}
