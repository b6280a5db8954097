//! The one way to AWS: sessions with the rights of an account, calls that wait their turn, answers with their raw text.

use super::error::{FetchError, Sort, Trouble};
use super::gate::Gate;
use super::operation::Op;
use super::settings::{Retry, Settings};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::Value;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often an answer that is cut off is asked for.
const GARBLED: u32 = 4;

/// How often something is asked that not every endpoint knows.
const PROBES: u32 = 2;

/// How long one attempt may take, and a connection.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(10));

/// The raw text of an answer: the SDK's types leave out what they do not know.
#[derive(Clone, Debug, Default)]
pub struct Capture(Arc<Mutex<Vec<u8>>>);

impl Intercept for Capture {
    fn name(&self) -> &'static str {
        "Capture"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let bytes = context.response().body().bytes().unwrap_or_default().to_vec();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
        Ok(())
    }
}

impl Capture {
    /// As JSON; null when it is none.
    pub fn json(&self) -> Value {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::from_slice(&bytes).unwrap_or_default()
    }
}

/// The rights of one account, in one region.
#[derive(Clone, Debug)]
pub struct Session {
    /// For clients of the SDK.
    pub config: SdkConfig,
    /// Whose rights.
    pub account: String,
    /// The caller's own, rather than those of a role.
    pub own: bool,
}

impl Session {
    /// The same in another region.
    pub fn in_region(&self, region: &str) -> Self {
        let config = self.config.to_builder().region(Region::new(region.to_owned())).build();
        Self { config, ..self.clone() }
    }

    /// The same for questions that not every endpoint knows: soon given up.
    pub fn probing(&self) -> Self {
        let retry = self.config.retry_config().cloned().unwrap_or_else(RetryConfig::standard).with_max_attempts(PROBES);
        Self { config: self.config.to_builder().retry_config(retry).build(), ..self.clone() }
    }

    /// The region.
    pub fn region(&self) -> &str {
        self.config.region().map_or("", |r| r.as_ref())
    }

    /// With the keys that a role gave.
    pub fn assumed(&self, account: &str, keys: Credentials) -> Self {
        let provider = SharedCredentialsProvider::new(keys);
        let config = self.config.to_builder().credentials_provider(provider).build();
        Self { config, account: account.to_owned(), own: false }
    }
}

/// The way to AWS.
#[derive(Debug)]
pub struct Aws {
    /// With the caller's own rights.
    pub own: Session,
    /// Who calls, as AWS knows it.
    pub caller_arn: String,
    gate: Gate,
    stopped: AtomicBool,
    backoff: Duration,
}

/// The client that talks TLS; a test brings its own.
pub fn http() -> SharedHttpClient {
    Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https()
}

impl Aws {
    /// Sign in: find credentials and a region, and ask AWS who is calling.
    ///
    /// # Errors
    /// When there are none, or AWS does not know them.
    pub async fn connect(settings: &Settings, config: SdkConfig) -> Result<Self, FetchError> {
        let region = config.region().cloned().or_else(|| settings.regions.first().map(|r| Region::new(r.clone())));
        let Some(region) = region else {
            let help = "set `AWS_REGION`, give the profile a region, or name one with `--region`";
            return Err(FetchError::usage("no region is set", help));
        };
        let config = config.to_builder().region(region).build();
        credentials(&config).await?;
        let own = Session { config, account: String::new(), own: true };
        let aws = Self {
            own,
            caller_arn: String::new(),
            gate: Gate::new(settings.concurrency),
            stopped: AtomicBool::new(false),
            backoff: settings.backoff,
        };
        aws.identified().await
    }

