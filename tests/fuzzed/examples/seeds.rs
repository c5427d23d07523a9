//! Writes a target's seeds as files: `seeds TARGET FOLDER`.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(target), Some(folder)) = (args.next(), args.next()) else {
        return Err(std::io::Error::other("expected TARGET FOLDER"));
    };
    std::fs::create_dir_all(&folder)?;
    for (at, seed) in quipu_fuzzed::seeds(&target).iter().enumerate() {
        std::fs::write(Path::new(&folder).join(format!("seed-{at:04}")), seed)?;
    }
    Ok(())
}
