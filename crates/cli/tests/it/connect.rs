//! Tests of `quipu connect` and `quipu disconnect`: every tool, and every state of its config.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::server::quipu;

const TOOLS: [&str; 8] = ["claude", "codex", "gemini", "qwen", "opencode", "copilot", "continue", "vscode"];
const SERVER: &str = "http://quipu.example:4318";

/// A home folder with the config of all tools.
struct Home {
    folder: tempfile::TempDir,
    shell: &'static str,
}

impl Home {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), shell: "/bin/bash" }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn run(&self, args: &[&str], variables: &[(&str, &str)]) -> (bool, String) {
        let mut command = quipu();
        command.args(args).env("HOME", self.folder.path()).env("SHELL", self.shell);
        for name in [
            "CLAUDE_CONFIG_DIR",
            "CODEX_HOME",
            "GEMINI_CLI_HOME",
            "XDG_CONFIG_HOME",
            "ZDOTDIR",
            "OPENCODE_CONFIG",
        ] {
            command.env_remove(name);
        }
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.success(), said)
    }

    fn connect(&self, tool: &str) -> String {
        let (is_done, said) = self.run(&["connect", tool, "--url", SERVER], &[]);
        assert!(is_done, "{tool}: {said}");
        said
    }

    fn disconnect(&self, tool: &str) -> String {
        let (is_done, said) = self.run(&["disconnect", tool], &[]);
        assert!(is_done, "{tool}: {said}");
        said
    }

    /// All files and folders with their bytes and modes.
    fn contents(&self) -> Vec<(PathBuf, u32, Option<Vec<u8>>)> {
        let mut waiting = vec![self.folder.path().to_owned()];
        let mut all = Vec::new();
        while let Some(path) = waiting.pop() {
            let metadata = fs::symlink_metadata(&path).unwrap();
            let bytes = if metadata.is_file() { fs::read(&path).ok() } else { None };
            all.push((path.clone(), metadata.permissions().mode(), bytes));
            if metadata.is_dir() {
                waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
        }
        all.sort();
        all
    }
}

/// The config files of a tool under the home folder.
fn files(tool: &str) -> &'static [&'static str] {
    match tool {
        "claude" => &[".claude/settings.json"],
        "codex" => &[".codex/config.toml"],
        "gemini" => &[".gemini/settings.json"],
        "qwen" => &[".qwen/settings.json"],
        "opencode" => &[".config/opencode/opencode.json", ".bashrc"],
        "vscode" => &[".config/Code/User/settings.json"],
        _ => &[".bashrc"],
    }
}

/// Texts that a config file may have before.
fn texts(file: &str) -> Vec<&'static str> {
    if file.ends_with(".toml") {
        vec![
            "",
            "# mine\r\nmodel = \"o3\" # why\r\n",
            "[otel] # on\nenvironment = 'test'\nexporter = \"none\" # off\n\n[otel.trace_exporter.otlp-http]\nendpoint = 'x'\n",
            "otel.log_user_prompt = true",
        ]
    } else if file.ends_with(".json") {
        vec![
            "",
            "{}",
            "// mine\n{\n  /* why */ \"model\": \"x\", // last\n}\n",
            "{\"env\":{\"A\":\"b\",\"OTEL_EXPORTER_OTLP_ENDPOINT\":\"http://other\"},\"telemetry\":{\"enabled\":false,\"x\":[1]},\
             \"experimental\":{\"openTelemetry\":false},\"github.copilot.chat.otel.enabled\":false}",
            "{\r\n\t\"env\": {\r\n\t\t\"A\": \"b\" // c\r\n\t}\r\n}",
        ]
    } else {
        vec!["", "export A=1", "alias copilot='copilot --banner' # mine\n\n"]
    }
}

