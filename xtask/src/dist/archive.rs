//! Packs folders, and writes the checksums of the archives.

use super::succeed;
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::Command;

/// Packs `folder/name` as `folder/name.tar.gz` and removes it.
pub(crate) fn pack(folder: &Path, name: &str) -> Result<()> {
    let file = format!("{name}.tar.gz");
    let mut tar = Command::new("tar");
    tar.current_dir(folder).args(["--create", "--gzip", "--file", &file, name]);
    succeed(&mut tar, "tar cannot pack")?;
    fs::remove_dir_all(folder.join(name))?;
    let bytes = fs::metadata(folder.join(&file))?.len();
    println!("{file}: {:.1} MB", bytes as f64 / 1e6);
    Ok(())
}

/// Copies a folder with all that is in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// Writes `SHA256SUMS` over all files of the folder, as `sha256sum --check` reads it.
pub(crate) fn checksums(folder: &Path) -> Result<()> {
    let mut names: Vec<String> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<_>>()?;
    names.sort();
    let mut text = String::new();
    for name in names {
        text.push_str(&format!("{}  {name}\n", digest(&folder.join(&name))?));
    }
    print!("{text}");
    Ok(fs::write(folder.join("SHA256SUMS"), text)?)
}

fn digest(file: &Path) -> Result<String> {
    let mut file = File::open(file)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_as_sha256sum_writes_them() -> Result<()> {
        let folder = std::env::temp_dir().join(format!("xtask-checksums-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("b"), "hello\n")?;
        fs::write(folder.join("a"), "")?;
        checksums(&folder)?;
        let text = fs::read_to_string(folder.join("SHA256SUMS"))?;
        fs::remove_dir_all(&folder)?;
        let expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a\n\
                        5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03  b\n";
        assert_eq!(text, expected);
        Ok(())
    }
}
