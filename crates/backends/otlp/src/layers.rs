//! Layers of config: own values over the preset, over the variables.

use std::collections::BTreeMap;

use quipu_core::Result;
use quipu_send::Secret;

use crate::config::{Config, SignalConfig};
use crate::environment;
use crate::variables::Variables;

impl Config {
    /// Fills missing values from the preset, else from OpenTelemetry's variables if enabled. `environment`
    /// returns a variable of the environment.
    ///
    /// # Errors
    /// A required variable of the preset is missing, or one is invalid: the error names it.
    pub fn settle(self, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let said = self.variables.clone();
        let variables = Variables::new(&said, environment);
        let mut settled = self;
        if let Some(preset) = settled.preset.take() {
            let filled = preset.fill(&variables, &settled)?;
            settled = settled.over(filled);
        }
        if settled.environment.unwrap_or_else(|| !settled.has_endpoint()) {
            settled = settled.over(environment::read(&variables)?);
        }
        settled.environment = Some(false);
        Ok(settled)
    }

    fn has_endpoint(&self) -> bool {
        let signals = [&self.traces, &self.metrics, &self.logs];
        self.endpoint.is_some() || signals.iter().any(|signal| signal.endpoint.is_some())
    }

    /// Puts this layer over another one. Its values for all signals override the other layer's values for one
    /// signal.
    #[must_use]
    fn over(self, below: Self) -> Self {
        let signal = |above: &SignalConfig, below: SignalConfig| above.clone().over(below.under(&self));
        let (traces, metrics, logs) = (
            signal(&self.traces, below.traces),
            signal(&self.metrics, below.metrics),
            signal(&self.logs, below.logs),
        );
        Self {
            preset: self.preset,
            variables: self.variables,
            environment: self.environment,
            endpoint: self.endpoint.or(below.endpoint),
            protocol: self.protocol.or(below.protocol),
            insecure: self.insecure.or(below.insecure),
            headers: joined(self.headers, below.headers),
            compression: self.compression.or(below.compression),
            timeout_ms: self.timeout_ms.or(below.timeout_ms),
            tls: self.tls.or(below.tls),
            auth: self.auth.or(below.auth),
            mapping: self.mapping.or(below.mapping),
            resource: joined(self.resource, below.resource),
            traces,
            metrics,
            logs,
        }
    }
}

impl SignalConfig {
    fn over(self, below: Self) -> Self {
        Self {
            send: self.send.or(below.send),
            endpoint: self.endpoint.or(below.endpoint),
            protocol: self.protocol.or(below.protocol),
            insecure: self.insecure.or(below.insecure),
            headers: joined(self.headers, below.headers),
            compression: self.compression.or(below.compression),
            timeout_ms: self.timeout_ms.or(below.timeout_ms),
            tls: self.tls.or(below.tls),
        }
    }

    /// Removes values that a higher layer sets for all signals.
    fn under(mut self, above: &Config) -> Self {
        fn yields<T, U>(own: &mut Option<T>, above: Option<&U>) {
            if above.is_some() {
                *own = None;
            }
        }
        yields(&mut self.endpoint, above.endpoint.as_ref());
        yields(&mut self.protocol, above.protocol.as_ref());
        yields(&mut self.insecure, above.insecure.as_ref());
        yields(&mut self.compression, above.compression.as_ref());
        yields(&mut self.timeout_ms, above.timeout_ms.as_ref());
        yields(&mut self.tls, above.tls.as_ref());
        self.headers.retain(|name, _| !above.headers.keys().any(|said| said.eq_ignore_ascii_case(name)));
        self
    }
}

/// Joins both maps; of two entries with the same name, the one of `above` stays.
pub(crate) fn joined<V>(above: BTreeMap<String, V>, below: BTreeMap<String, V>) -> BTreeMap<String, V> {
    let mut all = below;
    all.retain(|name, _| !above.keys().any(|said| said.eq_ignore_ascii_case(name)));
    all.extend(above);
    all
}

/// Headers of all signals, overridden by those of one signal.
pub(crate) fn headers(
    all: &BTreeMap<String, Secret>,
    one: &BTreeMap<String, Secret>,
) -> BTreeMap<String, Secret> {
    joined(one.clone(), all.clone())
}