/// Connects and disconnects a tool from each state of its config; without any file at last.
fn comes_back_byte_by_byte(tool: &str) {
    let most = files(tool).iter().map(|file| texts(file).len()).max().unwrap();
    for number in 0..=most {
        let home = Home::new();
        let former = |file: &str| texts(file)[number % texts(file).len()];
        for file in files(tool).iter().filter(|_| number < most) {
            fs::create_dir_all(home.at(file).parent().unwrap()).unwrap();
            fs::write(home.at(file), former(file)).unwrap();
            fs::set_permissions(home.at(file), fs::Permissions::from_mode(0o640)).unwrap();
        }
        let before = home.contents();
        home.connect(tool);
        for file in files(tool) {
            let text = fs::read_to_string(home.at(file)).unwrap();
            assert!(number == most || !former(file).contains("mine") || text.contains("mine"), "{text}");
            let mode = fs::metadata(home.at(file)).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, if number < most { 0o640 } else { 0o600 });
        }
        home.disconnect(tool);
        assert_eq!(home.contents(), before, "{tool} {number}");
    }
}

#[test]
fn claude_gets_its_config_back() {
    comes_back_byte_by_byte("claude");
}

#[test]
fn codex_gets_its_config_back() {
    comes_back_byte_by_byte("codex");
}

#[test]
fn gemini_gets_its_config_back() {
    comes_back_byte_by_byte("gemini");
}

#[test]
fn qwen_gets_its_config_back() {
    comes_back_byte_by_byte("qwen");
}

#[test]
fn opencode_gets_its_config_back() {
    comes_back_byte_by_byte("opencode");
}

#[test]
fn copilot_gets_its_config_back() {
    comes_back_byte_by_byte("copilot");
}

#[test]
fn continue_gets_its_config_back() {
    comes_back_byte_by_byte("continue");
}

#[test]
fn vscode_gets_its_config_back() {
    comes_back_byte_by_byte("vscode");
}

#[test]
fn dry_runs_and_repetitions_change_nothing() {
    for tool in ["codex", "opencode"] {
        let home = Home::new();
        let before = home.contents();
        let (is_done, said) = home.run(&["connect", tool, "--url", SERVER, "--dry-run"], &[]);
        assert!(is_done && said.contains("would get"), "{said}");
        assert_eq!(home.contents(), before);
        home.connect(tool);
        let connected = home.contents();
        assert!(home.connect(tool).contains("already"));
        assert_eq!(home.contents(), connected);
        let (is_done, said) = home.run(&["disconnect", tool, "--dry-run"], &[]);
        assert!(is_done && said.contains("would be removed") && home.contents() == connected, "{said}");
        home.disconnect(tool);
        let (is_done, said) = home.run(&["disconnect", tool], &[]);
        assert!(!is_done && said.contains("is not connected"), "{said}");
    }
}

#[test]
fn every_tool_gets_the_keys_that_it_reads() {
    let home = Home::new();
    TOOLS.iter().for_each(|tool| drop(home.connect(tool)));
    let json = |file: &str| -> Value { serde_json::from_slice(&fs::read(home.at(file)).unwrap()).unwrap() };
    let claude = json(".claude/settings.json");
    assert_eq!(claude["env"]["CLAUDE_CODE_ENABLE_TELEMETRY"], "1");
    assert_eq!(claude["env"]["OTEL_EXPORTER_OTLP_ENDPOINT"], SERVER);
    for file in [".gemini/settings.json", ".qwen/settings.json"] {
        let telemetry = &json(file)["telemetry"];
        assert_eq!((&telemetry["enabled"], &telemetry["otlpEndpoint"]), (&true.into(), &SERVER.into()));
    }
    assert_eq!(json(".config/opencode/opencode.json")["experimental"]["openTelemetry"], true);
    let code = json(".config/Code/User/settings.json");
    assert_eq!(code["github.copilot.chat.otel.otlpEndpoint"], SERVER);
    let codex: toml::Table =
        toml::from_str(&fs::read_to_string(home.at(".codex/config.toml")).unwrap()).unwrap();
    let endpoint = &codex["otel"]["trace_exporter"]["otlp-http"]["endpoint"];
    assert_eq!(endpoint.as_str(), Some("http://quipu.example:4318/v1/traces"));
    let shell = fs::read_to_string(home.at(".bashrc")).unwrap();
    for name in ["opencode", "copilot", "cn"] {
        assert!(shell.contains(&format!("function {name} {{")), "{shell}");
    }
}

