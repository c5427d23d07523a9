//! Arguments of `quipu serve`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::GatewayFlags;

/// Listeners and limits of the server.
#[derive(Debug, ClapArgs)]
pub struct Serve {
    /// Configuration file (TOML); flags take precedence
    #[arg(long, value_name = "FILE", env = "QUIPU_CONFIG")]
    pub config: Option<PathBuf>,
    /// Folder for all data [default: the platform's data folder]
    #[arg(long, value_name = "DIR", env = "QUIPU_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Store: `sqlite:` has its files in the data folder, `sqlite:PATH` elsewhere
    #[arg(long, value_name = "URI", env = "QUIPU_STORE")]
    pub store: Option<String>,
    /// When a write is acknowledged: once the operating system has it (`os`) or once the disk has it (`disk`)
    /// [default: disk]
    #[arg(long, value_name = "WHEN", env = "QUIPU_DURABILITY", value_parser = ["os", "disk"])]
    pub durability: Option<String>,
    /// Dashboard and API: host:port, port 0 for a free one, or `off` [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "QUIPU_HTTP")]
    pub http: Option<String>,
    /// OTLP over HTTP [default: 127.0.0.1:4318]
    #[arg(long, value_name = "ADDR", env = "QUIPU_OTLP_HTTP")]
    pub otlp_http: Option<String>,
    /// OTLP over gRPC [default: 127.0.0.1:4317]
    #[arg(long, value_name = "ADDR", env = "QUIPU_OTLP_GRPC")]
    pub otlp_grpc: Option<String>,
    /// Prometheus metrics of the server itself [default: 127.0.0.1:9464]
    #[arg(long, value_name = "ADDR", env = "QUIPU_PROMETHEUS")]
    pub prometheus: Option<String>,
    /// Gateway to model providers, as in `quipu gateway` [default: off, or as in the configuration]
    #[arg(long, value_name = "ADDR", env = "QUIPU_GATEWAY")]
    pub gateway: Option<String>,
    /// Former name of `--gateway`
    #[arg(long, hide = true, value_name = "ADDR", conflicts_with = "gateway")]
    pub proxy: Option<String>,
    #[command(flatten)]
    pub providers: GatewayFlags,
    #[command(flatten)]
    pub jaeger: JaegerFlags,
    #[command(flatten)]
    pub entry: Entry,
    /// Fill an empty store with a recorded agent workload and keep a live one running
    #[arg(long)]
    pub demo: bool,
    /// Write the listening URLs to this file, as JSON, once all listen
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

/// Access to the server.
#[derive(Debug, Default, ClapArgs)]
pub struct Entry {
    /// Disable access control although other hosts can reach the server
    #[arg(long)]
    pub insecure: bool,
    /// PEM file with the certificate of all listeners and its intermediate certificates; needs --tls-key
    #[arg(long, value_name = "FILE", env = "QUIPU_TLS_CERT", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// PEM file with the private key of the certificate
    #[arg(long, value_name = "FILE", env = "QUIPU_TLS_KEY", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
}

/// Listeners for Jaeger's and Zipkin's protocols.
#[derive(Debug, ClapArgs)]
pub struct JaegerFlags {
    /// Jaeger Thrift compact over UDP, such as 127.0.0.1:6831 [default: off]
    #[arg(long, value_name = "ADDR", env = "QUIPU_JAEGER_COMPACT")]
    pub jaeger_compact: Option<String>,
    /// Jaeger Thrift binary over UDP, such as 127.0.0.1:6832 [default: off]
    #[arg(long, value_name = "ADDR", env = "QUIPU_JAEGER_BINARY")]
    pub jaeger_binary: Option<String>,
    /// Jaeger Thrift over HTTP, such as 127.0.0.1:14268 [default: off]
    #[arg(long, value_name = "ADDR", env = "QUIPU_JAEGER_HTTP")]
    pub jaeger_http: Option<String>,
    /// Jaeger gRPC, such as 127.0.0.1:14250 [default: off]
    #[arg(long, value_name = "ADDR", env = "QUIPU_JAEGER_GRPC")]
    pub jaeger_grpc: Option<String>,
    /// Zipkin JSON over HTTP, such as 127.0.0.1:9411 [default: off]
    #[arg(long, value_name = "ADDR", env = "QUIPU_ZIPKIN")]
    pub zipkin: Option<String>,
}
