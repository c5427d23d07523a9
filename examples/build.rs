//! Puts the Rust blocks of the guide into the programs of `tests/guide`, so the tests compile and run them.

#[path = "../tests/trials/src/guide/block.rs"]
mod block;

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let (programs, out) = (here.join("tests/guide"), PathBuf::from(env::var("OUT_DIR")?).join("guide"));
    let root = here.parent().ok_or("the examples have no workspace")?;
    fs::create_dir_all(&out)?;
    println!("cargo::rerun-if-changed={}", programs.display());
    println!("cargo::rerun-if-changed={}", root.join("tests/trials/src/guide/block.rs").display());
    let mut modules = String::new();
    for file in fs::read_dir(&programs)? {
        let path = file?.path();
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a program has no name")?;
        let place = out.join(name);
        replace(&place, &filled(root, &fs::read_to_string(&path)?)?)?;
        let module = name.trim_end_matches(".rs");
        writeln!(modules, "#[path = {:?}]\nmod {module};", place.display().to_string())?;
    }
    replace(&out.join("mod.rs"), &modules)
}

/// A program with the blocks in the places of the lines that name them.
fn filled(root: &Path, program: &str) -> Result<String, Box<dyn Error>> {
    let mut filled = String::new();
    for line in program.lines() {
        let Some(name) = block::named(line) else {
            writeln!(filled, "{line}")?;
            continue;
        };
        let page = name.split(' ').next().unwrap_or_default();
        println!("cargo::rerun-if-changed={}", root.join(page).display());
        let blocks = block::code_blocks(page, &fs::read_to_string(root.join(page))?);
        let block = blocks.iter().find(|block| block.name() == name);
        // Lines that begin with `# ` are hidden in documentation and are code.
        for line in block.ok_or_else(|| format!("there is no block {name}"))?.text.lines() {
            writeln!(filled, "{}", line.strip_prefix("# ").unwrap_or(line))?;
        }
    }
    Ok(filled)
}

/// Writes a file, unless it has this text: an unchanged file needs no new build.
fn replace(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    if fs::read_to_string(path).ok().as_deref() != Some(text) {
        fs::write(path, text)?;
    }
    Ok(())
}
