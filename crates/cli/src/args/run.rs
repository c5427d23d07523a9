//! Arguments of `quipu run`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::GatewayFlags;

/// Use of the gateway by the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GatewayUse {
    /// For programs that are not known to send telemetry of their own
    Auto,
    /// For every program
    Always,
    /// For none
    Never,
}

/// Program to run, and the target of its records.
#[derive(Debug, ClapArgs)]
pub struct Run {
    /// Stop the program when its calls have cost this many US dollars; exit code 3
    #[arg(long, value_name = "USD")]
    pub budget: Option<quipu::core::Usd>,
    /// When the base URLs of model providers point at the gateway
    #[arg(long, value_enum, default_value = "auto")]
    pub gateway: GatewayUse,
    /// Send records to this server [default: one within this command, over the data folder]
    #[arg(long, env = "QUIPU_URL")]
    pub url: Option<String>,
    /// Folder for all data [default: the platform's data folder]
    #[arg(long, value_name = "DIR", env = "QUIPU_DATA_DIR", conflicts_with = "url")]
    pub data_dir: Option<PathBuf>,
    /// Write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Print the variables that the program would get and what is missing, and run nothing
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub providers: GatewayFlags,
    /// Program with its arguments, after `--`
    #[arg(required = true, last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}
