//! Configuration of the last stage of the Dockerfile.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

/// Instructions that matter once the image is there.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Stage {
    /// `FROM`.
    pub base: String,
    /// `ENV`.
    pub environment: BTreeMap<String, String>,
    /// `USER`: user and group.
    pub user: (u32, u32),
    /// `VOLUME`.
    pub volumes: Vec<String>,
    /// `HEALTHCHECK … CMD`.
    pub health: Vec<String>,
    /// `ENTRYPOINT` and then `CMD`.
    pub command: Vec<String>,
}

/// Reads the last stage.
///
/// # Errors
/// It is not written in the forms that are used here: JSON for commands, NAME=value, numbers for the user.
pub fn last_stage(text: &str) -> Result<Stage> {
    let mut stage = Stage::default();
    for line in instructions(text) {
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match word {
            "FROM" => stage = Stage { base: rest.to_owned(), ..Stage::default() },
            "ENV" => {
                let pairs = rest.split_whitespace().filter_map(|pair| pair.split_once('='));
                stage.environment.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
            "USER" => stage.user = user(rest)?,
            "VOLUME" => stage.volumes = words(rest)?,
            "HEALTHCHECK" => {
                stage.health = words(rest.split_once("CMD ").map_or(rest, |(_, command)| command))?
            }
            "ENTRYPOINT" | "CMD" => stage.command.extend(words(rest)?),
            _ => {}
        }
    }
    Ok(stage)
}

/// Lines put together where they go on; without comments.
fn instructions(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let mut whole = vec![String::new()];
    for line in lines {
        let open = line.trim_end().strip_suffix('\\');
        if let Some(last) = whole.last_mut() {
            last.push_str(open.unwrap_or(line).trim());
            last.push(' ');
        }
        if open.is_none() {
            whole.push(String::new());
        }
    }
    whole.into_iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

fn words(text: &str) -> Result<Vec<String>> {
    serde_json::from_str(text).with_context(|| format!("not a list in JSON: {text}"))
}

fn user(text: &str) -> Result<(u32, u32)> {
    let numbers = text.split_once(':').and_then(|(user, group)| user.parse().ok().zip(group.parse().ok()));
    match numbers {
        Some((user, group)) if user > 0 && group > 0 => Ok((user, group)),
        _ => bail!("USER {text}: not two numbers above 0, so Kubernetes cannot see that it is not root"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_stage_counts() {
        let text = "FROM a AS build\nENV X=1\nRUN b \\\n && c\n# d\nFROM scratch\nENV A=1 \\\n    B=2\nUSER 7:8\nVOLUME [\"/d\"]\n\
                    HEALTHCHECK --interval=1s \\\n  CMD [\"/q\", \"h\"]\nENTRYPOINT [\"/q\"]\nCMD [\"serve\"]\n";
        let stage = last_stage(text).unwrap();
        let environment =
            [("A", "1"), ("B", "2")].map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let want = Stage {
            base: "scratch".to_owned(),
            environment,
            user: (7, 8),
            volumes: list(&["/d"]),
            health: list(&["/q", "h"]),
            command: list(&["/q", "serve"]),
        };
        assert_eq!(stage, want);
        assert!(last_stage("FROM a\nUSER root").is_err());
        assert!(last_stage("FROM a\nUSER 0:0").is_err());
    }
}
