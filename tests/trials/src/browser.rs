//! A real browser, driven by scripts of `suites/web`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::integration::packages;
use crate::shell;

const PLAYWRIGHT: &str = "playwright-core@1";
const AXE: &str = "axe-core@4";
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The scripts by name.
const SCRIPTS: [(&str, &str); 30] = [
    ("main.mjs", include_str!("../suites/web/main.mjs")),
    ("browser.mjs", include_str!("../suites/web/browser.mjs")),
    ("steps.mjs", include_str!("../suites/web/steps.mjs")),
    ("send.mjs", include_str!("../suites/web/send.mjs")),
    ("pages.mjs", include_str!("../suites/web/pages.mjs")),
    ("walks.mjs", include_str!("../suites/web/walks.mjs")),
    ("behind.mjs", include_str!("../suites/web/behind.mjs")),
    ("shell.mjs", include_str!("../suites/web/shell.mjs")),
    ("list.mjs", include_str!("../suites/web/list.mjs")),
    ("late.mjs", include_str!("../suites/web/late.mjs")),
    ("slow.mjs", include_str!("../suites/web/slow.mjs")),
    ("trace.mjs", include_str!("../suites/web/trace.mjs")),
    ("watching.mjs", include_str!("../suites/web/watching.mjs")),
    ("work.mjs", include_str!("../suites/web/work.mjs")),
    ("signals.mjs", include_str!("../suites/web/signals.mjs")),
    ("boards.mjs", include_str!("../suites/web/boards.mjs")),
    ("money.mjs", include_str!("../suites/web/money.mjs")),
    ("hostile.mjs", include_str!("../suites/web/hostile.mjs")),
    ("load.mjs", include_str!("../suites/web/load.mjs")),
    ("restart.mjs", include_str!("../suites/web/restart.mjs")),
    ("server.mjs", include_str!("../suites/web/server.mjs")),
    ("access.mjs", include_str!("../suites/web/access.mjs")),
    ("data.mjs", include_str!("../suites/web/data.mjs")),
    ("phone.mjs", include_str!("../suites/web/phone.mjs")),
    ("said.mjs", include_str!("../suites/web/said.mjs")),
    ("first.mjs", include_str!("../suites/web/first.mjs")),
    ("tasks.mjs", include_str!("../suites/web/tasks.mjs")),
    ("widths.mjs", include_str!("../suites/web/widths.mjs")),
    ("pictures.mjs", include_str!("../suites/web/pictures.mjs")),
    ("figures.mjs", include_str!("../suites/web/figures.mjs")),
];

/// Programs of the scripts: a browser, and the npm packages for its control and for accessibility tests.
pub struct Browser {
    scripts: PathBuf,
    plan: Value,
    /// Folder of the screenshots.
    pub shots: PathBuf,
}

impl Browser {
    /// Looks for the browser and installs the packages below `cache`.
    ///
    /// # Errors
    /// Names the missing program.
    pub fn find(cache: &Path) -> Result<Self> {
        let chromium = BROWSERS.iter().find_map(|name| shell::find(name));
        let chromium = chromium.map_or_else(|| packages::system("chromium", "chromium"), Ok)?;
        packages::system("nodejs", "node")?;
        packages::system("npm", "npm")?;
        let folder = cache.join("browser");
        let modules = installed(&folder)?;
        for (name, text) in SCRIPTS {
            fs::write(folder.join(name), text)?;
        }
        let shots = shell::target().join("shots");
        let plan = json!({
            "playwright": modules.join("playwright-core"), "axe": modules.join("axe-core"), "chromium": chromium, "shots": shots,
        });
        Ok(Self { scripts: folder, plan, shots })
    }

    /// Runs a script with these additions to its plan; returns the JSON of its last line. Its progress goes
    /// to the terminal.
    ///
    /// # Errors
    /// The script fails, or its last line is no JSON.
    pub fn run(&self, script: &str, more: &Value) -> Result<Value> {
        let mut plan = self.plan.clone();
        if let (Some(plan), Some(more)) = (plan.as_object_mut(), more.as_object()) {
            plan.extend(more.clone());
        }
        let file = self.scripts.join("plan.json");
        fs::write(&file, plan.to_string())?;
        let mut node = Command::new("node");
        node.arg(self.scripts.join(script)).arg(&file).stdin(Stdio::null()).stderr(Stdio::inherit());
        let said = node.output().context("node")?;
        let text = String::from_utf8_lossy(&said.stdout);
        serde_json::from_str(text.lines().last().unwrap_or_default()).with_context(|| {
            format!("{script} ended with {} and said {}", said.status, shell::tail(&text, 5))
        })
    }
}

/// The folder of the packages; installs them where they are missing.
fn installed(folder: &Path) -> Result<PathBuf> {
    let modules = folder.join("node_modules");
    if !["playwright-core", "axe-core"].iter().all(|name| modules.join(name).is_dir()) {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("package.json"), "{\"private\": true}\n")?;
        let install = ["install", "--silent", "--no-audit", "--no-fund", PLAYWRIGHT, AXE];
        shell::capture(Command::new("npm").args(install).current_dir(folder)).context("npm")?;
    }
    Ok(modules)
}
