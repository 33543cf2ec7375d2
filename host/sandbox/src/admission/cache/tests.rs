//! What the cache maps and what it refuses to map.

use super::*;
use crate::limits::Limits;
use wasmtime::component::Component;

fn engine() -> Engine {
    crate::engine::start(&Limits::default()).unwrap()
}

fn only_file(dir: &Path) -> PathBuf {
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "cwasm"));
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

#[test]
fn what_was_kept_is_found_again_by_the_same_installation() {
    let dir = tempfile::tempdir().unwrap();
    let private = dir.path().join("cache");
    let engine = engine();
    Cache::open(&private, &engine).unwrap().keep("abc", b"code");
    let again = Cache::open(&private, &engine).unwrap();
    assert_eq!(again.load("abc").unwrap().bytes(), b"code");
    assert!(again.load("abd").is_none());
    assert_eq!(fs::metadata(&private).unwrap().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(private.join(KEY_FILE)).unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(only_file(&private)).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_changed_bit_a_truncation_and_a_borrowed_name_are_ignored() {
    let dir = tempfile::tempdir().unwrap();
    let private = dir.path().join("cache");
    let cache = Cache::open(&private, &engine()).unwrap();
    cache.keep("abc", b"code");
    let file = only_file(&private);
    let good = fs::read(&file).unwrap();
    for at in [0, TAG_BYTES, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&file, bad).unwrap();
        assert!(cache.load("abc").is_none(), "bit in byte {at}");
    }
    fs::write(&file, &good[..10]).unwrap();
    assert!(cache.load("abc").is_none());
    fs::write(private.join(cache.name("other")), &good).unwrap();
    assert!(cache.load("other").is_none(), "the tag covers the name");
}

#[test]
fn what_was_checked_does_not_change_with_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let private = dir.path().join("cache");
    let engine = engine();
    let component = Component::new(&engine, "(component)").unwrap();
    let bytes = component.serialize().unwrap();
    let cache = Cache::open(&private, &engine).unwrap();
    cache.keep("abc", &bytes);
    let code = cache.load("abc").unwrap();
    fs::write(only_file(&private), b"something else").unwrap();
    assert_eq!(code.bytes(), bytes);
    code.component(&engine).unwrap();
    assert!(cache.load("abc").is_none());
}

#[test]
fn every_piece_counts_and_so_does_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let private = dir.path().join("cache");
    let cache = Cache::open(&private, &engine()).unwrap();
    let code: Vec<u8> = (0..5 * PIECE + 7).map(|at| (at / PIECE) as u8).collect();
    cache.keep("abc", &code);
    assert_eq!(cache.load("abc").unwrap().bytes(), code);
    let file = only_file(&private);
    let good = fs::read(&file).unwrap();
    let (tag, code) = good.split_at(TAG_BYTES);
    let pieces: Vec<&[u8]> = code.chunks(PIECE).collect();
    for nth in 0..pieces.len() {
        let mut changed = good.clone();
        changed[TAG_BYTES + nth * PIECE + 3] ^= 1;
        let mut left_out = pieces.clone();
        left_out.remove(nth);
        let mut twice = pieces.clone();
        twice.insert(nth, pieces[nth]);
        let mut swapped = pieces.clone();
        swapped.swap(nth, (nth + 1) % 5);
        let of = |pieces: Vec<&[u8]>| [tag, &pieces.concat()].concat();
        for bad in [changed, of(left_out), of(twice), of(swapped)] {
            fs::write(&file, bad).unwrap();
            assert!(cache.load("abc").is_none(), "piece {nth}");
        }
    }
    fs::write(&file, &good).unwrap();
    assert!(cache.load("abc").is_some());
}

#[test]
fn a_copy_is_hashed_and_runs_as_sealed_memory_does() {
    let dir = tempfile::tempdir().unwrap();
    let engine = engine();
    let bytes = Component::new(&engine, "(component)").unwrap().serialize().unwrap();
    let path = dir.path().join("code");
    fs::write(&path, [b"tag".as_slice(), &bytes].concat()).unwrap();
    let held = [CodeMemory::part_of, CodeMemory::copy_of].map(|hold| {
        let file = File::open(&path).unwrap();
        let part = Part::from(&file, 3).unwrap();
        let (held, hashes) = hold(&file, part, &|_, piece| blake3::hash(piece)).unwrap();
        let expected: Vec<_> = bytes.chunks(PIECE).map(blake3::hash).collect();
        assert_eq!(hashes, expected);
        held
    });
    #[cfg(target_os = "linux")]
    assert!(matches!(held[0], CodeMemory::Sealed(_)), "{held:?}");
    for held in held {
        let code = Code::checked(held);
        assert_eq!(code.bytes(), bytes);
        code.component(&engine).unwrap();
    }
}

#[test]
fn a_file_under_another_key_is_ignored_and_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let private = dir.path().join("cache");
    let engine = engine();
    Cache::open(&private, &engine).unwrap().keep("abc", b"code");
    fs::remove_file(private.join(KEY_FILE)).unwrap();
    let cache = Cache::open(&private, &engine).unwrap();
    assert!(cache.load("abc").is_none());
    cache.keep("abc", b"code");
    assert_eq!(cache.load("abc").unwrap().bytes(), b"code");
}

#[test]
fn a_directory_that_others_may_enter_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let open = dir.path().join("cache");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, Permissions::from_mode(0o755)).unwrap();
    let said = Cache::open(&open, &engine()).err().unwrap().to_string();
    assert!(said.contains("mode 755") && said.contains("chmod go-rwx"), "{said}");
}

#[test]
fn a_directory_of_somebody_else_is_refused_and_so_is_their_key() {
    let dir = tempfile::tempdir().unwrap();
    let private = dir.path().join("cache");
    let engine = engine();
    Cache::open(&private, &engine).unwrap();
    let us = fs::metadata(&private).unwrap().uid();
    // To a process of another user that may enter it, for example root, this directory is somebody else's.
    let said = Cache::open_as(&private, &engine, us + 1).err().unwrap().to_string();
    assert!(said.contains(&format!("belongs to the user {us}")) && said.contains("another directory"), "{said}");
    let key = private.join(KEY_FILE);
    let meta = fs::metadata(&key).unwrap();
    assert!(ours(&key, &meta, us).is_ok());
    assert!(matches!(ours(&key, &meta, us + 1), Err(CacheError::NotOurs { .. })));
}

#[test]
fn a_key_of_the_wrong_size_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let private = dir.path().join("cache");
    let engine = engine();
    Cache::open(&private, &engine).unwrap();
    fs::write(private.join(KEY_FILE), b"short").unwrap();
    let error = Cache::open(&private, &engine).err().unwrap();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("remove it"), "{cause}");
}