#[test]
fn a_start_file_gives_the_command_its_variables() {
    let home = Home::new();
    fs::write(home.at(".bashrc"), "alias copilot='copilot --one'\n").unwrap();
    home.connect("copilot");
    let bin = home.at("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(
        bin.join("copilot"),
        "#!/bin/sh\necho \"$COPILOT_OTEL_ENABLED $OTEL_EXPORTER_OTLP_ENDPOINT $2\"\n",
    )
    .unwrap();
    fs::set_permissions(bin.join("copilot"), fs::Permissions::from_mode(0o755)).unwrap();
    let script = format!(
        "shopt -s expand_aliases\nPATH={}:$PATH\n. {}\ncopilot 'two words'\n",
        bin.display(),
        home.at(".bashrc").display()
    );
    let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        said.trim(),
        format!("true {SERVER} two words"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn tools_of_one_start_file_are_disconnected_in_any_order() {
    for shell in ["/bin/bash", "/usr/bin/zsh", "/usr/bin/fish"] {
        let home = Home { shell, ..Home::new() };
        let file = match shell {
            "/bin/bash" => home.at(".bashrc"),
            "/usr/bin/zsh" => home.at(".zshrc"),
            _ => home.at(".config/fish/config.fish"),
        };
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "export A=1").unwrap();
        let before = home.contents();
        home.connect("copilot");
        home.connect("continue");
        home.disconnect("copilot");
        home.disconnect("continue");
        assert_eq!(home.contents(), before);
    }
    let home = Home { shell: "/bin/tcsh", ..Home::new() };
    let (is_done, said) = home.run(&["connect", "copilot"], &[]);
    assert!(!is_done && said.contains("--file"), "{said}");
}

#[test]
fn later_changes_of_other_keys_stay() {
    let home = Home::new();
    let file = home.at(".claude/settings.json");
    home.connect("claude");
    // As Claude Code writes it after a permission was given.
    let mut settings: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    settings["permissions"] = serde_json::json!({"allow": ["Bash(ls)"]});
    fs::write(&file, format!("{settings:#}")).unwrap();
    assert!(home.disconnect("claude").contains("later changes"));
    let left: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    assert_eq!(left, serde_json::json!({"permissions": {"allow": ["Bash(ls)"]}}));

    let home = Home::new();
    let file = home.at(".codex/config.toml");
    fs::create_dir(home.at(".codex")).unwrap();
    fs::write(&file, "# mine\n[otel]\nexporter = \"none\"\n").unwrap();
    home.connect("codex");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("model = \"o3\"\n{text}\n[projects.\"/x\"]\ntrust_level = \"trusted\"\n"))
        .unwrap();
    home.disconnect("codex");
    let left = fs::read_to_string(&file).unwrap();
    assert!(left.starts_with("model = \"o3\"\n# mine\n[otel]\nexporter = \"none\""), "{left}");
    assert!(left.contains("trusted") && !left.contains("otlp"), "{left}");
}

#[test]
fn a_change_of_a_written_key_is_not_lost() {
    let home = Home::new();
    let file = home.at(".gemini/settings.json");
    fs::create_dir(home.at(".gemini")).unwrap();
    fs::write(&file, "{\"telemetry\": {\"enabled\": false}}").unwrap();
    let before = home.contents();
    home.connect("gemini");
    let changed = fs::read_to_string(&file).unwrap().replace(SERVER, "http://mine");
    fs::write(&file, &changed).unwrap();
    for command in [&["disconnect", "gemini"][..], &["connect", "gemini"]] {
        let (is_done, said) = home.run(command, &[]);
        assert!(!is_done && said.contains("`telemetry.otlpEndpoint` was changed"), "{said}");
        assert!(said.contains("quipu-backup") && said.contains("--force"), "{said}");
        assert_eq!(fs::read_to_string(&file).unwrap(), changed);
    }
    // A copy that was changed is no base either.
    let copy = home.at(".gemini/settings.json.gemini.quipu-backup");
    let kept = fs::read(&copy).unwrap();
    fs::write(&copy, "{}").unwrap();
    let (is_done, said) = home.run(&["disconnect", "gemini", "--force"], &[]);
    assert!(!is_done && said.contains("checksum mismatch"), "{said}");
    fs::write(&copy, kept).unwrap();
    let (is_done, said) = home.run(&["disconnect", "gemini", "--force"], &[]);
    assert!(is_done, "{said}");
    assert_eq!(home.contents(), before);
}