    async fn identified(mut self) -> Result<Self, FetchError> {
        let client = aws_sdk_sts::Client::new(&self.own.config);
        let send = |capture| client.get_caller_identity().customize().interceptor(capture).send();
        let answer = self.call(&self.own, Op::GetCallerIdentity, send).await;
        let answer = answer.map_err(|trouble| {
            let region = self.own.region();
            let help = match trouble.sort {
                Sort::Expired => "sign in again; with IAM Identity Center: `aws sso login`".to_owned(),
                Sort::Unknown | Sort::Denied => format!("check the credentials, and that region `{region}` is enabled"),
                _ => format!("check the region `{region}`, the connection and any proxy; `AWS_ENDPOINT_URL` is honoured"),
            };
            FetchError::usage(format!("AWS does not say who is calling: {}", trouble.message), help)
        })?;
        self.own.account = answer.0.account().unwrap_or_default().to_owned();
        self.caller_arn = answer.0.arn().unwrap_or_default().to_owned();
        Ok(self)
    }

    /// Call an operation when its turn has come. What comes cut off is asked for again; all other repetition is the SDK's.
    ///
    /// # Errors
    /// What went wrong, after the last attempt.
    pub async fn call<T, E, F, Fut>(&self, session: &Session, op: Op, send: F) -> Result<(T, Capture), Trouble>
    where
        F: Fn(Capture) -> Fut,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata,
    {
        let _turn = self.gate.enter(&session.account, op.row().service).await;
        let mut attempt = 1;
        loop {
            if self.stopped() {
                return Err(Trouble::new(Sort::Expired, format!("{op}: not asked: the credentials expired before")));
            }
            let capture = Capture::default();
            let trouble = match Box::pin(send(capture.clone())).await {
                Ok(answer) => return Ok((answer, capture)),
                Err(error) => Trouble::of(op, &error),
            };
            if trouble.sort == Sort::Garbled && attempt < GARBLED {
                tokio::time::sleep(self.backoff * attempt).await;
                attempt += 1;
                continue;
            }
            if trouble.sort == Sort::Expired && session.own {
                self.stopped.store(true, Ordering::Relaxed);
            }
            return Err(trouble);
        }
    }

    /// Wait as long as before the first repetition of a call, times `factor`.
    pub async fn wait(&self, factor: u32) {
        tokio::time::sleep(self.backoff * factor).await;
    }

    /// The caller's credentials expired: nothing else needs to be tried.
    pub fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// The SDK's settings: the default chain of credentials, endpoints and regions by the standard variables.
pub async fn load(settings: &Settings, http: SharedHttpClient) -> SdkConfig {
    let retry = match settings.retry {
        Retry::Standard => RetryConfig::standard(),
        Retry::Adaptive => RetryConfig::adaptive(),
    };
    let retry = retry.with_max_attempts(settings.max_attempts.max(1)).with_initial_backoff(settings.backoff);
    // No limit on the whole operation: waiting to be let in counts into it.
    let (attempt, connect) = PATIENCE;
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).connect_timeout(connect).build();
    let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http).retry_config(retry).timeout_config(timeouts);
    match AppName::new("palisade") {
        Ok(name) => loader.app_name(name).load().await,
        Err(_) => loader.load().await,
    }
}

/// Nothing of what a provider says is passed on as it is: the output of a credential process may be part of it.
async fn credentials(config: &SdkConfig) -> Result<(), FetchError> {
    let none = "set `AWS_PROFILE`, or sign in with `aws sso login`, or set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; \
                the default chain of the AWS SDK is used";
    let Some(provider) = config.credentials_provider() else {
        return Err(FetchError::usage("there are no AWS credentials", none));
    };
    let Err(error) = provider.provide_credentials().await else { return Ok(()) };
    use aws_credential_types::provider::error::CredentialsError as E;
    let (message, help) = match error {
        E::CredentialsNotLoaded(_) => ("there are no AWS credentials", none),
        E::ProviderTimedOut(_) => {
            ("the provider of AWS credentials did not answer in time", "try again, or use other credentials")
        }
        E::InvalidConfiguration(_) => (
            "the AWS configuration cannot be used for credentials",
            "check the profile in `~/.aws/config`; `aws sts get-caller-identity` uses the same",
        ),
        _ => (
            "the AWS credentials could not be loaded",
            "an expired sign-in is renewed with `aws sso login`; `aws sts get-caller-identity` shows what is wrong",
        ),
    };
    Err(FetchError::usage(message, help))
}