#[test]
fn another_server_replaces_the_first_and_the_former_file_stays_known() {
    let home = Home::new();
    let file = home.at(".qwen/settings.json");
    fs::create_dir(home.at(".qwen")).unwrap();
    fs::write(&file, "{ \"a\": 1 } // mine").unwrap();
    let before = home.contents();
    home.connect("qwen");
    assert!(home.run(&["connect", "qwen", "--url", "https://other"], &[]).0);
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("https://other") && !text.contains(SERVER), "{text}");
    home.disconnect("qwen");
    assert_eq!(home.contents(), before);
}

#[test]
fn a_link_stays_a_link() {
    let home = Home::new();
    fs::create_dir_all(home.at("dotfiles")).unwrap();
    fs::create_dir_all(home.at(".claude")).unwrap();
    fs::write(home.at("dotfiles/claude.json"), "{}\n").unwrap();
    symlink("../dotfiles/claude.json", home.at(".claude/settings.json")).unwrap();
    let before = home.contents();
    home.connect("claude");
    assert!(fs::read_to_string(home.at("dotfiles/claude.json")).unwrap().contains(SERVER));
    home.disconnect("claude");
    assert_eq!(home.contents(), before);
}

#[test]
fn files_that_cannot_be_parsed_stay() {
    let home = Home::new();
    for (tool, file, text) in [
        ("claude", ".claude/settings.json", "{ broken"),
        ("gemini", ".gemini/settings.json", "{\"telemetry\": 7}"),
        ("codex", ".codex/config.toml", "= nonsense"),
    ] {
        fs::create_dir_all(home.at(file).parent().unwrap()).unwrap();
        fs::write(home.at(file), text).unwrap();
        let before = home.contents();
        let (is_done, said) = home.run(&["connect", tool], &[]);
        assert!(!is_done && said.contains("was not changed") && said.contains(file), "{said}");
        assert_eq!(home.contents(), before);
    }
    let (is_done, said) = home.run(&["connect", "claude", "--url", "localhost:4318"], &[]);
    assert!(!is_done && said.contains("got `localhost:4318`"), "{said}");
}

#[test]
fn an_api_key_is_written_where_the_tool_reads_one_and_never_shown() {
    let home = Home::new();
    let key = [("QUIPU_API_KEY", "qk_very_secret")];
    for (tool, file) in
        [("claude", ".claude/settings.json"), ("codex", ".codex/config.toml"), ("copilot", ".bashrc")]
    {
        let (is_done, said) = home.run(&["connect", tool, "--dry-run"], &key);
        assert!(is_done && !said.contains("very_secret"), "{said}");
        let (is_done, said) = home.run(&["connect", tool], &key);
        assert!(is_done && !said.contains("very_secret"), "{said}");
        assert!(fs::read_to_string(home.at(file)).unwrap().contains("qk_very_secret"), "{tool}");
        assert!(is_private(&home.at(file)) && is_private(&home.at(&format!("{file}.{tool}.quipu-connect"))));
    }
    for tool in ["gemini", "qwen", "vscode"] {
        let (is_done, said) = home.run(&["connect", tool], &key);
        assert!(
            !is_done && said.contains("no place for an API key") && !said.contains("very_secret"),
            "{said}"
        );
    }
    let file = home.at("wide.json");
    fs::write(&file, "{}").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let (is_done, said) = home.run(&["connect", "claude", "--file", file.to_str().unwrap()], &key);
    assert!(is_done && said.contains("chmod 600"), "{said}");
    assert!(home.run(&["disconnect", "claude", "--file", file.to_str().unwrap()], &[]).0);
    assert_eq!(fs::read_to_string(&file).unwrap(), "{}");
}

fn is_private(file: &Path) -> bool {
    fs::metadata(file).unwrap().permissions().mode().trailing_zeros() >= 6
}
